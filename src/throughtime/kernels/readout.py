"""The readout y = g(h W + b_y) and the losses, compiled: the twin of `losses.py`. Source:
docs/math.md#readout-and-loss.

Outputs of all rows are read out at once, and judged at once where each is a single number: a row alone would not fill a
vector.
"""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import load, row, shaped, sigmoid, softplus, store, where_positive, width

SIGMOID, SOFTMAX, IDENTITY = 0, 1, 2
SQUARED, BINARY_CROSS_ENTROPY, CROSS_ENTROPY = 0, 1, 2


@inlined
def _g(net_y, y, j, n):
    store(y, j, n, sigmoid(load(net_y, j, n)))


@inlined
def _softmax(net_y, y):
    highest = greatest(net_y)
    total = y[0] * 0
    for k in range(len(y)):
        y[k] = np.exp(net_y[k] - highest)
        total += y[k]
    for k in range(len(y)):
        y[k] /= total


@kernel
def read_out(readout, b_y, net_y, y):
    """net_y (M,O) holds h W, and afterwards h W + b_y; y (M,O) = g(net_y)."""
    M, O = y.shape
    if O == 1:
        for i in range(M):
            net_y[i, 0] += b_y[0]
    else:
        for i in range(M):
            for k in range(O):
                net_y[i, k] += b_y[k]
    net, out, lanes = shaped(net_y, (M * O,)), shaped(y, (M * O,)), width(y)
    whole = M * O - M * O % lanes
    if readout == SIGMOID:
        for j in range(0, whole, lanes):
            _g(net, out, j, lanes)
        if whole < M * O:
            _g(net, out, whole, M * O - whole)
    elif readout == SOFTMAX:
        for i in range(M):
            _softmax(row(net_y, i), row(y, i))
    else:
        for j in range(M * O):
            out[j] = net[j]


@kernel
def greatest(a):
    """max a, of a (N) with N ≥ 1."""
    highest = a[0]
    for k in range(1, len(a)):
        highest = max(highest, a[k])
    return highest


@inlined
def _judge_elements(readout, loss, weights, d, net_y, y, delta_y, error, j, n):
    """The loss of n rows of one output from row j on. What has weight 0 may be anything, even NaN."""
    weight, d_j, y_j = load(weights, j, n), load(d, j, n), load(y, j, n)
    e = y_j - d_j
    if loss == SQUARED:
        delta, E = weight * e, e * e / 2
        if readout == SIGMOID:
            delta = delta * (y_j * (1 - y_j))
    else:
        net = load(net_y, j, n)
        delta, E = weight * e, softplus(net) - net * d_j
    store(delta_y, j, n, where_positive(weight, delta))
    store(error, j, n, where_positive(weight, weight * E))


@inlined
def _judge_row(readout, loss, weight, d, net_y, y, delta_y):
    """The loss of one output y (O) against the target d (O), times `weight`; fills delta_y (O)."""
    error = y[0] * 0
    outputs = len(y)
    if weight == 0:  # what is not scored may be anything, even NaN
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
def judge(readout, loss, weights, d, net_y, y, delta_y, error):
    """The losses of all outputs y (M,O) against the targets d (M,O), times their weights (M): → error (M), delta_y
    (M,O).
    """
    M, O = y.shape
    if O == 1 and readout != SOFTMAX:
        targets, net, out, delta = shaped(d, (M,)), shaped(net_y, (M,)), shaped(y, (M,)), shaped(delta_y, (M,))
        lanes = width(y)
        whole = M - M % lanes
        for j in range(0, whole, lanes):
            _judge_elements(readout, loss, weights, targets, net, out, delta, error, j, lanes)
        if whole < M:
            _judge_elements(readout, loss, weights, targets, net, out, delta, error, whole, M - whole)
    else:
        for i in range(M):
            error[i] = _judge_row(
                readout, loss, weights[i], row(d, i), row(net_y, i), row(y, i), row(delta_y, i)
            )  # fmt: skip


@inlined
def count_right(readout, d, y):
    """How many of the outputs are right: rounded for a sigmoid, the greatest for a softmax."""
    right = 0
    if readout == SOFTMAX:
        predicted, target = 0, 0
        for k in range(len(y)):
            predicted = k if y[k] > y[predicted] else predicted
            target = k if d[k] > d[target] else target
        right = len(y) if predicted == target else 0
    else:
        for k in range(len(y)):
            right += (y[k] > 0.5) == (d[k] > 0.5)
    return right
