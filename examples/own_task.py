"""A task of your own: tell at each step whether a bit was the same two steps before."""

from dataclasses import dataclass

import numpy as np

import throughtime as tt
from throughtime.tasks.task import Evaluation, sampled


@dataclass(frozen=True)
class SameAsTwoBefore:
    """Bits in, a bit out; the first two answers are 0."""

    steps: int = 12
    name = "same-as-two-before"
    inputs = outputs = 1
    readout, loss, output, specification = "sigmoid", "binary_cross_entropy", "every step", None

    def sample(self, rng, batch):
        x = rng.integers(2, size=(batch, self.steps, 1)).astype(float)
        y = np.zeros_like(x)
        y[:, 2:] = x[:, 2:] == x[:, :-2]
        return tt.Batch(x, y)

    def right(self, y, batch):
        return (y.round() == batch.y).all(axis=(1, 2))

    def render(self, x, y):
        return "\n".join("".join(str(int(bit)) for bit in row[:, 0].round()) for row in (x, y))

    def evaluate(self, net, samples=1000, seed=0) -> Evaluation:
        return sampled(self, net, samples, seed)


task = SameAsTwoBefore  # throughtime train own_task:task

if __name__ == "__main__":
    net = tt.Network(cell="lstm", inputs=1, hidden=12, outputs=1, loss="binary_cross_entropy")
    run = tt.train(net, task(), steps=1500, batch=64, optimizer=tt.Adam(0.02))
    print(task().evaluate(run.network))
