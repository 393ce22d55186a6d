"""The letters of a cell's values in formulas, tables and figures: C̃ for C_tilde, r_1 for r_1.

A letter is written as text and as LaTeX. The ending of a name says what stands above it; a value that the cell's labels
call the candidate has a tilde too, as the GRU's ñ, unless it is a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import normalize

from throughtime.cells.graph import Graph

ABOVE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"tilde": ("\u0303", r"\tilde"), "hat": ("\u0302", r"\hat"), "bar": ("\u0304", r"\bar")}
)
"""By the ending of a name, the sign above the letter: to stand behind it in text, and its command in LaTeX."""


class Letter(NamedTuple):
    """A name as text, and in LaTeX: a letter, and what stands below it."""

    text: str
    line: str
    below: str = ""

    @property
    def latex(self) -> str:
        """The whole name."""
        return self.line + (f"_{{{self.below}}}" if self.below else "")


def letter(graph: Graph, name: str) -> Letter:
    """That of a state or value of a cell."""
    candidate = dict(graph.labels).get(name) == "candidate" and name not in graph.states
    return of_name(f"{name}_tilde" if candidate else name)


def of_name(name: str) -> Letter:
    """That of a name: C̃ for C_tilde, r_1 for r_1, net_h for net_h."""
    base, _, ending = name.rpartition("_")
    if base and ending in ABOVE:
        sign, command = ABOVE[ending]
        plain = of_name(base)
        return Letter(normalize("NFC", plain.text + sign), f"{command}{{{plain.line}}}", plain.below)
    base, _, index = name.partition("_")
    return Letter(name, _word(base), _word(index)) if base and index else Letter(name, _word(name))


def _word(word: str) -> str:
    return word if len(word) == 1 else rf"\mathrm{{{word}}}".replace("_", r"\_")
