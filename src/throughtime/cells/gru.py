"""GRU: the gated recurrent unit, in the reset-after form of cuDNN and PyTorch, as in docs/math.md#gru (Cho et al.
2014).

    r_t = S(x_t V_r + h_{t-1} U_r + b_r)         reset        δ_r = δ_n ∘ q_t ∘ r(1−r)
    z_t = S(x_t V_z + h_{t-1} U_z + b_z)         update       δ_z = ∂h_t ∘ (h_{t-1} − ñ_t) ∘ z(1−z)
    q_t = h_{t-1} U_n + c_n                                   δ_q = δ_n ∘ r_t
    ñ_t = tanh(x_t V_n + b_n + r_t ∘ q_t)        candidate    δ_n = ∂h_t ∘ (1 − z_t) ∘ (1 − ñ²)
    h_t = (1 − z_t) ∘ ñ_t + z_t ∘ h_{t-1}        state        ∂h_{t-1} = ∂h_{t-1} from above
                                                                         + ∂h_t ∘ z_t + δ_r U_rᵀ + δ_z U_zᵀ + δ_q U_nᵀ

q_t is the recurrent part of the candidate, before the reset gate is applied to it; c_n is its bias.

Use it as an LSTM, of which it has three quarters of the parameters, and one state.

Cho, K. et al. (2014). Learning phrase representations using RNN encoder–decoder. EMNLP 2014, 1724–1734.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.cells.activations import Array
from throughtime.cells.over_time import before, over_time
from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(name="gru", labels={"r": "reset", "z": "update", "n": "candidate"})
def STEP(p: Any, x: Any, h: Any) -> Any:
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b_r)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    q = h @ p.U_n + p.c_n
    n = tanh(x @ p.V_n + p.b_n + r * q)
    h = (1 - z) * n + z * h
    return h


@dataclass(frozen=True)
class GRU:
    """For each gate V (I,H), U (H,H), b (H); and c_n (H)."""

    V_r: Array
    U_r: Array
    b_r: Array
    V_z: Array
    U_z: Array
    b_z: Array
    V_n: Array
    U_n: Array
    b_n: Array
    c_n: Array


@dataclass(frozen=True)
class Tape:
    """The arrays of the forward pass: x (B,T,I), h_0 (B,H), and r, z, ñ, q, h (B,T,H)."""

    x: Array
    h_0: Array
    r: Array
    z: Array
    n: Array
    q: Array
    h: Array


@dataclass(frozen=True)
class Gradient:
    """The gradient by every parameter, ∂x (B,T,I), ∂h_0 (B,H), and the δ of each gate and of q (B,T,H)."""

    parameters: GRU
    d_x: Array
    d_h_0: Array
    delta_r: Array
    delta_z: Array
    delta_n: Array
    delta_q: Array


def forward(p: GRU, x: Array, h_0: Array) -> Tape:
    """Run the network over time: x (B,T,I), h_0 (B,H) → the gates and h (B,T,H)."""
    batch, time, _ = x.shape
    r, z, n, q, h = np.empty((5, batch, time, p.U_r.shape[0]), np.result_type(x, p.U_r))
    h_before = h_0
    for t in range(time):
        r[:, t] = sigmoid(x[:, t] @ p.V_r + h_before @ p.U_r + p.b_r)
        z[:, t] = sigmoid(x[:, t] @ p.V_z + h_before @ p.U_z + p.b_z)
        q[:, t] = h_before @ p.U_n + p.c_n
        n[:, t] = np.tanh(x[:, t] @ p.V_n + p.b_n + r[:, t] * q[:, t])
        h[:, t] = h_before = (1 - z[:, t]) * n[:, t] + z[:, t] * h_before
    return Tape(x, h_0, r, z, n, q, h)


def backward(p: GRU, tape: Tape, d_h_above: Array) -> Gradient:
    """Back-propagate through time: d_h_above (B,T,H) is ∂E/∂h from the readout or the next layer."""
    r, z, n, q = tape.r, tape.z, tape.n, tape.q
    h_before = before(tape.h, tape.h_0)
    delta_r, delta_z, delta_n, delta_q = np.empty((4, *tape.h.shape), tape.h.dtype)
    d_h_recurrent = np.zeros_like(tape.h_0)
    for t in reversed(range(tape.h.shape[1])):
        d_h = d_h_above[:, t] + d_h_recurrent
        delta_z[:, t] = d_h * (h_before[:, t] - n[:, t]) * z[:, t] * (1 - z[:, t])
        delta_n[:, t] = d_h * (1 - z[:, t]) * (1 - n[:, t] ** 2)
        delta_r[:, t] = delta_n[:, t] * q[:, t] * r[:, t] * (1 - r[:, t])
        delta_q[:, t] = delta_n[:, t] * r[:, t]
        d_h_recurrent = d_h * z[:, t] + delta_r[:, t] @ p.U_r.T + delta_z[:, t] @ p.U_z.T + delta_q[:, t] @ p.U_n.T
    gradient = GRU(
        V_r=over_time(tape.x, delta_r), U_r=over_time(h_before, delta_r), b_r=delta_r.sum((0, 1)),
        V_z=over_time(tape.x, delta_z), U_z=over_time(h_before, delta_z), b_z=delta_z.sum((0, 1)),
        V_n=over_time(tape.x, delta_n), U_n=over_time(h_before, delta_q), b_n=delta_n.sum((0, 1)),
        c_n=delta_q.sum((0, 1)),
    )  # fmt: skip
    d_x = delta_r @ p.V_r.T + delta_z @ p.V_z.T + delta_n @ p.V_n.T
    return Gradient(gradient, d_x, d_h_recurrent, delta_r, delta_z, delta_n, delta_q)
