"""Small networks with layer normalisation, and sequences for them."""

import numpy as np

import throughtime as tt

T, B, I, H, O = 5, 3, 2, 4, 2
LENGTHS = np.array([5, 2, 4])


def network(cell, **fields):
    net = tt.Network(cell=cell, inputs=I, hidden=H, outputs=O, layer_norm=True, init="uniform", seed=1, **fields)
    net.parameters[:] = np.random.default_rng(2).normal(size=len(net.parameters)) / 2  # gains other than 1 too
    return net


def data(net):
    rng = np.random.default_rng(3)
    shape = (B, O) if net.specification.output == "last step" else (B, T, O)
    return rng.normal(size=(B, T, I)), rng.random(shape)
