"""The sizes that are compared, and networks and sequences of these sizes."""

from __future__ import annotations

import numpy as np

CELLS = {"RNN": "elman", "GRU": "gru", "LSTM": "lstm"}
TRAINING = [(1, 8, 2, 16), (1, 100, 16, 64), (32, 50, 16, 64), (64, 100, 32, 128), (64, 14, 160, 160), (8, 35, 64, 512)]
"""(B, T, I, H) that PERFORMANCE sets targets for."""
MORE = [(2, 20, 8, 32), (7, 33, 5, 100), (16, 30, 10, 50), (128, 20, 32, 64), (256, 10, 16, 128)]
LARGE = [(512, 30, 40, 128), (256, 100, 16, 64)]
"""Which are worth more than one thread."""
INFERENCE = [(1, 1, 16, 64), (1, 100, 16, 64), (64, 100, 16, 64)]


def training(threads: int, more: bool) -> list[tuple[int, int, int, int]]:
    """The sizes to train, with so many threads; with `more`, all of them."""
    return TRAINING + (LARGE if threads > 1 else []) + (MORE if more else [])


def network(cell: str, inputs: int, hidden: int, dtype: str = "float32", layers: int = 1):
    """Layers of tanh units or gates, one sigmoid output, squared error; biases that are not zero."""
    import throughtime as tt

    units = {"activation": "tanh"} if cell == "elman" else {}
    net = tt.Network(cell=cell, **units, inputs=inputs, hidden=hidden, outputs=1, layers=layers, dtype=dtype, seed=1)
    net.parameters += np.random.default_rng(2).normal(scale=0.01, size=net.parameters.shape)
    return net


def sequences(B: int, T: int, inputs: int, dtype: str = "float32"):
    """x (B,T,I) and targets d (B,T,1)."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(B, T, inputs)).astype(dtype), rng.random((B, T, 1)).astype(dtype)


def label(B: int, T: int, inputs: int, hidden: int) -> str:
    return f"B={B} T={T} I={inputs} H={hidden}"
