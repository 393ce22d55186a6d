"""Readouts y = g(net_y) and losses E(y, d), each beside its derivative by net_y, in plain NumPy
[docs/math.md#readout-and-loss].

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

from throughtime.batch import place
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
    """The surprise at bits d, predicted with probability y = S(net_y) → E without the last axis, δ_y."""
    positive = np.where(net_y.real > 0, net_y, 0)
    size = np.where(net_y.real > 0, net_y, -net_y)
    return (positive - net_y * d + np.log1p(np.exp(-size))).sum(axis=-1), sigmoid(net_y) - d


def cross_entropy(readout: str, net_y: Array, d: Array) -> tuple[Array, Array]:
    """The surprise at a class (or mixture) d, predicted with probabilities y = softmax(net_y) → E without the last
    axis, δ_y.
    """
    highest = net_y.real.max(axis=-1, keepdims=True)
    log_sum = highest + np.log(np.exp(net_y - highest).sum(axis=-1, keepdims=True))
    return (d * (log_sum - net_y)).sum(axis=-1), softmax(net_y) * d.sum(axis=-1, keepdims=True) - d


LOSSES: dict[str, Callable[[str, Array, Array], tuple[Array, Array]]] = {
    "squared": squared,
    "binary_cross_entropy": binary_cross_entropy,
    "cross_entropy": cross_entropy,
}

SUITABLE = {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy", "identity": "squared"}
"""The loss that suits a readout, where no other is given."""

_SLACK = 1e-4
"""By which probabilities may miss 0, 1 or their sum of 1: they are often rounded."""


def check_targets(readout: str, loss: str, d: Array, scored: Array | None = None, name: str = "y") -> None:
    """Refuse targets that the outputs cannot be: some losses are then below 0, and others never near it.

    Parameters
    ----------
    readout : "sigmoid", "softmax" or "identity"
    loss : "squared", "binary_cross_entropy" or "cross_entropy"
    d : (B,T,O) or (B,O) array of finite numbers, where they are scored
    scored : (B,T) or (B,) bool array, optional
        Which targets count; all when not given.
    name : what the user calls them

    Raises
    ------
    ValueError
        If one is not from 0 to 1, but for the readout identity; if those of a step do not sum to 1 for the loss
        cross_entropy; if a softmax has one output, which is then always 1.
    """
    if readout == "identity" or not d.size:
        return
    if readout == "softmax" and d.shape[-1] == 1:
        raise ValueError(
            'the readout "softmax" of one output is always 1, and nothing can be learned: use readout "sigmoid", '
            "or one output for each class"
        )
    low, high = d.min(), d.max()
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # NaN too
        found = _first((d < -_SLACK) | (d > 1 + _SLACK), d, scored)
        if found:
            raise ValueError(
                f'{name} must be from 0 to 1 for the readout "{readout}", got {found[0]:.6g} at '
                f'{place(found[1], "output")}: numbers of any size need readout "identity", and numbers of classes '
                'readout "softmax" with one output for each class, 1 for the right one'
            )
    if loss == "cross_entropy":
        with np.errstate(invalid="ignore"):  # what is not scored may be ∞ and −∞
            sums = d.sum(axis=-1, keepdims=True, dtype=float)
            missed = np.abs(sums - 1)
        if not missed.max() <= _SLACK:
            found = _first(missed > _SLACK, sums, scored)
            if found:
                raise ValueError(
                    f'{name} must be probabilities that sum to 1 for the loss "cross_entropy" (1 for the right class, '
                    "0 for "
                    f"the others), got a sum of {found[0]:.6g} at {place(found[1][:-1])}"
                )


def _first(wrong: Array, found: Array, scored: Array | None) -> tuple[float, Array] | None:
    """The first number that is wrong among those that are scored, and its place."""
    places = np.argwhere(wrong if scored is None else wrong & scored[..., None])
    return (float(found[tuple(places[0])]), places[0]) if len(places) else None
