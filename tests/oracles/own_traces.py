"""Traces of small networks of all cells; where kernels are compiled, of those that are compiled anyway."""

import numpy as np

import throughtime as tt
from oracles.cases import COMPILED
from oracles.step_functions import STEPS
from throughtime.cells import TWINS, step_of
from throughtime.cells.symbols import cell, sigmoid, tanh
from throughtime.trace import Trace

LENGTHS = [5, 2, 3]
CASES = [
    {},
    {"layers": 2, "bidirectional": True, "bias": False},
    {"bidirectional": True, "output": "last step", "readout": "softmax", "loss": "cross_entropy"},
    {"layers": 2, "output": "last step", "readout": "identity"},
]
IDS = ["-".join(map(str, case.values())) or "one layer" for case in CASES]


@cell
def mean(p, x, h, n):
    """Behind a sequence's end n is 0, and so what is divided by it no number."""
    n = n + sigmoid(x @ p.V_n)
    h = p.v * tanh(x @ p.V_h + h @ p.U_h) / n
    return h, n


GRAPHS = {name: step_of(name) for name in TWINS} | STEPS | {"mean": mean}
CELLS = [*TWINS, "odd"] if COMPILED else list(GRAPHS)


def trace_of(name, first=True, **fields):
    """Of a small network, from initial states that are not 0."""
    net = tt.Network(
        **{"cell": name if name in TWINS else GRAPHS[name], "inputs": 2, "hidden": 3, "outputs": 2, "seed": 1} | fields
    )
    rng = np.random.default_rng(2)
    net.parameters[:] = rng.normal(0, 0.6, net.parameters.shape)
    steps = () if net.specification.output == "last step" else (max(LENGTHS),)
    x, d = rng.normal(size=(3, max(LENGTHS), 2)), rng.random((3, *steps, 2))
    d /= d.sum(axis=-1, keepdims=True)
    mask = rng.choice([1, 0.5, 0], (3, *steps))
    state = net.initial_state(3)
    if first:
        h, others = state.numbers[0], state.numbers[1:]
        h[:], others[:] = (np.abs(rng.normal(size=part.shape)) + 0.1 for part in (h, others))
    return from_state(net, state, x, d, LENGTHS, mask)


def network_of(trace):
    """A network with the weights of a trace."""
    return tt.Network.of(trace.specification, trace.network.parameters)


def from_state(net, state, x, d, lengths, mask=None):
    """The trace of sequences that do not begin at a state of 0."""
    found = net.forward(x, lengths, state)
    loss = found.loss(d, mask)
    return Trace.of(net, found, loss, found.backward().gradient)
