"""What the network of an estimator makes less, where that is more than a loss of the kernels' own.

A loss is a function of the net input y of the outputs and of the targets d → E without the last axis, δ_y = ∂E/∂y;
those of `weights.losses` are some already. With e = y − d, summed over the outputs:

    absolute      E = |e|                                    δ_y = sign e
    huber         E = ½ e², beyond ε: ε (|e| − ½ ε)          δ_y = e, held between −ε and ε     [Huber 1964]
    poisson       E = exp y − d y, of the rate exp y         δ_y = exp y − d
    pinball       E = max(−τ e, (1 − τ) e)                   δ_y = −τ below d, 1 − τ above      [Koenker & Bassett 1978]
    labels        binary cross-entropy, each label's class with a weight of its own
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from throughtime.batch import Array
from throughtime.cells.activations import sigmoid
from throughtime.sklearn.pooling import Pooling, pooled, unpooled
from throughtime.support.checks import number

Loss = Callable[[Array, Array], tuple[Array, Array]]
LossName = Literal["squared_error", "absolute_error", "huber", "poisson", "quantile"]
"""Those that a `SequenceRegressor` takes, by scikit-learn's names."""

EPSILON = 1.35
"""Huber's ε when it is not given, as scikit-learn has it: in deviations, nearly all of what is normal is below."""

MEDIAN = 0.5


@dataclass(frozen=True)
class Weighed:
    """A loss of outputs, pooled over time, with the weight of each target: an `Objective` of training."""

    loss: Loss
    pooling: Pooling = "last"

    def __call__(self, y: Array, d: Array, weights: Array, lengths: Array) -> tuple[float, Array]:
        """See `training.objective.Objective`."""
        one, shares = pooled(y, lengths, self.pooling)
        scored = weights > 0
        with np.errstate(over="ignore", invalid="ignore"):  # training says that the loss is not finite
            E, delta = self.loss(one, d)
        of_each = np.where(scored[..., None], weights[..., None] * delta, 0)
        return float(np.where(scored, weights * E, 0).sum()), unpooled(of_each, y, one, shares, self.pooling)


def absolute(y: Array, d: Array) -> tuple[Array, Array]:
    """|y − d|, least at the median."""
    e = y - d
    return np.abs(e).sum(axis=-1), np.sign(e)


def huber(y: Array, d: Array, epsilon: float) -> tuple[Array, Array]:
    """½ (y − d)², from |y − d| = ε on a straight line, so that what is far off pulls no more than that."""
    e = y - d
    held = np.clip(e, -epsilon, epsilon)
    return (held * (e - held / 2)).sum(axis=-1), held


def poisson(y: Array, d: Array) -> tuple[Array, Array]:
    """The surprise at a count d of the rate exp y, without what depends on d alone."""
    rate = np.exp(y)
    return (rate - d * y).sum(axis=-1), rate - d


def pinball(y: Array, d: Array, levels: Any) -> tuple[Array, Array]:
    """Least, in the mean, where y is the quantile of d at the level τ; `levels` holds that of each output (O,)."""
    below = d - y
    E = np.maximum(levels * below, (np.asarray(levels) - 1) * below)
    return E.sum(axis=-1), np.where(below > 0, -levels, np.where(below < 0, 1 - levels, 0))


def labels(y: Array, d: Array, weights: Array) -> tuple[Array, Array]:
    """Binary cross-entropy of each label, with S(y) as its probability; `weights` (2,O) are those of 0 and of 1."""
    w = np.where(d > 0.5, weights[1], weights[0])
    return (w * (np.logaddexp(0, y) - d * y)).sum(axis=-1), w * (sigmoid(y) - d)


def levels_of(quantiles: Any) -> tuple[float, ...]:
    """The levels as Python's numbers, ascending; a ValueError if they are none."""
    if isinstance(quantiles, str) or not np.iterable(quantiles):
        raise ValueError(f"quantiles must be levels such as (0.1, 0.5, 0.9), or None, got {quantiles!r}")
    levels = tuple(number("a level of quantiles", level, 0, 1) for level in quantiles)
    if not all(0 < level < 1 for level in levels) or list(levels) != sorted(set(levels)):
        raise ValueError(f"quantiles must be ascending levels between 0 and 1, such as (0.1, 0.5, 0.9), got {levels}")
    if MEDIAN not in levels:
        raise ValueError(f"quantiles must have the level 0.5, the median that predict gives, got {levels}")
    return levels
