"""Times as they stand in a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time
from math import isfinite

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.datafile.labels import Unexpected
from throughtime.tasks.datafile.words import numbers_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class Times:
    """Reads times: all of them numbers, or dates as ISO 8601 writes them, or times of the day."""

    EXPECTED = "a number, or a date and time such as 2024-01-31 10:05"

    def __init__(self) -> None:
        self.kind: Callable[[str], float] | None = None

    def read(self, word: str) -> float:
        """The time as a number."""
        if self.kind is not None:
            return self.kind(word)
        for kind in (self._of_number, self._of_date, self._of_date_with_zone, self._of_day):
            with suppress(Unexpected):
                found = kind(word)
                self.kind = kind
                return found
        raise Unexpected(self.EXPECTED)

    def read_all(self, words: Sequence[str]) -> Array | None:
        """The times of a column; None if one of them is not as expected."""
        try:
            first = self.read(words[0])
            if self.kind != self._of_number:
                return np.array([first, *map(self.read, words[1:])])
        except Unexpected:
            return None
        found = numbers_of(words)
        return found if found is not None and np.isfinite(found).all() else None

    def _of_number(self, word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            raise Unexpected(self.EXPECTED) from None
        if not isfinite(value) or "_" in word:
            raise Unexpected("a finite number")
        return value

    def _of_date(self, word: str) -> float:
        when = self._datetime(word)
        if when.tzinfo is not None:
            raise Unexpected("a date without a time zone, as before")
        return (when.replace(tzinfo=UTC) - _EPOCH).total_seconds()

    def _of_date_with_zone(self, word: str) -> float:
        when = self._datetime(word)
        if when.tzinfo is None:
            raise Unexpected("a date with a time zone, as before")
        return (when - _EPOCH).total_seconds()

    def _of_day(self, word: str) -> float:
        try:
            when = time.fromisoformat(word.strip())
        except ValueError:
            raise Unexpected("a time of the day, as before") from None
        if when.tzinfo is not None:
            raise Unexpected("a time of the day without an offset, or a date with it")
        return when.hour * 3600 + when.minute * 60 + when.second + when.microsecond / 1e6

    def _datetime(self, word: str) -> datetime:
        word = word.strip()
        try:
            return datetime.fromisoformat(f"{word}-01" if _MONTH.fullmatch(word) else word)
        except ValueError:
            raise Unexpected("a date and time as before, such as 2024-01-31 10:05") from None
