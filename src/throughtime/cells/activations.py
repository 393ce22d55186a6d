"""The sigmoid and its derivative, right over the whole range of floats, and the choice of Elman activations.

    S(x) = 1 / (1 + exp(-x))          S'(x) = S(x) (1 − S(x))                                  [docs/math.md#sigmoid]

Both are computed from exp(-|x|), which never overflows. So S keeps its relative accuracy for very negative x (where
S(x) ≈ exp(x)), and S' keeps it on both sides (where 1 − S(x) itself would round to 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def sigmoid(x: npt.ArrayLike) -> Array:
    """The logistic function S(x) = 1 / (1 + exp(-x)), element by element.

    Parameters
    ----------
    x : array of any shape, real (or complex, for differentiation by a complex step)

    Returns
    -------
    Array of the same shape, in [0, 1]; float32 stays float32, integers become float64. S(-inf) = 0, S(inf) = 1.
    """
    x = np.asarray(x) * 1.0
    positive = x.real >= 0
    small = np.exp(np.where(positive, -x, x))
    return np.asarray(np.where(positive, 1, small) / (1 + small))


def sigmoid_derivative(x: npt.ArrayLike) -> Array:
    """The derivative S'(x) = S(x)(1 − S(x)) at the net input x, element by element.

    Parameters
    ----------
    x : array of any shape, real or complex

    Returns
    -------
    Array of the same shape, in [0, 1/4], of full relative accuracy wherever it is not denormal.
    """
    x = np.asarray(x) * 1.0
    small = np.exp(np.where(x.real >= 0, -x, x))
    return np.asarray(small / (1 + small) ** 2)


def softplus(x: npt.ArrayLike) -> Array:
    """The softplus function log(1 + exp(x)), element by element; its derivative is the sigmoid.

    Parameters
    ----------
    x : array of any shape, real or complex

    Returns
    -------
    Array of the same shape, at least 0, of full relative accuracy; it never overflows.
    """
    x = np.asarray(x) * 1.0
    positive = x.real >= 0
    return np.asarray(np.where(positive, x, 0) + np.log1p(np.exp(np.where(positive, -x, x))))


class Activation(NamedTuple):
    """A function and its derivative, the latter by the function's value: S' = h(1−h), tanh' = 1−h², relu' = [h>0]."""

    f: Callable[[Array], Array]
    f_prime: Callable[[Array], Array]


ACTIVATIONS = {
    "sigmoid": Activation(sigmoid, lambda h: h * (1 - h)),
    "tanh": Activation(np.tanh, lambda h: 1 - h**2),
    "relu": Activation(lambda net: np.where(net.real > 0, net, 0), lambda h: (h.real > 0).astype(h.dtype)),
}
