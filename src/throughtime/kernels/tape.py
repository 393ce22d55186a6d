"""The arrays that the two passes fill, in one piece of memory.

A kernel gets them as one flat array and the place where each begins: Numba compiles a function several times faster for
that than for twenty arrays, and calls it faster. All arrays are time-major. N states of the cell,
L layers, D directions, R = T output steps, or 1:

    states, fed (N,L,D,T+2,B,H)   a state after step t stands at t + 1 (t = 0..T-1), between the initial states of the
                                two directions; fed is what enters the recurrence: the states themselves, or the states
                                with noise
    gates (L,D,T,B,S·H)         what the cell leaves on the tape, one slot beside the other (`cells.layout`)
    delta (L,D,T,B,·)           the δ's, and behind them ∂E by the vectors that are no biases
    joined (L,T,B,2H)           h of both directions side by side; empty if there is only one
    last (B,2H)                 the last state of both directions side by side, likewise
    net_y, y, delta_y (R,B,O), error (R,B)
    d_states (2,T,B,D·H)        ∂E by the states of a layer, at the parity of its number
    d_h (2,T,B,H)               the same, of each direction; empty if there is only one
    d_last, d_first (N,L,D,B,H) ∂E by the last states from outside, and by the first
    d_x (T,B,I)                 empty, if it is not wanted
    masks (B·K), dropped (T·B·K)   of dropout, and what the layers read with it: layer after layer; empty without
"""

from __future__ import annotations

from collections import namedtuple
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import items, rows, shaped
from throughtime.support.memory import require

_ALIGNMENT = 64

NAMES = (
    "states", "fed", "gates", "delta", "joined", "last", "net_y", "y", "delta_y", "error",
    "d_states", "d_h", "d_last", "d_first", "d_x", "masks", "dropped",
)  # fmt: skip
_tuple: Any = namedtuple
Tape = _tuple("Tape", ["numbers", "T", "B", "wants_d_x", *NAMES])
"""The tape as the kernels read it: its numbers, the sizes, whether there is ∂x, and where each array begins."""


_BY_STATE = (
    ("states", "h", "C"), ("fed", "fed", "fed_C"), ("d_last", "d_h_last", "d_C_last"), ("d_first", "d_h_0", "d_C_0")
)  # fmt: skip


