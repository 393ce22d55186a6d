"""A cell that no library has, an LSTM with peepholes, written in this library and in PyTorch: one forward and backward
pass.

PyTorch runs it as its users write it, a loop over the steps; with `--more` also as `torch.compile` makes it, which
unrolls the loop and compiles it for minutes, anew for each number of steps: a ratio does not count that time, its row
names it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch

import throughtime as tt
from benchmarks import limits
from benchmarks.measure import Context
from benchmarks.rows import Ratio, compare
from benchmarks.sizes import TRAINING, label, sequences

GATES = "ifCo"
TARGETS = {(32, 50, 16, 64): 8.0}


@tt.cell
def peephole_lstm(p, x, h, C):
    i = tt.sigmoid(x @ p.V_i + h @ p.U_i + C * p.w_i + p.b_i)
    f = tt.sigmoid(x @ p.V_f + h @ p.U_f + C * p.w_f + p.b_f)
    C = f * C + i * tt.tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    o = tt.sigmoid(x @ p.V_o + h @ p.U_o + C * p.w_o + p.b_o)
    return o * tt.tanh(C), C


class Loop(torch.nn.Module):
    """The same cell in PyTorch, with the products of x for all steps at once; x is (T,B,I), time first."""

    def __init__(self, net):
        super().__init__()
        s, views = net.specification, net.views
        side_by_side = {name: np.concatenate([views[f"{name}_{g}"] for g in GATES], axis=-1) for name in "VUb"}
        arrays = side_by_side | {f"w_{g}": views[f"w_{g}"] for g in "ifo"} | {"W": views["W"], "b_y": views["b_y"]}
        for name, array in arrays.items():
            setattr(self, name, torch.nn.Parameter(torch.tensor(array)))
        self.hidden = s.hidden

    def forward(self, x):
        h = C = x.new_zeros(x.shape[1], self.hidden)
        states = []
        for net_x in (x @ self.V + self.b).unbind(0):
            i, f, C_tilde, o = (net_x + h @ self.U).chunk(4, dim=1)
            before = C
            C = torch.sigmoid(f + before * self.w_f) * before
            C = C + torch.sigmoid(i + before * self.w_i) * torch.tanh(C_tilde)
            h = torch.sigmoid(o + C * self.w_o) * torch.tanh(C)
            states.append(h)
        return torch.sigmoid(torch.stack(states) @ self.W + self.b_y)

    def loss(self, x, d):
        return 0.5 * ((self(x) - d) ** 2).sum()


def passes(loop, loss, x, d):
    """Forward and backward → the loss; the gradients stand in the parameters."""
    loop.zero_grad(set_to_none=True)
    found = loss(x, d)
    found.backward()
    return found


def measured(context: Context) -> Iterator[Ratio]:
    for size in TRAINING:
        B, T, inputs, hidden = size
        net = tt.Network(cell=peephole_lstm, inputs=inputs, hidden=hidden, outputs=1, dtype="float32", seed=1)
        x, d = sequences(B, T, inputs)
        loop = Loop(net)
        time_first = [torch.tensor(np.ascontiguousarray(array.transpose(1, 0, 2))) for array in (x, d)]
        losses = {"PyTorch": loop.loss}
        if context.more:
            losses |= _compiled(loop, time_first)
        for peer, loss in losses.items():
            _check(net, x, d, loop, loss, time_first)
            found = compare(
                lambda net=net, x=x, d=d: net.gradient(x, d),
                lambda loop=loop, loss=loss, time_first=time_first: passes(loop, loss, *time_first),
            )
            target = TARGETS.get(size) if peer == "PyTorch" else None
            limit = context.limits.of(limits.passes("own", *size, gates=len(GATES)))
            yield Ratio("LSTM with peepholes", label(*size), peer, **found, target=target, limit=limit)


def _compiled(loop, time_first):
    """The loss as `torch.compile` makes it, by how long that took with its backward pass."""
    torch.compiler.reset()
    compiled = torch.compile(loop.loss)
    start = time.perf_counter()
    passes(loop, compiled, *time_first)
    return {f"compiled in {time.perf_counter() - start:.0f} s": compiled}


def _check(net, x, d, loop, loss, time_first) -> None:
    mine, gradient = net.gradient(x, d)
    np.testing.assert_allclose(mine, float(passes(loop, loss, *time_first).detach()), rtol=1e-4)
    views = type(net.views)(net.specification, gradient)
    for name in ("w_i", "w_f", "w_o", "W"):
        theirs = getattr(loop, name).grad.numpy()
        np.testing.assert_allclose(views[name], theirs, atol=1e-3 * np.abs(theirs).max())
