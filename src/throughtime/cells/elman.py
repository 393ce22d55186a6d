"""Elman: the simple recurrent network, forward and backward, as in docs/math.md#elman (Elman 1990).

    net_h_t = x_t V + h_{t-1} U + b_h              h_t = f(net_h_t)           f: sigmoid, tanh or relu
    δ_h_t   = (∂h_t + δ_h_{t+1} Uᵀ) ∘ f'(net_h_t)                             δ_h_{T+1} = 0
    ∇V = Σ_t x_tᵀ δ_h_t    ∇U = Σ_t h_{t-1}ᵀ δ_h_t    ∇b_h = Σ_t δ_h_t    ∂x_t = δ_h_t Vᵀ    ∂h_0 = δ_h_1 Uᵀ

∂h_t is what comes from above: from the readout, δ_y_t Wᵀ, or from the next layer, its ∂x_t.

Use it for finite machines, such as adders, which it becomes and can then be proved to be, and to see how gradients
vanish.

Elman, J. L. (1990). Finding structure in time. Cognitive Science 14, 179–211.
Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it.
Proceedings of the IEEE 78, 1550–1560.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.cells.activations import ACTIVATIONS, Array
from throughtime.cells.graph import Graph
from throughtime.cells.over_time import before, over_time
from throughtime.cells.symbols import cell, relu, sigmoid, tanh


def _read(f: Any) -> Graph:
    @cell
    def elman(p: Any, x: Any, h: Any) -> Any:
        net_h = x @ p.V + h @ p.U + p.b_h
        h = f(net_h)
        return h

    return elman


STEPS = {"sigmoid": _read(sigmoid), "tanh": _read(tanh), "relu": _read(relu)}
"""The step, by its f."""


@dataclass(frozen=True)
class Elman:
    """V (I,H), U (H,H), b_h (H), and f by its name."""

    V: Array
    U: Array
    b_h: Array
    activation: str = "sigmoid"


@dataclass(frozen=True)
class Tape:
    """The arrays of the forward pass: x (B,T,I), h_0 (B,H), net_h (B,T,H), h (B,T,H)."""

    x: Array
    h_0: Array
    net_h: Array
    h: Array


@dataclass(frozen=True)
class Gradient:
    """∇V, ∇U, ∇b_h, shaped as the parameters; ∂x (B,T,I); ∂h_0 (B,H); and δ_h (B,T,H)."""

    V: Array
    U: Array
    b_h: Array
    d_x: Array
    d_h_0: Array
    delta_h: Array


def forward(p: Elman, x: Array, h_0: Array) -> Tape:
    """Run the network over time: x (B,T,I), h_0 (B,H) → net_h, h (B,T,H)."""
    f = ACTIVATIONS[p.activation].f
    batch, time, _ = x.shape
    net_h = np.empty((batch, time, p.U.shape[0]), np.result_type(x, p.U))
    h = np.empty_like(net_h)
    h_before = h_0
    for t in range(time):
        net_h[:, t] = x[:, t] @ p.V + h_before @ p.U + p.b_h
        h[:, t] = h_before = f(net_h[:, t])
    return Tape(x, h_0, net_h, h)


def backward(p: Elman, tape: Tape, d_h: Array) -> Gradient:
    """Back-propagate through time: d_h (B,T,H) is ∂E/∂h from above."""
    f_prime = ACTIVATIONS[p.activation].f_prime
    delta_h = np.empty_like(tape.h)
    d_h_recurrent = np.zeros_like(tape.h_0)
    for t in reversed(range(tape.h.shape[1])):
        delta_h[:, t] = (d_h[:, t] + d_h_recurrent) * f_prime(tape.h[:, t])
        d_h_recurrent = delta_h[:, t] @ p.U.T
    return Gradient(
        V=over_time(tape.x, delta_h),
        U=over_time(before(tape.h, tape.h_0), delta_h),
        b_h=delta_h.sum((0, 1)),
        d_x=delta_h @ p.V.T,
        d_h_0=d_h_recurrent,
        delta_h=delta_h,
    )
