"""Network: weights, with all that one does with a network."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Unpack, overload

import numpy.typing as npt

from throughtime.batch import Array, Sequences
from throughtime.passes.given import Lengths, sequences
from throughtime.passes.one_pass import Backward, Pass
from throughtime.passes.pool import Pool
from throughtime.passes.quick import Quick
from throughtime.passes.sharded import Sharded
from throughtime.passes.state import State, given_state
from throughtime.support.checks import whole_number
from throughtime.support.disk import StrPath
from throughtime.trace import Trace
from throughtime.weights import files
from throughtime.weights.network_specification import Fields, InitName, NetworkSpecification
from throughtime.weights.parameters import initial
from throughtime.weights.weights import Weights


class Network(Weights):
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
        super().__init__(specification, initial(specification, init, seed))

    @cached_property
    def _passes(self) -> Pool:
        """Where all passes come from."""
        return Pool(self.specification, self.parameters)

    def quick(self) -> Network:
        """The network with these very parameters, for a program that reads a little and ends.

        Numba is not imported before there is enough to read: what is little is passed, forward and backward, in plain
        NumPy, whose numbers may differ from the kernels' in the last digits; see docs/speed.md.
        """
        net = Network.of(self.specification, self.parameters, copy=False)
        net._passes = Pool(net.specification, net.parameters, Quick(net.specification, net.parameters.size))
        return net

    # Outputs

    @overload
    def predict(
        self,
        x: Array | tuple[Any, Any],
        lengths: Any = None,
        initial_state: State | None = None,
        *,
        threads: int | None = None,
    ) -> Array: ...

    @overload
    def predict(
        self, x: Sequences, lengths: Any = None, initial_state: State | None = None, *, threads: int | None = None
    ) -> Any: ...

    def predict(
        self, x: Sequences, lengths: Any = None, initial_state: State | None = None, *, threads: int | None = None
    ) -> Any:
        """The outputs.

        Parameters
        ----------
        x, lengths : sequences, see above
        initial_state : State, optional
            Zero when not given.
        threads : as for `throughtime.train`

        Returns
        -------
        (B,T,O) array, or (B,O) if the network's output is "last step"; a list of arrays (T_i,O) if x was a list and
        there is an output at every step.
        """
        array, steps = sequences(self._specification, x, lengths)
        B, T, _ = array.shape
        passes = self._passes
        if several := self._several(T, B, False, threads):
            y = several.predict(array, steps, initial_state)
        else:
            here = passes.take(passes.piece(T, B), B, False)
            y = here.predict(array, steps, initial_state)
            passes.give_back(here)
        if isinstance(x, list) and steps is not None and y.ndim == 3:
            return [row[:n] for row, n in zip(y, steps, strict=True)]
        return y

    def hidden(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> tuple[Array, State]:
        """The states of the last layer (B,T,D·H), and the state after the last step of each sequence."""
        here = self._read(*sequences(self._specification, x, lengths), initial_state)
        found = here.states, here.final
        self._passes.give_back(here)
        return found

    def initial_state(self, batch: int = 1) -> State:
        """The state of `batch` sequences before their first step: all zero."""
        return State.zero(self.specification, whole_number("batch", batch))

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
        passes = self._passes
        here = passes.take(1, len(given_state(state)), False)
        found = here.step(x_t, state)
        passes.give_back(here)
        return found

    # How wrong it is, and why

    def loss(
        self,
        x: Sequences,
        y: npt.ArrayLike,
        lengths: Any = None,
        mask: Any = None,
        *,
        threads: int | None = None,
    ) -> float:
        """The loss, summed over steps and sequences; arguments as for `gradient`."""
        array, steps = sequences(self._specification, x, lengths)
        if several := self._several(array.shape[1], array.shape[0], False, threads):
            return several.loss(array, steps, y, mask)
        here = self._read(array, steps)
        loss = here.loss(y, mask)
        self._passes.give_back(here)
        return loss

    def gradient(
        self,
        x: Sequences,
        y: npt.ArrayLike,
        lengths: Any = None,
        mask: Any = None,
        *,
        threads: int | None = None,
    ) -> tuple[float, Array]:
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
        threads : as for `throughtime.train`

        Returns
        -------
        loss : float
            Summed over steps and sequences.
        gradient : (P,) array
            Its derivative by each parameter, in the order of `parameters`.
        """
        array, steps = sequences(self._specification, x, lengths)
        passes, (B, T, _) = self._passes, array.shape
        if several := self._several(T, B, True, threads):
            return several.differentiate(array, steps, y, mask)
        here = passes.take(T, B, True)
        found = here.differentiate(array, steps, y, mask)
        passes.give_back(here)
        return found

    def trace(self, x: Sequences, y: npt.ArrayLike, lengths: Any = None, mask: Any = None) -> Trace:
        """Everything that happens in one forward and one backward pass; arguments as for `gradient`."""
        array, steps = sequences(self._specification, x, lengths)
        here = self._passes.take(array.shape[1], array.shape[0], True)
        loss, gradient = here.differentiate(array, steps, y, mask)
        trace = Trace.of(Weights.of(self.specification, self.parameters), here, loss, gradient)
        self._passes.give_back(here)
        return trace

    def forward(self, x: Sequences, lengths: Any = None, initial_state: State | None = None) -> Pass:
        """One pass over x, with its states, its final state, and the way back; arguments as for `hidden`."""
        array, steps = sequences(self._specification, x, lengths)
        here = Pass(self.specification, self.parameters, array.shape[1], array.shape[0], d_x=True)
        here.read(array, steps, initial_state)
        return here

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

    def _read(self, x: Array, lengths: Lengths | None, state: State | None = None) -> Pass:
        """A pass that has read x and will not go back; to be given back."""
        here = self._passes.take(x.shape[1], x.shape[0], False)
        here.read(x, lengths, state)
        return here

    def _several(self, T: int, B: int, backward: bool, threads: int | None) -> Sharded | None:
        """What passes a batch on so many threads; None if it is one shard and their number is not given."""
        shards = self._passes.shards(T, B, backward)
        if len(shards) > 1 or threads is not None:
            return Sharded(self._passes, shards, threads)
        return None

    # On disk

    def save(self, path: StrPath) -> None:
        """Write the network to a `.safetensors` file, atomically."""
        files.save_network(self, path)


def load(path: StrPath) -> Network:
    """Read a network from a `.safetensors` file, or from the folder of a run.

    Raises
    ------
    ValueError
        In one sentence, if there is no network in it.
    """
    weights = files.load(path)
    return Network.of(weights.specification, weights.parameters, copy=False)
