"""Texts as what estimators read: a list of strings, of which rare and unknown characters become one symbol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from throughtime.support.checks import shown, whole_number

MIN_COUNT = 2
UNKNOWN = "\ufffd"
"""Unicode's replacement character: it stands for each one that a vocabulary does not have."""
_UNICODE = 0x110000 - 0x800
"""Characters that there may be: all code points but the surrogates."""


def check_texts(X: Any, what: str = "X") -> list[str]:
    """Texts as a list of str; a ValueError in one sentence for anything else."""
    if isinstance(X, str | bytes):
        raise ValueError(f"{what} must be a list of texts, got one {type(X).__name__}: give [text]")
    if not isinstance(X, list | tuple) and getattr(X, "ndim", None) != 1:
        found = f"shape {np.shape(X)}" if hasattr(X, "shape") else type(X).__name__
        raise ValueError(f"{what} must be a list of texts, or an array or Series of them, got {found}")
    texts = list(X)
    if not texts:
        raise ValueError(f"{what} holds no text")
    return [check_text(text, f"text {number} of {what}") for number, text in enumerate(texts)]


def check_text(text: Any, what: str) -> str:
    """One text as a str; a ValueError if it is none, or has half a character."""
    if not isinstance(text, str):
        raise ValueError(f"{what} must be a str, got {type(text).__name__} {shown(text)}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{what} has the surrogate {text[error.start]!r} at character {error.start}, which is half a character: "
            "read the file with its own encoding"
        ) from None
    return str(text)


def check_not_empty(texts: list[str], why: str) -> None:
    """A ValueError for a text without characters, which ends with why that is too few."""
    empty = next((number for number, text in enumerate(texts) if not text), None)
    if empty is not None:
        raise ValueError(f"text {empty} of X is empty, and {why}")


def vocabulary_of(texts: Iterable[str], given: Any, min_count: Any) -> str:
    """The characters that are known, in order, UNKNOWN last: those `given`, or those there are often enough.

    Parameters
    ----------
    texts : strings
    given : str or None
    min_count : int ≥ 1

    Raises
    ------
    ValueError
        If no character is known, or what is given is no text in which each is once, or `min_count` is given too.
    """
    least = whole_number("min_count", min_count, 1)
    if given is not None:
        if least != MIN_COUNT:
            raise ValueError(f"min_count is for characters that are found: with vocabulary leave it at {MIN_COUNT}")
        chosen = check_text(given, "vocabulary").replace(UNKNOWN, "")
        twice = [character for character, times in Counter(chosen).items() if times > 1]
        if twice or not chosen:
            raise ValueError(f"vocabulary must have characters, each of them once; twice: {''.join(twice[:40])!r}")
        return chosen + UNKNOWN
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text)
    if not counts:
        raise ValueError("X holds no character: all its texts are empty")
    known = "".join(sorted(character for character, times in counts.items() if times >= least)).replace(UNKNOWN, "")
    if not known:
        raise ValueError(
            f"X holds no character {least} times, and those that are rarer are not told apart: give more text, or "
            "min_count=1"
        )
    return known + UNKNOWN


class ReadsTexts:
    """What an estimator is to scikit-learn whose X holds texts: a mixin, before its base."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # the base has it
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


class Known:
    """Texts with UNKNOWN in place of each character that is not in a vocabulary.

    Parameters
    ----------
    vocabulary : str, as `vocabulary_of` makes one
    """

    def __init__(self, vocabulary: str) -> None:
        self.characters = frozenset(vocabulary)
        self.bits_of_unknown = float(np.log2(max(1, _UNICODE - len(vocabulary) + 1)))
        """Which character an unknown one is, all others that Unicode has room for being equally probable."""

    def text(self, text: str) -> str:
        """The text, its unknown characters replaced."""
        unknown = set(text) - self.characters
        return text.translate(dict.fromkeys(map(ord, unknown), UNKNOWN)) if unknown else text
