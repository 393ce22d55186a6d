"""Arrays of a trace by their values: delta_f is the δ of f, d_h the ∂ of h."""

from __future__ import annotations

from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.trace.layer import names_of


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
