"""A network as one Python script that needs only NumPy: its forward pass, with its parameters written out below."""

from __future__ import annotations

from keyword import iskeyword, kwlist, softkwlist
from pathlib import Path
from typing import Any

import throughtime
from throughtime.batch import Array
from throughtime.bridges.agreement import greatest_difference
from throughtime.bridges.equations import Equations, Names, described, parameters_of
from throughtime.bridges.exported import Exported, exported
from throughtime.cells.graph import Graph
from throughtime.network import Network
from throughtime.support.disk import write_atomically
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS

FUNCTIONS = {
    "sigmoid": """\
def sigmoid(x):
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, e) / (1 + e)
""",
    "softmax": """\
def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
""",
    "relu": """\
def relu(x):
    return np.where(x > 0, x, 0)
""",
    "softplus": """\
def softplus(x):
    return np.where(x > 0, x, 0) + np.log1p(np.exp(-np.abs(x)))  # never overflows
""",
}
_CALLS = {"tanh": "np.tanh", "exp": "np.exp", "minimum": "np.minimum", "maximum": "np.maximum"}
_TAKEN = {*kwlist, *softkwlist, *FUNCTIONS, "np", "p", "sys", "x"}


class _Step(Equations):
    """The step of a cell in NumPy."""

    def __init__(self, graph: Graph, bias: bool) -> None:
        super().__init__(graph, bias, Names(_TAKEN))

    def number(self, value: float) -> str:
        return repr(int(value) if value.is_integer() and 0 < abs(value) < 1e6 else value)

    def vector(self, parameter: str) -> str:
        return f'p["{parameter}"]'  # a word, so it cannot end the literal

    def product(self, source: str | None, parameter: str) -> tuple[str, int]:
        return f"{source or 'x'} @ {self.vector(parameter)}", 2

    def call(self, function: str, values: list[str]) -> str:
        return f"{_CALLS.get(function, function)}({', '.join(values)})"

    def body(self) -> str:
        """The statements of the function, with one value of its own for each local variable of the step function."""
        before, after = (", ".join(names) if names[1:] else f"({names[0]},)" for names in (self.before, self.after))
        lines = [f"{before} = state"]
        lines += [f"{name} = {text}" for phase in self.phases for _, name, text in phase]
        lines += [f"return {after}"]
        return "\n".join(f"    {line}" for line in lines) + "\n"


SCRIPT = '''\
"""A recurrent network in plain NumPy: {cell}, {layers} of {H} hidden units. Inputs: {I}, outputs: {O}.

    from {name} import predict
    y = predict(x)  # {axes}
{about}
As a program it reads one sequence from standard input, the {I} inputs of a step a line, and prints the outputs.
Written by throughtime {version}.
"""

import sys

import numpy as np

{inputs}{functions}
def cell(x, state, p):
    """One step of a layer: x (batch, inputs) and its state before -> its state after."""
{cell_step}

def read(x, p):
    """All steps of x (batch, time, inputs), from a state of zeros -> the hidden states (batch, time, {H})."""
    state = zeros(len(x))
    states = []
    for t in range(x.shape[1]):
        state = cell(x[:, t], state, p)
        states.append(state[0])
    return np.stack(states, axis=1)


def zeros(batch):
    """The state of a layer before the first step."""
    return tuple(np.zeros((batch, {H}), "{dtype}") for _ in range({states}))

{stateful}
def predict(x):
    """{axes}."""
    x = np.asarray(x, "{dtype}"){table}
    if x.ndim != 3 or x.shape[2] != {I} or x.shape[1] == 0:
        raise ValueError(f"x must be (batch, time, {I} features) with at least one step, got {{x.shape}}")
{window}{layers_read}
{returned}

{pool}
def readout(x):
    """The outputs, from {read_out}."""
    return {y}

{labels}
def array(text):
    """A matrix from its rows; a vector is one row."""
    return np.array([line.split() for line in text.strip().splitlines()], "{dtype}")


P = {{}}  # the parameters, by layer and name
{parameters}

if __name__ == "__main__":
    try:
        y = predict(np.loadtxt(sys.stdin, ndmin={axes_of_one})[None])
    except ValueError as error:
        sys.exit(f"error: {{error}}")
    np.savetxt(sys.stdout, np.atleast_2d(y[0]), fmt="%.{digits}g")
'''


