"""The update inside the backward loop, against plain renderings of docs/math.md#update-per-step, each of its cell by
hand.
"""

import numpy as np
import pytest

from oracles.step_functions import STEPS
from throughtime.batch import Batch
from throughtime.cells.activations import sigmoid
from throughtime.network import Network
from throughtime.training.loop import train
from throughtime.training.optimisers import GradientDescent


def rendering(net, batch, alpha):
    """At each step from T down to 1: δ_h with the weights as the step before left them, then all of them move."""
    V, U, W = net["V"].copy(), net["U"].copy(), net["W"].copy()
    bias = net.specification.bias
    b_h, b_y = (net["b_h"].copy(), net["b_y"].copy()) if bias else (np.zeros(len(U)), np.zeros(W.shape[1]))
    for x, d in zip(batch.x, batch.y, strict=True):
        h, y = [np.zeros(len(U))], []
        for x_t in x:
            h.append(sigmoid(x_t @ V + h[-1] @ U + b_h))
            y.append(sigmoid(h[-1] @ W + b_y))
        delta_after = np.zeros(len(U))
        for t in reversed(range(len(x))):
            delta_y = (y[t] - d[t]) * y[t] * (1 - y[t])
            delta_h = (delta_y @ W.T + delta_after @ U.T) * h[t + 1] * (1 - h[t + 1])
            W -= alpha * np.outer(h[t + 1], delta_y)
            V -= alpha * np.outer(x[t], delta_h)
            U -= alpha * np.outer(h[t], delta_h)
            if bias:
                b_y -= alpha * delta_y
                b_h -= alpha * delta_h
            delta_after = delta_h
    return {"V": V, "U": U, "W": W} | ({"b_h": b_h, "b_y": b_y} if bias else {})


@pytest.mark.parametrize("bias", [True, False])
def test_against_a_plain_rendering(bias):
    rng = np.random.default_rng(1)
    data = Batch(rng.normal(size=(9, 6, 2)), rng.random((9, 6, 2)))
    net = Network(inputs=2, hidden=5, outputs=2, bias=bias, init="uniform", seed=3)
    run = train(net, data, steps=9, batch=1, optimizer=GradientDescent(0.7), update="per step", shuffle=False)
    for name, wanted in rendering(net, data, 0.7).items():
        np.testing.assert_allclose(run.network[name], wanted, rtol=1e-12, atol=1e-14)


def lstm(p, x, h, C):
    """A step → h, C; and from ∂h, ∂C: ∂E by the net inputs, by the sources of U, and ∂C before."""
    i, f, o = (sigmoid(x @ p[f"{g}.V"] + h @ p[f"{g}.U"] + p[f"{g}.b"]) for g in ("input", "forget", "output"))
    c = np.tanh(x @ p["candidate.V"] + h @ p["candidate.U"] + p["candidate.b"])
    C_after = f * C + i * c
    tanh_C = np.tanh(C_after)

    def back(d_h, d_C):
        d_C = d_C + d_h * o * (1 - tanh_C**2)
        delta = {
            "input": d_C * c * i * (1 - i), "forget": d_C * C * f * (1 - f), "candidate": d_C * i * (1 - c**2),
            "output": d_h * tanh_C * o * (1 - o),
        }  # fmt: skip
        steps = {f"{g}.V": np.outer(x, d) for g, d in delta.items()} | {f"{g}.b": d for g, d in delta.items()}
        steps |= {f"{g}.U": np.outer(h, d) for g, d in delta.items()}
        return steps, lambda p: (sum(d @ p[f"{g}.U"].T for g, d in delta.items()), d_C * f)

    return (o * tanh_C, C_after), back


