"""Networks written as ONNX models.

A model has the input `x` (batch, time, features), with `lengths=True` also `lengths` (batch,), and the output `y`; all numbers
are float32, which is what ONNX Runtime computes recurrent operators in. Inside, time comes first, as the operators want it:

    x → Transpose → RNN | LSTM | GRU, one for each layer → MatMul, Add → Sigmoid | Softmax → Transpose → y
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
from throughtime.disk import write_atomically
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.onnx.operators import ACTIVATIONS, OPERATORS, ORDER, READOUTS, reordered, session_of
from throughtime.parameters import GATES, blocks

OPSET, IR_VERSION = 17, 8
"""Of the models written: from 2022, so that runtimes of that age can read them."""


def to_onnx(net: Network, path: Any, *, lengths: bool = False) -> float:
    """Write a network as an ONNX model, after it was run in ONNX Runtime and compared with the network.

    Parameters
    ----------
    net : Network
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
    model = model_of(net, lengths=lengths)
    session = session_of(model)

    def predict(x: Array, steps: Array) -> Any:
        given = {"x": x.astype(np.float32)} | ({"lengths": steps} if lengths else {})
        return session.run(None, given)[0]

    difference = greatest_difference(net, predict, ragged=lengths)
    write_atomically(Path(path), model.SerializeToString())
    return difference


def model_of(net: Network, *, lengths: bool = False) -> onnx.ModelProto:
    """The ONNX model of a network; arguments as for `to_onnx`."""
    s = net.specification
    graph = _Graph()
    states = graph.node("Transpose", ["x"], perm=[1, 0, 2])
    steps = graph.node("Cast", ["lengths"], to=TensorProto.INT32) if lengths else ""
    wide = graph.constant("wide", np.array([0, 0, s.directions * s.hidden]))
    for layer, arrays in enumerate(_arrays(net)):
        named = [graph.constant(f"{name}_{layer}", array.astype(np.float32)) for name, array in arrays.items()]
        named += [""] * (3 - len(named))
        states, last = graph.recurrent(s, [states, *named, steps])
        states = graph.node("Transpose", [states], perm=[0, 2, 1, 3])  # (T,D,B,H) → (T,B,D,H)
        states = graph.node("Reshape", [states, wide])
    if s.output == "last step":
        last = graph.node("Transpose", [last], perm=[1, 0, 2])
        states = graph.node("Reshape", [last, graph.constant("flat", np.array([0, s.directions * s.hidden]))])
    y = graph.node("MatMul", [states, graph.constant("W_y", net["W"].astype(np.float32))])
    if s.bias:
        y = graph.node("Add", [y, graph.constant("b_y", net["b_y"].astype(np.float32))])
    if s.readout in READOUTS:
        y = graph.node("Softmax", [y], axis=-1) if s.readout == "softmax" else graph.node("Sigmoid", [y])
    if s.output == "every step":
        y = graph.node("Transpose", [y], perm=[1, 0, 2])
        if lengths:
            y = graph.masked(y)
    graph.node("Identity", [y], outputs=["y"])
    return graph.model(s, lengths)


class _Graph:
    """The nodes and constants of a model, as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, array: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, operator: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node → the name of its first output."""
        outputs = outputs or [f"{operator}_{len(self.nodes)}"]
        self.nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0]

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

    def model(self, s: NetworkSpecification, lengths: bool) -> onnx.ModelProto:
        number, whole = TensorProto.FLOAT, TensorProto.INT64
        inputs = [helper.make_tensor_value_info("x", number, ["batch", "time", s.inputs])]
        if lengths:
            inputs.append(helper.make_tensor_value_info("lengths", whole, ["batch"]))
        steps = ["time"] if s.output == "every step" else []
        output = helper.make_tensor_value_info("y", number, ["batch", *steps, s.outputs])
        graph = helper.make_graph(self.nodes, "throughtime", inputs, [output], self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="throughtime"
        )
        helper.set_model_props(model, {"throughtime": json.dumps({"loss": s.loss})})
        onnx.checker.check_model(model, full_check=True)
        return model


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
