"""Targets as they stand in a file: numbers, or the names of classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from throughtime.batch import Array
from throughtime.columns import Targets
from throughtime.documents import printable

MOST_CLASSES = 1000


class Unexpected(Exception):
    """What was expected instead of a value of a file."""


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
        word = word.strip()
        if self.numbers is None:
            self.numbers = number is not None or not word
        if self.numbers:
            if number is None:
                raise Unexpected("a number")
            return number
        if not word:
            raise Unexpected("the name of a class")
        if number is not None:
            if not self.said:
                raise Unexpected("the name of a class as before, no number (or say targets=classes)")
            return self.of_number(number)
        return self._code(word)

    def of_number(self, number: float) -> float:
        """A number, or the code of the class that it names."""
        if self.numbers is None:
            self.numbers = True
        if self.numbers:
            return number
        if number != round(number):
            raise Unexpected("a class: a name or a whole number")
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
        """What was read of targets (rows, O), and the names of the classes if it is codes of one column of them.

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
            yield f'"{printable(other[:60])}" and "{printable(name[:60])}" are two classes: they are written differently'


def _whole(name: str) -> bool:
    return name.removeprefix("-").isdecimal() and len(name) < 300
