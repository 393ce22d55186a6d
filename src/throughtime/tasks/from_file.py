"""A user's own sequences as something to learn: what the targets are decides the readout, and what right means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.task import Evaluation, Loss, Net, Output, Readout, at_every_step, rounds_to

KINDS = (".csv", ".npz", ".jsonl")
_CHUNK = 250


@dataclass(frozen=True, eq=False)
class DataFile:
    """The sequences of a file, with what a network for them needs; it is a Task.

    name : the file's name
    batch : Batch
    readout : "sigmoid" for targets that are all 0 or 1, "softmax" for those of which one of several is 1, "identity" for
        real numbers
    """

    name: str
    batch: Batch
    readout: Readout

    specification: None = None

    @classmethod
    def of(cls, path: Path, batch: Batch, readout: Readout | None = None) -> DataFile:
        """What was read from a file; the readout follows from the targets if it is not given."""
        return cls(path.name, batch, readout or _readout(batch))

    @property
    def inputs(self) -> int:
        """I."""
        return int(self.batch.x.shape[2])

    @property
    def outputs(self) -> int:
        """O."""
        return int(self.batch.y.shape[-1])

    @property
    def loss(self) -> Loss:
        """The loss that suits the readout."""
        losses: dict[Readout, Loss] = {
            "sigmoid": "binary_cross_entropy",
            "softmax": "cross_entropy",
            "identity": "squared",
        }
        return losses[self.readout]

    @property
    def output(self) -> Output:
        """Whether there is a target at every step or one for each sequence."""
        return "every step" if self.batch.y.ndim == 3 else "last step"

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences of the file."""
        return self.batch[rng.integers(len(self.batch), size=batch)]

    def right(self, y: Array, batch: Batch) -> Array:
        """Whether each sequence is answered right; real numbers never are simply right."""
        if self.readout == "identity":
            return np.zeros(len(batch), bool)
        likeliest = self.readout == "softmax"
        right = np.asarray(y.argmax(-1) == batch.y.argmax(-1) if likeliest else rounds_to(y, batch.y).all(-1))
        return right if y.ndim == 2 else at_every_step(right, batch)

    def render(self, x: Array, y: Array) -> str:
        """How long the sequence is, and what was told last."""
        told = ", ".join(f"{number:.3g}" for number in np.atleast_2d(y)[-1])
        return f"  {len(x)} steps of {self.name}: told {told} at the end"

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation | None:
        """Check all sequences; None for real numbers, where nothing is simply right."""
        if self.readout == "identity":
            return None
        right = np.concatenate([self.right(y, rows) for rows, y in self._predicted(net)])
        first = None if right.all() else f"  sequence {int(right.argmin()) + 1} of {self.name}"
        return Evaluation(len(right), int((~right).sum()), True, first)

    def root_mean_square(self, net: Net) -> float:
        """The error of a real number."""
        squares, count = 0.0, 0
        for rows, y in self._predicted(net):
            real = _real(rows)
            squares += float(((y - rows.y)[real] ** 2).sum())
            count += int(real.sum()) * self.outputs
        return float(np.sqrt(squares / count))

    def _predicted(self, net: Net) -> Any:
        for start in range(0, len(self.batch), _CHUNK):
            rows = self.batch[start : start + _CHUNK]
            yield rows, net.predict(rows.x, rows.lengths)


def _readout(batch: Batch) -> Readout:
    y = batch.y[_real(batch)]
    if not np.isin(y, (0, 1)).all():
        return "identity"
    return "softmax" if y.shape[-1] > 1 and (y.sum(axis=-1) == 1).all() else "sigmoid"


def _real(batch: Batch) -> Array:
    """Which targets are real, (B,T) or (B,)."""
    if batch.y.ndim == 2 or batch.lengths is None:
        return np.ones(batch.y.shape[:-1], bool)
    return np.asarray(np.arange(batch.y.shape[1]) < batch.lengths[:, None])
