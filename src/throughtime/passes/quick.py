"""What computes in a command that reads a little and ends: plain NumPy, until kernels would have been loaded."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from throughtime.batch import Array
from throughtime.passes.plain import Plain
from throughtime.passes.tape import Arrays
from throughtime.weights.network_specification import NetworkSpecification

MOST = 10**8
"""Operations on single numbers, at some 3 ns each: as long as it takes to import Numba and to load the kernels."""
_OF_A_CALL, _OF_A_ROW = 1500, 12
"""Operations on numbers that take as long as to call one on an array, and to come to another of its rows."""
_PRODUCTS = 6
"""Products of a matrix that take as long as one operation on a number."""


class Quick:
    """What one network may still read in plain NumPy; called as `passes.compiled.Compiled` is, it makes what computes.

    A call that is larger than what is left, and all after it, are the kernels' work. So what computes follows from the
    calls alone, and no more time is lost than kernels take to be loaded.

    Parameters
    ----------
    s : NetworkSpecification
    parameters : int
        How many it has.
    """

    def __init__(self, s: NetworkSpecification, parameters: int) -> None:
        operations = s.layers * s.directions * sum(bool(o.of) for o in s.graph.operations)
        self._of_step = operations * _OF_A_CALL
        self._of_row = operations * (s.hidden + _OF_A_ROW) + parameters // _PRODUCTS
        self._left = MOST

    def __call__(self, s: NetworkSpecification, parameters: Array, arrays: Arrays) -> _Computing:
        return _Computing(self, s, parameters, arrays)

    def affords(self, ways: int, T: int, B: int) -> bool:
        """Whether enough is left to pass T steps of B sequences so many times; nothing is, from then on, if not."""
        if self._work(ways, T, B) > self._left:
            self._left = -1
        return self._left >= 0

    def spends(self, ways: int, T: int, B: int) -> bool:
        """Whether it is done in plain NumPy; then, less is left."""
        if affordable := self.affords(ways, T, B):
            self._left -= self._work(ways, T, B)
        return affordable

    def _work(self, ways: int, T: int, B: int) -> int:
        return ways * T * (self._of_step + B * self._of_row)


class _Computing:
    """By Plain or by Compiled, which leave the same arrays on the tape: they may take turns."""

    def __init__(self, quick: Quick, s: NetworkSpecification, parameters: Array, arrays: Arrays) -> None:
        self._quick, self._of, self._plain = quick, (s, parameters, arrays), Plain(s, parameters, arrays)
        self._T, self._B, _ = arrays.x.shape
        self._reader: Any = self._plain

    @cached_property
    def _compiled(self) -> Any:
        from throughtime.passes.compiled import Compiled

        return Compiled(*self._of)

    def _by(self, ways: int, steps: int | None = None) -> Any:
        return self._plain if self._quick.spends(ways, steps or self._T, self._B) else self._compiled

    def read(self, x: Any, lengths: Any, first: int, *more: Any) -> bool:
        """As `Compiled.read`; a long x that is read piece by piece is read by one of the two."""
        if first == 0:
            self._reader = self._by(1, x.shape[1])
        return self._reader.read(x, lengths, first, *more)  # type: ignore[no-any-return]

    def judge(self, *given: Any) -> tuple[bool, float]:
        """As `Compiled.judge`."""
        return self._by(0).judge(*given)  # type: ignore[no-any-return]

    def differentiate(self, *given: Any) -> tuple[bool, float]:
        """As `Compiled.differentiate`."""
        return self._by(4).differentiate(*given)  # type: ignore[no-any-return]

    def readout_backward(self, gradient: Any) -> None:
        """As `Compiled.readout_backward`."""
        self._by(0).readout_backward(gradient)

    def states_backward(self, gradient: Any) -> None:
        """As `Compiled.states_backward`."""
        self._by(3).states_backward(gradient)

    def step(self, *given: Any) -> bool:
        """As `Compiled.step`."""
        return self._by(1).step(*given)  # type: ignore[no-any-return]
