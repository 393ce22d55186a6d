"""`throughtime export`: every form is written and holds the network."""

import runpy
import shutil
import subprocess
import sys

import numpy as np
import pytest

import throughtime as tt

X = np.random.default_rng(0).integers(2, size=(3, 12, 2)).astype(float)


def test_numpy(throughtime, adder, adder_file, here):
    outcome = throughtime("export", adder_file, "--to", "numpy", "-o", "adder.py")
    assert outcome.status == 0
    assert "checked   its outputs differ from the network's by at most" in outcome.out
    script = {"__name__": "adder"}
    exec((here / "adder.py").read_text(), script)
    np.testing.assert_allclose(script["predict"](X), adder.predict(X), atol=1e-12)


@pytest.mark.parametrize(("dtype", "real", "most"), [((), "double", 1e-12), (("--dtype", "float32"), "float", 1e-5)])
def test_c(throughtime, adder_file, here, dtype, real, most):
    outcome = throughtime("export", adder_file, "--to", "c", "-o", "adder.c", *dtype)
    assert outcome.status == 0
    assert f"holds     adder_reset, adder_step, adder_predict, in C99, {real}" in outcome.out
    assert f"int adder_predict(long steps, const {real} *x, {real} *y);" in (here / "adder.c").read_text()
    found = throughtime("export", adder_file, "--to", "c", "-o", "adder.c", *dtype, "--json").json
    if shutil.which("cc"):
        assert found["difference"] < most
    assert found["bytes"] == (here / "adder.c").stat().st_size


def test_c_without_a_compiler(throughtime, adder_file, here, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    outcome = throughtime("export", adder_file, "--to", "c", "-o", "adder.c")
    assert "checked   no: there is no C compiler, cc, here that makes a library of it to be run" in outcome.out
    assert throughtime("export", adder_file, "--to", "c", "-o", "adder.c", "--json").json["difference"] is None


@pytest.mark.parametrize("to", ["c", "numpy"])
def test_a_run_with_layer_normalisation_is_not_written(throughtime, here, to):
    assert throughtime("train", "addition", "--layer-norm", "--steps", "1", "--out", "run").status == 0
    refused = throughtime("export", "run", "--to", to, "-o", "out")
    assert refused.status == 2
    assert "exports cannot be written for a network with layer normalisation" in refused.err
    assert not (here / "out").exists()


def test_onnx(throughtime, adder, adder_file):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")
    from throughtime.bridges.onnx import from_onnx

    found = throughtime("export", adder_file, "--to", "onnx", "-o", "adder.onnx", "--lengths", "--json").json
    assert 0 < found["difference"] < 1e-5
    np.testing.assert_allclose(from_onnx("adder.onnx").predict(X), adder.predict(X), atol=1e-5)


def test_onnx_with_states(throughtime, adder_file, here):
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")
    outcome = throughtime("export", adder_file, "--to", "onnx", "-o", "adder.onnx", "--state", "--dtype", "float64")
    assert "holds     x (batch, time, 2), h_0 → y, h_n, in float64" in outcome.out


def test_torch(throughtime, adder, adder_file):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")
    from throughtime.bridges.pytorch import from_torch

    assert throughtime("export", adder_file, "--to", "torch", "-o", "adder.pt").status == 0
    state = torch.load("adder.pt", weights_only=True)
    net = from_torch(state, activation="sigmoid", readout="sigmoid")
    np.testing.assert_array_equal(net.parameters, adder.parameters)


def test_whether_the_proof_holds_for_what_is_written(throughtime, adder_file, here):
    assert "covers    every program" in throughtime("prove", adder_file, "--certificate", "proof.json").out
    outcome = throughtime(
        "export", adder_file, "--to", "numpy", "-o", "a.py", "--certificate", "proof.json", "--only-proved"
    )
    assert outcome.status == 0
    assert "covers    the proof holds for it: its step error" in outcome.out
    export = ("export", adder_file, "--to", "c", "-o", "a.c", "--dtype", "float32", "--certificate", "proof.json")
    assert "covers    the proof does not hold for it: its step error" in throughtime(*export).out
    assert throughtime(*export, "--json").json["covered"] is False
    (here / "a.c").unlink()
    outcome = throughtime(*export, "--only-proved")
    assert outcome.status == 1
    assert "refused   nothing is written: the proof does not hold for it" in outcome.out
    assert not (here / "a.c").exists()
    assert "there is no certificate of it" in throughtime(*export[:6], "--only-proved").out
    assert "--epsilon must be from 0 to below 1" in throughtime("prove", adder_file, "--epsilon", "1").complaint


def test_the_newest_run_is_taken(throughtime, here):
    tt.train(tt.Network(inputs=2, hidden=2, outputs=1), tt.tasks.Addition(), steps=1, out=here / "runs" / "one")
    assert throughtime("export", "--to", "numpy", "-o", "one.py").status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "numpy", "-o", "no/adder.py"), "there is no folder no"),
        (("--to", "numpy", "-o", "."), ". is a folder"),
        (("--to", "torch", "-o", "a.pt", "--lengths"), "--lengths is for --to onnx"),
        (("--to", "numpy", "-o", "a.py", "--dtype", "float32"), "--dtype is for --to c"),
        (("--to", "c", "-o", "a.c", "--dtype", "float16"), "float16"),
        (("--to", "c", "-o", "a.c", "--state"), "--state is for --to onnx"),
        (("-o", "a.pt"), "missing option '--to'"),
        (("--to", "c", "-o", "a.c", "--certificate", "no.json"), "there is no file no.json; write one with"),
    ],
)
def test_what_cannot_be_done(throughtime, adder_file, arguments, message):
    outcome = throughtime("export", adder_file, *arguments)
    assert outcome.status == 2
    assert message in outcome.complaint


