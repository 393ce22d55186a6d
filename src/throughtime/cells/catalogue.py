"""The description of a shipped cell in its file, for people."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from throughtime.cells import module_of


class Entry(NamedTuple):
    """title : what the cell is called; summary : what it is; use : when to use it; paper : where it is from"""

    title: str
    summary: str
    use: str
    paper: str


@cache
def entry(name: str) -> Entry:
    """The description in the docstring of a cell's file: in its first paragraph, where it says "Use it", and in the
    last.
    """
    first, *more, paper = (module_of(name).__doc__ or f"{name}: \n\n").split("\n\n")  # -OO takes docstrings away
    title, _, summary = _one_line(first).partition(": ")
    use = " ".join(_one_line(text) for text in more if "Use it" in text)
    return Entry(title, re.sub(r", as in docs\S+|\.$", "", summary), use, _one_line(paper))


def _one_line(text: str) -> str:
    return " ".join(text.split())