STATEFUL = '''\

def initial_state(batch=1):
    """The state before the first step of sequences that may be endless."""
    return [zeros(batch) for _ in range({layers})]{none}


def step(x, state):
    """One step of them: x (batch, {I}) and the state before it -> y (batch, {O}) and the state after it."""
    x = np.asarray(x, "{dtype}")
    if x.shape != (len(state[0][0]), {I}):
        raise ValueError(f"x must be (batch, features) = {{(len(state[0][0]), {I})}} for this state, got {{x.shape}}")
    after = []
    for k in range({layers}):
        after.append(cell(x, state[k], P[f"layer{{k}}"]))
        x = after[k][0]
{stepped}
'''


POOL = '''\

NONE = (-np.inf, 0, 0)  # before the first step


def pool(x, before):
    """One step more, of the states x, in the mean over time of the last layer's outputs, which the last of them weighs.

    before, and what is returned: the largest weight's logarithm, the sum of weights in its units, and the mean.
    """
    largest, total, mean = before
    y = {net}
    y, score = y[:, :-1], y[:, -1:]
    now = np.maximum(largest, score)
    weight = np.exp(score - now)
    total = total * np.exp(largest - now) + weight
    return now, total, mean + weight / total * (y - mean)

'''


STEPPED = {
    False: "    return readout(x), after\n",
    True: "    after.append(pool(x, state[-1]))\n    return readout(after[-1][2]), after\n",
}
"""What a step returns; with a mean over time, that of the steps so far."""


LABELS = '''\
CLASSES = {classes}


def label(x):
    """The likeliest class, of each sequence or step."""
    return np.array(CLASSES)[predict(x).argmax(axis=-1)]


'''


def to_numpy(net: Any, name: str = "network") -> str:
    """The text of a script with a function `predict`, x (B,T,I) → y as `Network.predict` gives it.

    Every parameter is written with all its digits, so that none changes.

    Parameters
    ----------
    net : Network, or a fitted estimator of `throughtime.sklearn`
        The script of an estimator reads features as `fit` did: its standardisation is in the weights. A classifier's or
        labeler's has a function `label` too; a forecaster's predicts the steps ahead.
    name : str
        The module's name in the script's documentation; "network" if it is no name in Python.
    """
    what = exported(net)
    net, s = what.network, what.network.specification
    name = name if name.isidentifier() and not iskeyword(name) else "network"  # it must not become code
    step = _Step(s.graph, s.bias).body()
    steps = f"{what.horizon} steps ahead" if what.horizon else "time, " * what.each + str(what.outputs)
    features = "" if what.table else f", {s.inputs}"
    axes = f"x (batch, time{features}) -> y (batch, {steps}{features * bool(what.horizon)})"
    net_y = 'x @ P["readout"]["W"]' + ' + P["readout"]["b_y"]' * s.bias
    given = "x" if what.pooled else net_y
    y = given if what.readout == "identity" else f"{_CALLS.get(what.readout, what.readout)}({given})"
    layers = f"{s.layers} {'layer' if s.layers == 1 else 'layers'}"
    stateful = "" if s.bidirectional or what.horizon else STATEFUL.format(
        layers=s.layers, I=s.inputs, O=what.outputs, dtype=s.dtype, none=" + [NONE]" * what.pooled,
        stepped=STEPPED[what.pooled],
    )  # fmt: skip
    return SCRIPT.format(
        cell=described(s),
        name=name, axes=axes, layers=layers + " in both directions" * s.bidirectional, I=s.inputs, H=s.hidden,
        O=what.outputs, version=throughtime.__version__, cell_step=step, states=len(s.graph.states), dtype=s.dtype,
        functions="".join(f"\n{code}\n" for name, code in FUNCTIONS.items() if f"{name}(" in step + y),
        stateful=stateful, layers_read=_layers_read(s), returned=_returned(what), y=y, parameters=_parameters(net),
        digits=17 if s.dtype == "float64" else 9, about=_about(what), table="[..., None]" * what.table,
        window=f"    x = x[:, -{what.window}:]\n    last = x[:, -1:]\n" * bool(what.horizon),
        labels=LABELS.format(classes=ascii(what.labels.tolist())) if what.classes else "",
        inputs=f"INPUTS = {list(what.inputs)!a}\n" if what.inputs else "",
        axes_of_one=1 if what.table else 2, pool=POOL.format(net=net_y) if what.pooled else "",
        read_out="their mean over time" if what.pooled else "the states of the last layer",
    )  # fmt: skip


