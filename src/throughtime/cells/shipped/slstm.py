"""sLSTM: the LSTM of xLSTM, with an exponential input gate and a normaliser (Beck et al. 2024).

    i_net_t = x_t V_i + h_{t-1} U_i + b_i                    logarithm of the input gate
    f_log_t = log S(x_t V_f + h_{t-1} U_f + b_f)             logarithm of the forget gate
    m_t = max(f_log_t + m_{t-1}, i_net_t)                    stabiliser
    i_t = exp(i_net_t − m_t)                                 input, stabilised
    f_t = exp(f_log_t + m_{t-1} − m_t)                       forget, stabilised
    z_t = tanh(x_t V_z + h_{t-1} U_z + b_z)                  candidate
    o_t = S(x_t V_o + h_{t-1} U_o + b_o)                     output
    c_t = f_t ∘ c_{t-1} + i_t ∘ z_t                          cell state
    n_t = f_t ∘ n_{t-1} + i_t                                normaliser
    h_t = o_t ∘ c_t / n_t

m keeps the exponentials from overflowing and changes nothing else. Only in the first step, where n is i_t alone, i_t
must not be 0: i_net is to be above −100 there in float32, above −700 in float64. The forget gate is a sigmoid, which
the paper has beside the exponential; there is one head. Use it where something new is to displace all that is
remembered: the input gate has no upper bound. Noise on its states, of which one is a divisor, is not for it.

Beck, M. et al. (2024). xLSTM: extended long short-term memory. NeurIPS 2024.
"""

from typing import Any

from throughtime.cells.symbols import cell, exp, maximum, sigmoid, softplus, tanh


@cell(labels={"i": "input", "f": "forget", "z": "candidate", "o": "output"}, start={"b_f": 1})
def slstm(p: Any, x: Any, h: Any, c: Any, n: Any, m: Any) -> Any:
    i_net = x @ p.V_i + h @ p.U_i + p.b_i
    f_net = x @ p.V_f + h @ p.U_f + p.b_f
    z = tanh(x @ p.V_z + h @ p.U_z + p.b_z)
    o = sigmoid(x @ p.V_o + h @ p.U_o + p.b_o)
    kept = m - softplus(-f_net)
    m = maximum(kept, i_net)
    i = exp(i_net - m)
    f = exp(kept - m)
    c = f * c + i * z
    n = f * n + i
    h = o * (c / n)
    return h, c, n, m
