"""Networks and estimators written as ONNX models.

A model has the input `x` (batch, time, features), with `lengths=True` also `lengths` (batch,), and the output `y`.
Inside, time comes first, as the operators want it:

    x → Transpose → RNN | LSTM | GRU | Scan, one for each layer → MatMul, Add → Sigmoid | Softmax → Transpose → y

A layer is one of ONNX's recurrent operators if its cell computes what that does (`operators`), else a Scan (`scan`). A
model with classes has a second output, `label`. A forecaster's model reads its window only, and adds its outputs to the
last step. Where answers are pooled, the sum of outputs over time is read out, weighed by a Softmax of the last one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from throughtime.batch import Array
from throughtime.bridges.agreement import LARGEST_DIFFERENCE, greatest_difference
from throughtime.bridges.equations import parameters_of
from throughtime.bridges.exported import Exported, exported
from throughtime.bridges.onnx.nodes import Nodes
from throughtime.bridges.onnx.operators import READOUTS, Operator, operator_of, session_of
from throughtime.bridges.onnx.scan import scan
from throughtime.bridges.standard_layers import Gates, Names
from throughtime.passes.state import State
from throughtime.support.checks import choice, flag
from throughtime.support.disk import write_atomically
from throughtime.weights.network_specification import CHOICES
from throughtime.weights.parameters import DIRECTIONS

OPSET, IR_VERSION = 17, 8
"""Of the models written: from 2022, so that runtimes of that age can read them."""
FUNCTIONS = {**READOUTS, "exp": "Exp"}
"""Operators of what answers are made by."""


def to_onnx(net: Any, path: Any, *, lengths: bool = False, state: bool = False, dtype: str = "float32") -> float:
    """Write a network or an estimator as an ONNX model, after it was run in ONNX Runtime and compared with it.

    Parameters
    ----------
    net : Network, or a fitted estimator of `throughtime.sklearn`
        Of any cell. The model of an estimator reads features as `fit` did: its standardisation is in the weights. A
        classifier's or labeler's has the probabilities `y` and the labels `label`; a forecaster's `y` is the steps
        ahead.
    path : path
        The file; it is written atomically.
    lengths : bool
        Whether the model has a second input `lengths` (batch,) int64, the steps of each sequence that are real. As
        everywhere, padding then changes no result, and outputs are 0 behind a sequence's end.
    state : bool
        Whether every state is an input and an output, as h_0 and h_n (layers · directions, batch, hidden), and C_0 and
        C_n of an LSTM: those before the first step and after the last, which the next call can be given.
    dtype : "float32" or "float64"
        What is computed in. ONNX Runtime computes its recurrent operators in float32 only: in float64 each layer is a
        Scan.

    Returns
    -------
    float
        The greatest difference between an output of the model and the network's, on random sequences.

    Raises
    ------
    ValueError
        If they differ too much, as when a network blows float32's rounding up. Nothing is written then.
    """
    what, lengths = exported(net), flag("lengths", lengths)
    model = model_of(what, lengths=lengths, state=state, dtype=dtype)
    session = session_of(model)
    zeros = what.network.initial_state

    def predict(x: Array, steps: Array) -> Any:
        given = {"x": x.astype(dtype)} | ({"lengths": steps} if lengths else {})
        return session.run(["y"], given | (_given(zeros(len(x)), dtype) if state else {}))[0]

    difference = greatest_difference(what, predict, ragged=lengths)
    if state:
        _check_states(what, session, lengths, dtype)
    write_atomically(Path(path), model.SerializeToString())
    return difference


def model_of(net: Any, *, lengths: bool = False, state: bool = False, dtype: str = "float32") -> onnx.ModelProto:
    """The ONNX model of a network or an estimator; arguments as for `to_onnx`."""
    what, lengths, state = exported(net), flag("lengths", lengths), flag("state", state)
    if state and what.horizon:
        raise ValueError("a forecaster's model reads its window anew at each call: it has no state to be given")
    if state and what.pooled:
        raise ValueError("a model that pools over time reads whole sequences: a NumPy script or a C file has a step")
    return _Model(what, lengths, state, choice("dtype", dtype, CHOICES["dtype"])).made()


class _Model:
    """A model in the making."""

    def __init__(self, what: Exported, lengths: bool, state: bool, dtype: str) -> None:
        self.what, self.net, self.s = what, what.network, what.network.specification
        self.lengths, self.state, self.nodes = lengths, state, Nodes(dtype)
        self.operator = operator_of(self.s.graph) if dtype == "float32" else None
        self.layers = parameters_of(self.net).layers

    def made(self) -> onnx.ModelProto:
        """The whole model."""
        what, s, nodes = self.what, self.s, self.nodes
        x, steps, last_step = self.read()
        states = nodes.node("Transpose", [x], perm=[1, 0, 2])
        masked = steps and (s.output == "every step" or not self.operator)
        real = self.real(states, steps) if masked else ""
        final: list[list[str]] = []
        for layer in range(s.layers):
            if self.operator:
                states, ends = self.standard(*self.operator, layer, states, steps)
            else:
                states, ends = self.scans(layer, states, real)
            final.append(ends)
        for k, name in enumerate(s.graph.states if self.state else ()):
            nodes.node("Concat", [ends[k] for ends in final], [f"{name}_n"], axis=0)
        if s.output == "last step":
            last = nodes.node("Transpose", [final[-1][0]], perm=[1, 0, 2])
            states = nodes.node("Reshape", [last, nodes.whole(0, s.directions * s.hidden)])
        y = nodes.node("MatMul", [states, nodes.weights("readout.W", self.net["W"])])
        if s.bias:
            y = nodes.node("Add", [y, nodes.weights("readout.b_y", self.net["b_y"])])
        y = self.pool(y, real) if what.pooled else y
        if what.readout != "identity":
            own: dict[str, Any] = {"axis": -1} if what.readout == "softmax" else {}
            y = nodes.node(FUNCTIONS[what.readout], [y], **own)
        if what.each:
            y = nodes.node("Where", [real, y, nodes.number(0.0)]) if real else y
            y = nodes.node("Transpose", [y], perm=[1, 0, 2])
        if what.horizon:
            y = self.ahead(y, last_step)
        nodes.node("Identity", [y], ["y"])
        if what.classes:
            likeliest = nodes.node("ArgMax", ["y"], axis=-1, keepdims=0)
            nodes.node("Gather", [nodes.constant("readout.classes", what.labels), likeliest], ["label"])
        return self.model()

    def read(self) -> tuple[str, str, str]:
        """Add what is read of x → the sequences, the steps of each (or ""), and a forecaster's last step (B,F)."""
        what, nodes = self.what, self.nodes
        x, steps, last = "x", "lengths" if self.lengths else "", ""
        if what.table:
            x = nodes.node("Unsqueeze", [x, nodes.whole(2)])
        if what.horizon and self.lengths:
            end = nodes.node("Sub", ["lengths", nodes.index(1)])
            steps = nodes.node("Min", ["lengths", nodes.index(what.window)])
            time = nodes.node("Gather", [nodes.node("Shape", ["x"]), nodes.index(1)])
            begin = nodes.node("Unsqueeze", [nodes.node("Sub", ["lengths", steps]), nodes.whole(1)])
            read = nodes.node("Min", [time, nodes.index(what.window)])
            read = nodes.node("Range", [nodes.index(0), read, nodes.index(1)])
            places = nodes.node("Add", [begin, read])
            places = nodes.node("Min", [places, nodes.node("Sub", [time, nodes.index(1)])])
            last = nodes.node("GatherND", [x, nodes.node("Unsqueeze", [end, nodes.whole(-1)])], batch_dims=1)
            x = nodes.node("GatherND", [x, nodes.node("Unsqueeze", [places, nodes.whole(-1)])], batch_dims=1)
        elif what.horizon:
            x = nodes.node("Slice", [x, nodes.whole(-what.window), nodes.whole(2**62), nodes.whole(1)])
            last = nodes.node("Gather", [x, nodes.index(-1)], axis=1)
        return x, steps, last

    def real(self, x: str, steps: str) -> str:
        """Add which steps of x (T,B,K) are real, (T,B,1)."""
        nodes = self.nodes
        time = nodes.node("Gather", [nodes.node("Shape", [x]), nodes.index(0)])
        places = nodes.node("Range", [nodes.index(0), time, nodes.index(1)])
        less = nodes.node("Less", [nodes.node("Unsqueeze", [places, nodes.whole(1)]), steps])
        return nodes.node("Unsqueeze", [less, nodes.whole(2)])

    def pool(self, y: str, real: str) -> str:
        """Add the mean (B,O) of outputs (T,B,O+1) over the real steps, by the softmax of the last one."""
        nodes = self.nodes
        last, end, axis = nodes.whole(-1), nodes.whole(2**62), nodes.whole(2)
        scores = nodes.node("Slice", [y, last, end, axis])
        if real:
            scores = nodes.node("Where", [real, scores, nodes.number(float(np.finfo(nodes.dtype).min))])
        shares = nodes.node("Softmax", [scores], axis=0)
        y = nodes.node("Mul", [shares, nodes.node("Slice", [y, nodes.whole(0), last, axis])])
        return nodes.node("ReduceSum", [y, nodes.whole(0)], keepdims=0)

    def ahead(self, y: str, last: str) -> str:
        """Add a forecaster's steps ahead: the last step and its outputs (B, horizon · F)."""
        nodes = self.nodes
        y = nodes.node("Reshape", [y, nodes.whole(0, self.what.horizon, self.s.inputs)])
        y = nodes.node("Add", [y, nodes.node("Unsqueeze", [last, nodes.whole(1)])])
        return nodes.node("Squeeze", [y, nodes.whole(2)]) if self.what.table else y

    def first(self, state: str, layer: int) -> str:
        """A state before a layer's first step (D,B,H), as it is given."""
        D = self.s.directions
        if self.s.layers == 1:
            return f"{state}_0"
        ends = [self.nodes.whole(place) for place in (layer * D, (layer + 1) * D, 0)]
        return self.nodes.node("Slice", [f"{state}_0", *ends])

    def standard(self, operator: Operator, names: Names, layer: int, x: str, steps: str) -> tuple[str, list[str]]:
        """Add a layer as one of ONNX's operators → its states (T,B,D·H), and each state after the last step (D,B,H)."""
        s, nodes, gates = self.s, self.nodes, operator.gates
        sides = [self.layers[layer, direction] for direction in range(s.directions)]
        inputs = s.inputs if layer == 0 else s.directions * s.hidden

        def stacked(symbol: str, *shape: int) -> Array:
            return np.stack([gates.stacked(symbol, names, side, shape) for side in sides])

        arrays = {"W": stacked("V", inputs, s.hidden), "R": stacked("U", s.hidden, s.hidden)}
        if s.bias:
            arrays["B"] = np.concatenate([stacked("b", s.hidden), stacked("c", s.hidden)], axis=1)
        given = [x, *(nodes.weights(f"layer{layer}.{name}", array) for name, array in arrays.items())]
        given += [""] * (4 - len(given))
        given += [nodes.node("Cast", [steps], to=TensorProto.INT32) if steps else ""]
        given += [self.first(state, layer) if self.state else "" for state in s.graph.states]
        if operator.peepholes:
            given += [""] * (7 - len(given))
            weights = Gates(gates.step, operator.peepholes)
            P = np.stack([weights.stacked("w", names, side, (s.hidden,)) for side in sides])
            given += [nodes.weights(f"layer{layer}.P", P)]
        ends = [f"layer{layer}.{state}.last" for state in s.graph.states]
        direction = "bidirectional" if s.bidirectional else "forward"
        attributes = {k: v * s.directions if isinstance(v, list) else v for k, v in operator.attributes.items()}
        states = nodes.free("states")
        nodes.node(operator.name, given, [states, *ends], hidden_size=s.hidden, direction=direction, **attributes)
        states = nodes.node("Transpose", [states], perm=[0, 2, 1, 3])  # (T,D,B,H) → (T,B,D,H)
        return nodes.node("Reshape", [states, nodes.whole(0, 0, s.directions * s.hidden)]), ends

    def scans(self, layer: int, x: str, real: str) -> tuple[str, list[str]]:
        """Add a layer as a Scan in each direction → as `standard`."""
        s, nodes, states = self.s, self.nodes, self.s.graph.states
        given = [self.first(state, layer) for state in states] if self.state else []
        zeros = [] if self.state else [self.zeros(x)] * len(states)
        found = []
        for direction in range(s.directions):
            first = zeros or [nodes.node("Gather", [state, nodes.index(direction)]) for state in given]
            where = f"layer{layer}.{DIRECTIONS[direction]}."
            found.append(scan(nodes, s, where, self.layers[layer, direction], x, first, real))
        ends = []
        for k in range(len(states)):
            each = [nodes.node("Unsqueeze", [last[k], nodes.whole(0)]) for _, last in found]
            ends.append(nodes.node("Concat", each, axis=0))
        return nodes.node("Concat", [side for side, _ in found], axis=2), ends

    def zeros(self, x: str) -> str:
        """Add a state of zeros (B,H), for x (T,B,K)."""
        nodes = self.nodes
        shape = nodes.node("Concat", [nodes.node("Shape", [x], start=1, end=2), nodes.whole(self.s.hidden)], axis=0)
        return nodes.node("ConstantOfShape", [shape], value=helper.make_tensor("value", nodes.type, [1], [0.0]))

    def model(self) -> onnx.ModelProto:
        """All that was added, with the inputs and outputs."""
        what, s, nodes = self.what, self.s, self.nodes
        features = [] if what.table else [s.inputs]
        inputs = [helper.make_tensor_value_info("x", nodes.type, ["batch", "time", *features])]
        if self.lengths:
            inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]))
        steps = ["time"] if what.each else []
        shape: list[Any] = ["batch", what.horizon, *features] if what.horizon else ["batch", *steps, what.outputs]
        outputs = [helper.make_tensor_value_info("y", nodes.type, shape)]
        if what.classes:
            kind = nodes.constants["readout.classes"].data_type
            outputs.append(helper.make_tensor_value_info("label", kind, ["batch", *steps]))
        for state in s.graph.states if self.state else ():
            size: list[str | int | None] = [s.layers * s.directions, "batch", s.hidden]
            inputs.append(helper.make_tensor_value_info(f"{state}_0", nodes.type, size))
            outputs.append(helper.make_tensor_value_info(f"{state}_n", nodes.type, size))
        graph = helper.make_graph(nodes.nodes, "throughtime", inputs, outputs, list(nodes.constants.values()))
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="throughtime"
        )
        described: dict[str, Any] = {"loss": s.loss}
        described |= {} if self.operator else {"network": s.as_dict()}
        described |= {"states": list(s.graph.states)} if self.state else {}
        described |= {"inputs": list(what.inputs)} if what.inputs else {}
        described |= {"classes": what.labels.tolist()} if what.classes else {}
        helper.set_model_props(model, {"throughtime": json.dumps(described)})
        onnx.checker.check_model(model, full_check=True)
        return model