@pytest.mark.parametrize(("form", "library"), [("onnx", "onnxruntime"), ("torch", "torch")])
def test_a_missing_library_is_told_in_one_line(throughtime, adder_file, form, library, monkeypatch):
    module = {"onnx": "onnx", "torch": "pytorch"}[form]
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setitem(sys.modules, "onnx" if form == "onnx" else library, None)
    monkeypatch.delitem(sys.modules, f"throughtime.bridges.{module}", raising=False)
    outcome = throughtime("export", adder_file, "--to", form, "-o", "net")
    assert outcome.status == 2
    assert f"pip install 'throughtime[{form}]'" in outcome.complaint


NAME = 'x"""; import os; os.mkdir("run"); """'


@pytest.fixture
def weather(throughtime, here):
    """A run on a data file whose numbers are far from 0 and whose names could be code; and its sequences."""
    import csv

    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 6, 2)) * [5, 0.01] + [1013, -3]
    rising = np.where(np.cumsum(x[..., 0] - 1013, axis=1) > 0, 'u"p', "do\nwn")
    with (here / "weather.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["sequence", "time", NAME, "x2", "y"])
        for i in range(20):
            rows.writerows([i, t, *x[i, t].tolist(), rising[i, t]] for t in range(6))
    ran = throughtime("train", "weather.csv", "--steps", 60, "--hidden", 4, "--cell", "gru", "--out", "run-of-data")
    assert ran.status in (0, 1), ran.err
    return x, tt.load("run-of-data")


def test_a_run_on_a_data_file_is_written_with_its_scale_classes_and_columns(throughtime, weather, here):
    x, net = weather
    wanted = net.predict(x)
    outcome = throughtime("export", "run-of-data", "--to", "numpy", "-o", "weather.py")
    assert outcome.status == 0, outcome.err
    script = {"__name__": "weather"}
    exec((here / "weather.py").read_text(), script)
    np.testing.assert_allclose(script["predict"](x), wanted, atol=1e-9)
    assert script["INPUTS"] == [NAME, "x2"]
    classes = np.array(script["CLASSES"])
    assert set(classes) == {'u"p', "do\nwn"}
    np.testing.assert_array_equal(script["label"](x), classes[wanted.argmax(axis=-1)])
    assert not (here / "run").exists()

    onnxruntime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    found = throughtime("export", "run-of-data", "--to", "onnx", "-o", "weather.onnx", "--json").json
    assert (found["inputs"], found["classes"]) == ([NAME, "x2"], classes.tolist())
    y, label = onnxruntime.InferenceSession("weather.onnx").run(None, {"x": x.astype(np.float32)})
    np.testing.assert_allclose(y, wanted, atol=1e-3)
    sure = np.abs(wanted[..., 0] - 0.5) > 0.01
    np.testing.assert_array_equal(label[sure], classes[wanted.argmax(axis=-1)][sure])


@pytest.mark.parametrize("name", ['""";import os;os.mkdir("run");""".py', "a\nb.py", "\x1b[2Jb.py"])
def test_the_name_of_the_file_never_becomes_code(throughtime, adder_file, here, name):
    outcome = throughtime("export", adder_file, "--to", "numpy", "-o", name)
    assert outcome.status == 0
    assert "\x1b" not in outcome.out
    assert outcome.out.count("\n") == 3
    runpy.run_path(str(here / name))
    assert not (here / "run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no /dev")
def test_a_device_gets_the_script_alone(adder_file):
    command = [sys.executable, "-m", "throughtime", "export", adder_file, "--to", "numpy", "-o", "/dev/stdout"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    script = {"__name__": "adder"}
    exec(done.stdout, script)
    assert "predict" in script
