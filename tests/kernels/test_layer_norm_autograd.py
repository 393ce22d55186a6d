"""Layer normalisation: gradients against PyTorch's autograd, through cells written by hand."""

import numpy as np
import pytest

from oracles.normalised import LENGTHS, H, data, network
from oracles.step_functions import STEPS
from throughtime.weights.parameters import Views

torch = pytest.importorskip("torch")


def net_input(p, name, products, bias=None):
    """g ∘ normalise(Σ products) + b."""
    a = sum(x @ p[matrix] for x, matrix in products)
    a = torch.nn.functional.layer_norm(a, a.shape[-1:], p[name], eps=1e-5)
    return a + p[bias] if bias in p else a


def gate(p, name, x, h):
    return net_input(p, f"{name}.g", [(x, f"{name}.V"), (h, f"{name}.U")], f"{name}.b")


def elman(p, x, h):
    return (torch.sigmoid(net_input(p, "g_h", [(x, "V"), (h, "U")], "b_h")),)


def lstm(p, x, h, C):
    i, f, o = (torch.sigmoid(gate(p, name, x, h)) for name in ("input", "forget", "output"))
    C = f * C + i * torch.tanh(gate(p, "candidate", x, h))
    return o * torch.tanh(C), C


def gru(p, x, h):
    r, z = (torch.sigmoid(gate(p, name, x, h)) for name in ("reset", "update"))
    q = net_input(p, "g_q", [(h, "candidate.U")], "candidate.c")
    n = torch.tanh(net_input(p, "candidate.g", [(x, "candidate.V")], "candidate.b") + r * q)
    return ((1 - z) * n + z * h,)


def mgu(p, x, h):
    f = torch.sigmoid(gate(p, "forget", x, h))
    n = torch.tanh(net_input(p, "candidate.g", [(x, "candidate.V"), (f * h, "candidate.U")], "candidate.b"))
    return ((1 - f) * h + f * n,)


def min_gru(p, x, h):
    z = torch.sigmoid(net_input(p, "g_z", [(x, "V_z")], "b_z"))
    return ((1 - z) * h + z * net_input(p, "g_h", [(x, "V_h")], "b_h"),)


CELLS = {
    "elman": ("elman", elman, 1), "lstm": ("lstm", lstm, 2), "gru": ("gru", gru, 1), "mgu": (STEPS["mgu"], mgu, 1),
    "min_gru": (STEPS["min_gru"], min_gru, 1),
}  # fmt: skip
FORMS = {
    "plain": {}, "two layers, both directions": {"layers": 2, "bidirectional": True}, "no biases": {"bias": False},
    "last step": {"output": "last step"},
}  # fmt: skip


def by_hand(net, step, states, x, y):
    """The loss and its gradient by the flat vector."""
    s = net.specification
    vector = torch.tensor(net.parameters.astype(float), requires_grad=True)
    places = {name: view.astype(int) for name, view in Views(s, np.arange(len(net.parameters))).items()}
    directions = ["forward", "backward"][: s.directions]
    loss = 0
    for b, length in enumerate(LENGTHS):
        below = torch.tensor(x[b, :length])
        for layer in range(s.layers):
            sides, ends = [], []
            for d, direction in enumerate(directions):
                parts = ([f"layer{layer}"] if s.layers > 1 else []) + ([direction] if s.bidirectional else [])
                prefix = "".join(f"{part}." for part in parts)
                p = {n.removeprefix(prefix): vector[a] for n, a in places.items() if n.startswith(prefix)}
                now, found = [torch.zeros(H, dtype=float)] * states, []
                for x_t in below.flip(0) if d else below:
                    now = step(p, x_t, *now)
                    found.append(now[0])
                ends.append(found[-1])
                sides.append(torch.stack(found).flip(0) if d else torch.stack(found))
            below = torch.cat(sides, -1)
        read, wanted = (torch.cat(ends), y[b]) if s.output == "last step" else (below, y[b, :length])
        net_y = read @ vector[places["W"]] + (vector[places["b_y"]] if s.bias else 0)
        loss = loss + ((torch.sigmoid(net_y) - torch.tensor(wanted)) ** 2).sum() / 2
    loss.backward()
    return loss.item(), vector.grad.numpy()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CELLS)
def test_gradient_against_autograd(name, form):
    cell, step, states = CELLS[name]
    net = network(cell, **FORMS[form])
    x, y = data(net)
    loss, gradient = net.gradient(x, y, LENGTHS)
    wanted, by = by_hand(net, step, states, x, y)
    assert loss == pytest.approx(wanted, rel=1e-12)
    np.testing.assert_allclose(gradient, by, rtol=1e-10, atol=1e-10 * abs(by).max())
