"""Which formulas a cell has, and in which order: one for everything that a trace has an array of. All follows from the
graph.

Forward, a value comes when a state needs it: for the LSTM i, f, C̃, C, then o, h. Backward, a δ comes when all that the
value went into have theirs: ∂h, δ_o, ∂C, δ_f, δ_i, δ_C̃. Two things are written into the formula that needs them, as in
S( sum ): the net input of a state that is a function's value, and ∂E by a state that only one formula uses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache

from throughtime.cells.derivation import derivation
from throughtime.cells.graph import FUNCTIONS, Graph
from throughtime.cells.layout import layout
from throughtime.trace.layer import delta_places, names_of


@dataclass(frozen=True)
class FormulasOfCell:
    """By the places of `cells.derivation`, the arrays that have a formula, in the order of computing.

    forward, backward : {place: array}
    same : {array: array}, in the order of going back: of each error the first that is the same sum, mostly itself
    inside : the places of net inputs that are written into the one formula that needs them
    """

    forward: dict[int, str]
    backward: dict[int, str]
    same: dict[str, str]
    inside: frozenset[int]


@cache
def formulas_of(graph: Graph) -> FormulasOfCell:
    """The formulas of a cell."""
    laid, derived, names = layout(graph), derivation(graph), names_of(graph)
    arrays = {slot.kept: name for slot, name in zip(laid.slots, names.slots, strict=True)}
    arrays |= dict(zip(graph.after, names.states, strict=True))
    functions = {place for place in graph.after if graph.operations[place].op in FUNCTIONS}
    inside = frozenset(
        slot.kept for slot in laid.slots if slot.kept == slot.net and functions.issuperset(graph.uses[slot.kept])
    )
    parts = {place: _parts(graph, place, arrays) for place in arrays}
    forward: dict[int, str] = {}
    for state in sorted(graph.after):
        made_of = {state}
        for place in sorted(arrays, reverse=True):
            if place in made_of:
                made_of.update(parts[place])
        forward |= {place: arrays[place] for place in sorted(made_of - inside) if place not in forward}
    errors: dict[int, list[tuple[int, str]]] = {place: [] for place in arrays}
    for place, name in zip(graph.after, names.d_states, strict=True):
        if not _is_inside(graph, derived.by[place]):
            errors[place].append((derived.by[place], name))
    for slot, (name, at) in zip(laid.slots, delta_places(graph).items(), strict=True):
        errors[slot.kept] = [error for error in errors[slot.kept] if error[0] != at] + [(at, name)]
    backward: dict[int, str] = {}
    same: dict[str, str] = {}
    for place in _back(graph, parts):
        for at, name in errors[place]:
            same[name] = backward.setdefault(at, name)
    return FormulasOfCell(forward, backward, same, inside)


def _parts(graph: Graph, place: int, arrays: dict[int, str]) -> list[int]:
    """The values that a value is made of, as far as there are arrays of them, in the order of its formula."""
    found: dict[int, None] = {}
    left = list(reversed(graph.operations[place].of))
    seen: set[int] = set()
    while left:
        source = left.pop()
        if source in arrays:
            found[source] = None
        elif source not in seen:
            seen.add(source)
            left += reversed(graph.operations[source].of)
    return list(found)


def _back(graph: Graph, parts: dict[int, list[int]]) -> list[int]:
    """The values in the order of going back."""
    missing = dict.fromkeys(parts, 0)
    for sources in parts.values():
        for source in sources:
            missing[source] += 1
    ready = deque(place for place in graph.after if not missing[place])
    found = []
    while ready:
        place = ready.popleft()
        found.append(place)
        for source in parts[place]:
            missing[source] -= 1
            if not missing[source]:
                ready.append(source)
    return found


def _is_inside(graph: Graph, error: int) -> bool:
    """Whether this ∂E by a state is used once, and not by the step before."""
    derived = derivation(graph)
    before = {derived.by[place] for place in graph.before}
    ends = {*delta_places(graph).values(), *(derived.by[place] for place in graph.after)}
    left, seen = [*before], set(before)
    while left:
        place = left.pop()
        if place not in ends or place in before:
            new = set(derived.operations[place].of) - seen
            left += new
            seen |= new
    uses = sum(error in o.of for o in derived.operations) + sum(error == at for at in delta_places(graph).values())
    return error not in seen and uses == 1