def save_script(net: Any, path: Any) -> float:
    """Write the script of `to_numpy`, after it was run and compared with the network.

    Returns
    -------
    float : the greatest difference between the script's outputs and the network's, on random sequences.
    """
    path = Path(path)
    what = exported(net)
    text = to_numpy(what, path.stem)
    script: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "<script>", "exec"), script)  # our own text, of numbers and our own names alone
    difference = greatest_difference(what, lambda x, lengths: script["predict"](x))
    write_atomically(path, text.encode())
    return difference


def _about(what: Exported) -> str:
    """The documentation of features and classes; their names stand in literals, which hold no code."""
    lines = []
    if what.inputs:
        lines += ["The features are INPUTS, in this order."]
    if what.classes:
        lines += ["y are the probabilities of CLASSES; label(x) gives the likeliest ones."]
    return "".join(f"\n{line}" for line in lines) + "\n" * bool(lines)


def _returned(what: Exported) -> str:
    if what.pooled:
        return (
            "    pooled = NONE\n    for t in range(x.shape[1]):\n        pooled = pool(x[:, t], pooled)\n"
            "    return readout(pooled[2])"
        )
    if not what.horizon:
        return "    return readout(x)"
    ahead = f"last + readout(x).reshape(len(x), {what.horizon}, {what.network.specification.inputs})"
    return f"    return ({ahead})[:, :, 0]" if what.table else f"    return {ahead}"


def _layers_read(s: NetworkSpecification) -> str:
    layers = ", ".join(f'"layer{layer}"' for layer in range(s.layers))
    lines = [f"for layer in [{layers}]:"]
    if s.bidirectional:
        lines += [
            '    forward = read(x, P[layer + ".forward"])',
            '    backward = read(x[:, ::-1], P[layer + ".backward"])[:, ::-1]',
            "    x = np.concatenate([forward, backward], axis=-1)",
        ]
    else:
        lines += ["    x = read(x, P[layer])"]
    if s.output == "last step" and s.bidirectional:
        lines += ["x = np.concatenate([forward[:, -1], backward[:, 0]], axis=-1)  # where each direction ends"]
    elif s.output == "last step":
        lines += ["x = x[:, -1]"]
    return "\n".join(f"    {line}" for line in lines)


def _parameters(net: Network) -> str:
    """Assignments to P, a row of numbers a line."""
    lines, found = list[str](), parameters_of(net)
    for (layer, direction), arrays in found.layers.items():
        where = f"layer{layer}.{DIRECTIONS[direction]}" if net.specification.bidirectional else f"layer{layer}"
        lines += _assigned(where, arrays)
    return "\n".join(lines + _assigned("readout", found.readout))


def _assigned(where: str, arrays: dict[str, Array]) -> list[str]:
    return [f'P["{where}"] = {{}}'] + [
        f'P["{where}"]["{name}"] = array("""\n{_rows(array)}\n""")' for name, array in arrays.items()
    ]


def _rows(array: Array) -> str:
    return "\n".join(" ".join(map(repr, row)) for row in array.reshape(-1, array.shape[-1]).astype(float).tolist())
