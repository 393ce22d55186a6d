"""Networks as ONNX models and back: the standard RNN, LSTM and GRU operators, any batch size and any number of steps.

A model has the input `x` (batch, time, features), with `lengths=True` also `lengths` (batch,), and the output `y`; all numbers
are float32, which is what ONNX Runtime computes recurrent operators in. Inside, time comes first, as the operators want it:

    x → Transpose → RNN | LSTM | GRU, one for each layer → MatMul, Add → Sigmoid | Softmax → Transpose → y
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.agreement import LARGEST_DIFFERENCE, greatest_difference
from throughtime.batch import Array
from throughtime.disk import write_atomically
from throughtime.losses import SUITABLE
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.parameters import GATES, blocks

try:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise ImportError(f"throughtime.onnx needs {error.name}: pip install 'throughtime[onnx]'") from None

OPSET, IR_VERSION = 17, 8
"""Of the models written: from 2022, so that runtimes of that age can read them."""
OPERATORS = {"elman": "RNN", "lstm": "LSTM", "gru": "GRU"}
ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
READOUTS = {"sigmoid": "Sigmoid", "softmax": "Softmax"}
ORDER = {
    "elman": ("",),
    "lstm": ("input", "output", "forget", "candidate"),
    "gru": ("update", "reset", "candidate"),
}
"""ONNX's order of the gates; ours is `parameters.GATES`."""
AROUND = {
    "Cast", "Concat", "Constant", "ConstantOfShape", "Expand", "Gather", "Identity", "Less", "Range", "Reshape", "Shape",
    "Slice", "Squeeze", "Transpose", "Unsqueeze", "Where",
}  # fmt: skip
"""Operators that lay numbers out anew, and the mask over padding."""


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


def from_onnx(path: Any) -> Network:
    """Read a network from an ONNX model, and compare the two in ONNX Runtime.

    Parameters
    ----------
    path : path
        A model of one stack of standard RNN, LSTM or GRU operators (all forward, or all bidirectional) that start at zero,
        and one linear readout with Sigmoid, Softmax or nothing behind it; written by `to_onnx`, PyTorch or others. Its
        first input is (batch, time, features), its first output (batch, time, outputs) or (batch, outputs).

    Returns
    -------
    Network
        With the dtype of the model's numbers; its loss is the one that suits the readout, if the model tells no other.

    Raises
    ------
    ValueError
        If the model is none of these, or computes something else than the network that was read from it.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's errors have no common base
        raise ValueError(f"{path} holds no ONNX model: {error}") from None
    try:
        net = _network(model)
        _check_same(model, net)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return net


def session_of(model: onnx.ModelProto, threads: int = 0) -> Any:
    """ONNX Runtime's session for a model, on the CPU; 0 threads are as many as there are processors."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


# Writing


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
            sides["W"].append(_reordered(found["V"].T, GATES[s.cell], ORDER[s.cell]))
            sides["R"].append(_reordered(found["U"].T, GATES[s.cell], ORDER[s.cell]))
            if s.bias:
                b, recurrent = found["b"], np.zeros_like(found["b"])
                if s.cell == "gru":
                    recurrent[2 * s.hidden :] = found["c"]
                both = [_reordered(bias, GATES[s.cell], ORDER[s.cell]) for bias in (b, recurrent)]
                sides["B"].append(np.concatenate(both))
        layers.append({name: np.stack(arrays) for name, arrays in sides.items() if arrays})
    return layers


def _reordered(rows: Array, present: tuple[str, ...], wanted: tuple[str, ...]) -> Array:
    """The gates' rows (G·H, …) in another order of the gates."""
    gates = dict(zip(present, np.split(rows, len(present)), strict=True))
    return np.concatenate([gates[name] for name in wanted])


# Reading


