"""One call: `net.gradient(x, y)`, against a forward and a backward pass in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import limits
from benchmarks.measure import Context
from benchmarks.peers import pytorch
from benchmarks.rows import Ratio, compare
from benchmarks.sizes import label, training

SLOWEST = 1.3


def measured(context: Context) -> Iterator[Ratio]:
    for size, name, cell, net, (x, d), peer, time_first in pytorch.cases(training(context.threads, context.more)):
        found = compare(
            lambda net=net, x=x, d=d: net.gradient(x, d),
            lambda peer=peer, time_first=time_first: peer.passes(*time_first),
        )
        limit = context.limits.of(limits.passes(cell, *size))
        yield Ratio(name, label(*size), "PyTorch", **found, target=SLOWEST, limit=limit)
