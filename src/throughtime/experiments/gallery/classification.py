"""Many to one: train a network to predict a sequence's class, and how often it is right."""

from __future__ import annotations

from typing import Any

import numpy as np

from throughtime.batch import Batch
from throughtime.experiments.gallery.comparison import Row
from throughtime.network import Network
from throughtime.training.loop import train
from throughtime.training.optimisers import Adam
from throughtime.training.schedules import Cosine

COPIES = 20


def with_noise(data: Batch, deviation: float, seed: int) -> Batch:
    """Each sequence `COPIES` times with Gaussian noise on its inputs, so that few are not learned by heart."""
    copies = data[np.tile(np.arange(len(data)), COPIES)]
    noise = np.random.default_rng(seed).standard_normal(copies.x.shape)
    return Batch(copies.x + deviation * noise, copies.y, copies.lengths)


def learn(
    data: Batch, *, hidden: int, noise: float, steps: int, learning_rate: float, seed: int, **settings: Any
) -> Network:
    """A GRU that reads in both directions, trained on standardised sequences with one-hot targets (B, classes)."""
    net = Network(
        cell="gru", inputs=data.x.shape[2], hidden=hidden, outputs=data.y.shape[1], bidirectional=True,
        readout="softmax", loss="cross_entropy", output="last step", dtype="float32", seed=seed,
    )  # fmt: skip
    run = train(
        net, with_noise(data, noise, seed), steps=steps, batch=32, optimizer=Adam(learning_rate),
        schedule=Cosine(0.02), clip=1.0, seed=seed, **settings,
    )  # fmt: skip
    return run.network


def accuracy(net: Network, data: Batch) -> float:
    """The share of sequences whose class is predicted right, 0..1."""
    y = net.predict(data.x, data.lengths)
    return float(np.mean(y.argmax(axis=1) == data.y.argmax(axis=1)))


def over_seeds(nets: list[Network], test: Batch) -> Row:
    """The mean accuracy of networks that differ in their seed alone, and the least and greatest."""
    accuracies = [accuracy(net, test) for net in nets]
    return Row(
        f"throughtime, mean of {len(nets)} seeds", (float(np.mean(accuracies)), min(accuracies), max(accuracies))
    )
