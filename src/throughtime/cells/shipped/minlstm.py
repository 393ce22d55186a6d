"""minLSTM: an LSTM whose gates see the input only, and add up to 1 (Feng et al. 2024).

    f_t = S(x_t V_f + b_f)                                   forget
    i_t = S(x_t V_i + b_i)                                   input
    h̃_t = x_t V_h + b_h                                      candidate
    h_t = f_t / (f_t + i_t) ∘ h_{t-1} + i_t / (f_t + i_t) ∘ h̃_t

Use it as minGRU, which has a gate less; here, what is kept and what is taken are decided apart, and then weighed. A
layer alone decides by its input, and not by what it remembers.

Feng, L., Tung, F., Ahmed, M. O., Bengio, Y. & Hajimirsadeghi, H. (2024). Were RNNs all we needed? arXiv:2410.01201.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid


@cell(labels={"f": "forget", "i": "input", "h": "candidate"}, start={"b_f": 1})
def minlstm(p: Any, x: Any, h: Any) -> Any:
    f = sigmoid(x @ p.V_f + p.b_f)
    i = sigmoid(x @ p.V_i + p.b_i)
    h_tilde = x @ p.V_h + p.b_h
    h = f / (f + i) * h + i / (f + i) * h_tilde
    return h
