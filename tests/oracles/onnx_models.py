"""ONNX models as other programs write them."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx
from onnx import TensorProto, helper, numpy_helper

from throughtime.bridges.onnx import from_onnx, session_of

I, H, O = 3, 4, 2
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


class Graph:
    """A model that is written node by node; constants are given as arrays."""

    def __init__(self, seed=0):
        self.nodes, self.constants, self.rng = [], [], np.random.default_rng(seed)

    def __call__(self, operator, *inputs, outputs=1, **attributes):
        names = [name if isinstance(name, str) else self.constant(name) for name in inputs]
        made = [f"v{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, names, made, **attributes))
        return made[0] if outputs == 1 else made

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def weights(self, *shape):
        return self.rng.normal(0, 0.5, shape).astype(np.float32)

    def model(self, y, x=("batch", "time", I), out=("batch", "time", O), kind=TensorProto.FLOAT):
        inputs = [helper.make_tensor_value_info("x", kind, x)]
        self.nodes.append(helper.make_node("Identity", [y], ["y"]))
        graph = helper.make_graph(
            self.nodes, "g", inputs, [helper.make_tensor_value_info("y", kind, out)], self.constants
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)

    def recurrent(self, x, kind, width=I, directions=1, outputs=2, initial=(), **attributes):
        G = GATES[kind] * H
        W, R, B = self.weights(directions, G, width), self.weights(directions, G, H), self.weights(directions, 2 * G)
        attributes = {"hidden_size": H, "direction": "bidirectional" if directions == 2 else "forward"} | attributes
        if kind == "GRU":
            attributes = {"linear_before_reset": 1} | attributes
        return self(kind, x, W, R, B, *initial, outputs=outputs, **attributes)

    def head(self, states, width=H):
        return self("Add", self("MatMul", states, self.weights(width, O)), self.weights(O))


def ints(*numbers):
    return np.array(numbers, np.int64)


def dynamo(kind, layers=1, directions=1, last=None):
    """As PyTorch's present exporter writes a module: zeros are expanded, shapes taken apart and multiplied together."""
    g = Graph()
    rows = layers * directions
    size = g("Shape", "x", start=0, end=1)
    zeros = g("Expand", np.float32(0), g("Concat", ints(rows), size, ints(H), axis=0))
    x, finals = g("Transpose", "x", perm=[1, 0, 2]), []
    for layer in range(layers):
        own = g("Slice", zeros, ints(layer * directions), ints((layer + 1) * directions), ints(0))
        initial = ["", own, own] if kind == "LSTM" else ["", own]
        width = I if layer == 0 else directions * H
        states, final = g.recurrent(x, kind, width, directions, initial=initial)
        finals.append(final)
        states = g("Transpose", states, perm=[0, 2, 1, 3])
        shape = g("Shape", states, start=0)
        parts = [g("Slice", shape, ints(i), ints(i + 1)) for i in range(4)]
        flat = g("Reshape", g("Mul", parts[2], parts[3]), ints(-1), allowzero=0)
        x = g("Reshape", states, g("Concat", parts[0], parts[1], flat, axis=0), allowzero=0)
    y = g("Transpose", x, perm=[1, 0, 2])
    if last == "step":
        y = g("Gather", y, np.int64(-1), axis=1)
    if last == "final":
        all_finals = g("Concat", *finals, axis=0)
        y = g(
            "Concat", *(g("Gather", all_finals, np.int64(-directions + d), axis=0) for d in range(directions)), axis=-1
        )
    return g.model(g.head(y, directions * H), out=("batch", O) if last else ("batch", "time", O))


def unrolled(activation="Tanh", layers=1, both=False, bias=True, steps=5):
    """As PyTorch's present exporter writes an nn.RNN: a free batch, and each step by itself."""
    g = Graph(1)
    size = g("Shape", "x", start=0, end=1)
    rows = layers * (1 + both)
    zeros = g("Expand", np.float32(0), g("Concat", ints(rows), size, ints(H), axis=0))
    x = g("Transpose", "x", perm=[1, 0, 2])
    for layer in range(layers):
        sides = []
        for d in range(1 + both):
            V, U, b, c = (
                g.constant(g.weights(*shape))
                for shape in ((I if layer == 0 else H * (1 + both), H), (H, H), (H,), (H,))
            )
            row = layer * (1 + both) + d
            h = g("Unsqueeze", g("Squeeze", g("Slice", zeros, ints(row), ints(row + 1), ints(0)), ints(0)), ints(0))
            net = g("MatMul", x, V)
            net = g("Add", net, b) if bias else net
            net = g("Slice", net, ints(-1), ints(-(2**63)), ints(0), ints(-1)) if d else net
            states = []
            for t in range(steps):
                now = g("Squeeze", g("Slice", net, ints(t), ints(t + 1), ints(0)), ints(0))
                term = g("MatMul", h, U)
                h = g(activation, g("Add", g("Add", term, c) if bias else term, now))
                states.append(h)
            side = g("Concat", *states, axis=0)
            sides.append(g("Slice", side, ints(-1), ints(-(2**63)), ints(0), ints(-1)) if d else side)
        x = g("Concat", *sides, axis=-1) if both else sides[0]
    y = g.head(g("Transpose", x, perm=[1, 0, 2]), H * (1 + both))
    return g.model(y, x=("batch", steps, I), out=("batch", steps, O))


def read(model, tmp_path):
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    return from_onnx(path)


def assert_same(model, net, batch=4, time=9):
    x = np.random.default_rng(5).normal(size=(batch, time, I)).astype(np.float32)
    (y,) = session_of(model).run(None, {"x": x})
    np.testing.assert_allclose(net.predict(x), y, atol=1e-5)
