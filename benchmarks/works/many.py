"""Many small networks: trained at once, against a loop in PyTorch; trained, checked and proved on all cores."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import numpy as np
from examples import proved_adders

import throughtime as tt
from benchmarks.measure import Context
from benchmarks.rows import Figure, Ratio, compare
from benchmarks.sizes import CELLS, label, network

STEPS, BATCH, NETWORKS, PEER_STEPS = 200, 64, 64, 20
"""The peer trains one network for so many steps."""
PROVED = (16, 128)
"""Networks of two measurements: the second takes as much memory as the first if memory is flat."""


def measured(context: Context) -> Iterator[Ratio | Figure]:
    if "torch" in context.peers:
        yield from _trained(context)
    yield from _proved()


def _trained(context: Context) -> Iterator[Ratio]:
    """Seconds a network: adders of 16 units."""
    import torch

    from benchmarks.peers import pytorch

    task = tt.tasks.Addition(bits=8)
    for name, cell in CELLS.items():
        net = network(cell, 2, 16)
        settings = {"steps": STEPS, "batch": BATCH, "optimizer": tt.Adam(0.01)}

        def ours(net=net, settings=settings):
            return tt.train_many(net.specification, task, seeds=range(NETWORKS), threads=context.threads, **settings)

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

        found = compare(ours, theirs, pieces=NETWORKS, theirs_pieces=1, pairs=5)
        scaled = {key: value * (1 if key == "ours" else STEPS / PEER_STEPS) for key, value in found.items()}
        yield Ratio(
            f"{name}, {STEPS} steps of Adam, one of {NETWORKS} networks", label(BATCH, 8, 2, 16), "PyTorch", **scaled
        )


def _proved() -> Iterator[Figure]:
    """The default adder: trained, checked on all pairs and proved, each process a network at a time."""
    peaks = []
    for count in PROVED:
        start = time.perf_counter()
        found = list(proved_adders.adders(count))
        seconds = time.perf_counter() - start
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    right, proved = sum(not wrong for wrong, _ in found), sum(verdict == "Proved" for _, verdict in found)
    yield Figure(
        "default adders trained, checked and proved", count / seconds, "networks a second", more=True,
        note=f"a process on each core, their start included; of {count}, {right} were right on all pairs and {proved} "
        f"proved: 10,000 take {10_000 / count * seconds / 60:.0f} min",
    )  # fmt: skip
    yield Figure(
        f"memory of a process for {PROVED[1]} networks, to that for {PROVED[0]}", peaks[1] / peaks[0], "×", 1.05,
        note=f"{peaks[1] / 1e3:.0f} MB at its peak",
    )  # fmt: skip
