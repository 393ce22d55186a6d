"""A step of a whole loop of training, its update by gradient descent included: `tt.train`, compiled, against a loop in
Python.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

import throughtime as tt
from benchmarks import limits
from benchmarks.measure import Context
from benchmarks.peers import pytorch
from benchmarks.rows import Ratio, compare, seconds_of
from benchmarks.sizes import label, training

SECONDS = 0.1
"""Of one timing of ours, so that what a call of `tt.train` costs once counts little."""
STEPS_OF_DATA = 8
SLOWEST, RATE = 1.3, 1e-6


def measured(context: Context) -> Iterator[Ratio]:
    for size, name, cell, net, (x, d), peer, time_first in pytorch.cases(training(context.threads, context.more)):
        optimizer = torch.optim.SGD(peer.parameters(), lr=RATE)
        data = tt.Batch(np.concatenate([x] * STEPS_OF_DATA), np.concatenate([d] * STEPS_OF_DATA))

        def ours(steps: int, net=net, data=data, B=size[0]):
            return tt.train(net, data, steps=steps, batch=B, shuffle=False, optimizer=tt.GradientDescent(RATE))

        def theirs(peer=peer, optimizer=optimizer, time_first=time_first):
            peer.passes(*time_first)
            optimizer.step()

        few = seconds_of(lambda ours=ours: ours(STEPS_OF_DATA), times=2) / STEPS_OF_DATA
        steps = STEPS_OF_DATA * max(1, round(SECONDS / few / STEPS_OF_DATA))
        found = compare(lambda ours=ours, steps=steps: ours(steps), theirs, pieces=steps)
        limit = context.limits.of(limits.passes(cell, *size), calls=0)
        yield Ratio(name, label(*size), "PyTorch", **found, target=SLOWEST, limit=limit)
