"""How costs grow with T, B, H, layers, networks, threads, rows of a file and certificates."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import throughtime as tt
from benchmarks import machine
from benchmarks.measure import Context
from benchmarks.rows import Curve, seconds_of
from benchmarks.sizes import network, sequences
from benchmarks.works.data import table
from throughtime.proof import checker

GRADIENT = "one gradient, µs"


def measured(context: Context) -> Iterator[Curve]:
    def gradient(B: int, T: int, hidden: int, layers: int = 1) -> float:
        net = network("gru", 16, hidden, layers=layers)
        x, d = sequences(B, T, 16)
        return 1e6 * seconds_of(lambda: net.gradient(x, d), 3)

    yield Curve("T, steps (GRU, B=1 H=64)", GRADIENT, _points(_powers(1, 4096), lambda T: gradient(1, T, 64)), 1,
                "Below about 8 steps the call from Python counts; beyond that every step costs the same.")  # fmt: skip
    yield Curve("B, sequences (GRU, T=16 H=64)", GRADIENT, _points(_powers(1, 1024), lambda B: gradient(B, 16, 64)), 1,
                "A few rows cost little more than one: a matrix is read once for as many as a tile holds.")  # fmt: skip
    yield Curve(
        "H, units (GRU, B=32 T=16)",
        GRADIENT,
        _points(_powers(4, 512), lambda H: gradient(32, 16, H)),
        2,
        "Small networks pay for activations, which grow as H; large ones for products, which grow as H².",
    )
    yield Curve("layers (GRU, B=32 T=16 H=64)", GRADIENT, _points(_powers(1, 16), lambda L: gradient(32, 16, 64, L)), 1,
                "A straight line: a layer costs the same wherever it stands.")  # fmt: skip
    specification, task = network("elman", 2, 16).specification, tt.tasks.Addition(bits=8)

    def many(count: int) -> float:
        return seconds_of(
            lambda: tt.train_many(specification, task, seeds=range(count), steps=20, batch=16, threads=context.threads),
            2,
        )

    yield Curve(
        "networks (`train_many`, 20 steps)",
        "s",
        _points(_powers(1, 1024), many),
        1,
        "One network uses one of the threads; from as many networks as threads on the line is straight.",
    )
    yield Curve("threads (GRU, B=256 T=50 H=128)", "one gradient, ms", _points(_threads(), _with_threads), -1,
                "Rows of a batch are shared among threads; what is left to one of them bends the line.")  # fmt: skip
    yield Curve("rows of a CSV file", "s", _points((10**k for k in range(2, 7)), _reading), 1,
                "Short files cost what the first reading of any costs.")  # fmt: skip
    yield Curve(
        "bytes of a certificate",
        "s to check it",
        list(_certificates()),
        2,
        "Of networks of 8 to 32 units: a unit more makes each of a certificate's regions longer, and each of its "
        "images a sum of more terms. How many images there are differs from network to network, and bends the line.",
    )


def _points(sizes: Iterable[int], cost: Callable[[int], float]) -> list[tuple[float, float]]:
    return [(size, cost(size)) for size in sizes]


def _powers(first: int, last: int) -> list[int]:
    return [2**k for k in range(first.bit_length() - 1, last.bit_length())]


def _threads() -> list[int]:
    cores = os.cpu_count() or 1
    return [*(n for n in _powers(1, cores) if n < cores), cores]


ONE = """
from benchmarks.rows import seconds_of
from benchmarks.sizes import network, sequences
net, (x, d) = network("gru", 16, 128), sequences(256, 50, 16)
print(1e3 * seconds_of(lambda: net.gradient(x, d), 5))
"""


def _with_threads(threads: int) -> float:
    """In a process of its own: how many threads there are is settled when it begins."""
    environment = machine.environment(threads, "native")
    done = subprocess.run([sys.executable, "-c", ONE], env=environment, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _reading(rows: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        table(path, rows)
        return seconds_of(lambda: tt.tasks.read(path), 1)


def _certificates() -> Iterator[tuple[int, float]]:
    task = tt.tasks.Addition(bits=8)
    for hidden in (8, 12, 16, 24, 32):
        net = tt.Network(cell="elman", inputs=2, hidden=hidden, outputs=1, seed=0)
        net = tt.train(net, task, steps=2000, batch=64, optimizer=tt.Adam(0.02), noise=0.2, seed=0).network
        match tt.prove(net, task.machine):
            case tt.Proved(certificate=certificate):
                start = time.perf_counter()
                checker.check(certificate.text)
                yield len(certificate.text), time.perf_counter() - start
            case _:
                continue
