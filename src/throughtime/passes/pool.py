"""The passes of a network that are not in use just now, so that any number of threads may ask it at the same time."""

from __future__ import annotations

from throughtime.batch import Array
from throughtime.cells.layout import layout
from throughtime.kernels.shards import shards
from throughtime.passes.one_pass import Pass
from throughtime.passes.quick import Quick
from throughtime.weights.network_specification import NetworkSpecification

_NUMBERS_OF_A_PIECE = 2**18
"""On a tape: so many stay in the second-level cache."""
_LEAST_PIECE = 16
_SIZES = 8
"""For how many sizes passes are kept."""
_SMALL, _LARGEST = 2**22, 2**26
"""Bytes: passes larger than the first are kept for one size alone, and no more of a size than the second."""


class Pool:
    """Where passes are taken and given back. One that is not given back, since an error came between, is forgotten.

    Parameters
    ----------
    s : NetworkSpecification
    parameters : (P,) array
        Read at every pass.
    quick : Quick, optional
        What computes at first, if it is not the kernels.
    d_x : bool
        Whether the passes go back as far as to what is read.
    """

    def __init__(
        self, s: NetworkSpecification, parameters: Array, quick: Quick | None = None, *, d_x: bool = False
    ) -> None:
        self.specification, self._parameters, self._quick, self._d_x = s, parameters, quick, d_x
        self._numbers_of_a_step = s.layers * s.hidden * (len(layout(s.graph).slots) + len(s.graph.states))
        self._idle: dict[tuple[int, int, bool], list[Pass]] = {}

    def shards(self, T: int, B: int, backward: bool) -> list[slice]:
        """The rows of a batch that have a pass each, see `kernels.shards`."""
        if self._quick is not None and self._quick.affords(4 if backward else 1, T, B):
            return [slice(0, B)]
        return shards((3 if backward else 1) * self._parameters.size, T, B)

    def take(self, T: int, B: int, backward: bool) -> Pass:
        """One of this size that nobody else uses."""
        try:
            return self._idle[T, B, backward].pop()
        except (KeyError, IndexError):
            return Pass(
                self.specification, self._parameters, T, B, backward=backward, d_x=self._d_x, computing=self._quick
            )

    def give_back(self, used: Pass) -> None:
        """Let it be used again."""
        idle = self._idle.get(used.size)
        if idle is None:
            if used.bytes > _SMALL or len(self._idle) >= _SIZES:
                self._idle.clear()
            idle = self._idle.setdefault(used.size, [])
        if (len(idle) + 1) * used.bytes <= _LARGEST:
            idle.append(used)

    def piece(self, T: int, B: int) -> int:
        """Steps of a long sequence that are read at once: all of them by a bidirectional network."""
        if T * B * self._numbers_of_a_step <= _NUMBERS_OF_A_PIECE or self.specification.bidirectional:
            return T
        pieces = -(-T // max(_LEAST_PIECE, _NUMBERS_OF_A_PIECE // (B * self._numbers_of_a_step)))
        return -(-T // pieces)
