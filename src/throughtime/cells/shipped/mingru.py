"""minGRU: a GRU whose gate and candidate see the input only (Feng et al. 2024).

    z_t = S(x_t V_z + b_z)                                   update
    h̃_t = x_t V_h + b_h                                      candidate
    h_t = (1 − z_t) ∘ h_{t-1} + z_t ∘ h̃_t

Use it for long sequences, in two layers or more: a step is cheap, and h is linear in h_{t-1}. A layer alone decides by
its input, and not by what it remembers; the layer above it, which reads that, can.

Feng, L., Tung, F., Ahmed, M. O., Bengio, Y. & Hajimirsadeghi, H. (2024). Were RNNs all we needed? arXiv:2410.01201.
"""

from typing import Any

from throughtime.cells.symbols import cell, sigmoid


@cell(labels={"z": "update", "h": "candidate"})
def mingru(p: Any, x: Any, h: Any) -> Any:
    z = sigmoid(x @ p.V_z + p.b_z)
    h_tilde = x @ p.V_h + p.b_h
    h = (1 - z) * h + z * h_tilde
    return h
