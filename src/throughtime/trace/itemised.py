"""δ_{k→t}: the backward pass with the error of each step k sent through it alone. Source: docs/math.md#reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from throughtime.batch import Array
from throughtime.cells import elman, gru, lstm, named_cell
from throughtime.parameters import DIRECTIONS, GATES
from throughtime.trace.layer import DELTA_NAMES, LayerTrace

if TYPE_CHECKING:
    from throughtime.trace import Trace

LARGEST = 2**27
"""The most numbers in an array of itemised δ's: 1 GiB of float64."""


def delta_names(cell: str, gate: str | None) -> Sequence[str]:
    """The δ's of all gates, or of one."""
    if gate is None:
        return DELTA_NAMES[cell][: len(GATES[cell])]
    if f"delta_{gate}" not in DELTA_NAMES[cell]:
        gates = ", ".join(name.removeprefix("delta_") for name in DELTA_NAMES[cell])
        raise ValueError(f"gate must be one of {gates} for {cell} cells, got {gate!r}")
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
            order = slice(None) if direction == "forward" else slice(None, None, -1)
            gradient = _backward(trace, of, b, n, order, d_states[:, order, d * H : (d + 1) * H])
            if of is wanted:
                return np.concatenate([getattr(gradient, name)[:, order] for name in names], axis=2)
            d_below = d_below + gradient.d_x[:, order]
        d_states = d_below
    raise AssertionError("the wanted layer is one of the network's")


def _backward(trace: Trace, of: LayerTrace, b: int, n: int, order: slice, d_h: Array) -> Any:
    """d_h (K,n,H) in the order of reading → the cell's Gradient, from the one recorded forward pass."""
    s = trace.specification
    cell: Any = named_cell(s.cell, trace.network.views, f"layer{of.layer}.{of.direction}.", s.activation)
    twin: Any = {"elman": elman, "lstm": lstm, "gru": gru}[s.cell]

    def recorded(name: str) -> Array:
        array = of.arrays[name][b]
        array = array if name in ("h_0", "C_0") else array[:n][order]
        return np.broadcast_to(array, (len(d_h), *array.shape))

    names = [name for name in twin.Tape.__dataclass_fields__ if name != "x"]
    x = np.zeros((len(d_h), n, 0), d_h.dtype)  # only ∇V would need it
    return twin.backward(cell, twin.Tape(x=x, **{name: recorded(name) for name in names}), d_h)
