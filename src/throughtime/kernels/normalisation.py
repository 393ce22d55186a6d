"""Layer normalisation of a row, compiled: the twin of `cells.normalisation`."""

from __future__ import annotations

import numpy as np

from throughtime.cells.normalisation import EPSILON
from throughtime.kernels.compiled import inlined, kernel


@inlined
def _mean_and_scale(a):
    """μ and 1 / √(σ² + ε)."""
    mean, variance = a[0] * 0, a[0] * 0
    for j in range(len(a)):
        mean += a[j]
    mean /= len(a)
    for j in range(len(a)):
        variance += (a[j] - mean) * (a[j] - mean)
    return mean, 1 / np.sqrt(variance / len(a) + EPSILON)


@kernel
def normalise(a, n):
    """a (H) → n (H), of mean 0 and variance 1."""
    mean, scale = _mean_and_scale(a)
    for j in range(len(a)):
        n[j] = (a[j] - mean) * scale


@kernel
def normalise_back(a, n, d_n, d_a):
    """∂E by n → ∂E by a; all (H)."""
    _, scale = _mean_and_scale(a)
    mean, along = a[0] * 0, a[0] * 0
    for j in range(len(a)):
        mean += d_n[j]
        along += d_n[j] * n[j]
    mean, along = mean / len(a), along / len(a)
    for j in range(len(a)):
        d_a[j] = scale * (d_n[j] - mean - n[j] * along)
