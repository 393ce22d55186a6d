"""A network as one Python script that needs only NumPy: its forward pass to be read, its parameters written out below."""

from __future__ import annotations

import re
from importlib.metadata import version
from keyword import iskeyword
from pathlib import Path
from typing import Any

from throughtime.agreement import greatest_difference
from throughtime.batch import Array
from throughtime.disk import write_atomically
from throughtime.exported import Exported, exported
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification

STEPS = {
    "elman": """\
    (h,) = state
    h = {activation}(x @ p["V"] + h @ p["U"] + p["b_h"])
    return (h,)
""",
    "lstm": """\
    h, C = state
    f = sigmoid(x @ p["forget.V"] + h @ p["forget.U"] + p["forget.b"])
    i = sigmoid(x @ p["input.V"] + h @ p["input.U"] + p["input.b"])
    candidate = np.tanh(x @ p["candidate.V"] + h @ p["candidate.U"] + p["candidate.b"])
    C = f * C + i * candidate
    o = sigmoid(x @ p["output.V"] + h @ p["output.U"] + p["output.b"])
    return o * np.tanh(C), C
""",
    "gru": """\
    (h,) = state
    r = sigmoid(x @ p["reset.V"] + h @ p["reset.U"] + p["reset.b"])
    z = sigmoid(x @ p["update.V"] + h @ p["update.U"] + p["update.b"])
    candidate = np.tanh(x @ p["candidate.V"] + p["candidate.b"] + r * (h @ p["candidate.U"] + p["candidate.c"]))
    return ((1 - z) * candidate + z * h,)
""",
}
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
    return np.maximum(x, 0)
""",
}
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
def step(x, state, p):
    """One step of a layer: x (batch, inputs) and its state before -> its state after."""
{step}

def read(x, p):
    """All steps of x (batch, time, inputs), from a state of zeros -> the hidden states (batch, time, {H})."""
    state = {zeros}
    states = []
    for t in range(x.shape[1]):
        state = step(x[:, t], state, p)
        states.append(state[0])
    return np.stack(states, axis=1)


def predict(x):
    """{axes}."""
    x = np.asarray(x, "{dtype}"){table}
    if x.ndim != 3 or x.shape[2] != {I} or x.shape[1] == 0:
        raise ValueError(f"x must be (batch, time, {I} features) with at least one step, got {{x.shape}}")
{window}{layers_read}
{readout}

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
        The script of an estimator reads features as `fit` did: its standardisation is in the weights. A classifier's or labeler's
        has a function `label` too; a forecaster's predicts the steps ahead.
    name : str
        What the script's documentation calls the module; "network" if it is no name in Python.
    """
    what = exported(net)
    net, s = what.network, what.network.specification
    s.only_shipped("scripts are there")
    name = name if name.isidentifier() and not iskeyword(name) else "network"  # it must not become code
    step = STEPS[s.cell].format(activation="np.tanh" if s.activation == "tanh" else s.activation)
    steps = f"{what.horizon} steps ahead" if what.horizon else "time, " * (s.output == "every step") + str(s.outputs)
    features = "" if what.table else f", {s.inputs}"
    axes = f"x (batch, time{features}) -> y (batch, {steps}{features * bool(what.horizon)})"
    readout = 'x @ P["readout"]["W"]' + ' + P["readout"]["b_y"]' * s.bias
    y = readout if s.readout == "identity" else f"{s.readout}({readout})"
    layers = f"{s.layers} {'layer' if s.layers == 1 else 'layers'}"
    text = SCRIPT.format(
        cell={"elman": f"Elman ({s.activation})", "lstm": "LSTM", "gru": "GRU"}[s.cell], name=name, axes=axes,
        layers=layers + " in both directions" * s.bidirectional, I=s.inputs, H=s.hidden, O=s.outputs,
        version=version("throughtime"), step=step if s.bias else _without_biases(step), dtype=s.dtype,
        functions="".join(f"\n{code}\n" for name, code in FUNCTIONS.items() if f"{name}(" in step + y),
        zeros=_zeros(s), layers_read=_layers_read(s), readout=_returned(what, y), parameters=_parameters(net),
        digits=17 if s.dtype == "float64" else 9, about=_about(what), table="[..., None]" * what.table,
        window=f"    x = x[:, -{what.window}:]\n    last = x[:, -1:]\n" * bool(what.horizon),
        labels=LABELS.format(classes=ascii(what.labels.tolist())) if what.classes else "",
        inputs=f"INPUTS = {list(what.inputs)!a}\n" if what.inputs else "",
        axes_of_one=1 if what.table else 2,
    )  # fmt: skip
    return text


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
    """What the documentation says of features and classes; their names stand in literals, which hold no code."""
    lines = []
    if what.inputs:
        lines += ["The features are INPUTS, in this order."]
    if what.classes:
        lines += ["y are the probabilities of CLASSES; label(x) gives the likeliest ones."]
    return "".join(f"\n{line}" for line in lines) + "\n" * bool(lines)


def _returned(what: Exported, y: str) -> str:
    if not what.horizon:
        return f"    return {y}"
    ahead = f"last + ({y}).reshape(len(x), {what.horizon}, {what.network.specification.inputs})"
    return f"    return ({ahead})[:, :, 0]" if what.table else f"    return {ahead}"


def _without_biases(step: str) -> str:
    return re.sub(r' \+ p\["(\w+\.)?(b|b_h|c)"\]', "", step)


def _zeros(s: NetworkSpecification) -> str:
    zeros = f"np.zeros((len(x), {s.hidden}), x.dtype)"
    return f"{zeros}, {zeros}" if s.cell == "lstm" else f"({zeros},)"


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
    s, groups = net.specification, dict[str, list[str]]()
    for name, view in net.views.items():
        parts = name.split(".")
        where = "readout" if name in ("W", "b_y") else _layer_of(parts, s)
        own = ".".join(part for part in parts if part not in where.split("."))
        groups.setdefault(where, []).append(f'P["{where}"]["{own}"] = array("""\n{_rows(view)}\n""")')
    return "\n".join(line for where, lines in groups.items() for line in (f'P["{where}"] = {{}}', *lines))


def _layer_of(parts: list[str], s: NetworkSpecification) -> str:
    layer = parts[0] if parts[0].startswith("layer") else "layer0"
    return f"{layer}.{next(part for part in parts if part in ('forward', 'backward'))}" if s.bidirectional else layer


def _rows(array: Array) -> str:
    return "\n".join(" ".join(map(repr, row)) for row in array.reshape(-1, array.shape[-1]).astype(float).tolist())
