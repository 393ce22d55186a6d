"""A cell for those who draw it: its values with their names, and the operations of its step and of the step back.

The meaning of the numbers follows from these alone: the page holds no cell by name. A place is one among the
operations.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal, NotRequired, TypedDict

from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.layout import Layout, layout
from throughtime.cells.letters import letter, of_name
from throughtime.cells.ranges import ranges
from throughtime.trace.layer import Names, names_of
from throughtime.trace.letters import taken_apart
from throughtime.weights.parameters import view_name


class CellState(TypedDict):
    """A state. before: the place of its value before the step; back: that of ∂E by it; initial: the array of h_0."""

    array: str
    before: int
    initial: str
    back: int


class CellValue(TypedDict):
    """A value of the step.

    note : how its numbers are read
    range : between 0 and 1, between −1 and 1, or anywhere
    error : the array of ∂E by it, or by the net input of which it was made
    """

    array: str
    place: int
    letter: str
    label: str
    note: str
    range: Literal["unit", "signed", "free"]
    error: str


class CellError(TypedDict):
    """A value of the step back."""

    array: str
    place: int
    letter: str
    mark: Literal["δ", "∂"]


class CellParameter(TypedDict):
    """A parameter.

    name : of its view, without layer and direction
    source, error : of a matrix, the place of what it multiplies, and the array of ∂E by the product
    back : of a vector, the place of ∂E by it
    """

    name: str
    place: int
    letter: str
    gate: str
    label: str
    kind: Literal["x", "h", "weight", "bias"]
    source: NotRequired[int]
    error: NotRequired[str]
    back: NotRequired[int]


class CellOperation(TypedDict):
    """An operation, see `cells.graph` and `cells.derivation`."""

    op: str
    of: NotRequired[list[int]]
    name: NotRequired[str]
    value: NotRequired[float]


class CellJSON(TypedDict):
    """A cell: the operations of its step and of the step back, and what they compute."""

    states: list[CellState]
    values: list[CellValue]
    errors: list[CellError]
    parameters: list[CellParameter]
    operations: list[CellOperation]


@cache
def described(graph: Graph) -> CellJSON:
    """The description of a cell, of plain values for JSON."""
    derived, names = derivation(graph), names_of(graph)
    values = _values(graph, layout(graph), names)
    marks = {slot.kept if slot.net is None else slot.net: error for slot, error in _errors_of_slots(graph, names)}
    errors = [
        _error(graph, error, derived.by[place])
        for place, error in [*zip(graph.after, names.d_states, strict=True), *marks.items()]
    ]
    return CellJSON(
        states=[
            CellState(array=array, before=before, initial=first, back=derived.by[before])
            for before, array, first in zip(graph.before, names.states, names.firsts, strict=True)
        ],
        values=sorted(values, key=lambda value: value["place"]),
        errors=sorted(errors, key=lambda error: error["place"]),
        parameters=_parameters(graph, layout(graph), names),
        operations=[_operation(graph, names, o) for o in derived.operations],
    )


def _errors_of_slots(graph: Graph, names: Names) -> Any:
    return zip(layout(graph).slots, names.deltas, strict=True)


def _operation(graph: Graph, names: Names, o: Operation) -> CellOperation:
    plain = CellOperation(op=o.op)
    if o.of:
        plain["of"] = list(o.of)
    if o.op == "number":
        plain["value"] = o.value
    if o.op in ("state", "given"):
        plain["name"] = names.states[graph.states.index(o.name)]
    if o.op == "parameter":
        plain["name"] = view_name(graph, o.name)
    return plain


def _values(graph: Graph, laid: Layout, names: Names) -> list[CellValue]:
    found = []
    bounds = ranges(graph)
    for place, array, error in zip(graph.after, names.states, names.d_states, strict=True):
        first = array == names.states[0]
        label, note = ("hidden units", "the memory") if first else ("cell state", "the memory inside")
        found.append(
            _value(array, place, bounds[place], error, letter(graph, graph.operations[place].name).text, label, note)
        )
    for k, (slot, array, error) in enumerate(zip(laid.slots, names.slots, names.deltas, strict=True)):
        if slot.kept in graph.after:
            continue
        label = _label(graph, laid, k)
        gate = graph.operations[slot.kept].op == "sigmoid"
        name, note = _said(graph, laid, k, label, gate)
        shown = letter(graph, laid.names[k]).text
        found.append(_value(array, slot.kept, bounds[slot.kept], error, shown, name, note))
    return found


def _value(array: str, place: int, bounds: Any, error: str, shown: str, label: str, note: str) -> CellValue:
    low, high = bounds
    kind: Any = "unit" if low >= 0 and high <= 1 else "signed" if low >= -1 and high <= 1 else "free"
    return CellValue(array=array, place=place, letter=shown, label=label, note=note, range=kind, error=error)


def _label(graph: Graph, laid: Layout, slot: int) -> str:
    """The label of the parameters of a net input, if it is the same for all; else nothing."""
    labels = dict(graph.labels)
    parts = {product.parameter.partition("_")[2] for product in laid.products if product.slot == slot}
    return labels.get(parts.pop(), "") if len(parts) == 1 else ""


def _reads_x(laid: Layout, slot: int) -> bool:
    sources = {product.source for product in laid.products if product.slot == slot}
    return any(laid.graph.operations[source].op == "x" for source in sources)


def _said(graph: Graph, laid: Layout, slot: int, label: str, gate: bool) -> tuple[str, str]:
    """The label and note of a value that is no state."""
    if gate:
        return f"{label} gate".strip(), _of_gate(graph, laid.slots[slot].kept)
    if laid.slots[slot].net == laid.slots[slot].kept:
        if label and not _reads_x(laid, slot):
            return f"what the {label} reads of the past", ""
        label = label if label == "candidate" else "net input"
    return label or "value", "what could be stored" if label == "candidate" else ""


def _of_gate(graph: Graph, gate: int) -> str:
    """The effect of a gate, by its factors."""
    kept = released = stored = shown = False
    for use in graph.uses[gate]:
        o = graph.operations[use]
        if use < 0:
            continue
        if o.op == "*":
            other = graph.operations[o.of[0] if o.of[1] == gate else o.of[1]]
            kept |= other.op == "state"
            shown |= use in graph.after
            stored |= other.op != "state" and any(use >= 0 and use in graph.after for use in graph.uses[use])
        if o.op == "-" and (graph.operations[o.of[0]].op, graph.operations[o.of[0]].value) == ("number", 1.0):
            for product in graph.uses[use]:
                p = graph.operations[product]
                if product >= 0 and p.op == "*":
                    released |= graph.operations[p.of[0] if p.of[1] == use else p.of[1]].op == "state"
                    stored |= any(place >= 0 and place in graph.after for place in graph.uses[product])
    if kept and stored:
        return "1 keeps the old"
    if released and stored:
        return "0 keeps the old"
    if kept:
        return "0 forgets, 1 remembers"
    if stored:
        return "1 lets in"
    return "1 shows" if shown else "0 shuts out, 1 lets through"


def _parameters(graph: Graph, laid: Layout, names: Names) -> list[CellParameter]:
    labels = dict(graph.labels)
    found = []
    for block in laid.blocks:
        for name in block.names:
            symbol, _, part = name.partition("_")
            kind: Any = block.kind
            plain = CellParameter(
                name=view_name(graph, name),
                place=graph.parameter_places[name],
                letter=symbol,
                gate=part,
                label=labels.get(part, ""),
                kind=kind,
            )
            if product := laid.product_of.get(name):
                plain["source"], plain["error"] = product.source, names.deltas[product.slot]
            else:
                plain["back"] = derivation(graph).by[graph.parameter_places[name]]
            found.append(plain)
    return found


def _error(graph: Graph, array: str, place: int) -> CellError:
    mark: Any
    mark, name = taken_apart(graph, array)
    return CellError(array=array, place=place, letter=of_name(name).text, mark=mark)
