"""RAN: an LSTM that adds up its inputs as they are (Lee et al. 2017).

    c̃_t = x_t V_c                                            content
    i_t = S(x_t V_i + h_{t-1} U_i + b_i)                     input
    f_t = S(x_t V_f + h_{t-1} U_f + b_f)                     forget
    c_t = i_t ∘ c̃_t + f_t ∘ c_{t-1}                          cell state
    h_t = tanh(c_t)

Use it where it is to be seen what was remembered of which input: c is a weighted sum of the inputs' contents, and the
weights are products of gates. It has two of the four recurrent matrices of an LSTM.

Lee, K., Levy, O. & Zettlemoyer, L. (2017). Recurrent additive networks. arXiv:1705.07393.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(labels={"c": "content", "i": "input", "f": "forget"}, start={"b_f": 1})
def ran(p: Any, x: Any, h: Any, c: Any) -> Any:
    c_tilde = x @ p.V_c
    i = sigmoid(x @ p.V_i + h @ p.U_i + p.b_i)
    f = sigmoid(x @ p.V_f + h @ p.U_f + p.b_f)
    c = i * c_tilde + f * c
    h = tanh(c)
    return h, c
