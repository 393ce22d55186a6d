"""Formulas with their numbers, read and computed again: the traces that they are of, and what is printed of them."""

import math

import numpy as np

from throughtime.network import Network
from throughtime.trace.explain.formula import Number, parts_of

NETWORKS = (
    {"cell": "elman", "hidden": 6},
    {"cell": "elman", "hidden": 3, "activation": "tanh", "bias": False},
    {"cell": "elman", "hidden": 5, "activation": "relu", "layers": 2, "readout": "identity"},
    {"cell": "elman", "hidden": 3, "layers": 2, "bidirectional": True, "output": "last step"},
    {"cell": "lstm", "hidden": 6, "readout": "softmax", "loss": "cross_entropy", "outputs": 3},
    {"cell": "lstm", "hidden": 3, "layers": 2, "bidirectional": True, "bias": False},
    {"cell": "lstm", "hidden": 5, "output": "last step", "loss": "binary_cross_entropy", "outputs": 2},
    {"cell": "gru", "hidden": 6, "readout": "softmax", "outputs": 3},
    {"cell": "gru", "hidden": 3, "bidirectional": True, "loss": "binary_cross_entropy"},
    {"cell": "gru", "hidden": 2, "layers": 2, "inputs": 6, "bias": False},
)
"""Networks of every cell, with every readout, loss and form."""
LENGTHS = [4, 1, 3]
FUNCTIONS = {
    "S": lambda net: 1 / (1 + math.exp(-net)), "tanh": math.tanh, "relu": lambda net: max(net, 0.0), "exp": math.exp,
    "softplus": lambda net: math.log1p(math.exp(net)), "lnS": lambda net: -math.log1p(math.exp(-net)),
    "min": min, "max": max,
}  # fmt: skip


def trace_of(seed=1, scale=1.0, **fields):
    net = Network(**{"inputs": 2, "outputs": 1} | fields)
    rng = np.random.default_rng(seed)
    net.parameters[:] = rng.normal(0, scale, net.parameters.shape)
    s, last_step = net.specification, fields.get("output") == "last step"
    x = rng.integers(0, 2, (3, 4, s.inputs)).astype(float)
    d = rng.integers(0, 2, (3, s.outputs) if last_step else (3, 4, s.outputs)).astype(float)
    if s.loss == "cross_entropy":
        d = np.eye(s.outputs)[d.argmax(-1)]
    mask = rng.choice([1, 0.5, 0], (3,) if last_step else (3, 4))
    return net.trace(x, d, LENGTHS, mask)


def explanations(trace, **options):
    """Of every unit, and every output, at every step of the three sequences."""
    s = trace.specification
    for b, n in enumerate(LENGTHS):
        for t in range(1, n + 1):
            for of in trace.layers:
                for unit in range(s.hidden):
                    yield trace.explain(t, unit, layer=of.layer, direction=of.direction, sequence=b, **options)
            for k in range(s.outputs):
                if s.output == "every step" or t == n:
                    yield trace.explain(t, output=k, sequence=b, **options)


def computed(text):
    """The value of a line of numbers, by Python's own reading of it."""
    for sign, python in (("−", "-"), ("·", "*"), ("²", "**2"), ("ln S", "lnS")):
        text = text.replace(sign, python)
    return float(eval(text, {"__builtins__": {}}, FUNCTIONS))


def printed(text):
    """[(name, symbols, [numbers…, value])] of the formulas in a text."""
    found = []
    for line in text.splitlines():
        if line.startswith(" "):
            found[-1][2].extend(line.strip().removeprefix("= ").split(" = "))
        elif " = " in line and not line.startswith("largest"):
            name, _, symbols = line.partition(" = ")
            found.append((name, symbols, []))
    return found


def numbers_in(expression):
    """Every number in an expression."""
    if isinstance(expression, Number):
        yield expression
    for term in getattr(expression, "terms", ()):
        yield from term.factors
    for part in parts_of(expression):
        yield from numbers_in(part)


def at_source(document, source, sequence):
    """The number of a trace's JSON that a source names."""
    at = document
    if source.kind == "layer":
        where = source.layer, source.direction
        at = next(one for one in document["layers"] if (one["layer"], one["direction"]) == where)
    at = document["parameters"][source.array] if source.kind == "parameter" else at[source.array][sequence]
    for place in (*(() if source.t is None else (source.t - 1,)), *source.index):
        at = at[place]
    return at
