"""What estimators make of a network's outputs (means and attention over time, rates) is written with the network."""

import shutil
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from throughtime.bridges.agreement import greatest_difference
from throughtime.bridges.c import save_c, to_c
from throughtime.bridges.c.compiled import Compiled, compiled
from throughtime.bridges.exported import exported
from throughtime.bridges.numpy_script import save_script, to_numpy
from throughtime.sklearn import SequenceClassifier, SequenceRegressor

rng = np.random.default_rng(0)
SCALE, OFFSET = np.array([5, 0.02]), np.array([1013, -3])
X = [rng.normal(size=(n, 2)) * SCALE + OFFSET for n in [1, *rng.integers(2, 12, 29)]]
LENGTHS = np.array([len(x) for x in X])
MEANS = np.array([x[:, 0].mean() for x in X])
COUNTS = rng.poisson(40 * np.exp((MEANS - 1013) / 5))
PADDED = np.full((len(X), LENGTHS.max(), 2), 7.0)
for row, x in zip(PADDED, X, strict=True):
    row[: len(x)] = x

OPTIONS = {"hidden": 5, "max_iter": 5, "random_state": 0}
THREE = np.digitize(MEANS, [1011, 1015])
LABELS = np.stack([MEANS > 1013, LENGTHS > 6], axis=1).astype(int)
NUMBERS = np.stack([MEANS * 1000, MEANS - 1013], axis=1)
KINDS = {
    "classes by attention": (SequenceClassifier, {"pooling": "attention"}, THREE),
    "classes by a mean": (SequenceClassifier, {"pooling": "mean", "bidirectional": True}, THREE),
    "one class": (SequenceClassifier, {"pooling": "mean"}, np.zeros(len(X), int)),
    "labels by attention": (SequenceClassifier, {"pooling": "attention", "cell": "mgu", "layers": 2}, LABELS),
    "numbers by attention": (SequenceRegressor, {"pooling": "attention", "bidirectional": True}, NUMBERS),
    "a number by a mean": (SequenceRegressor, {"pooling": "mean", "cell": "gru", "loss": "huber"}, MEANS),
    "counts": (SequenceRegressor, {"loss": "poisson"}, COUNTS),
    "counts of two, by attention": (
        SequenceRegressor, {"loss": "poisson", "pooling": "attention", "cell": "gru"}, np.stack([COUNTS, LENGTHS], 1)
    ),
    "counts as they are": (SequenceRegressor, {"loss": "poisson", "pooling": "mean", "standardize": False}, LENGTHS),
}  # fmt: skip
needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler, cc")


def fitted(kind, **more):
    estimator, options, y = KINDS[kind]
    return estimator(**OPTIONS | options | more).fit(X, y)


def answers(model, given=X):
    y = model.predict_proba(given) if isinstance(model, SequenceClassifier) else model.predict(given)
    return y.reshape(len(given), -1)


def sharp(model):
    """The model with scores of hundreds, far apart, so that e to their power is no number."""
    scores = model.network_.views["W"][:, -1]
    scores *= 3000 / np.abs(scores).sum()
    model.network_.views["b_y"][-1] = 2000
    return model


LONG = rng.normal(size=(2, 3000, 2)) * SCALE + OFFSET


