"""How derivatives flow through time: Jacobians of each step, their products, singular values, Lyapunov exponents.

    J_t = ∂s_t/∂s_{t-1}          ∂s_t/∂s_k = J_t J_{t-1} … J_{k+1}

An error made at t is felt at k through this product; whether it fades or explodes is whether its singular values do
[Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013]. The state s is all that the cells
carry on (see `one_step`). The itemised δ_{k→t} themselves are `Trace.itemised`.
"""

from __future__ import annotations

import numpy as np

from throughtime.analysis.one_step import OneStep, states
from throughtime.batch import Array
from throughtime.network import Network
from throughtime.support.checks import whole_number
from throughtime.trace import Trace


def jacobians(trace: Trace, sequence: int = 0) -> Array:
    """∂s_t/∂s_{t-1} at each of the n steps of a sequence, (n,S,S); where t = 1, s_0 is the initial state."""
    visited, sequence = states(trace, sequence), int(sequence)
    return OneStep(trace.network).jacobian(visited[:-1], trace.x[sequence, : len(visited) - 1])


def products(jacobians: Array) -> Array:
    """∂s_n/∂s_k for k = 0 … n from the Jacobians (n,S,S) of n steps: (n+1,S,S), the last one the identity."""
    n, S, _ = jacobians.shape
    found = np.empty((n + 1, S, S))
    found[n] = np.eye(S)
    for k in reversed(range(n)):
        found[k] = found[k + 1] @ jacobians[k]
    return found


def singular_values(matrices: Array) -> Array:
    """Of each matrix (…,S,S), the greatest first: (…,S). The first is its norm, ‖∂s_n/∂s_k‖ for a product."""
    return np.linalg.svd(matrices, compute_uv=False)


def norm_by_distance(trace: Trace) -> Array:
    """‖∂s_n/∂s_{n-d}‖ for distances d = 0 … from each sequence's last step: (B, T+1), NaN where it is shorter."""
    batch, time, _ = trace.x.shape
    norms = np.full((batch, time + 1), np.nan)
    for b in range(batch):
        found = singular_values(products(jacobians(trace, b)))[::-1, 0]
        norms[b, : len(found)] = found
    return norms


def lyapunov_exponents(net: Network, x: Array, *, skip: int = 0) -> Array:
    """How fast nearby states part (> 0) or come together (< 0) while a sequence is read.

    Parameters
    ----------
    net : Network
    x : (T,I) array
        Long enough for the means to settle.
    skip : int ≥ 0
        First steps that are read, but not counted.

    Returns
    -------
    (S,) array
        In nats a step, the greatest first; −inf for a direction that is forgotten in one step.

    References
    ----------
    G. Benettin et al., Lyapunov characteristic exponents for smooth dynamical systems (1980): the mean logarithms of
    R's diagonal, where QR decompositions keep the directions apart.
    """
    step, x, skip = OneStep(net), np.asarray(x, float), whole_number("skip", skip)
    if x.ndim != 2 or not 0 <= skip < len(x):
        raise ValueError(f"x must be (time, features) with more than skip = {skip} steps, got {x.shape}")
    state, Q = np.zeros((1, step.size)), np.eye(step.size)
    total = np.zeros(step.size)
    for t, x_t in enumerate(x):
        Q, R = np.linalg.qr(step.jacobian(state, x_t)[0] @ Q)
        state = step(state, x_t)
        if t >= skip:
            with np.errstate(divide="ignore"):
                total += np.log(np.abs(np.diag(R)))
    return np.sort(total / (len(x) - skip))[::-1]