def _network(model: onnx.ModelProto) -> Network:
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    layers = [node for node in graph.node if node.op_type in OPERATORS.values()]
    readout = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    added = [
        constants[name] for node in graph.node if node.op_type == "Add" for name in node.input if name in constants
    ]
    squashed = [name for name, operator in READOUTS.items() for node in graph.node if node.op_type == operator]
    known = {*OPERATORS.values(), *READOUTS.values(), *AROUND, "MatMul", "Gemm", "Add"}
    others = sorted({node.op_type for node in graph.node} - known)
    if others:
        raise ValueError(f"a network has no {', '.join(others)}: it is recurrent layers and one linear readout")
    kinds = {node.op_type for node in layers}
    if len(kinds) != 1 or len(readout) != 1 or len(added) > 1 or len(squashed) > 1:
        raise ValueError(
            "a network is a stack of RNN, LSTM or GRU operators of one kind and one linear readout, got "
            f"{', '.join(node.op_type for node in graph.node if node.op_type not in AROUND) or 'neither'}"
        )
    cell = next(name for name, operator in OPERATORS.items() if operator in kinds)
    W, b_y = _linear(readout[0], constants, added)
    arrays = [_layer(node, cell, constants) for node in layers]
    attributes = [_attributes(node) for node in layers]
    bidirectional = attributes[0].get("direction") == b"bidirectional"
    first = arrays[0]
    # An RNN without `activations` is a tanh one.
    activations = {name.decode() for found in attributes for name in found.get("activations", [])} or {"Tanh"}
    if cell == "elman" and (len(activations) > 1 or not activations <= set(ACTIVATIONS.values())):
        raise ValueError(
            f"an RNN's activations must be all Sigmoid, all Tanh or all Relu, got {', '.join(activations)}"
        )
    fields: dict[str, Any] = {}
    if cell == "elman":
        fields["activation"] = next(name for name, operator in ACTIVATIONS.items() if operator in activations)
    told = json.loads({entry.key: entry.value for entry in model.metadata_props}.get("throughtime", "{}"))
    function = squashed[0] if squashed else "identity"
    rank = len(graph.output[0].type.tensor_type.shape.dim)
    s = NetworkSpecification(
        cell=cell,  # type: ignore[arg-type]  # one of OPERATORS
        inputs=first["W"].shape[2], hidden=first["R"].shape[2], outputs=W.shape[1], layers=len(layers),
        bidirectional=bidirectional, readout=function,  # type: ignore[arg-type]
        loss=told.get("loss", SUITABLE[function]), bias=b_y is not None or any("B" in a for a in arrays),
        output="last step" if rank == 2 else "every step", dtype=str(W.dtype), **fields,  # type: ignore[arg-type]
    )  # fmt: skip
    net = Network(s)
    net.parameters[:] = 0
    net["W"] = W
    if b_y is not None:
        net["b_y"] = b_y
    for layer, found in enumerate(arrays):
        _fill(net, layer, found)
    return net


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _layer(node: onnx.NodeProto, cell: str, constants: dict[str, Array]) -> dict[str, Array]:
    """ONNX's W, R and B of a layer; a ValueError for what our cells cannot do."""
    attributes = _attributes(node)
    if attributes.get("direction") == b"reverse":
        raise ValueError(f"{node.op_type} reads in reverse: a network reads forward or in both directions")
    if cell == "gru" and attributes.get("linear_before_reset", 0) != 1:
        raise ValueError(
            "the GRU has linear_before_reset=0: only the form of PyTorch and cuDNN, linear_before_reset=1, can be read"
        )
    standard = {"lstm": [b"Sigmoid", b"Tanh", b"Tanh"], "gru": [b"Sigmoid", b"Tanh"]}.get(cell)
    if standard and attributes.get("activations", standard)[: len(standard)] != standard:
        raise ValueError(f"the {node.op_type} has other activations than the standard ones")
    if attributes.get("clip") or attributes.get("input_forget") or (len(node.input) > 7 and node.input[7]):
        raise ValueError(f"the {node.op_type} has a clip, input_forget or peepholes, which our cells have not")
    found = {}
    for name, place in (("W", 1), ("R", 2), ("B", 3)):
        given = node.input[place] if len(node.input) > place else ""
        if given and given not in constants:
            raise ValueError(f"the {name} of the {node.op_type} is not a constant of the model")
        if given:
            found[name] = constants[given]
    return found


def _linear(node: onnx.NodeProto, constants: dict[str, Array], added: list[Array]) -> tuple[Array, Array | None]:
    """The readout's W (D·H,O) and b_y (O)."""
    if node.input[1] not in constants:
        raise ValueError("the readout's weights are not a constant of the model")
    W = constants[node.input[1]]
    if node.op_type == "MatMul":
        return W, added[0] if added else None
    attributes = _attributes(node)
    bias = constants.get(node.input[2]) if len(node.input) > 2 else None
    return W.T if attributes.get("transB") else W, bias


def _fill(net: Network, layer: int, found: dict[str, Array]) -> None:
    """Write a layer's W, R and B into the network; where our cells have one bias, it is the sum of ONNX's two."""
    s = net.specification
    H, width = s.hidden, len(GATES[s.cell]) * s.hidden
    for block in blocks(s):
        if block.layer != layer:
            continue
        side = {name: array[block.direction] for name, array in found.items()}
        halves = np.split(side.get("B", np.zeros(2 * width, s.dtype)), 2)
        W, R, b, recurrent = (_reordered(a, ORDER[s.cell], GATES[s.cell]) for a in (side["W"], side["R"], *halves))
        if s.cell == "gru":
            c, recurrent[2 * H :] = recurrent[2 * H :].copy(), 0
            own = {"V": W.T, "U": R.T, "b": b + recurrent, "c": c}
        else:
            own = {"V": W.T, "U": R.T, "b": b + recurrent}
        block.of(net.parameters)[...] = own[block.symbol]


def _check_same(model: onnx.ModelProto, net: Network) -> None:
    """A ValueError if the model's outputs are not the network's."""
    session = session_of(model)
    given = session.get_inputs()
    sizes = [size if isinstance(size, int) else free for size, free in zip(given[0].shape, (3, 7, 0), strict=False)]
    if len(sizes) != 3 or sizes[2] != net.specification.inputs:
        raise ValueError(f"its input must be (batch, time, {net.specification.inputs} features), got {given[0].shape}")
    x = np.random.default_rng(0).normal(size=sizes).astype(net.specification.dtype)
    feed = {given[0].name: x}
    for other in given[1:]:
        if (other.name, other.type) != ("lengths", "tensor(int64)"):
            raise ValueError(f"it has the input {other.name} besides {given[0].name}, which a network has not")
        feed[other.name] = np.full(sizes[0], sizes[1])
    y, ours = session.run(None, feed)[0], net.predict(x)
    if y.shape != ours.shape:
        raise ValueError(f"its outputs are {y.shape} where a network's are {ours.shape}")
    difference = float(np.abs(y - ours).max())
    if not difference <= LARGEST_DIFFERENCE * max(1.0, float(np.abs(ours).max())):
        raise ValueError(
            f"its outputs differ by up to {difference:.2g} from those of its recurrent layers and readout alone"
        )
