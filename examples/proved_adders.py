"""Many adders trained, checked on all pairs of 8-bit numbers and proved, on all cores: `proved_adders.py 10000`.

A proof is work of Python's own, which threads do not share: so each core has a process, and each process a network at
a time. What is kept of a network is one word, so that ten thousand take as much memory as ten.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import throughtime as tt


def adder(seed: int) -> tuple[int, str]:
    """Of all pairs, how many a network adds wrong, and what is known of numbers of every length."""
    task = tt.tasks.Addition(bits=8)
    net = tt.Network(cell="elman", inputs=2, hidden=16, outputs=1, seed=seed)
    net = tt.train(net, task, steps=2000, batch=64, optimizer=tt.Adam(0.02), noise=0.2, seed=seed, threads=1).network
    return task.evaluate(net).wrong, type(tt.prove(net, task.machine)).__name__


def adders(count: int) -> Iterator[tuple[int, str]]:
    """The adders of so many seeds, in their order."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from pool.map(adder, range(count), chunksize=min(8, max(1, count // 16)))


if __name__ == "__main__":
    found: Counter[tuple[str, str]] = Counter()
    for wrong, verdict in adders(int(sys.argv[1]) if len(sys.argv) > 1 else 20):
        found[verdict, "wrong on some pair" if wrong else "right on all pairs"] += 1
    for (verdict, pairs), count in found.most_common():
        print(f"{count:6,} {verdict.lower()}, {pairs}")
