"""The classic adder the plain way: a loop over time in NumPy, one pair after the other
[docs/math.md#the-classic-recipe].
"""

from __future__ import annotations

import numpy as np

BITS = 8


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def train(pairs: int, seed: int = 0, learning_rate: float = 0.1):
    """→ V (2,16), W (16,1), U (16,16) after so many pairs.

    Like the demo it keeps the error and the prediction of each.
    """
    rng = np.random.RandomState(seed)
    V = 2 * rng.random_sample((2, 16)) - 1
    W = 2 * rng.random_sample((16, 1)) - 1
    U = 2 * rng.random_sample((16, 16)) - 1
    for _ in range(pairs):
        a, b = rng.randint(128), rng.randint(128)
        bits = [[[(a >> t) & 1, (b >> t) & 1]] for t in range(BITS)]
        predicted, error = np.zeros(BITS), 0.0
        states, deltas_y = [np.zeros((1, 16))], []
        for t in range(BITS):
            h = sigmoid(np.dot(bits[t], V) + np.dot(states[-1], U))
            y = sigmoid(np.dot(h, W))
            missed = y - ((a + b) >> t & 1)
            deltas_y.append(missed * y * (1 - y))
            error += np.abs(missed[0, 0])
            predicted[t] = np.round(y[0, 0])
            states.append(h.copy())
        dV, dU, dW = np.zeros_like(V), np.zeros_like(U), np.zeros_like(W)
        delta_h = np.zeros((1, 16))
        for t in reversed(range(BITS)):
            h, h_before = states[t + 1], states[t]
            delta_h = (delta_h.dot(U.T) + deltas_y[t].dot(W.T)) * h * (1 - h)
            dW += h.T.dot(deltas_y[t])
            dU += h_before.T.dot(delta_h)
            dV += np.array(bits[t]).T.dot(delta_h)
        V -= learning_rate * dV
        U -= learning_rate * dU
        W -= learning_rate * dW
    return V, W, U
