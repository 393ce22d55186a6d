"""What a piece of work takes at least on this machine: its products, its bytes, its longest chain, the call from
Python.

The rates are measured in the process that measures the work, with as many threads and the same vector instructions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

GATES = {"elman": 1, "gru": 3, "lstm": 4}
ACTIVATION = 11
"""Operations in a row of a sigmoid or tanh: reduce, a polynomial of degree 6 in pairs, scale, divide."""
ACTIVATIONS_IN_A_ROW = {"elman": 1, "gru": 2, "lstm": 2}
"""A GRU's candidate waits for its reset gate, an LSTM's output for its state."""

CACHES = 2**25
"""Bytes that need not come from memory."""


@dataclass(frozen=True)
class Limit:
    """value : seconds, or what the unit of a figure is; bound : what sets it."""

    value: float
    bound: str


@dataclass(frozen=True)
class Work:
    """What has to be done, whoever does it.

    products : multiplications and additions of matrix products
    links : operations of which each waits for the one before
    bytes : that are read or written at least once
    """

    products: float
    links: float = 0
    bytes: float = 0
    dtype: str = "float32"


@dataclass(frozen=True)
class Limits:
    """products : a second, by dtype
    bandwidth : bytes a second
    link : seconds of a multiply-add that waits
    call : seconds.
    """

    products: dict[str, float]
    bandwidth: float
    link: float
    call: float

    def of(self, work: Work, calls: float = 1) -> Limit:
        """The largest of the three, and the calls from Python."""
        parts = {
            "products": work.products / self.products[work.dtype],
            "chain": work.links * self.link,
            "bytes": max(0, work.bytes - CACHES) / self.bandwidth,
        }
        bound = max(parts, key=lambda name: parts[name])
        seconds = parts[bound] + calls * self.call
        return Limit(seconds, bound if parts[bound] > calls * self.call else "call")


def measured() -> Limits:
    """The limits of this machine as this process may use it: about a second."""
    rates = {}
    for dtype in ("float32", "float64"):
        a, b, c = (np.ones((768, 768), dtype) for _ in range(3))
        rates[dtype] = 2 * 768**3 / _least(lambda a=a, b=b, c=c: np.matmul(a, b, out=c), 15)
    source, copy = np.ones(2**24), np.ones(2**24)
    bandwidth = 2 * source.nbytes / _least(lambda: np.copyto(copy, source), 5)
    return Limits(rates, bandwidth, *_compiled())


def _compiled() -> tuple[float, float]:
    import numba

    links, calls = 2_000_000, 2000

    @numba.njit(fastmath={"contract"})
    def chain(a, b, c):
        for _ in range(links):
            a = a * b + c
        return a

    @numba.njit
    def nothing(x, y):
        y[0] = x[0]

    def call():
        for _ in range(calls):
            y = np.empty(8)
            nothing(x, y)

    x = np.ones(8)
    return _least(lambda: chain(1.0, 0.999, 0.001), 5) / links, _least(call, 5) / calls


def _least(work: Callable[[], object], times: int) -> float:
    work()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def forward(cell: str, B: int, T: int, inputs: int, hidden: int, dtype: str = "float32", gates: int = 0) -> Work:
    """A forward pass with one output."""
    G = gates or GATES[cell]
    products = 2 * B * T * ((inputs + hidden) * G * hidden + hidden)
    row = ceil(log2(hidden)) + 1 + ACTIVATION * ACTIVATIONS_IN_A_ROW.get(cell, 2)
    size = np.dtype(dtype).itemsize
    return Work(products, T * row, size * (B * T * (inputs + 1) + (inputs + hidden) * G * hidden), dtype)


def passes(cell: str, B: int, T: int, inputs: int, hidden: int, dtype: str = "float32", gates: int = 0) -> Work:
    """A forward and a backward pass: the same products twice more, and back through the steps a product and three
    operations.
    """
    there = forward(cell, B, T, inputs, hidden, dtype, gates)
    G = gates or GATES[cell]
    back = T * (ceil(log2(G * hidden)) + 4)
    size = np.dtype(dtype).itemsize
    kept = 2 * size * B * T * (G + 1) * hidden  # gates and states are written and read again
    return Work(3 * there.products, there.links + back, there.bytes + kept, dtype)
