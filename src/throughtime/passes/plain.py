"""What a pass computes by without kernels: both passes of a network in plain NumPy, the twin of `kernels.passes`.

Each layer goes through its cell's own graph (`cells.interpreted`), many sequences at once, and fills the same arrays of
the tape. Numba need not be imported and no code loaded, which takes longer than a few sums; see `passes.quick`. Noise,
dropout and penalties belong to training, which has the kernels.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.cells.derivation import derivation
from throughtime.cells.interpreted import backward, forward, leaves
from throughtime.cells.layout import layout
from throughtime.kernels.starts import CARRIED, ZERO
from throughtime.passes.tape import Arrays
from throughtime.weights.losses import LOSSES, READOUTS
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, Views, of_layer

_NUMBERS_AT_ONCE = 2**15
"""States of so many units are computed at once: what is made of them stays in the second-level cache."""
_BY_ROWS = ("states", "gates", "joined", "net_y", "y")
"""Arrays of a tape whose last axis but one are the sequences, of the forward pass."""


class Plain:
    """Plain NumPy on the arrays of a pass; arguments, calls and results are those of `passes.compiled.Compiled`."""

    def __init__(self, s: NetworkSpecification, parameters: Array, arrays: Arrays) -> None:
        self._s, self._views = s, Views(s, parameters)
        self._x, self._lengths, self._d, self._mask, self._tape = arrays

    def read(self, x: Array, lengths: Array, first: int, start: int, y: Array) -> bool:
        """x (B,·,I), lengths (B,), first step, beginning, y (B,R,O) or empty → whether x is finite."""
        self._lay_out(x, lengths, first)
        if not np.isfinite(self._x).all():
            return False
        self._begin(start)
        self._forward()
        if y.size:
            self._give_outputs(lengths, first, y)
        return True

    def judge(self, y: Array, mask: Array) -> tuple[bool, float]:
        """y (B,R,O), mask (B,R) → False, since whether they fit is not looked at, and the loss."""
        weights, last_step = mask.T, self._s.output == "last step"
        real = last_step or np.arange(len(weights))[:, None] < self._lengths
        self._mask[...] = np.where(real & (weights > 0), weights, 0)
        self._d[...] = np.where(self._mask[..., None] > 0, y.swapaxes(0, 1), 0)
        return False, losses(self._s, self._d, self._mask, self._tape)

    def differentiate(self, x: Array, lengths: Array, y: Array, mask: Array, gradient: Array) -> tuple[bool, float]:
        """x (B,T,I), lengths (B,), y (B,R,O), mask (B,R), gradient (P,), added to → as `judge`."""
        if not self.read(x, lengths, 0, ZERO, np.zeros(0)):
            return False, 0.0
        _, loss = self.judge(y, mask)
        self.readout_backward(gradient)
        self.states_backward(gradient)
        return False, loss

    def readout_backward(self, gradient: Array) -> None:
        """The gradient (P,), added to: from the errors of the outputs to the states of the top layer."""
        readout_backward(self._s, self._views, self._tape, gradient)

    def states_backward(self, gradient: Array) -> None:
        """The gradient (P,), added to: from ∂E by the top layer's and the last states to the first ones and x."""
        states_backward(self._s, self._views, self._x, self._lengths, self._tape, gradient)

    def step(self, x: Array, before: Array, after: Array, y: Array) -> bool:
        """x (B,I), the states before (N,L,B,H), the states after, y (B,O), both written → whether x is finite."""
        if not np.isfinite(x).all():
            return False
        self._x[0], self._lengths[:], self._tape.states[:, :, 0, 0] = x, 1, before
        self._forward()
        after[...], y[...] = self._tape.states[:, :, 0, 1], self._tape.y[0]
        return True

    def _lay_out(self, x: Array, lengths: Array, first: int) -> None:
        part = x[:, first : first + len(self._x)].swapaxes(0, 1)
        self._lengths[:] = np.clip(lengths - first, 0, len(part))
        self._x[...] = 0
        self._x[: len(part)] = np.where(np.arange(len(part))[:, None, None] < self._lengths[:, None], part, 0)

    def _begin(self, start: int) -> None:
        states = self._tape.states
        if start in (ZERO, CARRIED):
            states[:, :, :, 0] = states[:, :, :, -2] if start == CARRIED else 0
            states[:, :, :, -1] = 0

    def _forward(self) -> None:
        at_once = max(1, _NUMBERS_AT_ONCE // self._s.hidden)
        for begun in range(0, len(self._lengths), at_once):
            rows = slice(begun, begun + at_once)
            arrays = {name: getattr(self._tape, name)[..., rows, :] for name in _BY_ROWS}
            tape = SimpleNamespace(**arrays)
            states(self._s, self._views, self._x[:, rows], self._lengths[rows], tape)
            outputs(self._s, self._views, tape)

    def _give_outputs(self, lengths: Array, first: int, y: Array) -> None:
        if self._s.output == "last step":
            y[:, 0] = self._tape.y[0]
            return
        part = y[:, first : first + len(self._x)]
        real = np.arange(first, first + part.shape[1]) < lengths[:, None]
        part[...] = np.where(real[..., None], self._tape.y[: part.shape[1]].swapaxes(0, 1), 0)


def states(s: NetworkSpecification, views: Views, x: Array, lengths: Array, tape: Any) -> None:
    """x (T,B,I) → all that the layers leave on the tape. The initial states stand in its states."""
    T, B, _ = x.shape
    kept = [slot.kept for slot in layout(s.graph).slots]
    below, real = _turned(x), _real(T, lengths)
    for layer in range(s.layers):
        read = []
        for direction, name in enumerate(DIRECTIONS[: s.directions]):
            on_tape, order = tape.states[:, layer, direction], range(T)[:: -1 if direction else 1]
            p, first = of_layer(s, views, layer, name), on_tape[:, -1 if direction else 0]
            recorded, after = forward(s.graph, p, below, first, order, kept, real)
            for of_tape, state in zip(on_tape, after, strict=True):
                of_tape[1:-1] = _turned(state)
            gates = tape.gates[layer, direction].reshape(T, B, -1, s.hidden)
            for k, place in enumerate(kept):
                gates[:, :, k] = _turned(recorded[place])
            read.append(after[0])
        below = np.concatenate(read, axis=2)
        if s.bidirectional:
            tape.joined[layer] = _turned(below)


def outputs(s: NetworkSpecification, views: Views, tape: Any) -> None:
    """The readout of the states on the tape: → net_y, y."""
    read = _read(s, tape)
    net_y = read.reshape(-1, read.shape[-1]) @ views["W"]
    tape.net_y[...] = (net_y + views["b_y"] if s.bias else net_y).reshape(tape.net_y.shape)
    with np.errstate(all="ignore"):
        tape.y[...] = READOUTS[s.readout].g(tape.net_y)


def losses(s: NetworkSpecification, y: Array, mask: Array, tape: Any) -> float:
    """The loss of the outputs on the tape against y (R,B,O), weighted by mask (R,B): → error, delta_y; their sum."""
    with np.errstate(all="ignore"):
        error, delta_y = LOSSES[s.loss](s.readout, tape.net_y, y)
    scored = mask > 0
    tape.error[...] = np.where(scored, mask * error, 0)
    tape.delta_y[...] = np.where(scored[..., None], mask[..., None] * delta_y, 0)
    return float(tape.error.sum())


def readout_backward(s: NetworkSpecification, views: Views, tape: Any, gradient: Array) -> None:
    """delta_y → the gradient of W and b_y (added), ∂E by the top layer's states; ∂E by all last states is set."""
    W, found, H = views["W"], Views(s, gradient), s.hidden
    found["W"][...] += _summed(_read(s, tape), tape.delta_y)
    if s.bias:
        found["b_y"][...] += tape.delta_y.sum((0, 1))
    d_states = tape.d_states[(s.layers - 1) % 2]
    tape.d_last[...] = 0
    back = tape.delta_y @ W.T
    if s.output == "last step":
        d_states[...] = 0
        for direction in range(s.directions):
            tape.d_last[0, -1, direction] = back[0][:, direction * H : (direction + 1) * H]
    else:
        d_states[...] = back


def states_backward(
    s: NetworkSpecification, views: Views, x: Array, lengths: Array, tape: Any, gradient: Array
) -> None:
    """d_states of the top layer → δ's of every layer, gradient of the layers' parameters (added), d_first, d_x."""
    H, found, real = s.hidden, Views(s, gradient), _real(len(x), lengths)
    d_states = _turned(tape.d_states[(s.layers - 1) % 2])
    for layer in reversed(range(s.layers)):
        below = _turned(x) if layer == 0 else np.concatenate(
            [_turned(tape.states[0, layer - 1, direction, 1:-1]) for direction in range(s.directions)], axis=2
        )  # fmt: skip
        d_below = np.zeros_like(below)
        for direction in range(s.directions):
            above = d_states[..., direction * H : (direction + 1) * H]
            d_below += _layer_backward(s, views, layer, direction, below, above, real, tape, found)
        d_states = d_below
    if tape.d_x.size:
        tape.d_x[...] = _turned(d_states)


def _layer_backward(
    s: NetworkSpecification,
    views: Views,
    layer: int,
    direction: int,
    below: Array,
    above: Array,
    real: Array | None,
    tape: Any,
    gradients: Views,
) -> Array:
    """Back through one layer and direction: above (B,T,H) → ∂E by what it reads (B,T,K)."""
    graph, laid, derived = s.graph, layout(s.graph), derivation(s.graph)
    T, name = below.shape[1], DIRECTIONS[direction]
    p, gradient = (of_layer(s, one, layer, name) for one in (views, gradients))
    on_tape, gates = tape.states[:, layer, direction], tape.gates[layer, direction]
    earlier = [_turned(state[2:] if direction else state[:-2]) for state in on_tape]
    known = leaves(graph, p, earlier, below)
    known |= {
        slot.kept: _turned(part) for slot, part in zip(laid.slots, np.split(gates, len(laid.slots), 2), strict=True)
    }
    known |= {place: _turned(state[1:-1]) for place, state in zip(graph.after, on_tape, strict=True)}
    deltas = [derived.by[slot.kept if slot.net is None else slot.net] for slot in laid.slots]
    vectors = {name: derived.by[place] for name, place in graph.parameter_places.items() if place in derived.by}
    wanted = list(dict.fromkeys([*deltas, *(vectors[one] for one in (*laid.weights, *laid.biases))]))
    order = range(T)[:: 1 if direction else -1]
    rest = [np.zeros_like(above) for _ in graph.states[1:]]
    found, first = backward(graph, known, [above, *rest], order, wanted, real, tape.d_last[:, layer, direction])
    on_tape_delta = tape.delta[layer, direction].reshape(T, len(below), -1, s.hidden)
    for k, place in enumerate([*deltas, *(vectors[weight] for weight in laid.weights)]):
        on_tape_delta[:, :, k] = _turned(found[place])
    for of_tape, error in zip(tape.d_first[:, layer, direction], first, strict=True):
        of_tape[...] = error
    for vector in (*laid.weights, *(laid.biases if s.bias else ())):
        gradient[vector][...] += found[vectors[vector]].sum((0, 1))
    d_below = np.zeros_like(below)
    for product in laid.products:
        delta = found[deltas[product.slot]]
        gradient[product.parameter][...] += _summed(known[product.source], delta)
        if graph.operations[product.source].op == "x":
            d_below += delta @ p[product.parameter].T
    return d_below


def _read(s: NetworkSpecification, tape: Any) -> Array:
    """What the readout reads, (R,B,D·H)."""
    top = tape.states[0, -1]
    if s.output == "last step":
        return np.concatenate([top[0, -2:-1], *(way[1:2] for way in top[1:])], axis=2)
    return np.concatenate(list(top[:, 1:-1]), axis=2)


def _summed(read: Array, delta: Array) -> Array:
    """Σ readᵀ δ over time and sequences."""
    return np.asarray(read.reshape(-1, read.shape[-1]).T @ delta.reshape(-1, delta.shape[-1]))


def _real(time: int, lengths: Array) -> Array | None:
    """Which steps (B,T) are real; None for all."""
    return None if lengths.min() == time else np.arange(time) < lengths[:, None]


def _turned(array: Array) -> Array:
    """(T,B,F) → (B,T,F), or back."""
    return array.transpose(1, 0, 2)
