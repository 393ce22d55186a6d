"""Outputs without gradients: one step after the other (`Network.step`), and whole sequences (`Network.predict`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import limits
from benchmarks.measure import Context
from benchmarks.rows import Ratio, compare
from benchmarks.sizes import CELLS, INFERENCE, label, network, sequences

TARGET = 1.3
"""Of the better of the two peers. One step at a time PyTorch's cell has no readout."""


def measured(context: Context) -> Iterator[Ratio]:
    for size in INFERENCE:
        for name, cell in CELLS.items():
            B, T, inputs, hidden = size
            net = network(cell, inputs, hidden)
            x, _ = sequences(B, T, inputs)
            streaming = T == 1
            ours = _stream(net, x) if streaming else lambda net=net, x=x: net.predict(x)
            others: dict[str, Callable[[], Any]] = {}
            if "torch" in context.peers:
                others["PyTorch"] = _torch(net, x, streaming)
            if "onnxruntime" in context.peers:
                from benchmarks.peers.onnx import Session

                others["ONNX Runtime"] = Session(net, x).run
            limit = context.limits.of(limits.forward(cell, *size))
            for peer, theirs in others.items():
                mine = net.hidden(x)[0][:, 0] if peer == "PyTorch" and streaming else net.predict(x)
                np.testing.assert_allclose(mine, theirs(), atol=1e-5)
                work = f"{name}, {'one step' if streaming else 'sequences'}"
                yield Ratio(work, label(*size), peer, **compare(ours, theirs), target=TARGET, limit=limit)


def _stream(net, x) -> Callable[[], Any]:
    state, x_t = net.initial_state(len(x)), x[:, 0]

    def step():
        nonlocal state
        y, state = net.step(x_t, state)
        return y

    return step


def _torch(net, x, streaming: bool) -> Callable[[], Any]:
    import torch

    from benchmarks.peers import pytorch

    if streaming:
        return pytorch.Cell(net, x[:, 0]).step
    peer, time_first = pytorch.Recurrent(net), torch.tensor(np.ascontiguousarray(x.transpose(1, 0, 2)))
    return lambda: peer.predict(time_first).transpose(0, 1).numpy()
