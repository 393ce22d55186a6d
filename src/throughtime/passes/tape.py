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
    packed                      room for the packed matrices of a layer's direction, or of the readout
    zeros                       the biases of a network that has none; nothing is ever written there

The memory and each array in it begin with a cache line: where rows are as long as whole vectors, none lies across two.
The places are found by the kernels in `kernels.tape`.
"""

from __future__ import annotations

from collections import namedtuple
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

import numpy as np

from throughtime.batch import Array
from throughtime.cells.layout import layout
from throughtime.support import aligned
from throughtime.support.memory import require
from throughtime.weights.network_specification import NetworkSpecification

_PANEL = 32
"""A multiple of the columns of a packed panel, whatever the machine."""

NAMES = (
    "states", "fed", "gates", "delta", "joined", "last", "net_y", "y", "delta_y", "error",
    "d_states", "d_h", "d_last", "d_first", "d_x", "masks", "dropped", "packed",
    "zeros",
)  # fmt: skip
_tuple: Any = namedtuple
Tape = _tuple("Tape", ["numbers", "T", "B", "wants_d_x", *NAMES])
"""The tape as the kernels read it: its numbers, the sizes, whether there is ∂x, and where each array begins."""


def _room_for_packed(s: NetworkSpecification, backward: bool) -> int:
    """Numbers of the matrices that are packed at the same time, with columns up to whole panels."""

    def padded(columns: int) -> int:
        return -(-columns // _PANEL) * _PANEL

    kinds = [block.kind for block in layout(s.graph).blocks for _ in block.names]
    of_x, of_h, H, read = kinds.count("x"), kinds.count("h"), s.hidden, s.directions * s.hidden
    needed = [read * padded(s.outputs), backward * s.outputs * padded(read)]
    for K in [s.inputs, read][: s.layers]:
        needed += [(of_x * K + of_h * H) * padded(H), backward * (of_x * padded(K) + of_h * padded(H)) * H]
    return max(needed)


class Arrays(NamedTuple):
    """All that a pass computes on, time-major.

    x : (T,B,I)
    lengths : (B,) int64, steps of each sequence that are real
    d, mask : (R,B,O) and (R,B), targets and their weights
    tape : what the passes leave
    """

    x: Array
    lengths: Array
    d: Array
    mask: Array
    tape: TapeArrays


class TapeArrays:
    """The arrays of a tape by name, as NumPy sees them, all 0; `tape` is the same memory as the kernels see it.

    Parameters
    ----------
    s : NetworkSpecification
    T, B : int
    noisy : bool
        Whether `fed` is an array of its own.
    dropout : bool
        Whether there are masks on what the layers read.
    d_x : bool
        Whether ∂x is wanted.
    backward : bool
        Whether there will be a backward pass; without one, its arrays are empty.
    """

    states: Array
    fed: Array
    gates: Array
    delta: Array
    joined: Array
    last: Array
    net_y: Array
    y: Array
    delta_y: Array
    error: Array
    d_states: Array
    d_h: Array
    d_last: Array
    d_first: Array
    d_x: Array
    masks: Array
    dropped: Array
    packed: Array
    zeros: Array

    def __init__(
        self,
        s: NetworkSpecification,
        T: int,
        B: int,
        *,
        noisy: bool = False,
        dropout: bool = False,
        d_x: bool = False,
        backward: bool = True,
    ) -> None:
        graph = s.graph
        laid = layout(graph)
        N, L, D, H, O = len(graph.states), s.layers, s.directions, s.hidden, s.outputs
        slots, deltas = len(laid.slots), len(laid.slots) + len(laid.weights)
        R = 1 if s.output == "last step" else T
        both, back, masked = int(D == 2), int(backward), dropout * (s.inputs + (L - 1) * D * H)
        shapes = {
            "states": (N, L, D, T + 2, B, H), "fed": (N, L, D, noisy * (T + 2), B, H),
            "gates": (L, D, T, B, slots * H), "delta": (back * L, D, T, B, deltas * H),
            "joined": (L, both * T, both * B, D * H), "last": (both * B, D * H),
            "net_y": (R, B, O), "y": (R, B, O), "delta_y": (R, B, O), "error": (R, B),
            "d_states": (back * 2, T, B, D * H), "d_h": (back * 2, both * T, both * B, H),
            "d_last": (N, back * L, D, B, H), "d_first": (N, back * L, D, B, H),
            "d_x": (d_x * T, d_x * B, s.inputs), "masks": (B * masked,), "dropped": (T * B * masked,),
            "packed": (_room_for_packed(s, backward),), "zeros": ((not s.bias) * max(len(laid.biases) * H, O),),
        }  # fmt: skip
        itemsize = np.dtype(s.dtype).itemsize
        unit = aligned.LINE // itemsize
        sizes = [-(-prod(shapes[name]) // unit) * unit for name in NAMES]
        require(
            sum(sizes) * itemsize, f"a pass of {B:,} sequences over {T:,} steps at once",
            "choose fewer or shorter sequences at once, or a smaller network",
        )  # fmt: skip
        numbers = aligned.zeros((sum(sizes),), s.dtype)
        places = dict(zip(NAMES, [0, *accumulate(sizes)], strict=False))
        for name, place in places.items():
            setattr(self, name, numbers[place : place + prod(shapes[name])].reshape(shapes[name]))
        if not noisy:
            places["fed"], self.fed = places["states"], self.states
        self.tape = Tape(numbers, T, B, int(d_x), **places)
