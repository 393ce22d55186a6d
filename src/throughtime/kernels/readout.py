"""The readout y = g(h W + b_y) and the losses, compiled: the twin of `losses.py`. Source: docs/math.md#readout-and-loss."""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import load, sigmoid, store, width

SIGMOID, SOFTMAX, IDENTITY = 0, 1, 2
SQUARED, BINARY_CROSS_ENTROPY, CROSS_ENTROPY = 0, 1, 2


@inlined
def _step(readout, b_y, net_y, y, j, n):
    net = load(net_y, j, n) + load(b_y, j, n)
    store(net_y, j, n, net)
    if readout == SIGMOID:
        store(y, j, n, sigmoid(net))
    else:
        store(y, j, n, net)


@kernel
def read_out(readout, b_y, net_y, y):
    """net_y (O) holds h W, and afterwards h W + b_y; y (O) = g(net_y)."""
    n, lanes = y.size, width(y)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _step(readout, b_y, net_y, y, j, lanes)
    if whole < n:
        _step(readout, b_y, net_y, y, whole, n - whole)
    if readout == SOFTMAX:
        highest = greatest(net_y)
        total = y[0] * 0
        for k in range(n):
            y[k] = np.exp(net_y[k] - highest)
            total += y[k]
        for k in range(n):
            y[k] /= total


@kernel
def greatest(a):
    """max a, of a (N) with N ≥ 1."""
    highest = a[0]
    for k in range(1, len(a)):
        highest = max(highest, a[k])
    return highest


@kernel
def judge(readout, loss, weight, d, net_y, y, delta_y):
    """The loss of one output y (O) against the target d (O), times `weight`; fills delta_y (O)."""
    error = y[0] * 0
    outputs = len(y)
    if weight == 0:  # what is not asked for may be anything, even NaN
        for k in range(outputs):
            delta_y[k] = 0
        return weight
    if loss == SQUARED:
        along = y[0] * 0
        for k in range(outputs):
            e = y[k] - d[k]
            error += e * e / 2
            delta_y[k] = weight * e
            along += weight * e * y[k]
        for k in range(outputs):
            if readout == SIGMOID:
                delta_y[k] *= y[k] * (1 - y[k])
            elif readout == SOFTMAX:
                delta_y[k] = y[k] * (delta_y[k] - along)
    elif loss == BINARY_CROSS_ENTROPY:
        for k in range(outputs):
            error += max(net_y[k], net_y[k] * 0) - net_y[k] * d[k] + np.log1p(np.exp(-abs(net_y[k])))
            delta_y[k] = weight * (y[k] - d[k])
    else:
        highest = greatest(net_y)
        total, wanted = y[0] * 0, y[0] * 0
        for k in range(outputs):
            total += np.exp(net_y[k] - highest)
            wanted += d[k]
        for k in range(outputs):
            error += d[k] * (highest + np.log(total) - net_y[k])
            delta_y[k] = weight * (y[k] * wanted - d[k])
    return weight * error


@kernel
def count_right(readout, d, y):
    """How many of the outputs are right: rounded for a sigmoid, the greatest for a softmax."""
    right = 0
    if readout == SOFTMAX:
        told, wanted = 0, 0
        for k in range(len(y)):
            told = k if y[k] > y[told] else told
            wanted = k if d[k] > d[wanted] else wanted
        right = len(y) if told == wanted else 0
    else:
        for k in range(len(y)):
            right += (y[k] > 0.5) == (d[k] > 0.5)
    return right
