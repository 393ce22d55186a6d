"""States that a network stays in while its input stays the same: s = F(s, x), found by optimisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughtime.analysis.one_step import OneStep
from throughtime.batch import Array
from throughtime.network import Network
from throughtime.support.checks import number, whole_number
from throughtime.support.memory import require

_MARGIN = 1e-6  # eigenvalues as near to the unit circle are on it, as far as floats can tell
_ITERATIONS = 200


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A state with F(s, x) = s, or nearly.

    state : (S,) array
        As in `one_step`: for LSTM the h of each layer, then the C of each.
    speed : float
        ‖F(s, x) − s‖, the way that a step goes.
    jacobian : (S,S) array
        ∂F/∂s there.
    eigenvalues : (S,) complex array
        Of the Jacobian, the greatest absolute value first.
    """

    state: Array
    speed: float
    jacobian: Array
    eigenvalues: Array

    @property
    def kind(self) -> str:
        """ "stable", "saddle" or "unstable": all, some or none of |λ| are below 1; "marginal": the greatest is 1."""
        size = np.abs(self.eigenvalues)
        if abs(size[0] - 1) < _MARGIN:
            return "marginal"
        if size[0] < 1:
            return "stable"
        return "unstable" if size[-1] > 1 else "saddle"

    @property
    def turns(self) -> bool:
        """Whether states go round it: the greatest eigenvalues are a conjugate pair."""
        return bool(abs(self.eigenvalues[0].imag) > _MARGIN)


def fixed_points(
    net: Network,
    x: npt.ArrayLike,
    *,
    starts: npt.ArrayLike | int = 200,
    tolerance: float = 1e-9,
    apart: float = 1e-4,
    seed: int = 0,
) -> list[FixedPoint]:
    """Find states that a network stays in while it reads the same input again and again.

    Parameters
    ----------
    net : Network
    x : (I,) array
        The input.
    starts : (N,S) array or int ≥ 1
        Where to look from, best states that the network visits (`one_step.states`); or how many states to draw, each
        number uniform in [−1, 1].
    tolerance : float > 0
        The greatest speed of what counts as a fixed point. With one such as 1e-2 there are slow points among them,
        places where ‖F(s) − s‖ is least, but not 0.
    apart : float > 0
        Points nearer to each other than this are one.
    seed : int ≥ 0
        Decides the states that are drawn.

    Returns
    -------
    list of FixedPoint
        Stable ones first.

    Notes
    -----
    ½‖F(s) − s‖² is made least from all starts at once by Levenberg–Marquardt with the exact Jacobian, which near a root
    is Newton's method; a fixed point that no start leads to is not found.

    References
    ----------
    D. Sussillo, O. Barak, Opening the black box: low-dimensional dynamics in high-dimensional recurrent neural networks
    (2013). M. Golub, D. Sussillo, FixedPointFinder (2018), https://github.com/mattgolub/fixed-point-finder.
    """
    step = OneStep(net)
    if np.ndim(starts) == 0:
        starts = whole_number("starts", starts, 1)
        require(16.0 * starts * step.size**2, f"a search from {starts:,} states")
        seed = whole_number("seed", seed)
        starts = np.random.default_rng(seed).uniform(-1, 1, (starts, step.size))
    for name, value in (("tolerance", tolerance), ("apart", apart)):
        if not number(name, value, 0) > 0:
            raise ValueError(f"{name} must be a number greater than 0, got {value}")
    x = np.asarray(x, float)
    states = _rest(step, np.array(starts, float), x)
    speeds = np.linalg.norm(step(states, x) - states, axis=1)
    found: list[FixedPoint] = []
    for row in np.argsort(speeds, kind="stable"):
        if not speeds[row] <= tolerance:
            break
        if all(np.linalg.norm(states[row] - other.state) > apart for other in found):
            found.append(_described(step, states[row], x, float(speeds[row])))
    return sorted(found, key=lambda point: float(abs(point.eigenvalues[0])))


def _described(step: OneStep, state: Array, x: Array, speed: float) -> FixedPoint:
    jacobian = step.jacobian(state[None], x)[0]
    eigenvalues = np.linalg.eigvals(jacobian).astype(complex)
    return FixedPoint(state, speed, jacobian, eigenvalues[np.argsort(-np.abs(eigenvalues), kind="stable")])


def _rest(step: OneStep, states: Array, x: Array) -> Array:
    """Levenberg–Marquardt on r = F(s) − s for each row of states (N,S)."""
    eye = np.eye(step.size)
    damping = np.full(len(states), 1e-2)
    residual = step(states, x) - states
    moving = np.arange(len(states))
    for _ in range(_ITERATIONS):
        A = step.jacobian(states[moving], x) - eye
        r, A_T = residual[moving], A.transpose(0, 2, 1)
        matrix = A_T @ A + damping[moving, None, None] * eye
        tried = states[moving] - np.linalg.solve(matrix, A_T @ r[..., None])[..., 0]
        after = step(tried, x) - tried
        better = (after**2).sum(axis=1) < (r**2).sum(axis=1)
        rows = moving[better]
        states[rows], residual[rows] = tried[better], after[better]
        damping[moving] = np.where(better, np.maximum(damping[moving] / 10, 1e-15), damping[moving] * 10)
        moving = moving[(damping[moving] < 1e10) & ((residual[moving] ** 2).sum(axis=1) > 1e-30)]
        if not len(moving):
            break
    return states
