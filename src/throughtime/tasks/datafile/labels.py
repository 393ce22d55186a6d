"""Targets as they stand in a file: numbers, or the names of classes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from math import isfinite
from pathlib import Path

import numpy as np

from throughtime.batch import Array
from throughtime.support.documents import printable
from throughtime.tasks.columns import Targets

MOST_CLASSES = 1000
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?", "."}
"""Words for missing values, in small letters."""
_EXACT = 2**53
_WHOLE = re.compile(r"[+-]?[0-9]{1,299}")
_MONTH = r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(rf"[0-9]{{1,4}}[ .-]*{_MONTH}[ .,-]*[0-9]{{1,4}}|{_MONTH}\.? [0-9]{{1,2}},? [0-9]{{4}}")
_POWER = re.compile(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+")


class Unexpected(Exception):
    """The value that was expected instead of a file's."""


class Labels:
    """Reads the values of one target, and finds out what they are, if that is not said.

    Parameters
    ----------
    targets : what they are said to be; else they are numbers, or, where the first one is none, names of classes
    classes : all there may be, if that is known
    largest : the largest magnitude of a number
    """

    def __init__(self, targets: Targets | None, classes: tuple[str, ...] | None, largest: float) -> None:
        self.numbers = None if targets is None else targets != "classes"
        self.said = targets is not None
        self.largest = largest
        self.known = classes is not None
        self.codes: dict[str, int] = {name: i for i, name in enumerate(classes or ())}

    def of_text(self, word: str, number: float | None) -> float:
        """The number that a word is (None if it is none), or the code of a class."""
        word, first = word.strip(), self.numbers is None
        if self.numbers is None:
            self.numbers = number is not None or not word
        if self.numbers:
            if number is None:
                raise Unexpected("a number")
            return number
        if word.lower() in MISSING and word not in self.codes:
            number_or = "a number, or " if first else ""
            raise Unexpected(
                f"{number_or}the name of a class{' (or this one in classes=A,B, if it is one)' if word else ''}"
            )
        if number is not None:
            if not self.said:
                raise Unexpected("the name of a class as before, no number (or say targets=classes)")
            return self.of_number(int(word) if _WHOLE.fullmatch(word) else number)
        if not (self.said or self.known) and _is_number_or_date(word):
            raise Unexpected("a plain number such as 1234.5, or the name of a class (or say targets=classes)")
        return self._code(word)

    def of_names(self, words: Sequence[str]) -> list[float] | None:
        """The codes of words that are classes already; None if one of them is not."""
        if self.known and not self.said:  # then a number among them is refused
            return None
        try:
            return [self.codes[word.strip()] for word in words]
        except KeyError:
            return None

    def of_number(self, number: float) -> float:
        """A number, or the code of the class that it names."""
        if self.numbers is None:
            self.numbers = True
        if self.numbers:
            return number
        if isinstance(number, float) and not (abs(number) < _EXACT and number == round(number)):
            beyond = isfinite(number) and abs(number) >= _EXACT
            raise Unexpected(f"a class: a name or a whole number{', written with all its digits' if beyond else ''}")
        return self._code(str(int(number)))

    def _code(self, name: str) -> int:
        if name not in self.codes:
            if self.known:
                raise Unexpected(f"one of the classes {', '.join(list(self.codes)[:20])}")
            if len(self.codes) == MOST_CLASSES:
                raise Unexpected(f"at most {MOST_CLASSES} classes; this is one more")
            self.codes[name] = len(self.codes)
        return self.codes[name]

    def of_columns(self, path: Path, values: Array) -> tuple[Array, tuple[str, ...]]:
        """Targets as read (rows, O), and the names of the classes if it is codes of one column of them.

        Several columns of numbers stay what they are: 1 in the column of a class, 0 in the others.
        """
        if self.numbers:
            return values, ()
        codes, names = self.in_order(values)
        if values.shape[1] == 1:
            return codes, names
        if not all(map(_whole, names)):
            raise ValueError(
                f"{path}: expected the names of classes in one column of targets, got {values.shape[1]} columns"
            )
        return np.array([float(name) for name in names])[codes.astype(np.int64)], ()

    def in_order(self, codes: Array) -> tuple[Array, tuple[str, ...]]:
        """The codes, and the names of the classes: numbers by size, others by the alphabet."""
        if self.known:
            return codes, tuple(self.codes)
        names = sorted(self.codes, key=lambda name: (0, int(name), "") if _whole(name) else (1, 0, name))
        place = np.empty(len(names))
        for i, name in enumerate(names):
            place[self.codes[name]] = i
        return place[codes.astype(np.int64)], tuple(names)


def look_alike(classes: Sequence[str]) -> Iterator[str]:
    """A note for each class that is written as another one, but for capitals and spaces."""
    first: dict[str, str] = {}
    for name in classes:
        other = first.setdefault(" ".join(name.casefold().split()), name)
        if other != name:
            two = f'"{printable(other[:60])}" and "{printable(name[:60])}"'
            yield f"{two} are two classes: they are written differently"


def _is_number_or_date(word: str) -> bool:
    """Whether a word that is no number to Python is one to people, or a date: 2,5, 1.234,5, 50%, 01/02/2024."""
    with suppress(ValueError):
        datetime.fromisoformat(word)
        return True
    digits, letters = (any(map(kind, word)) for kind in (str.isdigit, str.isalpha))
    return digits and not (letters and not _POWER.fullmatch(word) and not _DATE.fullmatch(word))


def _whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal() and len(name) < 300
