"""The estimators against scikit-learn's metrics and scalers, repeated samples, and `throughtime.train` itself."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from sklearn.base import clone
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.class_weight import compute_class_weight

import throughtime as tt
from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

SMALL = {"cell": "gru", "hidden": 6, "max_iter": 20, "random_state": 0}


def ragged(count=40, seed=0):
    """Sequences of 2 features and 3–9 steps, with the class (is the first feature's sum positive) and the sum."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(3, 2, size=(int(n), 2)) for n in rng.integers(3, 10, count)]
    total = np.array([(x[:, 0] - 3).sum() for x in X])
    return X, np.where(total > 0, "up", "down"), total


def running(X):
    """A label for each step: is the first feature's running sum positive."""
    return [(np.cumsum(x[:, 0] - 3) > 0).astype(int) for x in X]


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_a_classifier_learns_and_generalises(cell):
    X, y, _ = ragged(300)
    model = SequenceClassifier(cell=cell, hidden=12, max_iter=60, random_state=0).fit(X[:200], y[:200])
    assert model.score(X[200:], y[200:]) > 0.9
    assert list(model.classes_) == ["down", "up"]
    proba = model.predict_proba(X[200:])
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(X[200:]), model.classes_[proba.argmax(axis=1)])


def test_a_regressor_learns_in_the_targets_units():
    X, _, total = ragged(300)
    y = np.column_stack([total, 1000 - 100 * total])
    model = SequenceRegressor(cell="gru", hidden=16, max_iter=100, random_state=0).fit(X[:200], y[:200])
    assert r2_score(y[200:], model.predict(X[200:])) > 0.95
    one = clone(model).fit(X[:200], total[:200])
    assert one.predict(X[:3]).shape == (3,)
    assert one.score(X[200:], total[200:]) > 0.95


def test_a_labeler_learns_each_step():
    X, _, _ = ragged(200)
    model = SequenceLabeler(cell="gru", hidden=12, max_iter=60, random_state=0).fit(X[:150], running(X[:150]))
    found, right = model.predict(X[150:]), running(X[150:])
    assert [len(row) for row in found] == [len(x) for x in X[150:]]
    assert accuracy_score(np.concatenate(right), np.concatenate(found)) == model.score(X[150:], right) > 0.9


def test_a_forecaster_goes_on_with_one_long_series():
    t = np.arange(400)
    series = 100 + np.sin(2 * np.pi * t / 25) + 0.3 * np.sin(2 * np.pi * t / 7)
    model = Forecaster(horizon=5, window=50, hidden=16, max_iter=200, batch_size=2, random_state=0).fit([series[:350]])
    found = model.predict([series[:390]])[:, :, 0]
    assert found.shape == (1, 5)
    assert np.abs(found - series[390:395]).max() < 0.1 < np.abs(series[389] - series[390:395]).max()
    many = np.stack([series[i : i + 60] for i in range(300, 340)])[:, :, None]
    found = model.predict(many[:, :-5])
    assert model.score(many[:, :-5], many[:, -5:]) == r2_score(many[:, -5:, 0].ravel(), found[:, :, 0].ravel()) > 0.9


def test_a_forecaster_tells_all_features_and_reads_only_its_window():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 3)) for n in (30, 12, 25)]
    model = Forecaster(horizon=2, window=10, **SMALL).fit(X)
    found = model.predict(X)
    assert found.shape == (3, 2, 3)
    np.testing.assert_allclose(found, model.predict([x[-10:] for x in X]), atol=1e-12)


def test_the_validation_loss_is_sklearns_log_loss():
    X, y, _ = ragged(60)
    model = SequenceClassifier(**SMALL, early_stopping=True, validation_fraction=0.25).fit(X, y)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    _, held_out = train_test_split(np.arange(60), test_size=0.25, random_state=seed, stratify=y)
    proba = model.predict_proba([X[i] for i in held_out])
    assert log_loss(y[held_out], proba) == pytest.approx(min(model.validation_losses_), rel=1e-10)
    assert len(model.validation_losses_) == model.n_iter_ == 20


def test_training_stops_when_it_gets_no_better():
    rng = np.random.default_rng(0)
    model = SequenceClassifier(**SMALL | {"max_iter": 500}, early_stopping=True, n_iter_no_change=3, learning_rate=0.1)
    model.fit(rng.normal(size=(50, 6, 1)), rng.integers(2, size=50))  # nothing to be learned
    losses = model.validation_losses_
    assert model.n_iter_ == len(losses) < 500
    assert int(np.argmin(losses)) == len(losses) - 4


def test_class_weights_are_repeated_samples():
    X, y, _ = ragged()
    up = [x for x, label in zip(X, y, strict=True) if label == "up"]
    model = SequenceClassifier(**SMALL, batch_size=200)
    weighted = clone(model).set_params(class_weight={"up": 3}).fit(X, y)
    repeated = clone(model).fit(X + up + up, np.concatenate([y, ["up"] * 2 * len(up)]))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-9)
    plain = clone(model).fit(X, y)
    assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.05


def test_balanced_is_what_sklearn_computes():
    X, y, _ = ragged()
    weights = compute_class_weight("balanced", classes=np.unique(y), y=y)
    by_name = SequenceClassifier(**SMALL, class_weight="balanced").fit(X, y)
    by_dict = SequenceClassifier(**SMALL, class_weight=dict(zip(np.unique(y), weights, strict=True))).fit(X, y)
    np.testing.assert_allclose(by_name.predict_proba(X), by_dict.predict_proba(X), atol=1e-9)


