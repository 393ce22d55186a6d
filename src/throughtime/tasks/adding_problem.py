"""The adding problem: the sum of two marked values, far apart in a long sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.task import Described, Loss, Output, Readout, make_room, option

TOLERANCE = 0.04


@dataclass(frozen=True, kw_only=True)
class AddingProblem(Described):
    """Read pairs (value, marker) and predict at the end the sum of the two marked values.  [docs/math.md#tasks]

    This is the task of 1997, not the later variant with values and markers in 0..1. Values are uniform in
    [−1, 1]. The marker is −1 at the first and the last pair, 1 at one of the first ten pairs and at one of
    the first T/2 − 1 others, and 0 elsewhere. A marked first pair has marker 1 and value 0. The target is
    0.5 + (X₁ + X₂)/4, and right is an error below 0.04. Lengths are random from T to T + T/10.

    Parameters
    ----------
    steps : int
        The least length of a sequence, T.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, Long short-term memory (1997), experiment 4.
    """

    steps: int = option(100, "The least length of a sequence.", 11)

    name: ClassVar[str] = "adding-problem"
    inputs: ClassVar[int] = 2
    outputs: ClassVar[int] = 1
    readout: ClassVar[Readout] = "sigmoid"
    loss: ClassVar[Loss] = "squared"
    output: ClassVar[Output] = "last step"
    machine: ClassVar[None] = None
    sized_by: ClassVar[str] = "steps"

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences → x (B, T + T/10, 2), y (B,1), lengths (B,)."""
        longest = self.steps + self.steps // 10
        make_room(batch, longest, 3)
        lengths = rng.integers(self.steps, longest + 1, batch)
        first = rng.integers(10, size=batch)
        second = rng.integers(self.steps // 2 - 1, size=batch)
        second += second >= first
        rows = np.arange(batch)
        x = np.zeros((batch, longest, 2))
        x[:, :, 0] = rng.uniform(-1, 1, (batch, longest)) * (np.arange(longest) < lengths[:, None])
        x[:, 0, 1] = x[rows, lengths - 1, 1] = -1
        x[rows, first, 1] = x[rows, second, 1] = 1
        x[x[:, 0, 1] == 1, 0, 0] = 0
        y = 0.5 + (x[rows, first, 0] + x[rows, second, 0]) / 4
        return Batch(x, y[:, None], lengths)

    def right_steps(self, y: Array, batch: Batch) -> Array:
        """Whether the answer is within 0.04 of the target."""
        return np.asarray((np.abs(y - batch.y) < TOLERANCE).all(axis=1))

    def render(self, x: Array, y: Array) -> str:
        """The marked values, what the network predicted, and what is right."""
        steps = np.flatnonzero(x[:, 1] == 1)
        marked = x[steps, 0]
        d = 0.5 + marked.sum() / 4
        verdict = "right" if abs(y[0] - d) < TOLERANCE else "wrong"
        values = " and ".join(f"{value:z.3f} at step {step + 1}" for value, step in zip(marked, steps, strict=True))
        return f"  {values} of {len(x)}: predicted {y[0]:z.3f}, target {d:z.3f}      {verdict}"
