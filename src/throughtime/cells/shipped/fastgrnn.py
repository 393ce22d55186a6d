"""FastGRNN: one matrix of x and one of h for the gate and the candidate, for tiny machines (Kusupati et al. 2018).

    z_t = S(x_t V + h_{t-1} U + b_z)                         update
    h̃_t = tanh(x_t V + h_{t-1} U + b_h)                      candidate
    h_t = (S(ζ) ∘ (1 − z_t) + S(ν)) ∘ h̃_t + z_t ∘ h_{t-1}

ζ and ν are numbers in the paper, and here each unit has its own; they begin at 1 and −4. Use it where memory is short,
with `throughtime export --to c`: it has a third of the parameters of a GRU, as many as an Elman network and three
vectors.

Kusupati, A. et al. (2018). FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated recurrent neural network.
NeurIPS 2018.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid, tanh


@cell(start={"b_z": 0, "b_h": 0, "zeta": 1, "nu": -4})
def fastgrnn(p: Any, x: Any, h: Any) -> Any:
    net = x @ p.V + h @ p.U
    z = sigmoid(net + p.b_z)
    h_tilde = tanh(net + p.b_h)
    h = (sigmoid(p.zeta) * (1 - z) + sigmoid(p.nu)) * h_tilde + z * h
    return h
