"""UGRNN: an Elman network with an update gate (Collins et al. 2017).

    c_t = tanh(x_t V_c + h_{t-1} U_c + b_c)                  candidate
    g_t = S(x_t V_g + h_{t-1} U_g + b_g)                     update
    h_t = g_t ∘ h_{t-1} + (1 − g_t) ∘ c_t

Use it where a GRU is too large or too slow: it has two thirds of its parameters, and one product of matrices in a row.

Collins, J., Sohl-Dickstein, J. & Sussillo, D. (2017). Capacity and trainability in recurrent neural networks. ICLR
2017.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(labels={"c": "candidate", "g": "update"})
def ugrnn(p: Any, x: Any, h: Any) -> Any:
    c = tanh(x @ p.V_c + h @ p.U_c + p.b_c)
    g = sigmoid(x @ p.V_g + h @ p.U_g + p.b_g)
    h = g * h + (1 - g) * c
    return h
