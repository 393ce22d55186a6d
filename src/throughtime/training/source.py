"""Where training steps get their sequences from: a task that makes them, or data that is shuffled anew in each epoch.

The sequences of a step depend on the seed and the number of the step alone, never on what was read before. So a run
needs to save no state of a random generator, and continues from any step to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from throughtime.batch import Array, Batch, check_finite
from throughtime.weights.losses import check_targets
from throughtime.weights.network_specification import NetworkSpecification

if TYPE_CHECKING:
    from throughtime.tasks.data import Data
    from throughtime.tasks.task import Task

SEQUENCES, EPOCHS, NOISE, DROPOUT, INPUTS, RECURRENT = range(6)
"""The use of a random stream; part of its key."""


def stream(seed: int, purpose: int, number: int) -> np.random.Generator:
    """The random generator for one purpose and block (or epoch) of a run."""
    return np.random.default_rng([seed, purpose, number])


def key(seed: int, purpose: int) -> np.uint64:
    """The key of a run's noise or masks, together with the number of the step."""
    return np.uint64(np.random.SeedSequence([seed, purpose]).generate_state(1, np.uint64)[0])


def length_of(task: Any) -> int:
    """T, the steps of the sequences that a task draws."""
    T: int = task.sample(np.random.default_rng(0), 1).x.shape[1]
    return T


def fitting(batch: Batch, s: NetworkSpecification, of: str = "", own: bool = False) -> Batch:
    """A batch that a network can be trained on: what does not count in it and is not finite is 0.

    Parameters
    ----------
    batch : Batch
    s : NetworkSpecification
    of : str
        Whose x and y it holds, for the error: " of the task mine", or nothing.
    own : bool
        Whether an objective reads the targets, which then need not be what the network's outputs can be.

    Raises
    ------
    ValueError
        If its shapes are not the network's, a number that counts is not finite in the network's dtype, or its outputs
        cannot be the targets.
    """
    shape, output = (batch.x.shape[-1], batch.y.shape[-1]), "last step" if batch.y.ndim == 2 else "every step"
    check_kind((shape[0], s.outputs) if own else shape, s.output if own else output, s)
    if not batch.x.shape[1]:
        raise ValueError(f"x{of} has sequences of no step")
    real, scored = batch.real, batch.scored
    x, y = batch.x, batch.y
    if not check_finite(f"x{of}", "feature", x, s.dtype, real):
        assert real is not None
        x = np.where(real[..., None], x, 0)
    if not check_finite(f"y{of}", "output", y, s.dtype, scored):
        assert scored is not None
        y = np.where(scored[..., None], y, 0)
    if not own:
        check_targets(s.readout, s.loss, y, scored, f"y{of}")
    return batch if x is batch.x and y is batch.y else replace(batch, x=x, y=y)


def check_kind(shape: tuple[int, int], output: str, s: NetworkSpecification) -> None:
    """Refuse sequences of other inputs and outputs than a network's, or with outputs at other steps."""
    if shape != (s.inputs, s.outputs):
        raise ValueError(
            f"the sequences have {shape[0]} inputs and {shape[1]} outputs, but the network {s.inputs} and {s.outputs}"
        )
    if output != s.output:
        raise ValueError(f"the sequences have an output at {output!r}, but the network at {s.output!r}")


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

    data: Batch | Data
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


class Steps(NamedTuple):
    """N training steps, see `kernels.loop.train_block`; the arrays may be views of data, in any order in memory."""

    x: Array
    y: Array
    mask: Array
    lengths: Array
    carry: Array

    def part(self, first: int, last: int) -> Steps:
        """Some of the steps."""
        return Steps(*(array[first:last] for array in self))

    def as_read(self) -> Steps:
        """The same, laid out in memory as the kernels read them."""
        return Steps(*map(np.ascontiguousarray, self))

    def rows(self, n: int, rows: slice) -> tuple[Array, Array, Array, Array]:
        """x, y, mask and lengths of some sequences of step n, laid out as the kernels read them."""
        x, y, mask = (np.ascontiguousarray(array[n, :, rows]) for array in (self.x, self.y, self.mask))
        return x, y, mask, self.lengths[n, rows]


def lay_out(drawn: Batch, s: NetworkSpecification, batch: int, window: int | None) -> Steps:
    """Cut `N · batch` sequences into steps; with a window, each step into one for each window of time."""
    rows, T, _ = drawn.x.shape
    N = rows // batch
    lengths = np.full(rows, T) if drawn.lengths is None else drawn.lengths
    weights = np.ones(drawn.y.shape[:-1]) if drawn.mask is None else drawn.mask

    def steps(array: Array, dtype: Any) -> Array:
        return np.asarray(array, dtype).reshape(N, batch, T, -1).transpose(0, 2, 1, 3)

    x, lengths = steps(drawn.x, s.dtype), lengths.astype(np.int64).reshape(N, batch)
    if drawn.y.ndim == 2:
        y = np.asarray(drawn.y, s.dtype).reshape(N, 1, batch, -1)
        mask = np.asarray(weights, s.dtype).reshape(N, 1, batch)
        return Steps(x, y, mask, lengths, np.zeros(N, bool))
    real = np.arange(T) < lengths.reshape(rows, 1)
    y, mask = steps(drawn.y, s.dtype), steps(np.where(real, weights, 0), s.dtype)[..., 0]
    if window is None or window >= T:
        return Steps(x, y, mask, lengths, np.zeros(N, bool))
    windows = -(-T // window)
    missing = windows * window - T

    def cut(array: Array) -> Array:
        padded = np.pad(array, [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2))
        return padded.reshape(N * windows, window, *array.shape[2:])

    left = lengths[:, None] - np.arange(windows)[:, None] * window
    return Steps(
        cut(x),
        cut(y),
        cut(mask),
        np.clip(left, 0, window).reshape(N * windows, batch),
        np.tile(np.arange(windows) > 0, N),
    )


def disturbed(steps: Steps, first: int, noise: float, seed: int) -> Steps:
    """Steps from number `first` on, with normal numbers of a standard deviation on x.

    They are a function of the seed, the number of the step, and the place in its x.
    """
    from throughtime.kernels.gaussian import normal

    x = np.empty(steps.x.shape, steps.x.dtype)
    for number, drawn in enumerate(x, first):
        normal(key(seed, INPUTS) + np.uint64(number), 0, drawn.reshape(-1))
    x *= noise
    x += steps.x
    return steps._replace(x=x)
