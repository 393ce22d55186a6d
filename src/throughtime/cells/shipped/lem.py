"""LEM: long expressive memory, two states with time steps of their own (Rusch et al. 2022).

    Δ_t  = S(x_t V_1 + h_{t-1} U_1 + b_1)                    time step of z
    Δ'_t = S(x_t V_2 + h_{t-1} U_2 + b_2)                    time step of h
    z_t  = (1 − Δ_t) ∘ z_{t-1} + Δ_t ∘ tanh(x_t V_z + h_{t-1} U_z + b_z)
    h_t  = (1 − Δ'_t) ∘ h_{t-1} + Δ'_t ∘ tanh(x_t V_h + z_t U_h + b_h)

h is called y in the paper, and the longest time step, Δt, is 1 as there. Use it for sequences in which things happen at
very different speeds.

Rusch, T. K., Mishra, S., Erichson, N. B. & Mahoney, M. W. (2022). Long expressive memory for sequence modeling. ICLR
2022.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell
def lem(p: Any, x: Any, h: Any, z: Any) -> Any:
    d_1 = sigmoid(x @ p.V_1 + h @ p.U_1 + p.b_1)
    d_2 = sigmoid(x @ p.V_2 + h @ p.U_2 + p.b_2)
    z_tilde = tanh(x @ p.V_z + h @ p.U_z + p.b_z)
    z = (1 - d_1) * z + d_1 * z_tilde
    h_tilde = tanh(x @ p.V_h + z @ p.U_h + p.b_h)
    h = (1 - d_2) * h + d_2 * h_tilde
    return h, z
