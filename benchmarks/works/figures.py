"""Figures of our own that have no pairwise ratio: the `mul100` headline, cold and warm starts, memory, cost by size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import numpy as np

import throughtime as tt
from benchmarks.ratio import seconds_of
from benchmarks.sizes import CELLS, network, sequences

KANN_SECONDS = 77.8
"""One epoch of `mul100` by KANN on one core, measured on another machine."""


@dataclass(frozen=True)
class Figure:
    """One measured number.

    target : what it should not exceed; None where nothing is asked
    """

    name: str
    value: float
    unit: str
    target: float | None
    note: str


def mul100() -> list[Figure]:
    """30,000 numbers below 10,000, times 100, bit by bit; two GRU layers of 160, batch 64, RMSprop 0.01: one epoch.

    KANN's program takes as many steps as the greatest product has bits, 20; the target was set for sequences of 14.
    """
    found = []
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
        found.append(Figure(f"mul100, one epoch, {steps} steps", seconds, "s", 8.0, note))
    return found


def starts() -> list[Figure]:
    """`throughtime train addition` with an empty cache and with a full one, and `--help`."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"THROUGHTIME_CACHE": f"{folder}/kernels"}
        for name, command, target in (
            ("first `train addition` ever", ["train", "addition"], 10.0),
            ("`train addition` later", ["train", "addition"], 1.5),
            ("`--help`", ["--help"], 0.3),
        ):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "throughtime", *command],
                cwd=folder, env=environment, check=True, capture_output=True,
            )  # fmt: skip
            found.append(Figure(name, time.perf_counter() - start, "s", target, "the whole process"))
    return found


MEMORY = """
import json, sys
B, T, I, H, cell, who = json.loads(sys.argv[1])
def peak():
    status = open("/proc/self/status").read()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
from benchmarks.sizes import network, sequences
if who == "ours":
    net = network(cell, I, H)
    step = net.gradient
    small = sequences(1, 2, I)
else:
    import torch
    from benchmarks.peers.pytorch import Recurrent
    torch.set_num_threads(1)
    peer = Recurrent(network(cell, I, H))
    step = lambda x, d: peer.passes(torch.tensor(x.transpose(1, 0, 2)), torch.tensor(d.transpose(1, 0, 2)))
    small = sequences(1, 2, I)
step(*small)
x, d = sequences(B, T, I)
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew
before = peak()
step(x, d)
print(peak() - before)
"""


def memory(with_torch: bool) -> list[Figure]:
    """What one forward and backward pass takes at its peak, beyond its arguments, in bytes for each of B·T·H numbers."""
    found = []
    for name, cell in CELLS.items():
        for T in (256, 1024):
            size = (64, T, 16, 64)
            peaks = {who: _peak(*size, cell, who) for who in ("ours", "torch")[: 1 + with_torch]}
            per = {who: peak / (64 * T * 64) for who, peak in peaks.items()}
            note = f"PyTorch {per['torch']:.1f}" if with_torch else "PyTorch is not installed"
            found.append(
                Figure(f"memory of {name}, B=64 T={T} H=64", per["ours"], "bytes per B·T·H", per.get("torch"), note)
            )
    return found


def _peak(B: int, T: int, inputs: int, hidden: int, cell: str, who: str) -> int:
    size = json.dumps([B, T, inputs, hidden, cell, who])
    done = subprocess.run([sys.executable, "-c", MEMORY, size], check=True, capture_output=True, text=True)
    return int(done.stdout)


def cost() -> dict[str, list[tuple[int, float]]]:
    """Seconds of one training step against T (B=1), B (T=8) and the number of networks, for the Elman adder."""
    net = network("elman", 2, 16)
    task = tt.tasks.Addition(bits=8)

    def one(B: int, T: int) -> float:
        x, d = sequences(B, T, 2)
        return seconds_of(lambda: net.gradient(x, d), 3)

    def many(count: int) -> float:
        return seconds_of(lambda: tt.train_many(net.specification, task, seeds=range(count), steps=20, batch=16), 2)

    return {
        "T": [(T, one(1, T)) for T in _powers(8, 8192)],
        "B": [(B, one(B, 8)) for B in _powers(1, 1024)],
        "networks": [(count, many(count)) for count in _powers(1, 1024)],
    }


def _powers(first: int, last: int) -> list[int]:
    return [2**k for k in range(first.bit_length() - 1, last.bit_length())]
