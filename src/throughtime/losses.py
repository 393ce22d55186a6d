"""Readouts y = g(net_y) and losses E(y, d), each beside its derivative by net_y, in plain NumPy. Source: MATH.md §2.

The last axis is the outputs; d is the target. With e = y − d:

    squared                E = ½ ‖e‖²                          δ_y = e ∘ g'(net_y)
    binary_cross_entropy   E = −Σ d ln y + (1−d) ln(1−y)       δ_y = y − d            with sigmoid
    cross_entropy          E = −Σ d ln y                       δ_y = y Σd − d         with softmax; Σd is 1 for a class
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from throughtime.cells.activations import sigmoid

Array = npt.NDArray[Any]


def softmax(net: Array) -> Array:
    """exp(net) / Σ exp(net) along the last axis, without overflow."""
    e = np.exp(net - net.real.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


class Readout(NamedTuple):
    """g, and v ↦ v·g'(net_y), the derivative along a vector, by y = g(net_y)."""

    g: Callable[[Array], Array]
    times_g_prime: Callable[[Array, Array], Array]


READOUTS = {
    "sigmoid": Readout(sigmoid, lambda v, y: v * y * (1 - y)),
    "softmax": Readout(softmax, lambda v, y: y * (v - (v * y).sum(axis=-1, keepdims=True))),
    "identity": Readout(lambda net: net, lambda v, y: v),
}


def squared(readout: str, net_y: Array, d: Array) -> tuple[Array, Array]:
    """½ ‖y − d‖² of any readout → E without the last axis, δ_y."""
    g, times_g_prime = READOUTS[readout]
    y = g(net_y)
    return ((y - d) ** 2).sum(axis=-1) / 2, times_g_prime(y - d, y)


def binary_cross_entropy(readout: str, net_y: Array, d: Array) -> tuple[Array, Array]:
    """The surprise at bits d, told with probability y = S(net_y) → E without the last axis, δ_y."""
    positive = np.where(net_y.real > 0, net_y, 0)
    size = np.where(net_y.real > 0, net_y, -net_y)
    return (positive - net_y * d + np.log1p(np.exp(-size))).sum(axis=-1), sigmoid(net_y) - d


def cross_entropy(readout: str, net_y: Array, d: Array) -> tuple[Array, Array]:
    """The surprise at a class (or mixture) d, told with probabilities y = softmax(net_y) → E without the last axis, δ_y."""
    highest = net_y.real.max(axis=-1, keepdims=True)
    log_sum = highest + np.log(np.exp(net_y - highest).sum(axis=-1, keepdims=True))
    return (d * (log_sum - net_y)).sum(axis=-1), softmax(net_y) * d.sum(axis=-1, keepdims=True) - d


LOSSES: dict[str, Callable[[str, Array, Array], tuple[Array, Array]]] = {
    "squared": squared,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
}

SUITABLE = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy", "identity": "squared"}
"""The loss that suits a readout, where no other is told."""
