"""Many small networks trained at once, against a loop over them in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import throughtime as tt
from benchmarks.ratio import Ratio, compare
from benchmarks.sizes import CELLS, label, network

STEPS, BATCH, NETWORKS, PEER_STEPS = 200, 64, 64, 20
"""The peer trains one network for so many steps."""


def compared(peers: set[str], more: bool) -> Iterator[Ratio]:
    """Networks a second: adders of 16 units; the peer trains one of them for a tenth of the steps."""
    if "torch" not in peers:
        return
    import torch

    from benchmarks.peers import pytorch

    task = tt.tasks.Addition(bits=8)
    for name, cell in CELLS.items():
        net = network(cell, 2, 16)
        settings = {"steps": STEPS, "batch": BATCH, "optimizer": tt.Adam(0.01)}

        def ours(net=net, settings=settings):
            return tt.train_many(net.specification, task, seeds=range(NETWORKS), **settings)

        alone = tt.train(tt.Network(net.specification, seed=3), task, seed=3, **settings)
        np.testing.assert_array_equal(ours()[3].network.parameters, alone.network.parameters)

        def theirs(net=net):
            peer = pytorch.Recurrent(net)
            optimizer = torch.optim.Adam(peer.parameters(), lr=0.01)
            rng = np.random.default_rng(0)
            for _ in range(PEER_STEPS):
                batch = task.sample(rng, BATCH)
                x, d = (torch.tensor(a.transpose(1, 0, 2).astype(np.float32)) for a in (batch.x, batch.y))
                peer.passes(x, d)
                optimizer.step()

        found = compare(ours, theirs, pairs=5)
        scale = NETWORKS * STEPS / PEER_STEPS
        yield Ratio(
            "many networks", f"{name}, {STEPS} steps of Adam, {NETWORKS} networks", label(BATCH, 8, 2, 16), "PyTorch",
            found["ours"] / NETWORKS, found["theirs"] * STEPS / PEER_STEPS,
            found["median"] * scale, found["least"] * scale, found["greatest"] * scale, None,
        )  # fmt: skip
