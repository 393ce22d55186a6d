"""GRU, reset before: the GRU as it was published, whose reset gate acts before the product (Cho et al. 2014).

    r_t = S(x_t V_r + h_{t-1} U_r + b_r)                     reset
    z_t = S(x_t V_z + h_{t-1} U_z + b_z)                     update
    ñ_t = tanh(x_t V_n + (r_t ∘ h_{t-1}) U_n + b_n)          candidate
    h_t = (1 − z_t) ∘ ñ_t + z_t ∘ h_{t-1}

Use it to run or to compare with networks of Keras with reset_after=False and of ONNX with linear_before_reset=0. The
cell gru does one product of matrices less in a row, so it is faster, and as good.

Cho, K. et al. (2014). Learning phrase representations using RNN encoder–decoder. EMNLP 2014, 1724–1734.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(labels={"r": "reset", "z": "update", "n": "candidate"})
def gru_before(p: Any, x: Any, h: Any) -> Any:
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b_r)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    n = tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = (1 - z) * n + z * h
    return h