def gru(p, x, h):
    r, z = (sigmoid(x @ p[f"{g}.V"] + h @ p[f"{g}.U"] + p[f"{g}.b"]) for g in ("reset", "update"))
    q = h @ p["candidate.U"] + p["candidate.c"]
    n = np.tanh(x @ p["candidate.V"] + p["candidate.b"] + r * q)

    def back(d_h):
        d_n = d_h * (1 - z) * (1 - n**2)
        by_x = {"reset": d_n * q * r * (1 - r), "update": d_h * (h - n) * z * (1 - z), "candidate": d_n}
        by_h = by_x | {"candidate": d_n * r}
        steps = {f"{g}.V": np.outer(x, d) for g, d in by_x.items()} | {f"{g}.b": d for g, d in by_x.items()}
        steps |= {f"{g}.U": np.outer(h, d) for g, d in by_h.items()} | {"candidate.c": d_n * r}
        return steps, lambda p: (d_h * z + sum(d @ p[f"{g}.U"].T for g, d in by_h.items()),)

    return ((1 - z) * n + z * h,), back


def mgu(p, x, h):
    """A product of a product: the candidate's U goes back within the step, with the weights as the step found them."""
    f = sigmoid(x @ p["forget.V"] + h @ p["forget.U"] + p["forget.b"])
    n = np.tanh(x @ p["candidate.V"] + (f * h) @ p["candidate.U"] + p["candidate.b"])

    def back(d_h):
        d_n = d_h * f * (1 - n**2)
        d_fh = d_n @ p["candidate.U"].T
        d_f = (d_h * (n - h) + d_fh * h) * f * (1 - f)
        steps = {"candidate.V": np.outer(x, d_n), "candidate.U": np.outer(f * h, d_n), "candidate.b": d_n}
        steps |= {"forget.V": np.outer(x, d_f), "forget.U": np.outer(h, d_f), "forget.b": d_f}
        through = d_h * (1 - f) + d_fh * f
        return steps, lambda p: (through + d_f @ p["forget.U"].T,)

    return ((1 - f) * h + f * n,), back


def indrnn(p, x, h):
    """A vector of weights goes back as the step found it."""
    net = x @ p["V"] + h * p["u"] + p["b"]

    def back(d_h):
        d = d_h * (net > 0)
        through = d * p["u"]
        return {"V": np.outer(x, d), "u": d * h, "b": d}, lambda p: (through,)

    return (np.maximum(net, 0),), back


def trained(step, states, net, batch, alpha):
    p, W, b_y = {name: net[name].copy() for name in net if name not in ("W", "b_y")}, net["W"].copy(), net["b_y"].copy()
    for n, (x, d) in enumerate(zip(batch.x, batch.y, strict=True)):
        before, passed = tuple(np.zeros(net.specification.hidden) for _ in range(states)), []
        for x_t in x[: batch.lengths[n]]:
            before, back = step(p, x_t, *before)
            passed.append((before[0], back, sigmoid(before[0] @ W + b_y)))
        d_states = tuple(np.zeros(net.specification.hidden) for _ in range(states))
        for t in reversed(range(len(passed))):
            h, back, y = passed[t]
            delta_y = (y - d[t]) * y * (1 - y)
            gradient, before_that = back(d_states[0] + delta_y @ W.T, *d_states[1:])
            W -= alpha * np.outer(h, delta_y)
            b_y -= alpha * delta_y
            for name, part in gradient.items():
                p[name] -= alpha * part
            d_states = before_that(p)
    return p | {"W": W, "b_y": b_y}


@pytest.mark.parametrize(
    ("cell", "step", "states"),
    [
        ("lstm", lstm, 2),
        ("gru", gru, 1),
        pytest.param(STEPS["mgu"], mgu, 1, marks=pytest.mark.long),
        pytest.param(STEPS["indrnn"], indrnn, 1, marks=pytest.mark.long),
    ],
    ids=["lstm", "gru", "mgu", "indrnn"],
)
def test_every_cell_against_its_rendering(cell, step, states):
    rng = np.random.default_rng(2)
    data = Batch(rng.normal(size=(9, 6, 2)), rng.random((9, 6, 2)), lengths=rng.integers(1, 7, 9))
    net = Network(cell=cell, inputs=2, hidden=5, outputs=2, init="uniform", seed=3)
    run = train(net, data, steps=9, batch=1, optimizer=GradientDescent(0.7), update="per step", shuffle=False)
    for name, wanted in trained(step, states, net, data, 0.7).items():
        np.testing.assert_allclose(run.network[name], wanted, rtol=1e-12, atol=1e-14, err_msg=name)
