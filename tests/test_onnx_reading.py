"""Models of others, in the forms that exporters write, and what is refused of them; ONNX Runtime is the oracle."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx
from onnx import TensorProto, helper, numpy_helper

import throughtime as tt
from throughtime.bridges.onnx import from_onnx, model_of, session_of

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


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("last", [None, "final"])
def test_the_present_exporter_of_pytorch(kind, layers, directions, last, tmp_path):
    model = dynamo(kind, layers, directions, last)
    net = read(model, tmp_path)
    assert_same(model, net)
    assert (net.specification.layers, net.specification.bidirectional) == (layers, directions == 2)
    assert net.specification.output == ("last step" if last else "every step")


def test_the_last_step_of_one_direction(tmp_path):
    model = dynamo("LSTM", last="step")
    assert_same(model, read(model, tmp_path))
    with pytest.raises(ValueError, match="backward direction at the last step"):
        read(dynamo("LSTM", directions=2, last="step"), tmp_path)


@pytest.mark.parametrize(("activation", "bias"), [("Tanh", True), ("Relu", True), ("Tanh", False)])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (2, True)])
def test_an_rnn_that_is_written_step_by_step(activation, bias, layers, both, tmp_path):
    model = unrolled(activation, layers, both, bias)
    net = read(model, tmp_path)
    assert_same(model, net, time=5)
    s = net.specification
    assert (s.cell, s.activation, s.layers, s.bidirectional) == ("elman", activation.lower(), layers, both)


def test_a_forward_and_a_reverse_operator_are_one_layer(tmp_path):
    """As exporters of Keras write both directions."""
    g = Graph(2)
    x = g("Transpose", "x", perm=[1, 0, 2])
    forward, _ = g.recurrent(x, "LSTM")
    backward, _ = g.recurrent(x, "LSTM", direction="reverse")
    both = g("Concat", *(g("Squeeze", side, ints(1)) for side in (forward, backward)), axis=2)
    model = g.model(g.head(g("Transpose", both, perm=[1, 0, 2]), 2 * H))
    assert_same(model, read(model, tmp_path))


def test_arrays_in_a_second_file_beside_the_model(tmp_path):
    """As PyTorch's exporter writes them, whatever their size."""
    model = dynamo("GRU")
    onnx.save(
        model, tmp_path / "a.onnx", save_as_external_data=True, location="a.onnx.data", size_threshold=0,
        convert_attribute=False,
    )  # fmt: skip
    assert_same(dynamo("GRU"), from_onnx(tmp_path / "a.onnx"))
    data = (tmp_path / "a.onnx.data").read_bytes()
    (tmp_path / "a.onnx.data").write_bytes(data[:-1])
    with pytest.raises(ValueError, match="ends behind the end of"):
        from_onnx(tmp_path / "a.onnx")
    (tmp_path / "a.onnx.data").rename(tmp_path / "b")
    (tmp_path / "a.onnx.data").symlink_to(tmp_path / "b")
    with pytest.raises(ValueError, match=r"stand in 'a\.onnx\.data' beside it, which is not there"):
        from_onnx(tmp_path / "a.onnx")


@pytest.mark.parametrize("location", ["../a", "/etc/passwd", "", "..", "C:a"])
def test_arrays_elsewhere_are_not_read(location, tmp_path):
    model = dynamo("GRU")
    tensor = model.graph.initializer[1]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    tensor.external_data.add(key="length", value="8")
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="not in a file beside it"):
        from_onnx(tmp_path / "model.onnx")


# What is refused


def simple(change=lambda g, x: x, between=lambda g, h: h, after=lambda g, y: y, kind="LSTM", **attributes):
    g = Graph(3)
    x = change(g, g("Transpose", "x", perm=[1, 0, 2]))
    states, _ = g.recurrent(x, kind, **attributes)
    states = g("Transpose", g("Squeeze", states, ints(1)), perm=[1, 0, 2])
    return g.model(after(g, g.head(between(g, states))))


def time_first():
    g = Graph(4)
    states, _ = g.recurrent("x", "GRU")
    return g.model(g.head(g("Squeeze", states, ints(1))), x=("time", "batch", I), out=("time", "batch", O))


def linear_first():
    g = Graph(5)
    x = g("Transpose", g("Add", g("MatMul", "x", g.weights(I, I)), g.weights(I)), perm=[1, 0, 2])
    states, _ = g.recurrent(x, "GRU")
    return g.model(g("Transpose", g("Squeeze", states, ints(1)), perm=[1, 0, 2]), out=("batch", "time", H))


