"""Traces of small networks of every kind."""

import numpy as np
import pytest

from throughtime.network import Network

CASES = [
    pytest.param(fields, id="-".join(str(value) for value in fields.values()))
    for fields in (
        dict(zip(("cell", "activation", "layers", "bidirectional", "output", "bias"), values, strict=True))
        for values in [
            ("elman", "sigmoid", 1, False, "every step", True),
            ("elman", "tanh", 1, False, "every step", False),
            ("elman", "relu", 2, True, "every step", True),
            ("elman", "tanh", 2, True, "last step", True),
            ("lstm", "sigmoid", 1, False, "every step", True),
            ("lstm", "sigmoid", 2, True, "every step", False),
            ("lstm", "sigmoid", 1, True, "last step", True),
            ("gru", "sigmoid", 1, False, "every step", True),
            ("gru", "sigmoid", 2, True, "every step", True),
            ("gru", "sigmoid", 2, False, "last step", False),
        ]
    )
]
LENGTHS = [6, 1, 4]


def network(seed=1, **fields):
    net = Network(**{"inputs": 2, "hidden": 3, "outputs": 2} | fields)
    net.parameters[:] = np.random.default_rng(seed).normal(0, 0.8, net.parameters.shape)
    return net


def sequences(net, lengths=LENGTHS, seed=2):
    rng = np.random.default_rng(seed)
    s, steps = net.specification, max(lengths)
    outputs = (len(lengths),) if s.output == "last step" else (len(lengths), steps)
    x, d = rng.normal(size=(len(lengths), steps, s.inputs)), rng.random((*outputs, s.outputs))
    if s.loss == "cross_entropy":
        d /= d.sum(-1, keepdims=True)
    return x, d, np.array(lengths)


def trace_of(mask=None, lengths=LENGTHS, **fields):
    net = network(**fields)
    return net.trace(*sequences(net, lengths), mask=mask)


def assert_same(a, b):
    assert a.specification == b.specification
    assert (a.loss == b.loss) or (np.isnan(a.loss) and np.isnan(b.loss))
    pairs = [(a.network.parameters, b.network.parameters)]
    names = ("lengths", "x", "d", "mask", "net_y", "y", "error", "delta_y", "gradient")
    pairs += [(getattr(a, name), getattr(b, name)) for name in names]
    for one, other in zip(a.layers, b.layers, strict=True):
        assert (one.cell, one.layer, one.direction) == (other.cell, other.layer, other.direction)
        assert tuple(one.arrays) == tuple(other.arrays)
        pairs += zip(one.arrays.values(), other.arrays.values(), strict=True)
    for one, other in pairs:
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()
