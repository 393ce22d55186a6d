"""Networks and batches that leave an error no place to hide: nothing is zero, nothing symmetric, nothing all ones."""

from dataclasses import dataclass

import numba
import numpy as np

from throughtime.network import Network
from throughtime.passes.state import State
from throughtime.weights.network_specification import NetworkSpecification

COMPILED = not numba.config.DISABLE_JIT
"""Without compilation the kernels are thousands of times slower; tests then take smaller sizes."""

CELLS = {
    "sigmoid": {"cell": "elman", "activation": "sigmoid"},
    "tanh": {"cell": "elman", "activation": "tanh"},
    "relu": {"cell": "elman", "activation": "relu"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
}
LOSSES = {
    "squared-sigmoid": {"readout": "sigmoid", "loss": "squared"},
    "squared-softmax": {"readout": "softmax", "loss": "squared"},
    "squared-identity": {"readout": "identity", "loss": "squared"},
    "binary": {"readout": "sigmoid", "loss": "binary_cross_entropy"},
    "classes": {"readout": "softmax", "loss": "cross_entropy"},
}
FORMS = {
    "one-layer": {},
    "two-layers": {"layers": 2},
    "both-directions": {"bidirectional": True},
    "two-layers-both-directions": {"layers": 2, "bidirectional": True},
}


def C_of(state):
    """The cell states of an LSTM; empty (L·D,0,H) of a cell that has none."""
    return state.C if "C" in state.names else state.h[:, :0]


def state_of(h, C):
    """The state with these arrays, C being empty for cells that have none."""
    return State(h=h, C=C) if C.size else State(h=h)


@dataclass(frozen=True)
class Problem:
    """A network, a batch for it, an initial state, and derivatives from above."""

    net: Network
    x: np.ndarray
    lengths: np.ndarray
    y: np.ndarray
    mask: np.ndarray
    state: State
    d_h: np.ndarray
    d_state: State

    @property
    def s(self):
        return self.net.specification

    def point(self, *, initial=True):
        """What the reference can vary: the parameters, x, and the initial state (or zeros for it)."""
        h_0, C_0 = self.state.h * initial, C_of(self.state) * initial
        point = {"parameters": self.net.parameters, "x": self.x, "h_0": h_0}
        return point | {"C_0": C_0} if self.s.cell == "lstm" else point


def problem(lengths=(3, 5, 1), seed=0, *, inputs=2, hidden=3, outputs=2, dtype="float64", **fields):
    """A random network, with a random batch of sequences of these lengths.

    Behind a sequence's end stand other random numbers, in x, y, the mask and d_h: they must not matter.
    """
    rng = np.random.default_rng(seed)
    s = NetworkSpecification(inputs=inputs, hidden=hidden, outputs=outputs, dtype=dtype, **fields)
    net = Network(s)
    net.parameters[:] = rng.normal(0, 0.6, net.parameters.shape)
    B, T, rows = len(lengths), max(lengths), s.layers * (1 + s.bidirectional)
    state_shape = (rows, B, hidden)
    cell_shape = state_shape if s.cell == "lstm" else (rows, 0, s.hidden)

    def draw(*shape):
        return rng.normal(0, 0.8, shape)

    outer = (B,) if s.output == "last step" else (B, T)
    y = draw(*outer, outputs)
    if s.loss != "squared":
        y = rng.uniform(0.05, 0.95, y.shape)
    elif s.readout != "identity":
        y = np.random.default_rng(seed).uniform(0.05, 0.95, y.shape)
    if s.loss == "cross_entropy":
        y /= y.sum(-1, keepdims=True)
    mask = rng.choice([0.0, 0.7, 1.0, 1.9], outer)
    mask.reshape(B, -1)[:, 0] = 1.3
    made = Problem(
        net, draw(B, T, inputs), np.array(lengths), y, mask,
        state_of(draw(*state_shape), draw(*cell_shape)), draw(B, T, hidden * (1 + s.bidirectional)),
        state_of(draw(*state_shape), draw(*cell_shape)),
    )  # fmt: skip
    return made