def float64():
    model = simple()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    return model


def with_peepholes():
    g = Graph(6)
    x = g("Transpose", "x", perm=[1, 0, 2])
    lengths = ["", "", ""]
    states, _ = g.recurrent(x, "LSTM", initial=[*lengths, g.weights(1, 3 * H)])
    return g.model(g.head(g("Transpose", g("Squeeze", states, ints(1)), perm=[1, 0, 2])))


def huge(operator):
    """Declares a first state of zeros of a size that no machine has."""
    g = Graph(7)
    many = ints(2**20, 2**20, 2**10)
    if operator == "Expand":
        zeros = g("Expand", np.float32(0), many)
    elif operator == "ConstantOfShape":
        zeros = g("ConstantOfShape", many)
    elif operator == "Range":
        zeros = g("Range", np.int64(0), np.int64(2**60), np.int64(1))
    elif operator == "Concat":
        zeros = g("Shape", "x")
        for _ in range(60):
            zeros = g("Concat", zeros, zeros, axis=0)
    states, _ = g.recurrent(g("Transpose", "x", perm=[1, 0, 2]), "GRU", initial=["", zeros])
    return g.model(g.head(g("Transpose", g("Squeeze", states, ints(1)), perm=[1, 0, 2])))


REFUSED = {
    "the first 7 steps": (
        simple(change=lambda g, x: g("Slice", x, ints(0), ints(7), ints(0))),
        "do not read the whole input|lengths",
    ),
    "the first 3 sequences": (
        simple(change=lambda g, x: g("Slice", x, ints(0), ints(3), ints(1))),
        "do not read the whole input",
    ),
    "the last 100 steps": (
        simple(change=lambda g, x: g("Slice", x, ints(-100), ints(2**63 - 1), ints(0))),
        "would cut what is larger",
    ),
    "the first 50 steps": (simple(change=lambda g, x: g("Slice", x, ints(0), ints(50), ints(0))), "would cut"),
    "the first 100 sequences": (simple(change=lambda g, x: g("Slice", x, ints(0), ints(100), ints(1))), "would cut"),
    "50 steps of the outputs": (simple(after=lambda g, y: g("Slice", y, ints(0), ints(50), ints(1))), "would cut"),
    "at most 50 steps, computed": (
        simple(
            after=lambda g, y: g("Slice", y, ints(0), g("Min", g("Shape", y, start=1, end=2), ints(50)), ints(1)),
        ),
        r"its outputs are \(6, 50, 2\) where a network's are \(6, 300, 2\)",
    ),
    "7 steps by their shape": (
        simple(change=lambda g, x: g("Reshape", x, ints(7, -1, I))),
        "does not fit what it is given",
    ),
    "float64": (float64(), r"its numbers are float64; .* export the module after \.float\(\)"),
    "time first": (time_first(), "it reads time first"),
    "linear first": (linear_first(), "its output is not that of a linear layer|something stands before"),
    "linear before": (
        simple(change=lambda g, x: g("MatMul", x, g.weights(I, I))),
        "something stands before the first recurrent layer",
    ),
    "relu head": (simple(between=lambda g, h: g("Relu", h)), "it computes Relu where no recurrent layer does"),
    "relu after": (simple(after=lambda g, y: g("Relu", y)), "it computes Relu where no recurrent layer does"),
    "tanh head": (simple(between=lambda g, h: g("Tanh", h)), "it computes Tanh where no recurrent layer does"),
    "sigmoid before": (simple(between=lambda g, h: g("Sigmoid", h)), "its Sigmoid is not of a linear layer's outputs"),
    "two functions": (simple(after=lambda g, y: g("Sigmoid", g("Sigmoid", y))), "its Sigmoid is not of a linear"),
    "log": (simple(after=lambda g, y: g("LogSoftmax", y, axis=-1)), "it computes LogSoftmax"),
    "softmax over time": (simple(after=lambda g, y: g("Softmax", y, axis=1)), "its Softmax is over axis 1"),
    "mean over time": (simple(between=lambda g, h: g("ReduceMean", h, ints(1))), "it computes ReduceMean"),
    "scaled": (simple(change=lambda g, x: g("Mul", x, g.weights(I))), "it computes Mul"),
    "half the features": (
        simple(change=lambda g, x: g("Concat", *[g("Slice", x, ints(0), ints(1), ints(2))] * 3, axis=2)),
        "do not read the whole input or one another",
    ),
    "reverse": (simple(direction="reverse"), "reads in reverse only"),
    "clip": (simple(clip=1.0), "its LSTM has clip"),
    "input_forget": (simple(input_forget=1), "its LSTM has input_forget"),
    "batch first": (simple(layout=1), "layout=1"),
    "activations": (simple(activations=["Sigmoid", "Relu", "Tanh"]), "other activations than sigmoid, tanh, tanh"),
    "affine": (simple(kind="RNN", activations=["Affine"]), "other activations than all sigmoid"),
    "hidden size": (simple(hidden_size=7), "hidden_size"),
} | {f"huge {name}": (huge(name), "arrays of .* numbers") for name in ("Expand", "ConstantOfShape", "Range", "Concat")}


