"""Recall after a gap: the long-term dependency at its barest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.task import Described, Loss, Output, Readout, make_room, option, rounds_to


@dataclass(frozen=True, kw_only=True)
class Recall(Described):
    """Read −1 or 1, then noise, and predict at the end which it was.  [docs/math.md#tasks]

    One input: the symbol at the first step, then `gap` steps of Gaussian noise. The target, after the last
    step, is 1 if the symbol was 1, else 0. Success against the gap is the curve of long-term dependency.

    Parameters
    ----------
    gap : int
        Steps of noise.
    noise : float
        Its standard deviation.

    References
    ----------
    Y. Bengio, P. Simard, P. Frasconi, Learning long-term dependencies with gradient descent is difficult
    (1994), the latching problem; there the first steps' values are learned, here they are given.
    """

    gap: int = option(10, "Steps of noise.", 0)
    noise: float = option(0.2, "Standard deviation of the noise between.", 0)

    name: ClassVar[str] = "recall"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[Readout] = "sigmoid"
    loss: ClassVar[Loss] = "binary_cross_entropy"
    output: ClassVar[Output] = "last step"
    machine: ClassVar[None] = None
    sized_by: ClassVar[str] = "gap"

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences → x (B, 1 + gap, 1), y (B,1)."""
        make_room(batch, 1 + self.gap, 1)
        y = rng.integers(2, size=(batch, 1)).astype(np.float64)
        x = self.noise * rng.standard_normal((batch, 1 + self.gap, 1))
        x[:, 0] = 2 * y - 1
        return Batch(x, y)

    def render(self, x: Array, y: Array) -> str:
        """The symbol, the gap, and what the network predicted."""
        d = int(x[0, 0] > 0)
        verdict = "right" if rounds_to(y[0], d) else "wrong"
        return f"  {x[0, 0]:+.0f}, then {len(x) - 1} steps of noise: predicted {y[0]:z.3f}, target {d}      {verdict}"
