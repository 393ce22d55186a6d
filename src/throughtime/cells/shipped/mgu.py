"""MGU: a GRU with one gate for reset and update (Zhou et al. 2016).

    f_t = S(x_t V_f + h_{t-1} U_f + b_f)                     forget
    h̃_t = tanh(x_t V_h + (f_t ∘ h_{t-1}) U_h + b_h)          candidate
    h_t = (1 − f_t) ∘ h_{t-1} + f_t ∘ h̃_t

Use it where a GRU is too large: it has two thirds of its parameters.

Zhou, G.-B., Wu, J., Zhang, C.-L. & Zhou, Z.-H. (2016). Minimal gated unit for recurrent neural networks. International
Journal of Automation and Computing 13, 226–234.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(labels={"f": "forget", "h": "candidate"})
def mgu(p: Any, x: Any, h: Any) -> Any:
    f = sigmoid(x @ p.V_f + h @ p.U_f + p.b_f)
    h_tilde = tanh(x @ p.V_h + (f * h) @ p.U_h + p.b_h)
    h = (1 - f) * h + f * h_tilde
    return h
