"""ONNX models against the network in ONNX Runtime, which is the oracle; and back."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx

import throughtime as tt
from oracles.cases import CELLS, FORMS, problem
from throughtime.bridges.numpy_script import save_script
from throughtime.bridges.onnx import from_onnx, model_of, session_of, to_onnx

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


def test_a_network_that_float32_makes_another_one_is_not_written(tmp_path):
    net = tt.Network(inputs=1, hidden=2, outputs=1, activation="tanh", readout="identity")
    net.parameters[:] = 0
    net["V"] = [[1, 1 + 1e-9]]
    net["W"] = [[1e9], [-1e9]]  # tells a difference that float32 rounds away
    with pytest.raises(ValueError, match="differs from the network"):
        to_onnx(net, tmp_path / "wild.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.filterwarnings("ignore")  # of overflow, from NumPy
@pytest.mark.parametrize("size", [1e30, 1e300])
def test_a_network_that_blows_up_is_not_written(size, tmp_path):
    """Infinite outputs are not equal, nor do they make every difference small."""
    net = tt.Network(inputs=1, hidden=2, outputs=1, activation="relu", readout="identity")
    net.parameters[:] = size
    for write in (to_onnx, save_script):
        with pytest.raises(ValueError, match=r"blows up|cannot hold a weight"):
            write(net, tmp_path / "wild")
    assert not list(tmp_path.iterdir())


def test_lengths_are_asked_for_by_true_or_false(tmp_path):
    net = tt.Network(inputs=1, hidden=2, outputs=1)
    with pytest.raises(ValueError, match="lengths must be true or false, got 'yes'"):
        to_onnx(net, tmp_path / "net.onnx", lengths="yes")
    assert to_onnx(net, tmp_path / "net.onnx", lengths=np.True_) < 1e-6
