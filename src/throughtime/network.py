"""Network: a frozen specification and one flat vector of parameters, with all that a network can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, Sequences, check_finite, check_lengths, check_weights, numbers, pad
from throughtime.passes.forward_pass import Backward, ForwardPass, State
from throughtime.passes.inference import Tapes, outputs
from throughtime.support.checks import whole_number
from throughtime.support.disk import StrPath
from throughtime.support.memory import require
from throughtime.weights.losses import check_targets
from throughtime.weights.network_specification import Fields, InitName, NetworkSpecification
from throughtime.weights.parameters import Views, count, initial

if TYPE_CHECKING:
    from throughtime.kernels.tape import TapeArrays
    from throughtime.trace import Trace


class Network:
    """A recurrent network: cells, a readout and a loss.

    Parameters
    ----------
    specification : NetworkSpecification, optional
        Instead of the keywords that follow; they are its fields, see there.
    seed : int ≥ 0
        Decides the initial parameters.
    init : "glorot", "uniform" or "classic"
        How they are drawn, see `parameters.initial`.
    **fields
        cell, inputs, hidden, outputs, layers, bidirectional, activation, readout, loss, bias, output, dtype.

    Attributes
    ----------
    specification : NetworkSpecification
    parameters : (P,) array
        May be written in place; `net["V"]` and the other views by name show the same numbers.
    names : list of str
        The names of the views, in the order of the vector.

    Notes
    -----
    `x` is an array (B,T,I), a list of arrays (T_i,I), or a pair (array, lengths). Steps behind a sequence's end never
    change a result, and every array that is returned is 0 there.
    """

    @overload
    def __init__(self, specification: NetworkSpecification, *, seed: int = 0, init: InitName = "glorot") -> None: ...

    @overload
    def __init__(self, *, seed: int = 0, init: InitName = "glorot", **fields: Unpack[Fields]) -> None: ...

    def __init__(
        self,
        specification: NetworkSpecification | None = None,
        *,
        seed: int = 0,
        init: InitName = "glorot",
        **fields: Any,
    ) -> None:
        if specification is None:
            specification = NetworkSpecification.given(fields)
        elif fields:
            raise TypeError(f"give a specification or its fields, not both (got {', '.join(fields)} too)")
        elif not isinstance(specification, NetworkSpecification):
            raise ValueError(
                "what comes first must be a NetworkSpecification, or nothing if its fields are given by name, such as "
                f'cell="lstm"; got {type(specification).__name__}'
            )
        self._specification = specification
        self._parameters = initial(specification, init, seed)
        self._tapes = Tapes()

    @classmethod
    def of(cls, specification: NetworkSpecification, parameters: npt.ArrayLike, *, copy: bool = True) -> Network:
        """The network with these parameters (P,): a copy of them, or the very array, if it has the network's dtype."""
        vector = (
            np.array(parameters, dtype=specification.dtype) if copy else np.asarray(parameters, specification.dtype)
        )
        if vector.shape != (count(specification),):
            raise ValueError(f"parameters must be ({count(specification)},) for this network, got {vector.shape}")
        net = cls.__new__(cls)
        net._specification, net._parameters, net._tapes = specification, vector, Tapes()
        return net

    def __reduce__(self) -> Any:
        return Network.of, (self.specification, self.parameters)

    def copy(self) -> Network:
        """A network of its own with the same parameters."""
        return Network.of(self.specification, self.parameters)

    @property
    def specification(self) -> NetworkSpecification:
        """What the network is."""
        return self._specification

    @property
    def parameters(self) -> Array:
        """The flat vector (P,); it may be written in place, and assigning to it writes into it."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: npt.ArrayLike) -> None:
        vector = np.asarray(values)
        if vector.shape != self._parameters.shape:
            raise ValueError(f"parameters must be {self._parameters.shape} for this network, got {vector.shape}")
        self._parameters[:] = vector

    @property
    def views(self) -> Views:
        """The parameters by name."""
        return Views(self.specification, self.parameters)

    @property
    def names(self) -> list[str]:
        """The names of the views, in the order of the vector."""
        return list(self.views)

    def __getitem__(self, name: str) -> Array:
        return self.views[name]

    def __setitem__(self, name: str, value: npt.ArrayLike) -> None:
        self.views[name][...] = value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.views

    def __iter__(self) -> Iterator[str]:
        return iter(self.views)

    def __repr__(self) -> str:
        s = self.specification
        return (
            f"Network({s.cell}, {s.inputs} → {s.layers} × {s.hidden} → {s.outputs}, {len(self.parameters)} parameters)"
        )

    # Outputs

    @overload
    def predict(self, x: Array | tuple[Any, Any], lengths: Any = None, initial_state: State | None = None) -> Array: ...

    @overload
    def predict(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> Any: ...

    def predict(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> Any:
        """The outputs.

        Returns
        -------
        (B,T,O) array, or (B,O) if the network's output is "last step"; a list of arrays (T_i,O) if x was a list and
        there is an output at every step.
        """
        array, steps, listed = self._checked(x, lengths)
        if initial_state is not None:
            self._check_state(initial_state, len(array))
        y = outputs(self, self._tapes, array, steps, initial_state)
        return [row[:n] for row, n in zip(y, steps, strict=True)] if listed and y.ndim == 3 else y

    def hidden(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> tuple[Array, State]:
        """The states of the last layer (B,T,D·H), and the state after the last step of each sequence."""
        run = self.forward(x, lengths, initial_state)
        return run.states, run.final

    def initial_state(self, batch: int = 1) -> State:
        """The state of `batch` sequences before their first step: all zero."""
        s = self.specification
        L_D, others = s.layers * s.directions, len(s.graph.states) - 1
        B = whole_number("batch", batch)
        require(8.0 * (1 + others) * L_D * B * s.hidden, f"the state of {batch:,} sequences")
        C = (others * L_D, B, s.hidden) if others else (L_D, 0, s.hidden)
        return State(np.zeros((L_D, B, s.hidden), s.dtype), np.zeros(C, s.dtype))

    def step(self, x_t: npt.ArrayLike, state: State) -> tuple[Array, State]:
        """Read one step of sequences that may be endless; memory stays the same however many are read.

        Parameters
        ----------
        x_t : (B, I) array
        state : State
            From `initial_state` or the last step; it is not changed.

        Returns
        -------
        y : (B, O) array
        state : State
        """
        if self.specification.bidirectional:
            raise ValueError("a bidirectional network needs the whole sequence: use predict instead of step")
        x, B = np.asarray(x_t), state.h.shape[1]
        if x.shape != (B, self._specification.inputs):
            raise ValueError(
                f"x_t must be (batch, features) = {(B, self.specification.inputs)} for this state, got {x.shape}"
            )
        here = self._tapes.take(self, 1, B)
        if state.h.shape != here.first_h.shape or state.C.size != here.first_C.size:
            self._check_state(state, B)
        here.x[0], here.first_h[:] = x, state.h
        if not here.first_C.size:
            here.read()
            after = State(here.last_h.copy(), state.C)
        else:
            here.first_C[:] = state.C
            here.read()
            after = State(here.last_h.copy(), here.last_C.copy())
        y = here.y[0].copy()
        self._tapes.give_back(here)
        return y, after

    # How wrong it is, and why

    def loss(self, x: Sequences, y: npt.ArrayLike, lengths: Any = None, mask: Any = None) -> float:
        """The loss, summed over steps and sequences; arguments as for `gradient`."""
        from throughtime.kernels import network as kernels

        given = self._read(x, lengths)
        targets, weights = self._targets(given, y, mask)
        tape = self._forward(given, None)
        kernels.outputs(self.shape, self.parameters, tape.tape)
        return float(kernels.losses(self.shape, targets, weights, tape.tape))

    def gradient(self, x: Sequences, y: npt.ArrayLike, lengths: Any = None, mask: Any = None) -> tuple[float, Array]:
        """Back-propagation through time.

        Parameters
        ----------
        x : (B, T, I) array, list of arrays (T_i, I), or (array, lengths)
        y : (B, T, O) array, list of arrays (T_i, O), or (B, O) for output "last step"
            Targets.
        lengths : (B,) int array, optional
            Steps of each sequence that are real.
        mask : (B, T) array, optional
            Weight of each step in the loss; (B,) for output "last step".

        Returns
        -------
        loss : float
            Summed over steps and sequences.
        gradient : (P,) array
            Its derivative by each parameter, in the order of `parameters`.
        """
        given = self._read(x, lengths)
        targets, weights = self._targets(given, y, mask)
        loss, gradient, _ = self._differentiate(given, targets, weights)
        return loss, gradient

    def trace(self, x: Sequences, y: npt.ArrayLike, lengths: Any = None, mask: Any = None) -> Trace:
        """Everything that happens in one forward and one backward pass; arguments as for `gradient`."""
        from throughtime.trace import Trace

        given = self._read(x, lengths)
        targets, weights = self._targets(given, y, mask)
        loss, gradient, tape = self._differentiate(given, targets, weights, d_x=True)
        return Trace.of_tape(self.copy(), given.x, given.lengths, targets, weights, tape, loss, gradient)

    def forward(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> ForwardPass:
        """One pass over x, with its states, its final state, and the way back; arguments as for `hidden`."""
        given = self._read(x, lengths)
        return ForwardPass(self, given.x, given.lengths, self._forward(given, initial_state, d_x=True))

    def backward(
        self,
        x: Sequences,
        d_h: npt.ArrayLike,
        lengths: Any = None,
        initial_state: State | None = None,
        d_state: State | None = None,
    ) -> Backward:
        """Back-propagate a derivative by the states, so that networks can be composed with others.

        Parameters
        ----------
        x, lengths, initial_state : as for `hidden`
        d_h : (B, T, D·H) array
            ∂E by the states of the last layer, from outside. The network's own readout plays no part.
        d_state : State, optional
            ∂E by the final state that `hidden` returns; 0 when not given.

        Returns
        -------
        Backward : the gradient (P,), ∂E/∂x (B,T,I), ∂E by the initial state.
        """
        return self.forward(x, lengths, initial_state).backward(d_h, d_state)

    # Reading and writing

    def save(self, path: StrPath) -> None:
        """Write the network to a `.safetensors` file, atomically."""
        from throughtime.weights.files import save_network

        save_network(self, path)

    # Between the public arrays and the kernels' ones, which are time-major

    @cached_property
    def shape(self) -> Any:
        """The specification as the kernels read it."""
        from throughtime.kernels.shape import shape_of

        return shape_of(self.specification)

    def _checked(self, x: Sequences, lengths: Any) -> tuple[Array, npt.NDArray[np.int64], bool]:
        """x (B,T,I) of the network's dtype, lengths (B,), and whether it came as a list."""
        listed = isinstance(x, list)
        if isinstance(x, tuple):
            if len(x) != 2 or lengths is not None:
                raise ValueError("x as a tuple must be (array, lengths), and lengths are then not given again")
            x, lengths = x
        elif listed:
            if lengths is not None:
                raise ValueError("a list of sequences has its own lengths; lengths must not be given too")
            x, lengths = pad(list(x))
        array = np.asarray(x)
        if array.ndim != 3 or array.shape[2] != self.specification.inputs or 0 in array.shape:
            swapped = array.ndim == 3 and array.shape[1] == self.specification.inputs
            raise ValueError(
                f"x must be (batch, time, features) with {self.specification.inputs} features and at least one step, "
                f"got {array.shape}" + (": are time and features swapped?" if swapped else "")
            )
        array = numbers("x", array)
        batch, time, _ = array.shape
        if lengths is None:
            steps, real = np.full(batch, time, np.int64), None
        else:
            steps = check_lengths(lengths, batch, time)
            real = np.arange(time) < steps[:, None]
        check_finite("x", "feature", array, self.specification.dtype, real)
        return _as(self.specification.dtype, array), steps, listed

    def _read(self, x: Sequences, lengths: Any) -> _Given:
        array, steps, _ = self._checked(x, lengths)
        time_major = np.array(array.transpose(1, 0, 2), order="C")
        if steps.min() < len(time_major):
            time_major[np.arange(len(time_major))[:, None] >= steps] = 0
        return _Given(time_major, steps)

    def _targets(self, given: _Given | ForwardPass, y: Any, mask: Any) -> tuple[Array, Array]:
        T, B, _ = given.x.shape
        last_step = self.specification.output == "last step"
        axes = "(batch, outputs)" if last_step else "(batch, time, outputs)"
        expected = (B, self.specification.outputs) if last_step else (B, T, self.specification.outputs)
        if isinstance(y, list) and not last_step:
            y = _pad_targets(y, given)
        targets, dtype = numbers("y", y), self.specification.dtype
        if targets.shape != expected:
            raise ValueError(f"y must be {axes} = {expected}, got {targets.shape}")
        real = None if last_step or given.lengths.min() == T else np.arange(T) < given.lengths[:, None]
        if mask is None:
            scored, weights = real, np.ones(expected[:-1], dtype) if real is None else real.astype(dtype)
        else:
            weights = _as(dtype, numbers("mask", mask))
            if weights.shape != expected[:-1]:
                axes = "(batch,)" if last_step else "(batch, time)"
                raise ValueError(f"mask must be {axes} = {expected[:-1]}, got {weights.shape}")
            check_weights(weights, real)
            weights = weights if real is None else np.where(real, weights, 0)
            scored = weights > 0
        check_finite("y", "output", targets, dtype, scored)
        check_targets(self.specification.readout, self.specification.loss, targets, scored)
        targets = _as(dtype, targets)
        if scored is not None:
            targets = np.where(scored[..., None], targets, 0)  # what is not scored may be anything, even NaN
        if last_step:
            return np.array(targets[None], order="C"), np.array(weights[None], order="C")
        return np.array(targets.transpose(1, 0, 2), order="C"), np.array(weights.T, order="C")

    def _forward(self, given: _Given, initial_state: State | None, d_x: bool = False) -> TapeArrays:
        from throughtime.kernels import network as kernels
        from throughtime.kernels.tape import TapeArrays

        s = self.specification
        T, B, _ = given.x.shape
        tape = TapeArrays(self.shape, T, B, s.dtype, d_x=d_x)
        if initial_state is not None:
            self._check_state(initial_state, B)
            for inside, outside in ((tape.h, initial_state.h), (tape.C, initial_state.C)):
                if inside.size:
                    first = outside.reshape(-1, s.directions, B, s.hidden)
                    inside[:, 0, 0] = first[:, 0]
                    if s.bidirectional:
                        inside[:, 1, T + 1] = first[:, 1]
        kernels.states(self.shape, self.parameters, given.x, given.lengths, tape.tape)
        return tape

    def _check_state(self, state: State, batch: int) -> None:
        expected = self.initial_state(batch)
        if state.h.shape != expected.h.shape or state.C.shape != expected.C.shape:
            raise ValueError(
                f"the state must have h of shape {expected.h.shape} and C of {expected.C.shape} for this batch, "
                f"got {state.h.shape} and {state.C.shape}"
            )

    def _differentiate(
        self, given: _Given, targets: Array, weights: Array, d_x: bool = False
    ) -> tuple[float, Array, TapeArrays]:
        from throughtime.kernels import network as kernels

        tape = self._forward(given, None, d_x)
        gradient = np.zeros_like(self.parameters)
        kernels.outputs(self.shape, self.parameters, tape.tape)
        loss = kernels.losses(self.shape, targets, weights, tape.tape)
        kernels.readout_backward(self.shape, self.parameters, tape.tape, gradient)
        kernels.states_backward(self.shape, self.parameters, given.x, given.lengths, 0.0, tape.tape, gradient)
        return float(loss), gradient, tape


def _as(dtype: Any, array: Array) -> Array:
    """The array in a dtype; where it was looked at, it fits."""
    if array.dtype == dtype:
        return array
    with np.errstate(over="ignore"):
        return array.astype(dtype, copy=False)


@dataclass(frozen=True)
class _Given:
    """x as the kernels read it: (T,B,I) contiguous, and lengths (B,)."""

    x: Array
    lengths: npt.NDArray[np.int64]


def _pad_targets(y: list[Any], given: _Given | ForwardPass) -> Array:
    """Targets that came as a list, laid into one array like x; a ValueError where they are longer or shorter."""
    padded, lengths = pad(y)
    if len(lengths) == len(given.lengths):
        for b, (of_y, of_x) in enumerate(zip(lengths, given.lengths, strict=True)):
            if of_y != of_x:
                raise ValueError(f"the targets of sequence {b} have {of_y} steps, but its x has {of_x}")
    missing = max(0, len(given.x) - padded.shape[1])
    return np.pad(padded, [(0, 0), (0, missing), (0, 0)])
