"""A task of your own: predict at each step whether a bit was the same two steps before."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

import throughtime as tt
from throughtime.tasks.task import Evaluation, Loss, Net, Output, Readout, sampled

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class SameAsTwoBefore:
    """Bits in, a bit out; the first two answers are 0."""

    steps: int = 12
    name: ClassVar[str] = "same-as-two-before"
    inputs: ClassVar[int] = 1
    outputs: ClassVar[int] = 1
    readout: ClassVar[Readout] = "sigmoid"
    loss: ClassVar[Loss] = "binary_cross_entropy"
    output: ClassVar[Output] = "every step"
    machine: ClassVar[None] = None

    def sample(self, rng: np.random.Generator, batch: int) -> tt.Batch:
        x = rng.integers(2, size=(batch, self.steps, 1)).astype(float)
        y = np.zeros_like(x)
        y[:, 2:] = x[:, 2:] == x[:, :-2]
        return tt.Batch(x, y)

    def right(self, y: Array, batch: tt.Batch) -> Array:
        return np.asarray((y.round() == batch.y).all(axis=(1, 2)))

    def render(self, x: Array, y: Array) -> str:
        return "\n".join("".join(str(int(bit)) for bit in row[:, 0].round()) for row in (x, y))

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation:
        return sampled(self, net, samples, seed)


task = SameAsTwoBefore  # throughtime train own_task:task

if __name__ == "__main__":
    net = tt.Network(cell="lstm", inputs=1, hidden=12, outputs=1, loss="binary_cross_entropy")
    run = tt.train(net, task(), steps=1500, batch=64, optimizer=tt.Adam(0.02))
    print(task().evaluate(run.network))
