"""Dates as people write them, by the formats of many locales, and the same in ISO 8601.

Babel carries the Unicode CLDR's patterns and names of months. A writing that stands for two dates (3/4/2021 is in March
or in April) is left out: nobody can read it.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

import numpy as np

LOCALES = ("en_US", "en_GB", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "pl", "tr", "cs", "ro", "hu")
STYLES: tuple[Literal["short", "medium", "long", "full"], ...] = ("short", "medium", "long", "full")
PATTERNS = ("d MMM yyyy", "MMM d, yyyy", "dd MMMM yyyy", "d MMMM yy", "EEE d MMM yyyy", "yyyy MMMM d")
FIRST, DAYS = date(1950, 1, 1), 36525
"""A century, so that a year of two digits means one year."""


def writings(day: date) -> list[str]:
    """The date as each locale writes it, short to full, and by patterns that people use; in small letters, sorted."""
    written = _written(day)
    if day.day > 12:
        return sorted(written)
    return sorted(written - (_written(day.replace(month=day.day, day=day.month)) if day.day != day.month else set()))


def days(rng: np.random.Generator, count: int) -> list[date]:
    """So many days of the century, each at most once, in a random order."""
    return [FIRST + timedelta(int(number)) for number in rng.permutation(DAYS)[:count]]


def _written(day: date) -> set[str]:
    return {pattern.apply(day, locale).lower() for pattern, locale in _patterns()}


@cache
def _patterns() -> list[tuple[Any, Any]]:
    from babel import Locale
    from babel.dates import get_date_format, parse_pattern

    locales = [Locale.parse(name) for name in LOCALES]
    styled = [(get_date_format(style, locale), locale) for locale in locales for style in STYLES]
    return styled + [(parse_pattern(pattern), locale) for locale in locales for pattern in PATTERNS]
