"""Networks and estimators written as ONNX models.

A model has the input `x` (batch, time, features), with `lengths=True` also `lengths` (batch,), and the output `y`; all numbers
are float32, which is what ONNX Runtime computes recurrent operators in. Inside, time comes first, as the operators want it:

    x → Transpose → RNN | LSTM | GRU, one for each layer → MatMul, Add → Sigmoid | Softmax → Transpose → y

A model with classes has a second output, `label`. A forecaster's model reads its window only, and adds its outputs to the
last step.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from throughtime.agreement import greatest_difference
from throughtime.batch import Array
from throughtime.checks import flag
from throughtime.disk import write_atomically
from throughtime.exported import Exported, exported
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.onnx.operators import ACTIVATIONS, OPERATORS, ORDER, READOUTS, reordered, session_of
from throughtime.parameters import GATES, blocks

OPSET, IR_VERSION = 17, 8
"""Of the models written: from 2022, so that runtimes of that age can read them."""


def to_onnx(net: Any, path: Any, *, lengths: bool = False) -> float:
    """Write a network or an estimator as an ONNX model, after it was run in ONNX Runtime and compared with it.

    Parameters
    ----------
    net : Network, or a fitted estimator of `throughtime.sklearn`
        The model of an estimator reads features as `fit` did: its standardisation is in the weights. A classifier's or labeler's
        has the probabilities `y` and the labels `label`; a forecaster's `y` is the steps ahead.
    path : path
        The file; it is written atomically.
    lengths : bool
        Whether the model has a second input `lengths` (batch,) int64, the steps of each sequence that are real. As
        everywhere, padding then changes no result, and outputs are 0 behind a sequence's end.

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
    model = model_of(what, lengths=lengths)
    session = session_of(model)

    def predict(x: Array, steps: Array) -> Any:
        given = {"x": x.astype(np.float32)} | ({"lengths": steps} if lengths else {})
        return session.run(["y"], given)[0]

    difference = greatest_difference(what, predict, ragged=lengths)
    write_atomically(Path(path), model.SerializeToString())
    return difference


def model_of(net: Any, *, lengths: bool = False) -> onnx.ModelProto:
    """The ONNX model of a network or an estimator; arguments as for `to_onnx`."""
    what = exported(net)
    net, s = what.network, what.network.specification
    s.only_shipped("ONNX models are there")
    graph = _Graph()
    x, steps, last_step = graph.read(what, lengths)
    states = graph.node("Transpose", [x], perm=[1, 0, 2])
    wide = graph.constant("wide", np.array([0, 0, s.directions * s.hidden]))
    for layer, arrays in enumerate(_arrays(net)):
        named = [graph.constant(f"{name}_{layer}", _float32(array)) for name, array in arrays.items()]
        named += [""] * (3 - len(named))
        states, last = graph.recurrent(s, [states, *named, steps])
        states = graph.node("Transpose", [states], perm=[0, 2, 1, 3])  # (T,D,B,H) → (T,B,D,H)
        states = graph.node("Reshape", [states, wide])
    if s.output == "last step":
        last = graph.node("Transpose", [last], perm=[1, 0, 2])
        states = graph.node("Reshape", [last, graph.constant("flat", np.array([0, s.directions * s.hidden]))])
    y = graph.node("MatMul", [states, graph.constant("W_y", _float32(net["W"]))])
    if s.bias:
        y = graph.node("Add", [y, graph.constant("b_y", _float32(net["b_y"]))])
    if s.readout in READOUTS:
        y = graph.node("Softmax", [y], axis=-1) if s.readout == "softmax" else graph.node("Sigmoid", [y])
    if s.output == "every step":
        y = graph.node("Transpose", [y], perm=[1, 0, 2])
        if lengths:
            y = graph.masked(y)
    if what.horizon:
        y = graph.ahead(what, y, last_step)
    graph.node("Identity", [y], outputs=["y"])
    if what.classes:
        likeliest = graph.node("ArgMax", ["y"], axis=-1, keepdims=0)
        graph.node("Gather", [graph.constant("classes", what.labels), likeliest], outputs=["label"])
    return graph.model(what, lengths)


