"""Peephole LSTM: an LSTM whose gates see the cell state (Gers & Schmidhuber 2000).

    i_t = S(x_t V_i + h_{t-1} U_i + C_{t-1} ∘ w_i + b_i)     input
    f_t = S(x_t V_f + h_{t-1} U_f + C_{t-1} ∘ w_f + b_f)     forget
    C̃_t = tanh(x_t V_C + h_{t-1} U_C + b_C)                  candidate
    C_t = f_t ∘ C_{t-1} + i_t ∘ C̃_t                          cell state
    o_t = S(x_t V_o + h_{t-1} U_o + C_t ∘ w_o + b_o)         output
    h_t = o_t ∘ tanh(C_t)

Use it where steps are to be counted and times to be kept: the gates see the count even while the output gate is closed.

Gers, F. A. & Schmidhuber, J. (2000). Recurrent nets that time and count. IJCNN 2000, vol. 3, 189–194.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(labels={"i": "input", "f": "forget", "C": "candidate", "o": "output"}, start={"b_f": 1})
def peephole(p: Any, x: Any, h: Any, C: Any) -> Any:
    i = sigmoid(x @ p.V_i + h @ p.U_i + C * p.w_i + p.b_i)
    f = sigmoid(x @ p.V_f + h @ p.U_f + C * p.w_f + p.b_f)
    C_tilde = tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    C = f * C + i * C_tilde
    o = sigmoid(x @ p.V_o + h @ p.U_o + C * p.w_o + p.b_o)
    h = o * tanh(C)
    return h, C
