"""The adder: the classic one, a pair of numbers and an update after the other, and the default recipe."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import throughtime as tt
from benchmarks import limits
from benchmarks.limits import Limit
from benchmarks.measure import Context
from benchmarks.peers import numpy_loop
from benchmarks.rows import Figure, Ratio, compare, seconds_of
from throughtime.training import recipes

OURS, NUMPY, TORCH = 10_000, 300, 100
"""Pairs in one timing: ours takes as long as the peer's, not as many."""
STEPS = 2000


def measured(context: Context) -> Iterator[Ratio | Figure]:
    def ours(pairs: int):
        net = recipes.classic(pairs=pairs).network
        return net["V"], net["W"], net["U"]

    theirs = {"NumPy loop": (numpy_loop.train, NUMPY, 100.0)}
    if "torch" in context.peers:
        from benchmarks.peers import pytorch

        theirs["PyTorch"] = (pytorch.train_classic, TORCH, 400.0)
    limit = context.limits.of(limits.passes("elman", 1, 8, 2, 16, "float64"), calls=0)
    for peer, (train, pairs, target) in theirs.items():
        for mine, other in zip(ours(pairs), train(pairs), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9)
        found = compare(lambda: ours(OURS), lambda train=train, pairs=pairs: train(pairs), OURS, pairs)
        yield Ratio(
            "classic adder, one pair with its update", "B=1 T=8 I=2 H=16", peer, **found, target=target, limit=limit
        )
        if peer == "NumPy loop":
            yield Figure("classic adder, one pair with its update", found["ours"] * 1e6, "µs", 1.5,
                         limit=Limit(limit.value * 1e6, limit.bound))  # fmt: skip
    task = tt.tasks.Addition(bits=8)
    net = tt.Network(cell="elman", inputs=2, hidden=16, outputs=1, seed=0)
    settings = {"steps": STEPS, "batch": 64, "optimizer": tt.Adam(0.02), "noise": 0.2}
    seconds = seconds_of(lambda: tt.train(net, task, **settings), 5) / STEPS
    limit = context.limits.of(limits.passes("elman", 64, 8, 2, 16, "float64"), calls=0)
    yield Figure("default adder, updates of a batch of 64 with noise", 1 / seconds, "a second", 18_000, more=True,
                 limit=Limit(1 / limit.value, limit.bound))  # fmt: skip