class _Graph:
    """The nodes and constants of a model, as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, array: Array) -> str:
        array = array.astype(object) if array.dtype.kind == "U" else np.asarray(array, order="C")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, operator: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node → the name of its first output."""
        outputs = outputs or [f"{operator}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0]

    def read(self, what: Exported, lengths: bool) -> tuple[str, str, str]:
        """Add what is read of x → the sequences, the steps of each as int32 (or ""), and a forecaster's last step (B,F)."""
        x, steps, last = "x", "lengths" if lengths else "", ""
        if what.table:
            x = self.node("Unsqueeze", [x, self.constant("feature_axis", np.array([2]))])
        if what.horizon and lengths:
            one, window = self.constant("step", np.array(1)), self.constant("window", np.array(what.window))
            end = self.node("Sub", ["lengths", one])
            steps = self.node("Min", ["lengths", window])
            time = self.node("Gather", [self.node("Shape", ["x"]), one])
            begin = self.node(
                "Unsqueeze", [self.node("Sub", ["lengths", steps]), self.constant("of_time", np.array([1]))]
            )
            read = self.node("Range", [self.constant("start", np.array(0)), self.node("Min", [time, window]), "step"])
            places = self.node("Min", [self.node("Add", [begin, read]), self.node("Sub", [time, one])])
            of_feature = self.constant("of_feature", np.array([-1]))
            last = self.node("GatherND", [x, self.node("Unsqueeze", [end, of_feature])], batch_dims=1)
            x = self.node("GatherND", [x, self.node("Unsqueeze", [places, of_feature])], batch_dims=1)
        elif what.horizon:
            ends = [
                self.constant(name, np.array([n])) for name, n in (("from", -what.window), ("to", 2**62), ("along", 1))
            ]
            x = self.node("Slice", [x, *ends])
            last = self.node("Gather", [x, self.constant("end", np.array(-1))], axis=1)
        if steps:
            steps = self.node("Cast", [steps], to=TensorProto.INT32)
        return x, steps, last

    def ahead(self, what: Exported, y: str, last: str) -> str:
        """Add a forecaster's steps ahead: the last step and its outputs (B, horizon · F)."""
        y = self.node(
            "Reshape", [y, self.constant("steps", np.array([0, what.horizon, what.network.specification.inputs]))]
        )
        y = self.node("Add", [y, self.node("Unsqueeze", [last, self.constant("step_axis", np.array([1]))])])
        return self.node("Squeeze", [y, self.constant("only", np.array([2]))]) if what.table else y

    def recurrent(self, s: NetworkSpecification, inputs: list[str]) -> tuple[str, str]:
        """Add a layer → its states (T,D,B,H), and those after the last step (D,B,H)."""
        attributes: dict[str, Any] = {"hidden_size": s.hidden}
        attributes["direction"] = "bidirectional" if s.bidirectional else "forward"
        if s.cell == "elman":
            attributes["activations"] = [ACTIVATIONS[s.activation]] * s.directions
        if s.cell == "gru":
            attributes["linear_before_reset"] = 1
        states, last = f"states_{len(self.nodes)}", f"last_{len(self.nodes)}"
        self.node(OPERATORS[s.cell], inputs, [states, last], **attributes)
        return states, last

    def masked(self, y: str) -> str:
        """Add what sets y (B,T,O) to 0 behind each sequence's end."""
        time = self.node("Gather", [self.node("Shape", ["x"]), self.constant("one", np.array(1))])
        places = self.node("Range", [self.constant("zero", np.array(0)), time, "one"])
        axis = self.constant("last_axis", np.array([-1]))
        real = self.node("Less", [places, self.node("Unsqueeze", ["lengths", axis])])
        return self.node(
            "Where", [self.node("Unsqueeze", [real, axis]), y, self.constant("nothing", np.zeros(1, np.float32))]
        )

    def model(self, what: Exported, lengths: bool) -> onnx.ModelProto:
        s, number, whole = what.network.specification, TensorProto.FLOAT, TensorProto.INT64
        features = [] if what.table else [s.inputs]
        inputs = [helper.make_tensor_value_info("x", number, ["batch", "time", *features])]
        if lengths:
            inputs.append(helper.make_tensor_value_info("lengths", whole, ["batch"]))
        steps = ["time"] if s.output == "every step" else []
        shape: list[Any] = ["batch", what.horizon, *features] if what.horizon else ["batch", *steps, s.outputs]
        outputs = [helper.make_tensor_value_info("y", number, shape)]
        if what.classes:
            kind = self.constants[-1].data_type
            outputs.append(helper.make_tensor_value_info("label", kind, ["batch", *steps]))
        graph = helper.make_graph(self.nodes, "throughtime", inputs, outputs, self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="throughtime"
        )
        described: dict[str, Any] = {"loss": s.loss}
        described |= {"inputs": list(what.inputs)} if what.inputs else {}
        described |= {"classes": what.labels.tolist()} if what.classes else {}
        helper.set_model_props(model, {"throughtime": json.dumps(described)})
        onnx.checker.check_model(model, full_check=True)
        return model


def _float32(array: Array) -> Array:
    with np.errstate(over="ignore"):
        found = array.astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError(
            "float32, which ONNX Runtime computes in, cannot hold a weight of the network: export it otherwise"
        )
    return found


def _arrays(net: Network) -> list[dict[str, Array]]:
    """For each layer ONNX's W (D,G·H,K), R (D,G·H,H) and, with biases, B (D,2·G·H): those of W, then those of R."""
    s = net.specification
    layers = []
    for layer in range(s.layers):
        sides: dict[str, list[Array]] = {"W": [], "R": [], "B": []}
        for direction in range(s.directions):
            found = {b.symbol: b.of(net.parameters) for b in blocks(s) if (b.layer, b.direction) == (layer, direction)}
            sides["W"].append(reordered(found["V"].T, GATES[s.cell], ORDER[s.cell]))
            sides["R"].append(reordered(found["U"].T, GATES[s.cell], ORDER[s.cell]))
            if s.bias:
                b, recurrent = found["b"], np.zeros_like(found["b"])
                if s.cell == "gru":
                    recurrent[2 * s.hidden :] = found["c"]
                both = [reordered(bias, GATES[s.cell], ORDER[s.cell]) for bias in (b, recurrent)]
                sides["B"].append(np.concatenate(both))
        layers.append({name: np.stack(arrays) for name, arrays in sides.items() if arrays})
    return layers