@pytest.mark.parametrize("name", ["peepholes", "linear_before_reset"])
def test_cells_that_are_not_shipped(name, tmp_path):
    model = {"peepholes": with_peepholes(), "linear_before_reset": simple(kind="GRU", linear_before_reset=0)}[name]
    assert_same(model, read(model, tmp_path))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_ours_is_refused_in_our_own_words(name, tmp_path, capfd):
    model, message = REFUSED[name]
    with pytest.raises(ValueError, match=message) as caught:
        read(model, tmp_path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("end", [2**31 - 1, 2**63 - 1])
def test_slices_of_everything(end, tmp_path):
    model = simple(change=lambda g, x: g("Slice", x, ints(0), ints(end), ints(0)))
    assert_same(model, read(model, tmp_path))


def test_a_first_state_that_is_not_zero(tmp_path):
    model = dynamo("GRU")
    (zero,) = (
        tensor for tensor in model.graph.initializer if not tensor.dims and tensor.data_type == TensorProto.FLOAT
    )
    zero.CopyFrom(numpy_helper.from_array(np.float32(1), zero.name))
    with pytest.raises(ValueError, match="starts at another state than zero"):
        read(model, tmp_path)


def test_what_differs_only_when_it_is_run_is_refused_too(tmp_path, monkeypatch):
    """The comparison in ONNX Runtime has the last word: here the network is read wrongly."""
    import throughtime.bridges.onnx.reading as reading

    def wrong(*arguments):
        net, sizes = right(*arguments)
        net["W"] *= 1.01
        return net, sizes

    right = reading._network
    monkeypatch.setattr(reading, "_network", wrong)
    with pytest.raises(ValueError, match="its outputs differ from the network's by up to"):
        read(dynamo("GRU"), tmp_path)


def test_files_that_are_no_models(tmp_path):
    for name, message in (
        ("none.onnx", "there is no file"),
        ("text.onnx", "it holds no ONNX model"),
        (".", "a folder"),
    ):
        (tmp_path / "text.onnx").write_text("no model")
        with pytest.raises(ValueError, match=message):
            from_onnx(tmp_path / name)
    for wrong in (3, None, b"a.onnx", dynamo("GRU")):
        with pytest.raises(ValueError, match="from_onnx reads the file at a path, got"):
            from_onnx(wrong)
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(ValueError, match="it holds no ONNX model"):
        from_onnx(tmp_path / "empty.onnx")


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.filterwarnings("ignore")  # this exporter is the one that needs no further library; it is deprecated
def test_the_former_exporter_of_pytorch(kind, tmp_path):
    torch = pytest.importorskip("torch")

    class Tagger(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = getattr(torch.nn, kind)(2, 5, 2, batch_first=True, bidirectional=True)
            self.readout = torch.nn.Linear(10, 3)

        def forward(self, x):
            return torch.sigmoid(self.readout(self.recurrent(x)[0]))

    torch.manual_seed(0)
    module, path = Tagger(), tmp_path / "tagger.onnx"
    axes = {"x": {0: "batch", 1: "time"}}
    torch.onnx.export(
        module, (torch.zeros(3, 7, 2),), str(path), dynamo=False, input_names=["x"], dynamic_axes=axes
    )  # fmt: skip
    x = np.random.default_rng(0).normal(size=(4, 9, 2)).astype(np.float32)
    y = module(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(from_onnx(path).predict(x), y, atol=1e-6)


@pytest.mark.torch
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["RNN", "LSTM"])
def test_the_present_exporter_itself(kind, tmp_path):
    """Where onnxscript, which it needs, is installed; the graphs above are in its form."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")

    class Tagger(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.recurrent = getattr(torch.nn, kind)(2, 5, batch_first=True, bidirectional=True)
            self.readout = torch.nn.Linear(10, 3)

        def forward(self, x):
            return torch.softmax(self.readout(self.recurrent(x)[0]), -1)

    torch.manual_seed(0)
    module, path = Tagger().eval(), tmp_path / "tagger.onnx"
    free = {0: torch.export.Dim("b"), 1: torch.export.Dim("t")}
    x = torch.randn(3, 7, 2)
    torch.onnx.export(module, (x,), str(path), dynamic_shapes={"x": free}, verbose=False)
    np.testing.assert_allclose(from_onnx(path).predict(x.numpy()), module(x).detach().numpy(), atol=1e-6)


# Damaged files


def damaged(content, rng):
    """The bytes of a file, with a few bits turned, cut off, swapped, or with bytes put in or taken out."""
    b, kind, place = bytearray(content), rng.integers(5), int(rng.integers(len(content)))
    if kind == 0:
        for i in rng.integers(len(b), size=3):
            b[i] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del b[place:]
    elif kind == 2:
        del b[place : place + 8]
    elif kind == 3:
        b[place:place] = rng.bytes(8)
    else:
        other = int(rng.integers(len(content)))
        b[place : place + 16], b[other : other + 16] = b[other : other + 16], b[place : place + 16]
    return bytes(b)


def altered(model, rng):
    """A model with one field changed: a size, an input of a node, an operator, an attribute, or an array's type."""
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph, large = made.graph, [0, -1, 1, 7, 2**31, 2**40, 2**62, -(2**62)]
    node, tensor = (part[int(rng.integers(len(part)))] for part in (graph.node, graph.initializer))
    number = large[int(rng.integers(len(large)))]
    kind = rng.integers(7)
    if kind == 0 and tensor.dims:
        tensor.dims[0] = number
    elif kind == 1 and tensor.data_type == TensorProto.INT64:
        tensor.raw_data = np.full(max(1, len(tensor.raw_data) // 8), number).tobytes()
    elif kind == 2 and node.input:
        node.input[0] = graph.node[int(rng.integers(len(graph.node)))].output[0]
    elif kind == 3:
        node.op_type = ["Relu", "Expand", "Range", "Loop", "Reshape", "GRU", "Sigmoid"][int(rng.integers(7))]
    elif kind == 4:
        graph.input[0].type.tensor_type.shape.dim[int(rng.integers(3))].dim_value = number
    elif kind == 5:
        tensor.data_type = [1, 7, 8, 10, 11, 99][int(rng.integers(6))]
    else:
        graph.node.remove(node)
    return made.SerializeToString()


@pytest.mark.parametrize("name", [b"v1_0", b"batch", b"LSTM", b"c2", b"hidden_size", b"throughtime"])
def test_names_that_are_no_text(name, tmp_path, capfd):
    model = simple()
    helper.set_model_props(model, {"throughtime": "{}"})
    content = model.SerializeToString()
    assert name in content
    (tmp_path / "model.onnx").write_bytes(content.replace(name, b"\xbd" * len(name)))
    said = []
    try:
        from_onnx(tmp_path / "model.onnx")
    except ValueError as error:
        said.append(str(error))
    assert not [sentence for sentence in said if "codec" in sentence or "\n" in sentence]
    assert capfd.readouterr() == ("", "")


def test_damaged_models_are_right_or_refused(tmp_path, capfd):
    rng, path = np.random.default_rng(0), tmp_path / "damaged.onnx"
    net = tt.Network(cell="gru", inputs=2, hidden=3, outputs=1, bidirectional=True, dtype="float32")
    models = [dynamo("LSTM", 2), unrolled(), model_of(net, lengths=True)]
    said = []
    for i in range(150):
        model = models[i % 3]
        content = damaged(model.SerializeToString(), rng) if i % 2 else altered(model, rng)
        path.write_bytes(content)
        try:
            from_onnx(path)  # right: compared in ONNX Runtime
        except ValueError as error:
            said.append(str(error))
    assert 100 < len(said) < 150
    assert not [sentence for sentence in said if len(sentence) > 500 or "\n" in sentence]
    assert capfd.readouterr() == ("", "")
