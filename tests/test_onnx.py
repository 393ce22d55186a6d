"""ONNX models against the network in ONNX Runtime, which is the oracle; and back."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx

import throughtime as tt
from oracles.cases import CELLS, FORMS, problem
from throughtime.onnx import from_onnx, model_of, session_of, to_onnx

OUTPUTS = ["every step", "last step"]
ALL = [(form, True) for form in FORMS] + [("two-layers-both-directions", False)]
"""Forms, with biases and once without."""


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("form", "bias"), ALL)
@pytest.mark.parametrize("output", OUTPUTS)
def test_any_batch_and_length_and_back_to_the_same_parameters(name, form, output, bias, tmp_path):
    q = problem(dtype="float32", output=output, bias=bias, **CELLS[name], **FORMS[form])
    path = tmp_path / "net.onnx"
    assert to_onnx(q.net, path) < 1e-5
    session = session_of(onnx.load(path))
    for batch, time in ((1, 1), (5, 13)):
        x = np.random.default_rng(1).normal(size=(batch, time, 2)).astype(np.float32)
        np.testing.assert_allclose(session.run(None, {"x": x})[0], q.net.predict(x), atol=1e-5, rtol=1e-5)
    back = from_onnx(path)
    assert back.specification == q.s
    np.testing.assert_array_equal(back.parameters, q.net.parameters)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_padding_changes_nothing(name, form, output):
    q = problem((3, 7, 1), dtype="float32", output=output, **CELLS[name], **FORMS[form])
    y = session_of(model_of(q.net, lengths=True)).run(None, {"x": q.x.astype(np.float32), "lengths": q.lengths})[0]
    np.testing.assert_allclose(y, q.net.predict(q.x, q.lengths), atol=1e-5)
    alone = session_of(model_of(q.net)).run(None, {"x": q.x[:1, :3].astype(np.float32)})[0]
    np.testing.assert_allclose(y[:1] if output == "last step" else y[:1, :3], alone, atol=1e-6)


@pytest.mark.parametrize(
    "fields",
    [{"readout": "softmax", "loss": "cross_entropy"}, {"readout": "identity"}, {"loss": "binary_cross_entropy"}],
)
def test_readout_and_loss_come_back(fields, tmp_path):
    net = tt.Network(cell="gru", inputs=2, hidden=3, outputs=4, dtype="float32", seed=1, **fields)
    to_onnx(net, tmp_path / "net.onnx", lengths=True)
    assert from_onnx(tmp_path / "net.onnx").specification == net.specification


def test_the_reference_evaluator_agrees():
    """ONNX's own evaluator, written by others than ONNX Runtime; it knows the forward LSTM with its gates' order."""
    from onnx.reference import ReferenceEvaluator

    net = tt.Network(cell="lstm", inputs=2, hidden=3, outputs=1, seed=1)
    x = np.random.default_rng(0).normal(size=(2, 5, 2)).astype(np.float32)
    y = ReferenceEvaluator(model_of(net)).run(None, {"x": x})[0]
    np.testing.assert_allclose(y, net.predict(x), atol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.filterwarnings("ignore")  # this exporter is the one that needs no further library; it is deprecated
def test_models_that_pytorch_wrote(kind, tmp_path):
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


def edited(tmp_path, change, **fields):
    """The file of a model that was changed after it was made."""
    model = model_of(tt.Network(inputs=2, hidden=3, outputs=1, dtype="float32", seed=1, **fields))
    change(model.graph)
    onnx.save(model, tmp_path / "edited.onnx")
    return tmp_path / "edited.onnx"


def recurrent(graph):
    return next(node for node in graph.node if node.op_type in ("RNN", "LSTM", "GRU"))


def without(name):
    def change(graph):
        node = recurrent(graph)
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        node.attribute.extend(kept)

    return change


def with_attribute(name, value):
    return lambda graph: recurrent(graph).attribute.append(onnx.helper.make_attribute(name, value))


def with_operator(name):
    def change(graph):
        graph.node[-1].op_type = name

    return change


def with_initial_state(graph):
    graph.initializer.append(onnx.numpy_helper.from_array(np.ones((1, 3, 3), np.float32), "h_0"))
    recurrent(graph).input.append("h_0")
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 3


@pytest.mark.parametrize(
    ("cell", "change", "message"),
    [
        ("gru", without("linear_before_reset"), "linear_before_reset=0"),
        ("lstm", with_attribute("clip", 1.0), "clip"),
        ("lstm", with_attribute("input_forget", 1), "input_forget"),
        ("elman", with_operator("Exp"), "no Exp"),
        ("elman", with_initial_state, "differ by up to"),
    ],
)
def test_what_is_not_ours_is_refused(cell, change, message, tmp_path):
    path = edited(tmp_path, change, cell=cell)
    with pytest.raises(ValueError, match=message):
        from_onnx(path)


def test_files_that_are_no_models(tmp_path):
    with pytest.raises(ValueError, match="there is no file"):
        from_onnx(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ValueError, match="holds no ONNX model"):
        from_onnx(tmp_path / "text.onnx")


def test_a_network_that_float32_makes_another_one_is_not_written(tmp_path):
    net = tt.Network(inputs=1, hidden=2, outputs=1, activation="tanh", readout="identity")
    net.parameters[:] = 0
    net["V"] = [[1, 1 + 1e-9]]
    net["W"] = [[1e9], [-1e9]]  # tells a difference that float32 rounds away
    with pytest.raises(ValueError, match="differs from the network"):
        to_onnx(net, tmp_path / "wild.onnx")
    assert not list(tmp_path.iterdir())
