"""Where a network's states go: the principal axes of a cloud of states, and trajectories along them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughtime.analysis.one_step import states
from throughtime.batch import Array
from throughtime.support.checks import whole_number
from throughtime.trace import Trace


@dataclass(frozen=True, eq=False)
class PrincipalAxes:
    """The directions in which a cloud of states is widest.

    mean : (S,) array
    axes : (K,S) array
        Orthonormal, the widest first; the greatest number of each is positive.
    share : (K,) array
        Of the cloud's variance, 0..1.
    """

    mean: Array
    axes: Array
    share: Array

    def along(self, states: npt.ArrayLike) -> Array:
        """States (…,S) → their coordinates along the axes (…,K)."""
        return (np.asarray(states) - self.mean) @ self.axes.T

    def back(self, coordinates: npt.ArrayLike) -> Array:
        """Coordinates (…,K) → the states (…,S) that have these, and lie in the mean along all other directions."""
        return np.asarray(coordinates) @ self.axes + self.mean


def principal_axes(states: npt.ArrayLike, count: int = 3) -> PrincipalAxes:
    """The principal axes of states (…,S): `count` of them, or S if that is fewer.

    References
    ----------
    K. Pearson, On lines and planes of closest fit to systems of points in space (1901).
    """
    cloud = np.asarray(states, float)
    cloud = cloud.reshape(-1, cloud.shape[-1])
    count = whole_number("count", count, 1)
    if not len(cloud):
        raise ValueError("there must be at least one state, got none")
    mean = cloud.mean(axis=0)
    variances, vectors = np.linalg.eigh((cloud - mean).T @ (cloud - mean) / len(cloud))
    axes = vectors.T[::-1][:count]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    variances = np.maximum(variances[::-1], 0)
    return PrincipalAxes(mean, axes, variances[: len(axes)] / (variances.sum() or 1))


def trajectories(trace: Trace, count: int = 3) -> tuple[PrincipalAxes, list[Array]]:
    """The principal axes of all states of a trace, and the way (n_b+1, K) of each of its sequences along them."""
    ways = [states(trace, b) for b in range(len(trace.x))]
    axes = principal_axes(np.concatenate(ways), count)
    return axes, [axes.along(way) for way in ways]
