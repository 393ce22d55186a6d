"""One training step: forward and backward. Ours is a step of `tt.train`, the update included; PyTorch's has no update."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

import throughtime as tt
from benchmarks.peers import pytorch
from benchmarks.ratio import Ratio, compare, seconds_of
from benchmarks.sizes import CELLS, MORE, TRAINING, label, network, sequences

SECONDS = 0.15
"""Of one timing of ours, so that what a call of `tt.train` costs once counts little."""
STEPS_OF_DATA = 8


def compared(peers: set[str], more: bool) -> Iterator[Ratio]:
    if "torch" not in peers:
        return
    for size in TRAINING + (MORE if more else []):
        for name, cell in CELLS.items():
            B, T, inputs, hidden = size
            net = network(cell, inputs, hidden)
            x, d = sequences(B, T, inputs)
            peer = pytorch.Recurrent(net)
            time_first = [torch.tensor(np.ascontiguousarray(array.transpose(1, 0, 2))) for array in (x, d)]
            _check(net, x, d, peer, time_first)

            data = tt.Batch(np.concatenate([x] * STEPS_OF_DATA), np.concatenate([d] * STEPS_OF_DATA))

            def train(steps: int, net=net, data=data, B=B):
                return tt.train(net, data, steps=steps, batch=B, shuffle=False, optimizer=tt.GradientDescent(1e-6))

            few = seconds_of(lambda train=train: train(STEPS_OF_DATA), times=2) / STEPS_OF_DATA
            steps = STEPS_OF_DATA * max(1, round(SECONDS / few / STEPS_OF_DATA))
            found = compare(
                lambda train=train, steps=steps: train(steps),
                lambda peer=peer, time_first=time_first: peer.passes(*time_first),
            )
            target = (2.0 if cell != "lstm" else 1.3) if size in TRAINING else 1.0
            if B == 1 and cell != "lstm":
                target = 20.0
            yield Ratio(
                "training", name, label(*size), "PyTorch", found["ours"] / steps, found["theirs"],
                found["median"] * steps, found["least"] * steps, found["greatest"] * steps, target,
            )  # fmt: skip


def _check(net, x, d, peer, time_first) -> None:
    loss, gradient = net.gradient(x, d)
    views = type(net.views)(net.specification, gradient)
    np.testing.assert_allclose(loss, float(peer.passes(*time_first).detach()), rtol=1e-4)
    gates = {
        "elman": [""],
        "gru": ["reset.", "update.", "candidate."],
        "lstm": ["input.", "forget.", "candidate.", "output."],
    }
    for symbol, theirs in zip("VU", peer.gradients, strict=False):
        mine = np.concatenate([views[gate + symbol] for gate in gates[net.specification.cell]], axis=1)
        np.testing.assert_allclose(mine, theirs, atol=1e-3 * np.abs(theirs).max())
