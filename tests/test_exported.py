"""Estimators written for other programs: raw data through what was written gives what the estimator predicts."""

import ctypes
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

import throughtime as tt
from throughtime.bridges.agreement import greatest_difference
from throughtime.bridges.c import save_c, to_c
from throughtime.bridges.c.compiled import Compiled, compiled
from throughtime.bridges.exported import Exported, exported
from throughtime.bridges.numpy_script import save_script, to_numpy
from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

rng = np.random.default_rng(0)
SCALE, OFFSET = np.array([5, 0.02]), np.array([1013, -300])
X = [rng.normal(size=(n, 2)) * SCALE + OFFSET for n in rng.integers(3, 12, 30)]
LENGTHS = np.array([len(x) for x in X])
MEANS = np.array([x[:, 0].mean() for x in X])
COLOURS = np.where(MEANS > 1013, "red", "blue")
PADDED = np.zeros((len(X), LENGTHS.max(), 2))
for row, x in zip(PADDED, X, strict=True):
    row[: len(x)] = x
OPTIONS = {"hidden": 6, "max_iter": 15, "random_state": 0}


def fitted(kind, **options):
    """An estimator, and the targets that it predicts for X in the form of what is written."""
    options = OPTIONS | options
    if kind == "classifier":
        model = SequenceClassifier(**options).fit(X, COLOURS)
        return model, model.predict_proba(X)
    if kind == "labeler":
        model = SequenceLabeler(**options).fit(X, [(x[:, 0] > 1013).astype(int) * 3 for x in X])
        return model, model.predict_proba(X)
    if kind == "regressor":
        model = SequenceRegressor(**options).fit(X, np.stack([MEANS * 1000, MEANS - 1013], axis=1))
        return model, model.predict(X)
    model = Forecaster(**options, horizon=2, window=4).fit(X)
    return model, model.predict(X)


ROUNDING = {"classifier": 3e-4, "labeler": 3e-4, "regressor": 2e-3, "forecaster": 0.02}
"""What float32 makes of such numbers."""
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc")
KINDS = ["classifier", "labeler", "regressor", "forecaster"]


def assert_predicts(y, wanted, atol):
    for found, own in zip(y, wanted, strict=True):
        np.testing.assert_allclose(found[: len(own)], own, rtol=3e-5 if atol > 1e-6 else 1e-9, atol=atol)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"cell": "gru", "dtype": "float32"}, {"standardize": False}])
