"""The update inside the backward loop, against a plain rendering of docs/math.md#update-per-step."""

import numpy as np
import pytest

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
