"""The usual classifier of series for decades: the class of the nearest one, by dynamic time warping."""

from __future__ import annotations

import numpy as np

from throughtime.batch import Array


def warped_distances(series: Array, others: Array, lengths: Array) -> Array:
    """Squared distance by dynamic time warping over all features at once, without a window [Sakoe & Chiba 1978].

    Parameters
    ----------
    series : (S, F) array
    others : (B, T, F) array
    lengths : (B,) int array

    Returns
    -------
    (B,) array
    """
    B, T, _ = others.shape
    costs = ((others[:, None] - series[None, :, None]) ** 2).sum(axis=3)
    before = np.full((B, T + 1), np.inf)
    before[:, 0] = 0
    for s in range(len(series)):
        here = np.full((B, T + 1), np.inf)
        either = np.minimum(before[:, 1:], before[:, :-1])
        for t in range(T):
            here[:, t + 1] = costs[:, s, t] + np.minimum(either[:, t], here[:, t])
        before = here
    found: Array = before[np.arange(B), lengths]
    return found


def nearest(series: list[Array], others: Array, lengths: Array) -> Array:
    """For each series, the number of the nearest of the others."""
    return np.array([warped_distances(one, others, lengths).argmin() for one in series])
