"""Any cell in plain NumPy: the operations of its graph one by one, forward and, as they were derived, backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.cells.activations import ACTIVATIONS, Array, sigmoid, softplus
from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.layout import layout
from throughtime.cells.over_time import before, over_time

_DO: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "@": np.matmul,
    "@T": lambda a, M: a @ M.T,
    "sigmoid": sigmoid, "tanh": np.tanh, "relu": ACTIVATIONS["relu"].f, "exp": np.exp, "softplus": softplus,
    "minimum": lambda a, b: np.where(_real(a) <= _real(b), a, b),
    "maximum": lambda a, b: np.where(_real(a) <= _real(b), b, a),
    "where_positive": lambda a, v: np.where(_real(a) > 0, v, 0),
    "where_less": lambda a, b, v: np.where(_real(a) <= _real(b), v, 0),
    "where_not_less": lambda a, b, v: np.where(_real(a) <= _real(b), 0, v),
}  # fmt: skip


def _real(a: Any) -> Any:
    return np.real(a)


@dataclass(frozen=True)
class Tape:
    """What the forward pass leaves behind.

    x : (B,T,I)
    first : the states before the first step, each (B,H)
    values : by the place in the graph, each (B,T,H): all that was computed
    """

    x: Array
    first: tuple[Array, ...]
    values: dict[int, Array]


@dataclass(frozen=True)
class Gradient:
    """∇ of each parameter, ∂x (B,T,I), ∂E by the first states (B,H), and by the values of `Derivation.by` (B,T,H)."""

    parameters: dict[str, Array]
    d_x: Array
    d_first: tuple[Array, ...]
    by: dict[int, Array]


def forward(graph: Graph, p: Mapping[str, Array], x: Array, first: Sequence[Array]) -> Tape:
    """Run a cell over time: x (B,T,I) and the first states (B,H) → all values (B,T,H)."""
    batch, time, _ = x.shape
    values: dict[int, Array] = {}
    states = tuple(first)
    for t in range(time):
        known = _leaves(graph.operations, p, dict(zip(graph.states, states, strict=True)), x[:, t])
        for place, operation in enumerate(graph.operations):
            if operation.of:
                known[place] = _DO[operation.op](*(known[source] for source in operation.of))
                value = np.broadcast_to(known[place], (batch, states[0].shape[1]))
                values.setdefault(place, np.empty((batch, time, value.shape[1]), value.dtype))[:, t] = value
        states = tuple(known[place] for place in graph.after)
    return Tape(x, tuple(first), values)


def backward(graph: Graph, p: Mapping[str, Array], tape: Tape, d_h: Array) -> Gradient:
    """Back-propagate through time: d_h (B,T,H) is ∂E by the first state from above."""
    derived, (batch, time, width) = derivation(graph), d_h.shape
    earlier = [before(tape.values[place], first) for place, first in zip(graph.after, tape.first, strict=True)]
    places = {o.name: place for place, o in enumerate(graph.operations) if o.op == "state"}
    by: dict[int, Array] = {place: np.zeros((batch, time, width), d_h.dtype) for place in derived.by}
    given = {state: np.zeros((batch, width), d_h.dtype) for state in graph.states}
    for t in reversed(range(time)):
        given[graph.states[0]] = given[graph.states[0]] + d_h[:, t]
        now = {state: values[:, t] for state, values in zip(graph.states, earlier, strict=True)}
        known = _leaves(derived.operations, p, now, tape.x[:, t], given)
        for place, operation in enumerate(derived.operations):
            if place in tape.values:
                known[place] = tape.values[place][:, t]
            elif operation.of:
                known[place] = _DO[operation.op](*(known[source] for source in operation.of))
        for place, at in derived.by.items():
            by[place][:, t] = known[at]
        given = {state: by[places[state]][:, t] if places[state] in by else 0 * given[state] for state in graph.states}
    return Gradient(
        _gradients(graph, tape, dict(zip(graph.states, earlier, strict=True)), by), _d_x(graph, p, by, tape.x),
        tuple(given[state] for state in graph.states), by,
    )  # fmt: skip


def _leaves(
    operations: Sequence[Operation],
    p: Mapping[str, Array],
    states: Mapping[str, Array],
    x: Array,
    given: Mapping[str, Array] | None = None,
) -> dict[int, Any]:
    known: dict[int, Any] = {}
    for place, o in enumerate(operations):
        if o.op == "x":
            known[place] = x
        elif o.op == "state":
            known[place] = states[o.name]
        elif o.op == "parameter":
            known[place] = p[o.name]
        elif o.op == "number":
            known[place] = o.value
        elif o.op == "given" and given is not None:
            known[place] = given[o.name]
    return known


def _gradients(graph: Graph, tape: Tape, earlier: Mapping[str, Array], by: Mapping[int, Array]) -> dict[str, Array]:
    """Of a matrix, Σ_t sourceᵀ δ; of a vector, the sum of ∂E by it."""
    laid = layout(graph)
    found = {}
    for product in laid.products:
        operation, net = graph.operations[product.source], laid.slots[product.slot].net
        source = tape.x if operation.op == "x" else tape.values.get(product.source, earlier.get(operation.name))
        assert net is not None
        assert source is not None
        found[product.parameter] = over_time(source, by[net])
    for place, operation in enumerate(graph.operations):
        if operation.op == "parameter" and operation.name not in found:
            found[operation.name] = by[place].sum((0, 1))
    return found


def _d_x(graph: Graph, p: Mapping[str, Array], by: Mapping[int, Array], x: Array) -> Array:
    laid = layout(graph)
    total: Any = np.zeros_like(x)
    for product in laid.products:
        net = laid.slots[product.slot].net
        if graph.operations[product.source].op == "x" and net is not None:
            total = total + by[net] @ p[product.parameter].T
    return np.asarray(total)
