"""What the arrays of a cell are called in formulas, tables and figures: C̃ for C_tilde, δ_f for delta_f, ∂h for d_h.

A letter is written as text and as LaTeX. The ending of a name says what stands above it; a value that the cell's labels call the
candidate has a tilde too, as the GRU's ñ, unless it is a state.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import normalize

from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.trace.layer import names_of

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


def taken_apart(graph: Graph, array: str) -> tuple[str, str]:
    """An array's name as a sign, "δ" or "∂" or none, and the name of the value that it is of: delta_f is δ of f."""
    names, laid = names_of(graph), layout(graph)
    if array in names.d_states:
        return "∂", graph.states[names.d_states.index(array)]
    if array in names.deltas:
        slot = names.deltas.index(array)
        sign, start = ("∂", "d_") if laid.slots[slot].net is None else ("δ", "delta_")
        value = laid.delta_names[slot].removeprefix(start)
        named = laid.graph.operations[laid.slots[slot].kept].name or value in graph.states
        return sign, value if named else names.slots[slot]
    return "", array


def _word(word: str) -> str:
    return word if len(word) == 1 else rf"\mathrm{{{word}}}".replace("_", r"\_")
