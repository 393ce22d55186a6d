"""δ_{k→t}: the backward pass with the error of each step k sent through it alone. Source: docs/math.md#reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from throughtime.batch import Array
from throughtime.cells.graph import Graph
from throughtime.cells.interpreted import backward, leaves
from throughtime.cells.layout import layout
from throughtime.trace.layer import LayerTrace, delta_places, deltas_of_inputs, names_of, products_of, values_of
from throughtime.weights.parameters import DIRECTIONS, of_layer

if TYPE_CHECKING:
    from throughtime.trace import Trace

LARGEST = 2**27
"""The most numbers in an array of itemised δ's: 1 GiB of float64."""


def delta_names(graph: Graph, gate: str | None) -> Sequence[str]:
    """The δ's of all gates, or of one."""
    if gate is None:
        return deltas_of_inputs(graph)
    slots = zip(layout(graph).slots, names_of(graph).deltas, strict=True)
    deltas = [name for slot, name in slots if slot.net is not None]
    if f"delta_{gate}" not in deltas:
        gates = ", ".join(name.removeprefix("delta_") for name in deltas)
        raise ValueError(f"gate must be one of {gates} for {graph.name} cells, got {gate!r}")
    return (f"delta_{gate}",)


def itemised_deltas(trace: Trace, b: int, names: Sequence[str], wanted: LayerTrace) -> Array:
    """The δ_{k→t} (n, n, len(names)·H) of the n steps of sequence b: the cells' backward pass, k by k."""
    s, n = trace.specification, int(trace.lengths[b])
    W, H, k = trace.network["W"], s.hidden, np.arange(n)
    d_states = np.zeros((n, n, s.directions * H), trace.x.dtype)
    if s.output == "every step":
        d_states[k, k] = trace.delta_y[b, :n] @ W.T
    else:
        d_states[-1, -1, :H] = W[:H] @ trace.delta_y[b]
        d_states[-1, 0, H:] = W[H:] @ trace.delta_y[b]
    for layer in reversed(range(wanted.layer, s.layers)):
        d_below: Any = 0
        for d, direction in enumerate(DIRECTIONS[: s.directions]):
            of = trace.layer(layer, direction)
            if of is wanted:
                deltas = _deltas(trace, of, b, n, names, d_states[..., d * H : (d + 1) * H])
                return np.concatenate([deltas[name] for name in names], axis=2)
            deltas = _deltas(trace, of, b, n, deltas_of_inputs(s.graph), d_states[..., d * H : (d + 1) * H])
            parameters = of_layer(s, trace.network.views, layer, direction)
            for product, name in zip(products_of(s.graph, "x"), deltas_of_inputs(s.graph), strict=True):
                d_below = d_below + deltas[name] @ parameters[product.parameter].T
        d_states = d_below
    raise AssertionError("the wanted layer is one of the network's")


def _deltas(trace: Trace, of: LayerTrace, b: int, n: int, names: Sequence[str], d_h: Array) -> dict[str, Array]:
    """d_h (K,n,H) from above → these δ's (K,n,H), from the one recorded forward pass."""
    graph, called = of.graph, names_of(of.graph)
    earlier = [of.before(state, trace.lengths)[b : b + 1, :n] for state in called.states]
    known = leaves(graph, of_layer(trace.specification, trace.network.views, of.layer, of.direction), earlier)
    known |= {place: array[b : b + 1, :n] for place, array in values_of(graph, of.arrays).items()}
    places = delta_places(graph)
    steps = range(n) if of.direction == "backward" else reversed(range(n))
    above = [d_h, *(np.zeros_like(d_h) for _ in graph.states[1:])]
    found, _ = backward(graph, known, above, steps, [places[name] for name in names])
    return {name: found[places[name]] for name in names}
