"""Models of others, in the forms that exporters write, and what is refused of them; ONNX Runtime is the oracle."""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx
from onnx import TensorProto

from oracles.onnx_models import Graph, H, assert_same, dynamo, ints, read, unrolled
from throughtime.bridges.onnx import from_onnx


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
