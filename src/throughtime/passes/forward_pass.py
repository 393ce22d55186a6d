"""One pass of a network over sequences, that can be taken backwards: how networks are composed with other things."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array

if TYPE_CHECKING:
    from throughtime.kernels.tape import TapeArrays
    from throughtime.network import Network


@dataclass(frozen=True)
class State:
    """The memory of a network between two steps.

    h : (L·D, B, H) array, the hidden states of each layer and direction
    C : (L·D, B, H) array, the cell states of an LSTM; empty (L·D, 0, H) for cells that have h alone; of a cell with
        more states all that stand behind h, one after the other (n·L·D, B, H)
    """

    h: Array
    C: Array

    def __getitem__(self, rows: Any) -> State:
        """The state of some of the sequences, `rows` being a slice or an index array."""
        return State(self.h[:, rows], self.C[:, rows] if self.C.size else self.C)


@dataclass(frozen=True)
class Backward:
    """What goes back: the flat gradient (P,), ∂E/∂x (B,T,I), and ∂E by the initial state."""

    gradient: Array
    d_x: Array
    d_state: State


@dataclass(frozen=True)
class ForwardPass:
    """What `Network.forward` returns; it holds until the network's parameters change.

    network : Network
    x : (T,B,I) contiguous array, as the kernels read it
    lengths : (B,) int array
    arrays : the tape
    """

    network: Network
    x: Array
    lengths: Array
    arrays: TapeArrays

    @property
    def states(self) -> Array:
        """The states of the last layer (B,T,D·H), 0 behind each sequence's end."""
        top = self.arrays.joined[-1] if self.network.specification.bidirectional else self.arrays.h[-1, 0, 1:-1]
        return batch_first(top, self.lengths)

    @property
    def final(self) -> State:
        """The state after the last step of each sequence: forward, what its end left.

        Backwards, what its beginning left.
        """
        s, T = self.network.specification, len(self.x)

        def of(states: Array) -> Array:
            if not states.size:
                return np.zeros((s.layers * s.directions, 0, s.hidden), s.dtype)
            ends = [states[:, 0, T], states[:, -1, 1]]
            return np.stack(ends[: s.directions], axis=1).reshape(-1, states.shape[3], s.hidden)

        return State(of(self.arrays.h), of(self.arrays.C))

    def loss(self, y: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> float:
        """The loss of the network's outputs, summed over steps and sequences; y and mask as for `Network.gradient`."""
        from throughtime.kernels import network as kernels

        net = self.network
        targets, weights = net._targets(self, y, mask)
        kernels.outputs(net.shape, net.parameters, self.arrays.tape)
        return float(kernels.losses(net.shape, targets, weights, self.arrays.tape))

    def outputs(self) -> Array:
        """What `Network.predict` returns for an array: (B,T,O), or (B,O) if the network's output is "last step"."""
        from throughtime.kernels import network as kernels

        net = self.network
        kernels.outputs(net.shape, net.parameters, self.arrays.tape)
        last_step = net.specification.output == "last step"
        return self.arrays.y[0].copy() if last_step else batch_first(self.arrays.y, self.lengths)

    def backward(
        self,
        d_h: npt.ArrayLike | None = None,
        d_state: State | None = None,
        delta_y: npt.ArrayLike | None = None,
    ) -> Backward:
        """Back-propagate the loss that was asked for last, or what is given.

        Parameters
        ----------
        d_h : (B, T, D·H) array, optional
            ∂E by the states of the last layer, from outside; the network's own readout then plays no part.
        d_state : State, optional
            ∂E by the final state; 0 when not given.
        delta_y : (B, T, O) or (B, O) array, optional
            ∂E by the outputs' net input, from outside: by the outputs themselves where the readout is the identity.

        Returns
        -------
        Backward : the gradient (P,), ∂E/∂x (B,T,I), ∂E by the initial state.
        """
        from throughtime.kernels import network as kernels

        net, tape = self.network, self.arrays
        s, (T, B, _) = net.specification, self.x.shape
        gradient = np.zeros_like(net.parameters)
        if delta_y is not None:
            self._put_delta_y(np.asarray(delta_y, s.dtype))
        if d_h is None:
            kernels.readout_backward(net.shape, net.parameters, tape.tape, gradient)
        else:
            outer = np.asarray(d_h, s.dtype)
            expected = (B, T, tape.d_states.shape[3])
            if outer.shape != expected:
                raise ValueError(f"d_h must be (batch, time, states) = {expected}, got {outer.shape}")
            real = np.arange(T)[:, None, None] < self.lengths[:, None]
            tape.d_states[(s.layers - 1) % 2] = np.where(real, outer.transpose(1, 0, 2), 0)
            tape.d_h_last[:], tape.d_C_last[:] = 0, 0
        if d_state is not None:
            net._check_state(d_state, B)
            tape.d_h_last[:] += d_state.h.reshape(tape.d_h_last.shape)
            tape.d_C_last[:] += d_state.C.reshape(tape.d_C_last.shape)
        kernels.states_backward(net.shape, net.parameters, self.x, self.lengths, 0.0, tape.tape, gradient)
        like = net.initial_state(B)
        first = State(tape.d_h_0.reshape(like.h.shape).copy(), tape.d_C_0.reshape(like.C.shape).copy())
        return Backward(gradient, batch_first(tape.d_x, self.lengths), first)

    def _put_delta_y(self, delta_y: Array) -> None:
        (R, B, O), T = self.arrays.delta_y.shape, len(self.x)
        last_step = self.network.specification.output == "last step"
        axes, expected = ("(batch, outputs)", (B, O)) if last_step else ("(batch, time, outputs)", (B, T, O))
        if delta_y.shape != expected:
            raise ValueError(f"delta_y must be {axes} = {expected}, got {delta_y.shape}")
        inside = delta_y[None] if last_step else delta_y.transpose(1, 0, 2)
        real = np.ones((1, 1, 1), bool) if last_step else np.arange(R)[:, None, None] < self.lengths[:, None]
        self.arrays.delta_y[:] = np.where(real, inside, 0)


def batch_first(array: Array, lengths: Array) -> Array:
    """(T,B,F) → (B,T,F), 0 behind each sequence's end."""
    out = np.ascontiguousarray(array.transpose(1, 0, 2))
    if len(lengths) and lengths.min() < out.shape[1]:
        out[np.arange(out.shape[1]) >= lengths[:, None]] = 0
    return out
