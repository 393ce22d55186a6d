"""LSTM: long short-term memory with a forget gate, as in docs/math.md#lstm (Hochreiter & Schmidhuber 1997; Gers et al.
2000).

    i_t = S(x_t V_i + h_{t-1} U_i + b_i)         input       δ_i = ∂C_t ∘ C̃_t ∘ i(1−i)
    f_t = S(x_t V_f + h_{t-1} U_f + b_f)         forget      δ_f = ∂C_t ∘ C_{t-1} ∘ f(1−f)
    C̃_t = tanh(x_t V_C + h_{t-1} U_C + b_C)      candidate   δ_C̃ = ∂C_t ∘ i ∘ (1 − C̃²)
    o_t = S(x_t V_o + h_{t-1} U_o + b_o)         output      δ_o = ∂h_t ∘ tanh(C_t) ∘ o(1−o)
    C_t = f_t ∘ C_{t-1} + i_t ∘ C̃_t              cell state  ∂C_t = ∂h_t ∘ o ∘ (1 − tanh²C_t) + ∂C_{t+1} ∘ f_{t+1}
    h_t = o_t ∘ tanh(C_t)                                    ∂h_{t-1} = ∂h_{t-1} from above + Σ_gates δ_gate U_gateᵀ

Use it where you have no reason for another: C keeps its memory, and gradients flow through C unweakened while the
forget gate is open.

Hochreiter, S. & Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9, 1735–1780.
Gers, F. A., Schmidhuber, J. & Cummins, F. (2000). Learning to forget. Neural Computation 12, 2451–2471.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.cells.activations import Array
from throughtime.cells.over_time import before, over_time
from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(name="lstm", labels={"i": "input", "f": "forget", "C": "candidate", "o": "output"}, start={"b_f": 1})
def STEP(p: Any, x: Any, h: Any, C: Any) -> Any:
    i = sigmoid(x @ p.V_i + h @ p.U_i + p.b_i)
    f = sigmoid(x @ p.V_f + h @ p.U_f + p.b_f)
    C_tilde = tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    o = sigmoid(x @ p.V_o + h @ p.U_o + p.b_o)
    C = f * C + i * C_tilde
    h = o * tanh(C)
    return h, C


@dataclass(frozen=True)
class LSTM:
    """For each gate V (I,H), U (H,H), b (H)."""

    V_i: Array
    U_i: Array
    b_i: Array
    V_f: Array
    U_f: Array
    b_f: Array
    V_C: Array
    U_C: Array
    b_C: Array
    V_o: Array
    U_o: Array
    b_o: Array


@dataclass(frozen=True)
class Tape:
    """The arrays of the forward pass: x (B,T,I), h_0 and C_0 (B,H), and i, f, C̃, o, C, h (B,T,H)."""

    x: Array
    h_0: Array
    C_0: Array
    i: Array
    f: Array
    C_tilde: Array
    o: Array
    C: Array
    h: Array


@dataclass(frozen=True)
class Gradient:
    """The gradient by every parameter, ∂x (B,T,I), ∂h_0 and ∂C_0 (B,H), and the δ of each gate (B,T,H)."""

    parameters: LSTM
    d_x: Array
    d_h_0: Array
    d_C_0: Array
    delta_i: Array
    delta_f: Array
    delta_C_tilde: Array
    delta_o: Array


def forward(p: LSTM, x: Array, h_0: Array, C_0: Array) -> Tape:
    """Run the network over time: x (B,T,I), h_0 and C_0 (B,H) → the gates, C and h (B,T,H)."""
    batch, time, _ = x.shape
    i, f, C_tilde, o, C, h = np.empty((6, batch, time, p.U_i.shape[0]), np.result_type(x, p.U_i))
    h_before, C_before = h_0, C_0
    for t in range(time):
        i[:, t] = sigmoid(x[:, t] @ p.V_i + h_before @ p.U_i + p.b_i)
        f[:, t] = sigmoid(x[:, t] @ p.V_f + h_before @ p.U_f + p.b_f)
        C_tilde[:, t] = np.tanh(x[:, t] @ p.V_C + h_before @ p.U_C + p.b_C)
        o[:, t] = sigmoid(x[:, t] @ p.V_o + h_before @ p.U_o + p.b_o)
        C[:, t] = f[:, t] * C_before + i[:, t] * C_tilde[:, t]
        h[:, t] = o[:, t] * np.tanh(C[:, t])
        h_before, C_before = h[:, t], C[:, t]
    return Tape(x, h_0, C_0, i, f, C_tilde, o, C, h)


def backward(p: LSTM, tape: Tape, d_h_above: Array) -> Gradient:
    """Back-propagate through time: d_h_above (B,T,H) is ∂E/∂h from the readout or the next layer."""
    i, f, C_tilde, o = tape.i, tape.f, tape.C_tilde, tape.o
    h_before, C_before = before(tape.h, tape.h_0), before(tape.C, tape.C_0)
    delta_i, delta_f, delta_C_tilde, delta_o = np.empty((4, *tape.h.shape), tape.h.dtype)
    d_h_recurrent, d_C_recurrent = np.zeros_like(tape.h_0), np.zeros_like(tape.C_0)
    for t in reversed(range(tape.h.shape[1])):
        d_h = d_h_above[:, t] + d_h_recurrent
        tanh_C = np.tanh(tape.C[:, t])
        delta_o[:, t] = d_h * tanh_C * o[:, t] * (1 - o[:, t])
        d_C = d_h * o[:, t] * (1 - tanh_C**2) + d_C_recurrent
        delta_f[:, t] = d_C * C_before[:, t] * f[:, t] * (1 - f[:, t])
        delta_i[:, t] = d_C * C_tilde[:, t] * i[:, t] * (1 - i[:, t])
        delta_C_tilde[:, t] = d_C * i[:, t] * (1 - C_tilde[:, t] ** 2)
        d_C_recurrent = d_C * f[:, t]
        d_h_recurrent = (
            delta_i[:, t] @ p.U_i.T + delta_f[:, t] @ p.U_f.T + delta_C_tilde[:, t] @ p.U_C.T + delta_o[:, t] @ p.U_o.T
        )
    gradient = LSTM(
        V_i=over_time(tape.x, delta_i), U_i=over_time(h_before, delta_i), b_i=delta_i.sum((0, 1)),
        V_f=over_time(tape.x, delta_f), U_f=over_time(h_before, delta_f), b_f=delta_f.sum((0, 1)),
        V_C=over_time(tape.x, delta_C_tilde), U_C=over_time(h_before, delta_C_tilde), b_C=delta_C_tilde.sum((0, 1)),
        V_o=over_time(tape.x, delta_o), U_o=over_time(h_before, delta_o), b_o=delta_o.sum((0, 1)),
    )  # fmt: skip
    d_x = delta_i @ p.V_i.T + delta_f @ p.V_f.T + delta_C_tilde @ p.V_C.T + delta_o @ p.V_o.T
    return Gradient(gradient, d_x, d_h_recurrent, d_C_recurrent, delta_i, delta_f, delta_C_tilde, delta_o)
