"""What a pass computes by: the kernels on its arrays, whose types are looked at once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.kernels import network, passes
from throughtime.kernels.compiled import bound
from throughtime.kernels.shape import shape_of
from throughtime.passes.tape import Arrays
from throughtime.weights.network_specification import NetworkSpecification


class Compiled:
    """The kernels on the arrays of a pass, as functions of what comes with a call: contiguous arrays of their dtypes.

    Parameters
    ----------
    s : NetworkSpecification
    parameters : (P,) array
        Read at every call.
    arrays : Arrays
        Of the pass.
    """

    def __init__(self, s: NetworkSpecification, parameters: Array, arrays: Arrays) -> None:
        self._network, self._given = (shape_of(s), parameters), (arrays.x, arrays.lengths)
        self._targets, self._tape, self._lengths = (arrays.d, arrays.mask), arrays.tape.tape, arrays.lengths
        self._vector, self._matrix, self._cube, self._states = (np.zeros((0,) * axes, s.dtype) for axes in (1, 2, 3, 4))

    def __reduce__(self) -> Any:
        raise TypeError("a pass has memory of its own and cannot be copied; let Network.forward make another")

    @cached_property
    def read(self) -> Any:
        """x (B,·,I), lengths (B,), first step, beginning, y (B,R,O) or empty → whether x is finite."""
        later = self._cube, self._lengths, 0, 0, self._cube
        return bound(passes.read, *self._network, *self._given, self._tape, later=later)

    @cached_property
    def judge(self) -> Any:
        """y (B,R,O), mask (B,R) → whether they fit, the loss."""
        later = self._cube, self._matrix
        return bound(passes.judge, self._network[0], self._lengths, *self._targets, self._tape, later=later)

    @cached_property
    def differentiate(self) -> Any:
        """x (B,T,I), lengths (B,), y (B,R,O), mask (B,R), gradient (P,), added to → whether all fit, the loss."""
        later = self._cube, self._lengths, self._cube, self._matrix, self._vector
        return bound(passes.differentiate, *self._network, *self._given, *self._targets, self._tape, later=later)

    @cached_property
    def readout_backward(self) -> Any:
        """The gradient (P,), added to: from the errors of the outputs to the states of the top layer."""
        return bound(network.readout_backward, *self._network, self._tape, later=(self._vector,))

    @cached_property
    def states_backward(self) -> Any:
        """The gradient (P,), added to: from ∂E by the top layer's and the last states to the first ones and x."""
        return bound(network.states_backward, *self._network, *self._given, 0.0, self._tape, later=(self._vector,))

    @cached_property
    def step(self) -> Any:
        """x (B,I), the states before (N,L,B,H), the states after, y (B,O), both written → whether x is finite."""
        later = self._matrix, self._states, self._states, self._matrix
        return bound(passes.step, *self._network, self._lengths, self._tape, later=later)
