"""A data file as something to learn: what its targets are decides the readout, and what right means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from throughtime import tasks
from throughtime.batch import Array, Batch
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_values
from throughtime.network import Network
from throughtime.tasks.task import Evaluation, Loss, Output, Readout, at_every_step, rounds_to

KINDS = (".csv", ".npz", ".jsonl")
_CHUNK = 250


@dataclass(frozen=True, eq=False)
class DataFile:
    """The sequences of a file, with what a network for them needs.

    name : the file's name
    batch : Batch
    readout : "sigmoid" for targets that are all 0 or 1, "softmax" for those of which one of several is 1, "identity" for
        real numbers
    """

    name: str
    batch: Batch
    readout: Readout

    specification: None = None

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

    def evaluate(self, net: Network) -> Evaluation | None:
        """Check all sequences; None for real numbers, where nothing is simply right."""
        if self.readout == "identity":
            return None
        right = np.concatenate([self._right(rows, y) for rows, y in self._predicted(net)])
        first = None if right.all() else f"  sequence {int(right.argmin()) + 1} of {self.name}"
        return Evaluation(len(right), int((~right).sum()), True, first)

    def root_mean_square(self, net: Network) -> float:
        """The error of a real number."""
        squares, count = 0.0, 0
        for rows, y in self._predicted(net):
            real = _real(rows)
            squares += float(((y - rows.y)[real] ** 2).sum())
            count += int(real.sum()) * self.outputs
        return float(np.sqrt(squares / count))

    def _predicted(self, net: Network) -> Any:
        for start in range(0, len(self.batch), _CHUNK):
            rows = self.batch[start : start + _CHUNK]
            yield rows, net.predict(rows.x, rows.lengths)

    def _right(self, rows: Batch, y: Array) -> Array:
        likeliest = self.readout == "softmax"
        right = np.asarray(y.argmax(-1) == rows.y.argmax(-1) if likeliest else rounds_to(y, rows.y).all(-1))
        return right if y.ndim == 2 else at_every_step(right, rows)


def read(path: Path, options: list[str], readout: Readout | None = None) -> DataFile:
    """Read a file; the options are those of `tasks.read`. The readout follows from the targets if it is not given."""
    values = {name: str(value) for name, value in named_values(options).items()}
    known = ("sequence", "time", "inputs", "outputs", "output")
    for name in values:
        if name not in known:
            raise Failure(f'a data file has no option "{name}", there are {", ".join(known)}')
    arguments: dict[str, Any] = values | {
        name: values[name].split(",") for name in ("inputs", "outputs") if name in values
    }
    if arguments.get("output", "every step") not in ("every step", "last step"):
        raise Failure(f'--option output must be "every step" or "last step", got "{arguments["output"]}"')
    batch = tasks.read(path, **arguments).batch
    return DataFile(path.name, batch, readout or _readout(batch))


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
