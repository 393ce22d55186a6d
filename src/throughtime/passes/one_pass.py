"""Pass: a network's way over a batch, forward and back. No one else knows where things lie on the tape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, check_finite, numbers
from throughtime.kernels.starts import CARRIED, GIVEN, ZERO
from throughtime.passes.given import Lengths, contiguous, refuse_sequences, refuse_targets, targets
from throughtime.passes.state import State, given_state, shape_of
from throughtime.passes.tape import Arrays, TapeArrays
from throughtime.support.memory import require
from throughtime.weights.network_specification import NetworkSpecification


@dataclass(frozen=True)
class Backward:
    """What goes back: the flat gradient (P,), ∂E/∂x (B,T,I), and ∂E by the initial state."""

    gradient: Array
    d_x: Array
    d_state: State


class Layer(NamedTuple):
    """What a pass left of a layer and direction: initial states (N,B,H), states (N,B,T,H), slots and δ's (B,T,S·H)."""

    first: Array
    states: Array
    slots: Array
    deltas: Array


class Pass:
    """The way of B sequences of T steps through a network, and back. `Network.forward` returns one.

    It has memory of its own, which the next sequences use again, and holds until then, or until the network's
    parameters change. What it returns is new.

    Parameters
    ----------
    specification : NetworkSpecification
    parameters : (P,) array
        They are read anew by each pass.
    T, B : int
    backward : bool
        Whether there is a way back.
    d_x, noisy, dropout : see `TapeArrays`
    computing : what makes what it computes by, `passes.compiled.Compiled` when not given
    """

    def __init__(
        self,
        specification: NetworkSpecification,
        parameters: Array,
        T: int,
        B: int,
        *,
        backward: bool = True,
        d_x: bool = False,
        noisy: bool = False,
        dropout: bool = False,
        computing: Callable[..., Any] | None = None,
    ) -> None:
        if computing is None:
            from throughtime.passes.compiled import Compiled

            computing = Compiled
        s = self.specification = specification
        self.T, self.B, self.size = T, B, (T, B, backward)
        self.dtype, self._parameters = np.dtype(s.dtype), parameters
        self._last_step, self._judged = s.output == "last step", False
        R = 1 if self._last_step else T
        self.tape = TapeArrays(s, T, B, noisy=noisy, dropout=dropout, d_x=d_x, backward=backward)
        self.x, self.lengths = np.zeros((T, B, s.inputs), s.dtype), np.full(B, T, np.int64)
        self.d, self.mask = np.zeros((R, B, s.outputs), s.dtype), np.zeros((R, B), s.dtype)
        self.whole, self._scored = self.lengths.copy(), np.ones((B, R), s.dtype)
        self.bytes = sum(array.nbytes for array in (self.tape.tape.numbers, self.x, self.d, self.mask))
        self._no_outputs = np.zeros((B, 0, s.outputs), s.dtype)
        self._names, self._of_states = s.graph.states, shape_of(s, B)
        self._of_step, self._of_y = (B, s.inputs), (B, s.outputs)
        self.compute = computing(s, parameters, Arrays(self.x, self.lengths, self.d, self.mask, self.tape))

    # Forward

    def read(self, x: Array, lengths: Lengths | None = None, state: State | None = None) -> None:
        """Read sequences x (B,T,I) from a state on; from 0, when it is not given."""
        start, self._judged = self._begin(state), False
        given, steps = contiguous(x, self.dtype), self.whole if lengths is None else lengths
        if not self.compute.read(given, steps, 0, start, self._no_outputs):
            refuse_sequences(self.specification, x, lengths)

    def predict(self, x: Array, lengths: Lengths | None = None, state: State | None = None) -> Array:
        """The outputs of sequences of any length x (B,·,I), T steps of them at a time."""
        steps, start = x.shape[1], ZERO if state is None else self._begin(state)
        ends = self.whole if lengths is None else lengths
        if steps > self.T:
            if not self._last_step:
                outputs = self.B * steps * self.specification.outputs
                require(8.0 * outputs, f"the outputs of {self.B:,} sequences of {steps:,} steps")
            if lengths is None:
                ends = np.full(self.B, steps, np.int64)
        given = contiguous(x, self.dtype)
        y = np.empty((self.B, 1 if self._last_step else steps, self.d.shape[2]), self.dtype)
        finite = self.compute.read(given, ends, 0, start, y)
        for first in range(self.T, steps, self.T):
            finite &= self.compute.read(given, ends, first, CARRIED, y)
        if not finite:
            refuse_sequences(self.specification, x, lengths)
        return y[:, 0] if self._last_step else y

    def step(self, x_t: npt.ArrayLike, state: State) -> tuple[Array, State]:
        """One step of sequences that are at a state: x (B,I) → y (B,O), and the state after it."""
        before, dtype = state.numbers, self.dtype
        x = x_t if type(x_t) is np.ndarray and x_t.dtype is dtype else numbers("x_t", x_t)
        if self.specification.bidirectional:
            raise ValueError("a bidirectional network needs the whole sequence: use predict instead of step")
        if x.shape != self._of_step:
            raise ValueError(f"x_t must be (batch, features) = {self._of_step} for this state, got {x.shape}")
        if before.shape != self._of_states or state.names != self._names:
            state.check(self.specification, self.B)
        after, y = np.empty(self._of_states, dtype), np.empty(self._of_y, dtype)
        if not self.compute.step(contiguous(x, dtype), contiguous(before, dtype), after, y):
            check_finite("x_t", "feature", x, dtype)
        return y, State.of(self._names, after)

    def _begin(self, state: State | None) -> int:
        """Put states where the first step finds them; the code of where it begins."""
        if state is None:
            return ZERO
        given_state(state).check(self.specification, self.B)
        given, states = self._of_directions(state), self.tape.states
        states[:, :, 0, 0] = given[:, :, 0]
        if self.specification.bidirectional:
            states[:, :, 1, -1] = given[:, :, 1]
        return GIVEN

    def leave(self, state: State) -> None:
        """Put states where the last step of a network that reads forward leaves them."""
        self.tape.states[:, :, 0, self.T] = self._of_directions(state)[:, :, 0]

    def _of_directions(self, state: State) -> Array:
        """(N,L,D,B,H)"""
        N, _, B, H = state.numbers.shape
        return state.numbers.reshape(N, self.specification.layers, -1, B, H)

    def _state(self, forward: Array, backward: Array) -> State:
        """The state of these parts (N,L,B,H), of both directions or one, as a copy."""
        s = self.specification
        parts = np.stack([forward, backward][: s.directions], axis=2)
        return State.of(s.graph.states, parts.reshape(len(parts), -1, self.B, s.hidden))

    @property
    def first(self) -> State:
        """The state before the first step of each sequence, as it was read."""
        states = self.tape.states
        return self._state(states[:, :, 0, 0], states[:, :, -1, -1])

    @property
    def final(self) -> State:
        """The state after the last step of each sequence: what its end left, and, backwards, its beginning."""
        states = self.tape.states
        return self._state(states[:, :, 0, self.T], states[:, :, -1, 1])

    @property
    def states(self) -> Array:
        """The states of the last layer (B,T,D·H), 0 behind each sequence's end."""
        both = self.specification.bidirectional
        return batch_first(self.tape.joined[-1] if both else self.tape.states[0, -1, 0, 1:-1], self.lengths)

    def outputs(self) -> Array:
        """What `Network.predict` returns for an array: (B,T,O), or (B,O) if the network's output is "last step"."""
        return self._outward(self.tape.y)

    def _outward(self, array: Array) -> Array:
        """(R,B,…) → a new array (B,R,…), 0 behind each sequence's end, or (B,…)."""
        return array[0].copy() if self._last_step else batch_first(array, self.lengths)

    # How wrong it is, and why

    def loss(self, y: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> float:
        """The loss of the network's outputs, summed over steps and sequences; y and mask as for `Network.gradient`."""
        d, weights = targets(self.specification, self.T, self.lengths, y, mask)
        self._judged = True
        fits, loss = self.compute.judge(*self._inward(d, weights))
        if not fits:
            refuse_targets(self.specification, d, weights, self.lengths)
        return float(loss)

    def differentiate(
        self, x: Array, lengths: Lengths | None, y: npt.ArrayLike, mask: npt.ArrayLike | None
    ) -> tuple[float, Array]:
        """Forward from states of 0, loss and backward at once: the loss, and the gradient (P,)."""
        steps = self.whole if lengths is None else lengths
        d, weights = targets(self.specification, self.T, steps, y, mask)
        gradient = np.zeros(self._parameters.size, self.dtype)
        given = contiguous(x, self.dtype)
        fits, loss = self.compute.differentiate(given, steps, *self._inward(d, weights), gradient)
        if not fits:
            refuse_sequences(self.specification, x, lengths)
            refuse_targets(self.specification, d, weights, steps)
        return float(loss), gradient

    def _inward(self, y: Array, mask: Array | None) -> tuple[Array, Array]:
        """Targets and weights as kernels read them, (B,R,O) and (B,R)."""
        d = contiguous(y, self.dtype)
        weights = self._scored if mask is None else contiguous(mask, self.dtype)
        if self._last_step:
            return d.reshape(self.B, 1, -1), weights.reshape(self.B, 1)
        return d, weights

    @property
    def error(self) -> Array:
        """The loss of each output (B,T) or (B,), of the targets that were given last."""
        self._require_loss()
        return self._outward(self.tape.error)

    def _require_loss(self) -> None:
        if not self._judged:
            raise ValueError("this pass has no loss: call its loss(y) first, or give its backward d_h or delta_y")

    def backward(
        self,
        d_h: npt.ArrayLike | None = None,
        d_state: State | None = None,
        delta_y: npt.ArrayLike | None = None,
    ) -> Backward:
        """Back-propagate the loss that was computed last, or what is given.

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

        Raises
        ------
        ValueError
            If nothing is given and no loss was computed since x was read, both `d_h` and `delta_y` are given, or one
            holds no real numbers or has another shape.
        """
        s, tape = self.specification, self.tape
        if d_h is None and delta_y is None:
            self._require_loss()
        elif d_h is not None and delta_y is not None:
            raise ValueError("a pass goes back from its states or from its outputs: give d_h or delta_y, not both")
        gradient = np.zeros(self._parameters.size, self.dtype)
        if delta_y is not None:
            self._put("delta_y", "outputs", delta_y, tape.delta_y)
            self._judged = False  # what its loss had left there is gone
        if d_h is None:
            self.compute.readout_backward(gradient)
        else:
            self._put("d_h", "states", d_h, tape.d_states[(s.layers - 1) % 2])
            tape.d_last[:] = 0
        if d_state is not None:
            given_state(d_state).check(s, self.B)
            tape.d_last += self._of_directions(d_state)
        self.compute.states_backward(gradient)
        numbers = tape.d_first.reshape(len(tape.d_first), -1, self.B, s.hidden).copy()
        return Backward(gradient, batch_first(tape.d_x, self.lengths), State.of(s.graph.states, numbers))

    def _put(self, name: str, last: str, values: npt.ArrayLike, on: Array) -> None:
        """Write what comes from outside, (B,T,·) or (B,·), onto (T,B,·) or (1,B,·) of the tape, 0 behind each end."""
        given, (steps, B, width) = numbers(name, values), on.shape
        one = name == "delta_y" and self._last_step
        axes, expected = (f"(batch, {last})", (B, width)) if one else (f"(batch, time, {last})", (B, steps, width))
        if given.shape != expected:
            raise ValueError(f"{name} must be {axes} = {expected}, got {given.shape}")
        real = one or np.arange(steps)[:, None, None] < self.lengths[:, None]
        on[:] = np.where(real, given[None] if one else given.swapaxes(0, 1), 0)

    # All that happened, for `trace`

    def recorded(self) -> dict[str, Array]:
        """x (B,T,I); targets d, their mask, net_y, y, error, delta_y (B,T,·), or (B,·) for output "last step"."""
        found = {"x": batch_first(self.x, self.lengths), "d": self._outward(self.d), "mask": self._outward(self.mask)}
        return found | {name: self._outward(getattr(self.tape, name)) for name in ("net_y", "y", "error", "delta_y")}

    def layer(self, layer: int, direction: int) -> Layer:
        """What is left of a layer and direction."""
        tape = self.tape
        states, gates = tape.states[:, layer, direction], tape.gates[layer, direction]
        return Layer(
            states[:, -1 if direction else 0].copy(),
            np.stack([batch_first(state[1:-1], self.lengths) for state in states]),
            batch_first(gates, self.lengths),
            batch_first(tape.delta[layer, direction][..., : gates.shape[2]], self.lengths),
        )


def batch_first(array: Array, lengths: Array) -> Array:
    """(T,B,…) → a new array (B,T,…), 0 behind each sequence's end."""
    out = np.array(array.swapaxes(0, 1), order="C")
    if lengths.min(initial=out.shape[1]) < out.shape[1]:
        out[np.arange(out.shape[1]) >= lengths[:, None]] = 0
    return out
