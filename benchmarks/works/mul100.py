"""The headline of KANN's example: 30,000 products learned bit by bit, one epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

import throughtime as tt
from benchmarks import limits
from benchmarks.limits import Limit, Work
from benchmarks.measure import Context
from benchmarks.rows import Figure

KANN_SECONDS = 77.8
"""One epoch of `mul100` by KANN on one core, measured on another machine."""


def measured(context: Context) -> Iterator[Figure]:
    """30,000 numbers below 10,000, times 100, bit by bit; two GRU layers of 160, batch 64, RMSprop 0.01: one epoch.

    KANN's program takes as many steps as the greatest product has bits, 20; the target was set for sequences of 14.
    """
    for steps in (14, 20):
        rng, place = np.random.default_rng(0), np.arange(steps)

        def bits(numbers, place=place):
            return (numbers[:, None] >> place & 1)[..., None].astype(np.float32)

        numbers, unseen = rng.integers(10_000, size=30_000), rng.integers(10_000, size=2_000)
        data = tt.Batch(bits(numbers), bits(100 * numbers))
        net = tt.Network(
            cell="gru", inputs=1, hidden=160, layers=2, outputs=1, loss="binary_cross_entropy", dtype="float32"
        )
        settings = {"batch": 64, "optimizer": tt.RMSprop(0.01), "clip": 1.0}
        tt.train(net, data[:64], steps=1, **settings)
        start = time.perf_counter()
        run = tt.train(net, data, steps=len(numbers) // 64, **settings)
        seconds = time.perf_counter() - start
        right = (run.network.predict(bits(unseen)).round() == bits(100 * unseen)).all(axis=(1, 2)).mean()
        note = f"{100 * right:.2f} % of 2,000 other numbers right; KANN took {KANN_SECONDS} s elsewhere"
        products = sum(limits.passes("gru", 64, steps, inputs, 160).products for inputs in (1, 160))
        limit = context.limits.of(Work(products * (len(numbers) // 64)), calls=0)
        yield Figure(
            f"mul100, one epoch, {steps} steps", seconds, "s", 8.0, note, limit=Limit(limit.value, limit.bound)
        )
