"""Mean and deviation of features, at any scale: of pascals and of coulombs."""

from __future__ import annotations

import numpy as np

from throughtime.batch import Array


def mean_and_deviation(rows: Array, weights: Array) -> tuple[Array, Array]:
    """The weighted mean and standard deviation of each feature; a feature that does not vary has deviation 1.

    Parameters
    ----------
    rows : (R, F) float array
    weights : (R,) array
        At least 0, not all of them 0.

    Returns
    -------
    mean, deviation : (F,) arrays

    Notes
    -----
    The numbers are brought to the size of 1 by a power of two, which rounds nothing, so that their squares neither overflow
    nor vanish; and one row is subtracted first, so that a constant feature deviates by exactly 0. A feature is called
    constant if it deviates by no more than the rounding of its mean.
    """
    used = weights > 0
    rows, weights = rows[used], weights[used]
    exponent = np.frexp(np.abs(rows).max(axis=0))[1]
    small = np.ldexp(rows, -exponent)
    origin = small[weights.argmax()]
    shift = np.average(small - origin, axis=0, weights=weights)
    mean = origin + shift
    deviation = np.sqrt(np.average((small - origin - shift) ** 2, axis=0, weights=weights))
    varies = deviation > 4 * np.finfo(float).eps * np.abs(mean)
    deviation = np.where(varies, np.ldexp(deviation, exponent), 1)
    return np.ldexp(mean, exponent), np.where(deviation > 0, deviation, 1)