@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor, SequenceLabeler, Forecaster])
def test_integer_weights_are_repeated_samples(kind):
    X, y, total = ragged(20)
    y = {SequenceRegressor: total, SequenceLabeler: running(X), Forecaster: [x[-1] for x in X]}.get(kind, y)
    weights = np.random.default_rng(0).integers(0, 4, 20)
    rows = np.repeat(np.arange(20), weights)
    model = kind(**SMALL, batch_size=100)
    weighted = clone(model).fit(X, y, sample_weight=weights)
    repeated = clone(model).fit([X[i] for i in rows], [y[i] for i in rows])
    np.testing.assert_allclose(weighted.network_.parameters, repeated.network_.parameters, atol=1e-9)
    np.testing.assert_allclose(weighted.mean_, repeated.mean_)


def test_features_are_standardised_over_real_steps():
    X, y, _ = ragged()
    model = SequenceClassifier(**SMALL).fit(X, y)
    scaler = StandardScaler().fit(np.concatenate(X))
    np.testing.assert_allclose(model.mean_, scaler.mean_)
    np.testing.assert_allclose(model.scale_, scaler.scale_)
    other = clone(model).fit([1000 * x - 5 for x in X], y)
    np.testing.assert_allclose(other.predict_proba([1000 * x - 5 for x in X]), model.predict_proba(X), atol=1e-6)
    raw = SequenceClassifier(**SMALL, standardize=False).fit(X, y)
    np.testing.assert_allclose(raw.network_.predict(X), raw.predict_proba(X))


def test_no_sequence_changes_what_is_told_of_another():
    X, y, _ = ragged()
    model = SequenceClassifier(**SMALL).fit(X, y)
    together = model.predict_proba(X)
    alone = np.concatenate([model.predict_proba([x]) for x in X])
    np.testing.assert_allclose(together, alone, atol=1e-12)


def test_partial_fit_is_train_in_the_order_of_the_data():
    X = np.random.default_rng(0).normal(size=(50, 4, 2))
    y = X[:, :, 0].sum(axis=1)
    model = SequenceRegressor(**SMALL, batch_size=16)
    for _ in range(3):
        model.partial_fit(X, y)
    start = clone(model).set_params(max_iter=1).fit(X, y)
    net = tt.Network(start.network_.specification, seed=start._seed)
    x, d = (X - model.mean_) / model.scale_, ((y - model.y_mean_) / model.y_scale_)[:, None]
    rows = np.concatenate([np.arange(64) % 50] * 3)  # each pass is 4 batches of 16 from the beginning
    same = {"batch": 16, "optimizer": tt.Adam(0.01), "clip": 1.0, "shuffle": False}
    wanted = tt.train(net, tt.Batch(x[rows], d[rows]), steps=12, **same).network
    np.testing.assert_array_equal(model.network_.parameters, wanted.parameters)


def test_partial_fit_needs_the_classes_first():
    X, y, _ = ragged()
    model = SequenceClassifier(**SMALL)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        model.partial_fit(X, y)
    model.partial_fit(X[:5], ["down"] * 5, classes=["down", "up"])
    for _ in range(40):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.9
    with pytest.raises(ValueError, match="'sideways', which is not among the classes"):
        model.partial_fit(X[:1], ["sideways"])


def test_warm_start_goes_on():
    X, y, _ = ragged()
    model = SequenceClassifier(**SMALL, warm_start=True).fit(X, y)
    before = log_loss(y, model.predict_proba(X))
    model.fit(X, y)
    assert log_loss(y, model.predict_proba(X)) < before
    cold = clone(model).set_params(warm_start=False).fit(X, y).fit(X, y)
    assert log_loss(y, cold.predict_proba(X)) == before


def test_the_seed_decides_everything():
    X, y, _ = ragged(100)
    first, again = (SequenceClassifier(**SMALL, batch_size=16).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.network_.parameters, again.network_.parameters)
    other = clone(first).set_params(random_state=1).fit(X, y)
    assert (first.network_.parameters != other.network_.parameters).all()


def test_in_pipelines_searches_and_cross_validation():
    X, y, _ = ragged(60)
    scores = cross_val_score(SequenceClassifier(**SMALL), X, y, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > 0.6
    pipeline = make_pipeline(FunctionTransformer(lambda X: [x[:, :1] for x in X]), SequenceClassifier(**SMALL))
    search = GridSearchCV(pipeline, {"sequenceclassifier__hidden": [1, 8]}, cv=2).fit(X, y)
    assert search.best_estimator_[-1].network_.specification.inputs == 1
    assert search.predict(X).shape == (60,)
    table = np.random.default_rng(0).normal(size=(60, 5))
    assert make_pipeline(StandardScaler(), SequenceRegressor(**SMALL)).fit(table, table[:, 0]).predict(table).shape == (
        60,
    )
    assert cross_val_score(SequenceLabeler(**SMALL), X, running(X), cv=3).mean() > 0.6


def test_pickling_keeps_what_is_told_and_goes_on():
    X, y, _ = ragged()
    model = SequenceClassifier(**SMALL).fit(X, y)
    back = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(
        back.partial_fit(X, y).network_.parameters, model.partial_fit(X, y).network_.parameters
    )


def test_ctrl_c_is_not_swallowed(monkeypatch):
    from throughtime.training import loop

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop._Trainer, "take_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        SequenceClassifier(**SMALL).fit(*ragged()[:2])
