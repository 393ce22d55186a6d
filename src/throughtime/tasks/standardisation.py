"""Numbers of any scale as a network learns them: less their mean, over their standard deviation; and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from throughtime.batch import Array

_ROWS = 2**13
_POWERS = 1000
"""Of two that are plain float64 numbers, and their inverses too."""
_FINEST = 1e-4
"""Of a deviation: what is rounded more coarsely around its mean is not what a network learned."""


@dataclass(frozen=True, eq=False)
class Standardisation:
    """The mean and the standard deviation of each of F features.

    Parameters
    ----------
    mean, deviation : (F,) float64 arrays
        A feature that is constant has a deviation of 0: it becomes 0 whatever it is, so that a network is not shown
        what it could not learn from.
    """

    mean: Array
    deviation: Array

    @classmethod
    def none(cls, features: int) -> Standardisation:
        """The one that changes nothing."""
        return cls(np.zeros(features), np.ones(features))

    @classmethod
    def of(cls, x: Array, weights: Array | None = None) -> Standardisation:
        """That of numbers.

        Parameters
        ----------
        x : (…, F) array of numbers of any type, those that count finite
        weights : (…) array, optional
            Of each row, at least one of them above 0; rows of weight 0 (padding) do not count. All count alike if not
            given.

        Notes
        -----
        The numbers are brought to the size of 1 by a power of two, which rounds nothing, so that their squares neither
        overflow nor vanish; and one row is subtracted first, so that a constant feature deviates by exactly 0. A
        feature is called constant if it deviates by no more than the rounding of its mean.
        """
        rows = np.reshape(x, (-1, x.shape[-1]))
        weight = None if weights is None else np.reshape(weights, -1)
        largest = np.zeros(rows.shape[1])
        for part, _ in _parts(rows, weight):
            for end in (part.min(axis=0, initial=0), part.max(axis=0, initial=0)):
                largest = np.maximum(largest, np.abs(np.asarray(end, np.float64)))
        exponent = np.frexp(largest)[1]
        heaviest = 0 if weight is None else weight.argmax()
        origin = np.ldexp(np.asarray(rows[heaviest], np.float64), -exponent)
        shift, square = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
        for part, w in _parts(rows, weight):
            shift += w @ (_scaled(part, exponent) - origin)
        for part, w in _parts(rows, weight):
            from_mean = _scaled(part, exponent)
            from_mean -= origin
            from_mean -= shift
            square += w @ np.square(from_mean, out=from_mean)
        mean, deviation = origin + shift, np.sqrt(square)
        varies = deviation > 4 * np.finfo(np.float64).eps * np.abs(mean)
        return cls(np.ldexp(mean, exponent), np.where(varies, np.ldexp(deviation, exponent), 0))

    @property
    def constant(self) -> Array:
        """Which features are constant, (F,) bool."""
        return np.asarray(self.deviation == 0)

    def blurred(self, dtype: str, most: float = _FINEST) -> Array:
        """Which features (F,) vary so little around so large a mean that a dtype hardly tells their numbers apart.

        A network for numbers as they are (`in_own_units`) would compute something else than what was trained. `most` is
        the part of a deviation that the spacing of numbers around the mean may be.
        """
        return np.asarray(~self.constant & (np.abs(self.mean) * np.finfo(dtype).eps > most * self.deviation))

    def check_distinct(self, dtype: str, names: Sequence[str], most: float = _FINEST) -> None:
        """Refuse features, by their names, that are blurred in a dtype."""
        for i in np.flatnonzero(self.blurred(dtype, most))[:1]:
            wider = "choose float64, or " if dtype == "float32" else ""
            raise ValueError(
                f"{names[i]}: numbers around {self.mean[i]:.6g} that vary by {self.deviation[i]:.2g} are hardly told "
                f"apart in {dtype}: {wider}subtract what they have in common"
            )

    def apply(self, x: Array) -> Array:
        """(…, F) numbers, standardised, in float64."""
        standardised = np.asarray(x - self.mean)
        standardised *= self.factor
        return standardised

    def undo(self, x: Array) -> Array:
        """(…, F) standardised numbers as they were; those of a constant feature are its mean."""
        return np.asarray(x * self.deviation + self.mean)

    @property
    def factor(self) -> Array:
        """The factor of standardised numbers: 1/deviation, 0 for a constant feature."""
        return np.asarray(np.divide(1, self.deviation, out=np.zeros_like(self.deviation), where=self.deviation != 0))


def mean_and_deviation(rows: Array, weights: Array) -> tuple[Array, Array]:
    """The mean and the standard deviation (F,) of weighted rows (R, F), as scikit-learn has them: 1 where nothing
    varies.
    """
    found = Standardisation.of(rows, weights)
    return found.mean, np.where(found.constant, 1, found.deviation)


def _scaled(rows: Array, exponent: Array) -> Array:
    """Rows in float64, times 2 to the power of -exponent (F,): a multiplication, where that power is a number."""
    if np.abs(exponent).max(initial=0) < _POWERS:
        return np.asarray(np.multiply(rows, np.ldexp(1.0, -exponent), dtype=np.float64))
    return np.asarray(np.ldexp(np.asarray(rows, np.float64), -exponent))


def _parts(rows: Array, weights: Array | None) -> Iterator[tuple[Array, Array]]:
    """Those rows that count, with their part of all weight; some at a time, so that this takes little memory."""
    whole = len(rows) if weights is None else weights.sum(dtype=np.float64)
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        if weights is None:
            yield part, np.full(len(part), 1 / whole)
        else:
            w = weights[start : start + _ROWS] / whole
            yield part[w > 0], w[w > 0]
