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


def days(rng: np.random.Generator) -> list[date]:
    """All days of the century in a random order."""
    return [FIRST + timedelta(number) for number in rng.permutation(DAYS).tolist()]


def writing(day: date, rng: np.random.Generator) -> str:
    """The date as some locale writes it, short to full, or by a pattern that people use; in small letters."""
    while True:
        text = _apply(_patterns()[rng.integers(len(_patterns()))], day)
        if not ambiguous(text, day):
            return text


def ambiguous(text: str, day: date) -> bool:
    """Whether the writing of a day stands as well for the one whose day and month are exchanged."""
    if day.day > 12 or day.day == day.month or any(map(str.isalpha, text)):
        return False
    exchanged = day.replace(month=day.day, day=day.month)
    return any(_apply(pattern, exchanged) == text for pattern in _patterns())


def _apply(pattern: tuple[Any, Any], day: date) -> str:
    form, locale = pattern
    return str(form.apply(day, locale)).lower()


@cache
def _patterns() -> list[tuple[Any, Any]]:
    from babel import Locale
    from babel.dates import get_date_format, parse_pattern

    locales = [Locale.parse(name) for name in LOCALES]
    styled = [(get_date_format(style, locale), locale) for locale in locales for style in STYLES]
    return styled + [(parse_pattern(pattern), locale) for locale in locales for pattern in PATTERNS]
