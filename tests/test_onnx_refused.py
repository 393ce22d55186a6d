"""ONNX models that are not ours are refused in our own words; damaged ones are read right or refused."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx
from onnx import TensorProto, helper, numpy_helper

import throughtime as tt
from oracles.onnx_models import Graph, H, I, O, assert_same, dynamo, ints, read, unrolled
from throughtime.bridges.onnx import from_onnx, model_of


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