def _given(state: State, dtype: str) -> dict[str, Array]:
    """A state as inputs of a model."""
    return {f"{name}_0": part.astype(dtype) for name, part in zip(state.names, state.arrays, strict=True)}


def _check_states(what: Exported, session: Any, lengths: bool, dtype: str) -> None:
    """A ValueError if outputs or last states differ, from a state that the network has reached."""
    net, rng = what.network, np.random.default_rng(0)
    before, x = what.random(rng, 3, 9), what.random(rng, 3, 7)
    state = net.hidden(before[:, :, None] if what.table else before)[1]
    steps = np.array([7, 4, 1] if lengths else [7, 7, 7])
    sequences = x[:, :, None] if what.table else x
    final = _given(net.hidden(sequences, steps, state)[1], net.specification.dtype)
    y = net.predict(sequences, steps, state)
    known = [np.exp(y) if what.readout == "exp" else y, *final.values()]
    given = {"x": x.astype(dtype)} | ({"lengths": steps} if lengths else {}) | _given(state, dtype)
    made = session.run(["y", *(f"{name}_n" for name in net.specification.graph.states)], given)
    for ours, theirs in zip(known, made, strict=True):
        difference = np.abs(np.reshape(theirs, ours.shape) - ours).max()
        if not difference <= LARGEST_DIFFERENCE * max(1.0, float(np.abs(ours).max())):
            raise ValueError(
                f"from a state that it is given, the model differs from the network by up to {difference:.2g}"
            )