def script_of(model):
    script = {"__name__": "script"}
    exec(to_numpy(model), script)
    return script


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_onnx(kind, dtype, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import to_onnx

    model = fitted(kind)
    to_onnx(model, tmp_path / "ragged.onnx", lengths=True, dtype=dtype)
    session = onnxruntime.InferenceSession(tmp_path / "ragged.onnx")
    y, *label = session.run(None, {"x": PADDED.astype(dtype), "lengths": LENGTHS})
    close = {"rtol": 3e-4, "atol": 1e-3} if dtype == "float32" else {"rtol": 1e-8, "atol": 1e-9}
    np.testing.assert_allclose(y, answers(model), **close)
    if label:
        np.testing.assert_array_equal(label[0], model.predict(X))
    assert [len(output.shape) for output in session.get_outputs()] == [2, 1][: 1 + len(label)]
    to_onnx(model, tmp_path / "even.onnx", dtype=dtype)
    session = onnxruntime.InferenceSession(tmp_path / "even.onnx")
    for x, own in zip(X[:4], answers(model), strict=False):
        np.testing.assert_allclose(session.run(["y"], {"x": x[None].astype(dtype)})[0], [own], **close)


@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
def test_torch(kind, tmp_path):
    torch = pytest.importorskip("torch")
    from throughtime.bridges.pytorch import from_torch, save_state, to_torch

    model = fitted(kind)
    module = to_torch(model)
    with torch.no_grad():
        y = module(torch.tensor(PADDED), torch.tensor(LENGTHS)).numpy()
        np.testing.assert_allclose(y, answers(model), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(module(torch.tensor(X[3][None]))[0], answers(model)[3], rtol=1e-9, atol=1e-9)
    assert save_state(model, tmp_path / "net.pt") < 1e-8
    with pytest.raises(ValueError, match=r"it holds an Exponential|its outputs are"):
        from_torch(module)


@pytest.mark.parametrize("kind", KINDS)
def test_numpy(kind, tmp_path):
    model = fitted(kind)
    script = script_of(model)
    for x, own in zip(X, answers(model), strict=True):
        np.testing.assert_allclose(script["predict"](x[None]), [own], rtol=1e-9, atol=1e-9)
    if hasattr(model, "classes_") and "labels" not in kind:
        assert script["label"](X[5][None]).tolist() == model.predict(X[5:6]).tolist()
    assert ("step" in script) != bool(KINDS[kind][1].get("bidirectional"))
    if "step" in script:
        x = X[LENGTHS.argmax()]
        begun, state = answers(model, [x[: t + 1] for t in range(len(x))]), script["initial_state"]()
        for x_t, own in zip(x, begun, strict=True):
            y, state = script["step"](x_t[None], state)
            np.testing.assert_allclose(y, [own], rtol=1e-9, atol=1e-9)
    assert save_script(model, tmp_path / "net.py") < 1e-8


@needs_cc
@pytest.mark.parametrize("kind", KINDS)
def test_c(kind, tmp_path):
    model = fitted(kind)
    what = exported(model)
    (tmp_path / "net.c").write_text(to_c(model, "net"))
    library = compiled(tmp_path / "net.c", "-Wall", "-Wextra", "-Werror", "-pedantic")
    run = Compiled(library, "net", what)
    for x, own in zip(X, answers(model), strict=True):
        np.testing.assert_allclose(run.predict(x[None], np.array([len(x)])), [own], rtol=1e-9, atol=1e-9)
    assert hasattr(library, "net_step") != bool(KINDS[kind][1].get("bidirectional"))
    if hasattr(library, "net_step"):
        x = X[LENGTHS.argmax()]
        for _ in range(2):  # what was read before is forgotten
            run.reset()
            for x_t, own in zip(x, answers(model, [x[: t + 1] for t in range(len(x))]), strict=True):
                np.testing.assert_allclose(run.step(x_t), own, rtol=1e-9, atol=1e-9)
    assert save_c(model, tmp_path / "net.c") < 1e-8
    assert save_c(model, tmp_path / "net.c", "float32") < {"numbers by attention": 1}.get(kind, 3e-2)


@pytest.mark.parametrize("kind", ["classes by attention", "numbers by attention"])
def test_long_sequences_of_large_scores(kind, tmp_path):
    model = sharp(fitted(kind))
    wanted = answers(model, LONG)
    shares = model.attention(LONG)
    assert shares.max() > 0.5
    assert np.isfinite(shares).all()
    close = {"rtol": 1e-8, "atol": 1e-9}
    np.testing.assert_allclose(script_of(model)["predict"](LONG), wanted, **close)
    if shutil.which("cc"):
        (tmp_path / "net.c").write_text("#define NET_MOST_STEPS 3000\n" + to_c(model, "net"))
        run = Compiled(compiled(tmp_path / "net.c", "-O2"), "net", exported(model))
        np.testing.assert_allclose(run.predict(LONG, np.array([3000, 3000])), wanted, **close)
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import model_of

    written = model_of(model, lengths=True, dtype="float64").SerializeToString()
    session = onnxruntime.InferenceSession(written)
    found = session.run(["y"], {"x": LONG, "lengths": np.array([3000, 1])})[0]
    np.testing.assert_allclose(found, [wanted[0], answers(model, LONG[1:, :1])[0]], **close)


@pytest.mark.torch
def test_long_sequences_of_large_scores_in_torch():
    torch = pytest.importorskip("torch")
    from throughtime.bridges.pytorch import to_torch

    model = sharp(fitted("classes by attention"))
    with torch.no_grad():
        y = to_torch(model)(torch.tensor(LONG), torch.tensor([3000, 1]))
    np.testing.assert_allclose(y, [answers(model, LONG)[0], answers(model, LONG[1:, :1])[0]], rtol=1e-8, atol=1e-9)


def test_the_state_of_counts_is_given_to_an_onnx_model_and_that_of_a_mean_is_refused(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from throughtime.bridges.onnx import from_onnx, to_onnx

    model, x = fitted("counts", cell="gru"), X[LENGTHS.argmax()].astype(np.float32)[None]
    to_onnx(model, tmp_path / "net.onnx", state=True)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    _, state = session.run(["y", "h_n"], {"x": x[:, :3], "h_0": np.zeros((1, 1, 5), np.float32)})
    y = session.run(["y"], {"x": x[:, 3:], "h_0": state})[0]
    np.testing.assert_allclose(y, answers(model, x), rtol=1e-4)
    for kind in ("counts", "classes by attention"):
        to_onnx(fitted(kind), tmp_path / "net.onnx")
        with pytest.raises(ValueError, match=r"it computes Exp|its Softmax is not of a linear layer"):
            from_onnx(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match="pools over time reads whole sequences: a NumPy script or a C file has a"):
        to_onnx(fitted("classes by attention"), tmp_path / "none.onnx", state=True)
    assert not (tmp_path / "none.onnx").exists()


def test_a_script_is_a_program(tmp_path):
    model = fitted("classes by attention")
    save_script(model, tmp_path / "net.py")
    lines = "\n".join(" ".join(map(repr, row)) for row in X[3].tolist())
    done = subprocess.run(
        [sys.executable, "-B", str(tmp_path / "net.py")], input=lines, capture_output=True, text=True, timeout=60
    )
    np.testing.assert_allclose(np.array(done.stdout.split(), float), answers(model)[3], rtol=1e-9, atol=1e-9)


def test_tables_of_one_feature(tmp_path):
    table = np.random.default_rng(1).normal(50, 9, size=(20, 10))
    model = SequenceClassifier(**OPTIONS, pooling="attention").fit(table, table.max(axis=1) > 65)
    np.testing.assert_allclose(script_of(model)["predict"](table), model.predict_proba(table), rtol=1e-9)
    if shutil.which("cc"):
        assert save_c(model, tmp_path / "net.c") < 1e-9


def test_a_large_rate_is_judged_by_its_size_and_another_one_is_refused():
    """The exponential makes a part of the rate of what is rounded in its logarithm."""
    what = exported(fitted("counts"))
    for wrong, refused in ((1.0005, False), (1.01, True)):
        expected = pytest.raises(ValueError, match="differs from the network") if refused else nullcontext()
        with expected:
            greatest_difference(what, lambda x, lengths, wrong=wrong: what.predict(x, lengths) * wrong)