class TapeArrays(dict[str, Any]):
    """The arrays of a tape by name, as NumPy sees them, all 0; `tape` is the same memory as the kernels see it.

    Those of the first state are also called h, fed, d_h_last and d_h_0, those of the others C, fed_C, d_C_last and
    d_C_0 (n·L,D,…), which are empty if there are none.

    Parameters
    ----------
    s : the network's shape
    T, B : int
    dtype : of all arrays
    noisy : bool
        Whether `fed` is an array of its own.
    dropout : bool
        Whether there are masks on what the layers read.
    d_x : bool
        Whether ∂x is wanted.
    backward : bool
        Whether there will be a backward pass; without one, its arrays are empty.
    """

    def __init__(
        self,
        s: Any,
        T: int,
        B: int,
        dtype: Any,
        *,
        noisy: bool = False,
        dropout: bool = False,
        d_x: bool = False,
        backward: bool = True,
    ) -> None:
        N, L, D, H, O = s.states, s.layers, s.directions, s.hidden, s.outputs
        R = 1 if s.last_step else T
        both, back, masked = int(D == 2), int(backward), dropout * (s.inputs + (L - 1) * D * H)
        shapes = {
            "states": (N, L, D, T + 2, B, H), "fed": (N, L, D, noisy * (T + 2), B, H),
            "gates": (L, D, T, B, s.slots * H), "delta": (back * L, D, T, B, s.deltas * H),
            "joined": (L, both * T, both * B, D * H), "last": (both * B, D * H),
            "net_y": (R, B, O), "y": (R, B, O), "delta_y": (back * R, B, O), "error": (back * R, B),
            "d_states": (back * 2, T, B, D * H), "d_h": (back * 2, both * T, both * B, H),
            "d_last": (N, back * L, D, B, H), "d_first": (N, back * L, D, B, H),
            "d_x": (d_x * T, d_x * B, s.inputs), "masks": (B * masked,), "dropped": (T * B * masked,),
        }  # fmt: skip
        unit = _ALIGNMENT // np.dtype(dtype).itemsize
        sizes = [-(-prod(shapes[name]) // unit) * unit for name in NAMES]
        require(
            sum(sizes) * np.dtype(dtype).itemsize, f"a pass of {B:,} sequences over {T:,} steps at once",
            "choose fewer or shorter sequences at once, or a smaller network",
        )  # fmt: skip
        numbers = np.zeros(sum(sizes), dtype)
        places = dict(zip(NAMES, [0, *accumulate(sizes)], strict=False))
        for name, place in places.items():
            self[name] = numbers[place : place + prod(shapes[name])].reshape(shapes[name])
        if not noisy:
            places["fed"], self["fed"] = places["states"], self["states"]
        self.tape = Tape(numbers, T, B, int(d_x), **places)
        for name, first, second in _BY_STATE:
            arrays = self[name]
            others = arrays[1:].reshape(-1, *arrays.shape[2:])
            self[second] = others if N > 1 else np.zeros((*arrays.shape[1:-2], 0, H), dtype)
            self[first] = arrays[0]

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a tape has no array {name!r}") from None


@inlined
def _at(tape, place, number, count, width):
    """Part `number` of the array at that place, whose parts are (count,B,width)."""
    size = count * tape.B * width
    part = items(tape.numbers, place + number * size, size)
    return shaped(part, (count, tape.B, width))


@inlined
def state_step(s, tape):
    """How far the places of two states of a cell stand apart."""
    return s.layers * s.directions * (tape.T + 2) * tape.B * s.hidden


@inlined
def state_place(s, tape, place, layer, direction):
    """Where the first state of a layer's direction begins in states or fed."""
    return place + (layer * s.directions + direction) * (tape.T + 2) * tape.B * s.hidden


@inlined
def gates_place(s, tape, layer, direction):
    """Where the gates of a layer's direction begin."""
    return tape.gates + (layer * s.directions + direction) * tape.T * tape.B * s.slots * s.hidden


@inlined
def delta_place(s, tape, layer, direction):
    """Where the δ's of a layer's direction begin."""
    return tape.delta + (layer * s.directions + direction) * tape.T * tape.B * s.deltas * s.hidden


@inlined
def end_place(s, tape, place, layer, direction):
    """Where ∂E by the first state of a layer's direction begins in d_last or d_first."""
    return place + (layer * s.directions + direction) * tape.B * s.hidden


@kernel
def states_at(s, tape, place, n, layer, direction):
    """State n of a layer's direction (T+2,B,H), of states or fed."""
    return _at(tape, place, (n * s.layers + layer) * s.directions + direction, tape.T + 2, s.hidden)


@kernel
def ends_at(s, tape, place, n, layer, direction):
    """∂E by state n of a layer's direction (B,H), of d_last or d_first."""
    number = (n * s.layers + layer) * s.directions + direction
    return rows(_at(tape, place, number, 1, s.hidden), 0, tape.B)


@kernel
def layer_at(s, tape, place, number):
    """joined or d_states (T,B,D·H), at that number."""
    return _at(tape, place, number, tape.T, s.directions * s.hidden)


@kernel
def direction_at(s, tape, direction):
    """d_h (T,B,H) of a direction."""
    return _at(tape, tape.d_h, direction, tape.T, s.hidden)


@kernel
def outputs_at(s, tape, place):
    """net_y, y or delta_y as rows (R·B,O)."""
    count = (1 if s.last_step else tape.T) * tape.B
    return shaped(items(tape.numbers, place, count * s.outputs), (count, s.outputs))


@kernel
def errors_at(s, tape):
    """error (R·B)."""
    return items(tape.numbers, tape.error, (1 if s.last_step else tape.T) * tape.B)


@kernel
def last_at(s, tape):
    """last (B,2H)."""
    return shaped(items(tape.numbers, tape.last, tape.B * 2 * s.hidden), (tape.B, 2 * s.hidden))


@kernel
def d_x_at(s, tape):
    """d_x (T,B,I), or empty."""
    T = tape.wants_d_x * tape.T
    return shaped(items(tape.numbers, tape.d_x, T * tape.B * s.inputs), (T, tape.B, s.inputs))


@kernel
def states_of(s, tape, layer):
    """The states (T,B,D·H) of a layer, as the next one or the readout reads them."""
    if s.directions == 1:
        return items(states_at(s, tape, tape.states, 0, layer, 0), 1, tape.T)
    return layer_at(s, tape, tape.joined, layer)