def test_onnx(kind, options, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    model, wanted = fitted(kind, **options)
    to_onnx(model, tmp_path / "ragged.onnx", lengths=True)
    session = onnxruntime.InferenceSession(tmp_path / "ragged.onnx")
    raw = PADDED.astype(np.float32)
    y, *label = session.run(None, {"x": raw, "lengths": LENGTHS})
    assert_predicts(y, wanted, atol=ROUNDING[kind])
    if kind == "classifier":
        np.testing.assert_array_equal(label[0], model.predict(X))
    if kind == "labeler":
        for found, own in zip(label[0], model.predict(X), strict=True):
            np.testing.assert_array_equal(found[: len(own)], own)
    to_onnx(model, tmp_path / "even.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "even.onnx")
    y = session.run(["y"], {"x": raw[:1, : LENGTHS[0]]})[0]
    assert_predicts(y, wanted[:1], atol=ROUNDING[kind])


@pytest.mark.parametrize("kind", ["classifier", "labeler", "regressor"])
def test_onnx_and_back(kind, tmp_path):
    pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import from_onnx, to_onnx

    model, wanted = fitted(kind)
    to_onnx(model, tmp_path / "net.onnx", lengths=True)
    net = from_onnx(tmp_path / "net.onnx")
    assert_predicts(net.predict(PADDED, LENGTHS), wanted, atol=ROUNDING[kind])


def test_a_forecaster_is_no_network(tmp_path):
    pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import from_onnx, to_onnx

    to_onnx(fitted("forecaster")[0], tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=r"its output is not that of a linear layer|it adds arrays"):
        from_onnx(tmp_path / "net.onnx")


@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
def test_torch(kind, tmp_path):
    torch = pytest.importorskip("torch")
    from throughtime.bridges.pytorch import save_state, to_torch

    model, wanted = fitted(kind)
    module = to_torch(model)
    with torch.no_grad():
        y = module(torch.tensor(PADDED), torch.tensor(LENGTHS)).numpy()
    assert_predicts(y, wanted, atol=1e-9)
    assert list(module.classes) == getattr(model, "classes_", np.array([])).tolist()
    assert save_state(model, tmp_path / "net.pt") < 1e-8


def script_of(model):
    script = {"__name__": "script"}
    exec(to_numpy(model), script)
    return script


@pytest.mark.parametrize("kind", KINDS)
def test_numpy(kind):
    model, wanted = fitted(kind)
    script = script_of(model)
    for x, own in zip(X[:5], wanted, strict=False):
        np.testing.assert_allclose(script["predict"](x[None])[0], own, rtol=1e-9, atol=1e-9)
    if kind in ("classifier", "labeler"):
        assert script["label"](X[0][None])[0].tolist() == model.predict(X[:1])[0].tolist()


@needs_cc
@pytest.mark.parametrize("kind", KINDS)
def test_c(kind, tmp_path):
    model, wanted = fitted(kind)
    what = exported(model)
    (tmp_path / "net.c").write_text(to_c(model, "net"))
    library = compiled(tmp_path / "net.c", "-Wall", "-Wextra", "-Werror", "-pedantic")
    for x, own in zip(X[:5], wanted, strict=False):
        y = Compiled(library, "net", what).predict(x[None], np.array([len(x)]))[0]
        np.testing.assert_allclose(y.reshape(own.shape), own, rtol=1e-9, atol=1e-9)
    assert hasattr(library, "net_step") == (kind != "forecaster")
    if kind == "classifier":
        library.net_label.restype = ctypes.c_char_p
        assert library.net_label(y.ctypes.data_as(ctypes.c_void_p)).decode() == model.predict(X[4:5])[0]
    assert save_c(model, tmp_path / "net.c") < 1e-8
    if kind != "forecaster":
        assert save_c(model, tmp_path / "net.c", "float32") < {"regressor": 1}.get(kind, 1e-3)


def test_tables_of_one_feature(tmp_path):
    """X of (sequences, time), as scikit-learn's own estimators read it: so do the model and the script."""
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    table = np.random.default_rng(1).normal(50, 9, size=(20, 10))
    for model in (
        Forecaster(**OPTIONS, horizon=3, window=4).fit(table),
        SequenceClassifier(**OPTIONS).fit(table, table.mean(axis=1) > 50),
    ):
        wanted = model.predict(table) if isinstance(model, Forecaster) else model.predict_proba(table)
        to_onnx(model, tmp_path / "net.onnx")
        y, *label = onnxruntime.InferenceSession(tmp_path / "net.onnx").run(None, {"x": table.astype(np.float32)})
        np.testing.assert_allclose(y, wanted, atol=1e-4)
        if label:
            assert label[0].dtype == bool
            np.testing.assert_array_equal(label[0], model.predict(table))
        script = {"__name__": "script"}
        exec(to_numpy(model), script)
        np.testing.assert_allclose(script["predict"](table), wanted, rtol=1e-9)
        if shutil.which("cc"):
            assert save_c(model, tmp_path / "net.c") < 1e-9


NASTY = ['"""; import os; os.mkdir("run"); """', "'", "\\", "\n", "{x}", "\x1b[2J", "é", "</script>"]


def test_names_of_classes_and_features_never_become_code(tmp_path):
    net = tt.Network(inputs=2, hidden=2, outputs=len(NASTY), readout="softmax", loss="cross_entropy")
    what = Exported(net, inputs=(NASTY[0], NASTY[3]), classes=tuple(NASTY))
    save_script(what, tmp_path / "net.py")
    held = "[net.CLASSES, net.INPUTS, net.label(numpy.zeros((1, 3, 2))).tolist()]"
    program = f"import json, net, numpy; print(json.dumps({held}))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    classes, inputs, labels = json.loads(done.stdout)
    assert (classes, inputs) == (NASTY, [NASTY[0], NASTY[3]])
    assert labels[0][0] in NASTY
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]


def test_nasty_names_in_an_onnx_model(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    net = tt.Network(inputs=2, hidden=2, outputs=len(NASTY), readout="softmax", loss="cross_entropy")
    to_onnx(Exported(net, inputs=("a", NASTY[3]), classes=tuple(NASTY)), tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    y, label = session.run(None, {"x": np.ones((1, 3, 2), np.float32)})
    assert label.tolist() == [[NASTY[k] for k in row] for row in y.argmax(-1)]
    described = json.loads(session.get_modelmeta().custom_metadata_map["throughtime"])
    assert (described["classes"], described["inputs"]) == (NASTY, ["a", NASTY[3]])


def test_what_cannot_be_written(tmp_path):
    for model, message in (
        (SequenceClassifier(), "this SequenceClassifier is not fitted yet: call fit first"),
        (3, "a network or an estimator of throughtime.sklearn can be written, got int"),
        ("net.onnx", "got str"),
    ):
        with pytest.raises(ValueError, match=message):
            exported(model)
    net = tt.Network(inputs=1, hidden=2, outputs=2, readout="softmax", loss="cross_entropy")
    with pytest.raises(ValueError, match="classes must be all whole numbers"):
        save_script(Exported(net, classes=(1, "a")), tmp_path / "net.py")
    assert not list(tmp_path.iterdir())


def test_numbers_that_float32_cannot_tell_apart_are_not_written_in_it(tmp_path):
    pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    times = [x * [1, 0] + [1.7e9, 0] for x in X]  # seconds since 1970: float32 keeps every 128th
    model = SequenceRegressor(**OPTIONS).fit(times, MEANS)
    with pytest.raises(ValueError, match="its numbers are much larger than they vary"):
        to_onnx(model, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())
    assert save_script(model, tmp_path / "net.py") < 1e-3


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e9])
@pytest.mark.parametrize("level", [0, 100, 20000])
def test_a_season_whose_change_is_always_the_same_is_written(level, size, tmp_path):
    """There is nothing to learn of the change in a whole season; float32 rounds it nevertheless."""
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    t = np.arange(120)
    series = size * (level + 0.3 * t + 10 * np.sin(2 * np.pi * t / 12))
    model = Forecaster(**OPTIONS, horizon=12).fit([series])
    assert model.change_scale_[11] < 1e-11 * size  # the last step ahead: what float64 rounds
    to_onnx(model, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    y = session.run(["y"], {"x": series[None, :, None].astype(np.float32)})[0]
    np.testing.assert_allclose(y.ravel(), np.ravel(model.predict([series])), rtol=1e-6, atol=size * 1e-4)


def test_forecasts_that_are_wrong_by_more_than_rounding_are_refused():
    """The threshold is what float32 rounds, or a thousandth of what there is to learn, whichever is more."""
    t = np.arange(120)
    what = exported(Forecaster(**OPTIONS, horizon=12).fit([100 + 0.3 * t + 10 * np.sin(2 * np.pi * t / 12)]))
    for step, wrong, refused in ((11, 2e-5, False), (11, 3e-4, True), (0, 2e-3, False), (0, 5e-3, True)):
        shift = np.where(np.arange(12) == step, wrong, 0)[:, None]
        if refused:
            with pytest.raises(ValueError, match="differs from the network"):
                greatest_difference(what, lambda x, lengths, shift=shift: what.predict(x, lengths) + shift)
        else:
            found = greatest_difference(what, lambda x, lengths, shift=shift: what.predict(x, lengths) + shift)
            assert found == pytest.approx(wrong)


def test_a_series_whose_numbers_float32_cannot_tell_apart_is_not_written_in_it(tmp_path):
    pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    model = Forecaster(**OPTIONS, horizon=2).fit([1.7e9 + rng.normal(size=60)])
    with pytest.raises(ValueError, match="its numbers are much larger than they vary; a NumPy script"):
        to_onnx(model, tmp_path / "net.onnx")


@pytest.mark.parametrize(
    "option", [{"targets": [1]}, {"targets": [1, 0]}, {"season": 4}, {"quantiles": (0.1, 0.5, 0.9)}]
)
def test_a_forecaster_that_works_out_more_than_its_network_is_not_written(option):
    series = [np.random.default_rng(0).normal(size=(40, 2))]
    with pytest.raises(ValueError, match="cannot be written"):
        exported(Forecaster(**OPTIONS, horizon=2, **option).fit(series))
    assert exported(Forecaster(**OPTIONS, horizon=2, targets=[0, 1]).fit(series)).horizon == 2


@needs_cc
def test_labels_are_written_as_a_probability_each(tmp_path):
    labels = np.stack([MEANS > 1013, [len(x) > 6 for x in X], MEANS > 1015], axis=1).astype(int)
    model = SequenceClassifier(**OPTIONS, class_weight="balanced").fit(X, labels)
    assert exported(model).classes == ()
    for x, own in zip(X[:5], model.predict_proba(X), strict=False):
        np.testing.assert_allclose(script_of(model)["predict"](x[None])[0], own, rtol=1e-9, atol=1e-9)
    assert save_c(model, tmp_path / "labels.c") < 1e-8
    assert "labels_label" not in (tmp_path / "labels.c").read_text()
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    to_onnx(model, tmp_path / "labels.onnx", lengths=True)
    session = onnxruntime.InferenceSession(tmp_path / "labels.onnx")
    (y,) = session.run(None, {"x": PADDED.astype(np.float32), "lengths": LENGTHS})
    assert_predicts(y, model.predict_proba(X), ROUNDING["classifier"])


@pytest.mark.parametrize(
    "options", [{"loss": "huber"}, {"loss": "absolute_error"}, {"loss": "quantile", "quantile": 0.9}]
)
def test_a_regressor_of_any_loss_is_written_as_it_predicts(options):
    model = SequenceRegressor(**OPTIONS, **options).fit(X, MEANS)
    for x, own in zip(X[:5], model.predict(X), strict=False):
        np.testing.assert_allclose(script_of(model)["predict"](x[None])[0], [own], rtol=1e-9, atol=1e-9)
