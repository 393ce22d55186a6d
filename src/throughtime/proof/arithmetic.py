"""How far a step of a network in floating point may be from the same step in real numbers.

The claim of a proof is about real numbers, with an allowance ε for every state coordinate and every net_y at every step.
It covers the network as it runs if ε is at least the `step_error` here. With u = 2⁻⁵³ (float32: 2⁻²⁴) and

    γ_k = k u / (1 − k u),   |fl(Σ of k terms) − Σ| ≤ γ_k Σ |terms|  in any order, with or without fused multiply-adds

[Higham 2002, §3.1], the net input of a unit with K inputs, H recurrent inputs and a bias is off by at most

    e_net = γ_{K+H+4} (Σ |x| |V| + R Σ |U| + |b|)          R: no |h| or |C| is larger

An activation is taken to be computed to within 8 units in the last place, so 16 u as none exceeds 1; it passes on the
error of its argument at most 1 to 1 (S: 1 to ¼). What follows from it is a line for each cell below. The state is then
what was computed, so C is exact where h = o ∘ tanh(C) reads it, and h where the next layer does.

Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, 2nd edition. SIAM.
"""

from __future__ import annotations

import numpy as np

from throughtime.proof.system import Array, System

LEAST = 1e-10
"""ε where less would do."""


def step_error(system: System, reach: float) -> float:
    """The ε that a step from states no larger than `reach` needs."""
    s, H = system.specification, system.specification.hidden
    u = 2.0**-24 if s.dtype == "float32" else 2.0**-53
    f = 16 * u
    R, worst = max(reach, 1.0), 0.0
    x = np.abs(system.symbols.astype(np.float64)).max(axis=0)
    for layer in system.layers:
        U = R * np.abs(layer.U).sum(axis=0)
        V = x @ np.abs(layer.V) + np.abs(layer.b)
        gamma = _gamma(len(layer.V) + H + 4, u)
        net = gamma * (V + U)
        if s.cell == "elman":
            error = {"sigmoid": net / 4 + f, "tanh": net + f, "relu": net}[s.activation]
        elif s.cell == "lstm":
            i, forget, tilde, o = net[:H] / 4 + f, net[H : 2 * H] / 4 + f, net[2 * H : 3 * H] + f, net[3 * H :] / 4 + f
            C = R * forget + i + tilde + 4 * u * (R + 1)
            error = np.maximum(C, o + f + 4 * u)
        else:
            r, z = net[:H] / 4 + f, net[H : 2 * H] / 4 + f
            q = U[2 * H :] + np.abs(layer.c)
            n = gamma * (V[2 * H :] + q) + q * r + 4 * u * (V[2 * H :] + q) + f
            error = (1 + R) * z + n + 8 * u * (1 + R)
        worst = max(worst, float(error.max()))
        x = np.full(H, R)
    W, b_y = (np.abs(array.astype(np.float64)) for array in system.readout)
    net_y = _gamma(H + 4, u) * (R * W.sum(axis=0) + b_y) + 8 * f
    return 1.01 * max(worst, float(net_y.max()))


def _gamma(k: int, u: float) -> float:
    return k * u / (1 - k * u)


def allowance(system: System, reach: float) -> float:
    """ε for a proof: enough for states no larger than `reach`, and at least 1e-10."""
    return max(LEAST, step_error(system, reach))


def reach_of(states: Array) -> float:
    """A bound that states near these are not likely to exceed."""
    return 2.0 * float(np.abs(states).max()) + 1.0
