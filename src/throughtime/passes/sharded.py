"""A batch of several shards (see `kernels.shards`): a pass for each, on as many threads as there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.passes.given import Lengths, refuse_sequences, refuse_targets, targets
from throughtime.passes.one_pass import Pass
from throughtime.passes.pool import Pool
from throughtime.passes.state import State, given_state
from throughtime.support.memory import require
from throughtime.support.threads import Team

R = TypeVar("R")


class Sharded:
    """The way of a batch through a network, and back, its shards side by side.

    Where a number is wrong, a pass knows it by the rows of its shard alone: then the whole batch is looked at, to say
    which one it is.

    Parameters
    ----------
    passes : Pool
    shards : list of slice
    threads : int ≥ 1, optional
        `support.threads.processors()` when not given.
    """

    def __init__(self, passes: Pool, shards: list[slice], threads: int | None) -> None:
        self._passes, self._shards, self._team = passes, shards, Team(threads)

    def predict(self, x: Array, lengths: Lengths | None, state: State | None) -> Array:
        """See `Pass.predict`."""
        s, (B, T, _) = self._passes.specification, x.shape
        if state is not None:
            given_state(state).check(s, B)
        if s.output != "last step":
            require(8.0 * B * T * s.outputs, f"the outputs of {B:,} sequences of {T:,} steps")
        y = np.empty((B, s.outputs) if s.output == "last step" else (B, T, s.outputs), s.dtype)

        def one(shard: int, rows: slice) -> None:
            size = rows.stop - rows.start
            here = self._passes.take(self._passes.piece(T, size), size, False)
            y[rows] = here.predict(x[rows], _of(lengths, rows), None if state is None else state[rows])
            self._passes.give_back(here)

        try:
            self._share(one)
        except ValueError:
            refuse_sequences(s, x, lengths)
            raise
        return y

    def loss(self, x: Array, lengths: Lengths | None, y: npt.ArrayLike, mask: npt.ArrayLike | None) -> float:
        """The loss, added up in the order of the shards; see `Pass.loss`."""

        def one(here: Pass, x: Array, lengths: Lengths | None, d: Array, mask: Array | None) -> float:
            here.read(x, lengths)
            return here.loss(d, mask)

        total = 0.0
        for loss in self._of_targets(one, False, x, lengths, y, mask):
            total += loss  # from the first on: `sum` rounds otherwise in newer versions of Python
        return total

    def differentiate(
        self, x: Array, lengths: Lengths | None, y: npt.ArrayLike, mask: npt.ArrayLike | None
    ) -> tuple[float, Array]:
        """The loss and its gradient, added up in the order of the shards; see `Pass.differentiate`."""
        (loss, gradient), *others = self._of_targets(Pass.differentiate, True, x, lengths, y, mask)
        for more, another in others:
            loss += more
            gradient += another
        return loss, gradient

    def _of_targets(
        self,
        work: Callable[[Pass, Array, Lengths | None, Array, Array | None], R],
        backward: bool,
        x: Array,
        lengths: Lengths | None,
        y: npt.ArrayLike,
        mask: npt.ArrayLike | None,
    ) -> list[R]:
        """What `work` finds with a pass and each shard's sequences, targets and their weights."""
        s, (B, T, _) = self._passes.specification, x.shape
        steps = np.full(B, T, np.int64) if lengths is None else lengths
        d, weights = targets(s, T, steps, y, mask)
        found: dict[int, R] = {}

        def one(shard: int, rows: slice) -> None:
            here = self._passes.take(T, rows.stop - rows.start, backward)
            found[shard] = work(here, x[rows], _of(lengths, rows), d[rows], _of(weights, rows))
            self._passes.give_back(here)

        try:
            self._share(one)
        except ValueError:
            refuse_sequences(s, x, lengths)
            refuse_targets(s, d, weights, steps)
            raise
        return [found[shard] for shard in range(len(self._shards))]

    def _share(self, work: Callable[[int, slice], None]) -> None:
        self._team.share(lambda shard: work(shard, self._shards[shard]), len(self._shards))


def _of(array: Array | None, rows: slice) -> Array | None:
    return None if array is None else array[rows]
