"""Where training steps get their sequences from: a task that makes them, or data that is shuffled anew in each epoch.

What a step reads depends on the seed and the number of the step alone, never on what was read before. So a run needs to save
no state of a random generator, and goes on from any step to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.network_specification import NetworkSpecification

if TYPE_CHECKING:
    from throughtime.tasks.task import Task

SEQUENCES, EPOCHS, NOISE = range(3)
"""What a random stream is for; part of its key."""


def stream(seed: int, purpose: int, number: int) -> np.random.Generator:
    """The random generator for one purpose and block (or epoch) of a run."""
    return np.random.default_rng([seed, purpose, number])


def noise_key(seed: int) -> np.uint64:
    """What a run's noise is a function of, together with the number of the step."""
    return np.uint64(np.random.SeedSequence([seed, NOISE]).generate_state(1, np.uint64)[0])


class Source(Protocol):
    """Sequences for training steps."""

    def batches(self, first: int, count: int, batch: int) -> Batch:
        """The sequences of `count` steps from step `first` on, `batch` for each, one after the other."""
        ...


@dataclass
class TaskSource:
    """Sequences that a task makes, drawn in blocks of `block` steps, of which the last one is kept."""

    task: Task
    seed: int
    block: int
    drawn: tuple[int, Batch] | None = None

    def batches(self, first: int, count: int, batch: int) -> Batch:
        """The sequences of `count` steps from step `first` on; they lie in one block."""
        number, offset = divmod(first, self.block)
        if self.drawn is None or self.drawn[0] != number:
            self.drawn = number, self.task.sample(stream(self.seed, SEQUENCES, number), batch * self.block)
        return self.drawn[1][offset * batch : (offset + count) * batch]


@dataclass(frozen=True)
class DataSource:
    """Given sequences: one random order after another, or always the order in which they stand."""

    data: Batch
    seed: int
    shuffle: bool

    def batches(self, first: int, count: int, batch: int) -> Batch:
        """The sequences of `count` steps from step `first` on; a step may run from one epoch into the next."""
        size = len(self.data)
        places = np.arange(first * batch, (first + count) * batch)
        rows = places % size
        if self.shuffle:
            for epoch in np.unique(places // size):
                inside = places // size == epoch
                rows[inside] = stream(self.seed, EPOCHS, int(epoch)).permutation(size)[rows[inside]]
        return self.data[rows]


@dataclass(frozen=True)
class Steps:
    """N training steps as the kernels read them, see `kernels.loop.train_block`."""

    x: Array
    y: Array
    mask: Array
    lengths: Array
    carry: Array


def lay_out(drawn: Batch, s: NetworkSpecification, batch: int, window: int | None) -> Steps:
    """Cut `N · batch` sequences into steps; with a window, each step into one for each window of time."""
    rows, T, _ = drawn.x.shape
    N = rows // batch
    lengths = np.full(rows, T) if drawn.lengths is None else np.asarray(drawn.lengths)
    asked = np.ones(drawn.y.shape[:-1]) if drawn.mask is None else np.asarray(drawn.mask)

    def steps(array: Any, dtype: Any) -> Array:
        return np.asarray(array, dtype).reshape(N, batch, T, -1).transpose(0, 2, 1, 3)

    x, lengths = steps(drawn.x, s.dtype), lengths.astype(np.int64).reshape(N, batch)
    if s.output == "last step":
        y = np.asarray(drawn.y, s.dtype).reshape(N, 1, batch, -1)
        mask = np.asarray(asked, s.dtype).reshape(N, 1, batch)
        return Steps(_c(x), _c(y), _c(mask), _c(lengths), np.zeros(N, bool))
    real = np.arange(T) < lengths.reshape(rows, 1)
    y, mask = steps(drawn.y, s.dtype), steps(np.where(real, asked, 0), s.dtype)[..., 0]
    if window is None or window >= T:
        return Steps(_c(x), _c(y), _c(mask), _c(lengths), np.zeros(N, bool))
    windows = -(-T // window)
    missing = windows * window - T

    def cut(array: Array) -> Array:
        padded = np.pad(array, [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2))
        return _c(padded.reshape(N * windows, window, *array.shape[2:]))

    left = lengths[:, None] - np.arange(windows)[:, None] * window
    return Steps(
        cut(x),
        cut(y),
        cut(mask),
        _c(np.clip(left, 0, window).reshape(N * windows, batch)),
        np.tile(np.arange(windows) > 0, N),
    )


def _c(array: Array) -> Array:
    return np.ascontiguousarray(array)
