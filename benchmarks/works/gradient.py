"""One call: `net.gradient(x, y)`, against a forward and a backward pass in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from benchmarks import limits
from benchmarks.measure import Context
from benchmarks.peers import pytorch
from benchmarks.rows import Ratio, compare
from benchmarks.sizes import CELLS, LARGE, MORE, TRAINING, label, network, sequences

SLOWEST = 1.3


def measured(context: Context) -> Iterator[Ratio]:
    sizes = TRAINING + (LARGE if context.threads > 1 else []) + (MORE if context.more else [])
    for size in sizes:
        for name, cell in CELLS.items():
            B, T, inputs, hidden = size
            net = network(cell, inputs, hidden)
            x, d = sequences(B, T, inputs)
            peer = pytorch.Recurrent(net)
            time_first = [torch.tensor(np.ascontiguousarray(array.transpose(1, 0, 2))) for array in (x, d)]
            pytorch.check(net, x, d, peer, time_first)
            found = compare(
                lambda net=net, x=x, d=d: net.gradient(x, d),
                lambda peer=peer, time_first=time_first: peer.passes(*time_first),
            )
            limit = context.limits.of(limits.passes(cell, *size))
            yield Ratio(name, label(*size), "PyTorch", **found, target=SLOWEST, limit=limit)
