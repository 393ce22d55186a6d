"""The classic adder, one pair of numbers and one update after the other, against the NumPy loop and PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.peers import numpy_loop
from benchmarks.ratio import Ratio, compare
from throughtime import recipes

OURS, NUMPY, TORCH = 10_000, 300, 100
"""Pairs in one timing: ours takes as long as the peer's, not as many."""


def compared(peers: set[str], more: bool) -> Iterator[Ratio]:
    def ours(pairs: int):
        net = recipes.classic(pairs=pairs).network
        return net["V"], net["W"], net["U"]

    theirs = {"NumPy loop": (numpy_loop.train, NUMPY, 120.0)}
    if "torch" in peers:
        from benchmarks.peers import pytorch

        theirs["PyTorch"] = (pytorch.train_classic, TORCH, 300.0)
    for peer, (train, pairs, target) in theirs.items():
        for mine, other in zip(ours(pairs), train(pairs), strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9)
        found = compare(lambda: ours(OURS), lambda train=train, pairs=pairs: train(pairs))
        scale = OURS / pairs
        yield Ratio(
            "classic adder", "one pair", "B=1 T=8 I=2 H=16", peer, found["ours"] / OURS, found["theirs"] / pairs,
            found["median"] * scale, found["least"] * scale, found["greatest"] * scale, target,
        )  # fmt: skip
