"""`throughtime export`: every form is written and holds the network."""

import sys

import numpy as np
import pytest

import throughtime as tt

X = np.random.default_rng(0).integers(2, size=(3, 12, 2)).astype(float)


def test_numpy(throughtime, adder, adder_file, here):
    told = throughtime("export", adder_file, "--to", "numpy", "-o", "adder.py")
    assert told.status == 0
    assert "checked   its outputs differ from the network's by at most" in told.out
    script = {"__name__": "adder"}
    exec((here / "adder.py").read_text(), script)
    np.testing.assert_allclose(script["predict"](X), adder.predict(X), atol=1e-12)


def test_onnx(throughtime, adder, adder_file):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")
    from throughtime.onnx import from_onnx

    found = throughtime("export", adder_file, "--to", "onnx", "-o", "adder.onnx", "--lengths", "--json").json
    assert 0 < found["difference"] < 1e-5
    np.testing.assert_allclose(from_onnx("adder.onnx").predict(X), adder.predict(X), atol=1e-5)


def test_torch(throughtime, adder, adder_file):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")
    from throughtime.pytorch import from_torch

    assert throughtime("export", adder_file, "--to", "torch", "-o", "adder.pt").status == 0
    state = torch.load("adder.pt", weights_only=True)
    net = from_torch(state, activation="sigmoid", readout="sigmoid")
    np.testing.assert_array_equal(net.parameters, adder.parameters)


def test_the_newest_run_is_taken(throughtime, here):
    tt.train(tt.Network(inputs=2, hidden=2, outputs=1), tt.tasks.Addition(), steps=1, out=here / "runs" / "one")
    assert throughtime("export", "--to", "numpy", "-o", "one.py").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "numpy", "-o", "no/adder.py"), "there is no folder no"),
        (("--to", "numpy", "-o", "."), ". is a folder"),
        (("--to", "torch", "-o", "a.pt", "--lengths"), "--lengths is for --to onnx"),
        (("-o", "a.pt"), "missing option '--to'"),
    ],
)
def test_what_cannot_be_done(throughtime, adder_file, arguments, message):
    told = throughtime("export", adder_file, *arguments)
    assert told.status == 2
    assert message in told.complaint


@pytest.mark.parametrize(("form", "library"), [("onnx", "onnxruntime"), ("torch", "torch")])
def test_a_missing_library_is_told_in_one_line(throughtime, adder_file, form, library, monkeypatch):
    module = {"onnx": "onnx", "torch": "pytorch"}[form]
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, "onnx" if form == "onnx" else library, None)
    monkeypatch.delitem(sys.modules, f"throughtime.{module}", raising=False)
    told = throughtime("export", adder_file, "--to", form, "-o", "net")
    assert told.status == 2
    assert f"pip install 'throughtime[{form}]'" in told.complaint
