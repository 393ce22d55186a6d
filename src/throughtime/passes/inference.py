"""Outputs without gradients, on a small tape that is used again: sequences of any length are read a piece at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from throughtime.batch import Array
from throughtime.cells.layout import layout
from throughtime.support.memory import require
from throughtime.weights.network_specification import NetworkSpecification

if TYPE_CHECKING:
    from throughtime.network import Network
    from throughtime.passes.forward_pass import State

_NUMBERS_OF_A_PIECE = 2**18
"""On a tape: so many stay in the second-level cache."""
_LEAST_PIECE = 16
_PLACES = 8
"""For how many sizes a tape is kept."""


def piece_of(s: NetworkSpecification, T: int, B: int) -> int:
    """Steps that are read at once: all of them by a bidirectional network."""
    if s.bidirectional:
        return T
    numbers = B * s.layers * s.hidden * (len(layout(s.graph).slots) + len(s.graph.states))
    pieces = -(-T // max(_LEAST_PIECE, _NUMBERS_OF_A_PIECE // numbers))
    return -(-T // pieces)


class Inference:
    """The forward pass over up to T steps of B sequences, again and again.

    Parameters
    ----------
    net : Network
        Its parameters are read at every pass.
    T, B : int

    Attributes
    ----------
    x : (T,B,I) array, to be written
    lengths : (B,) int array, to be written: real steps of each sequence, from 0 to T
    first_h, first_C : (L,B,H) arrays, to be written: the states to begin with; C is empty for cells that have h alone
    last_h, last_C : (L,B,H) arrays: the states of a unidirectional network after the last real step
    y : (R,B,O) array
    read : function without arguments: x, lengths and the first states → y and the last states
    """

    def __init__(self, net: Network, T: int, B: int) -> None:
        from throughtime.kernels import network as kernels
        from throughtime.kernels.compiled import bound
        from throughtime.kernels.tape import TapeArrays

        s = net.specification
        tape = TapeArrays(net.shape, T, B, s.dtype, backward=False)
        self.x, self.lengths = np.zeros((T, B, s.inputs), s.dtype), np.full(B, T, np.int64)
        self.first_h, self.last_h = tape.h[:, 0, 0], tape.h[:, 0, T]
        C = tape.C if tape.C.size else np.zeros((0, 1, T + 1, 0, 0), s.dtype)
        self.first_C, self.last_C = C[:, 0, 0], C[:, 0, T]
        self.first_h_backwards, self.first_C_backwards = tape.h[:, -1, -1], tape.C[:, -1, -1:]
        self.y = tape.y
        self.read = bound(kernels.read, net.shape, net.parameters, self.x, self.lengths, tape.tape)

    def begin(self, s: NetworkSpecification, state: State | None) -> None:
        """Set the states to begin with; 0, when not given."""
        self.first_h[:], self.first_C[:] = 0, 0
        if s.bidirectional:
            self.first_h_backwards[:], self.first_C_backwards[:] = 0, 0
        if state is None:
            return
        self.first_h[:] = state.h[:: s.directions]
        if self.first_C.size:
            self.first_C[:] = state.C[:: s.directions]
        if s.bidirectional:
            self.first_h_backwards[:] = state.h[1::2]
            if self.first_C.size:
                self.first_C_backwards[:, 0] = state.C[1::2]


class Tapes:
    """Those that are not in use just now, so that any number of threads may ask a network at the same time."""

    def __init__(self) -> None:
        self._idle: dict[tuple[int, int], list[Inference]] = {}

    def take(self, net: Network, T: int, B: int) -> Inference:
        """One for this size that nobody else uses."""
        try:
            return self._idle[T, B].pop()
        except (KeyError, IndexError):
            return Inference(net, T, B)

    def give_back(self, used: Inference) -> None:
        """Let it be used again."""
        T, B, _ = used.x.shape
        if (T, B) not in self._idle and len(self._idle) >= _PLACES:
            self._idle.clear()
        self._idle.setdefault((T, B), []).append(used)


def outputs(net: Network, tapes: Tapes, x: Array, lengths: Array, state: State | None) -> Array:
    """What the network says of sequences x (B,T,I): (B,T,O), 0 behind their ends, or (B,O) for output "last step"."""
    s, (B, T, _) = net.specification, x.shape
    piece = piece_of(s, T, B)
    here = tapes.take(net, piece, B)
    here.begin(s, state)
    last_step = s.output == "last step"
    require(8.0 * B * T * s.outputs * (not last_step), f"the outputs of {B:,} sequences of {T:,} steps")
    y = np.empty((B, 0 if last_step else T, s.outputs), s.dtype)
    ragged = bool((lengths < T).any())
    for first in range(0, T, piece):
        if first:
            here.first_h[:], here.first_C[:] = here.last_h, here.last_C
        part = x[:, first : first + piece]
        there = part.shape[1]
        here.x[:there] = part.transpose(1, 0, 2)
        np.clip(lengths - first, 0, there, out=here.lengths)
        if ragged:
            here.x[np.arange(piece)[:, None] >= here.lengths] = 0
        here.read()
        if not last_step:
            y[:, first : first + there] = here.y[:there].transpose(1, 0, 2)
    if last_step:
        y = here.y[0].copy()
    elif ragged:
        y[np.arange(T) >= lengths[:, None]] = 0
    if not s.bidirectional:  # whose tapes may be long
        tapes.give_back(here)
    return y
