"""What estimators predict with each loss, label smoothing, labels, weights, pooling and scorer, by values."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from scipy.optimize import brentq
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import accuracy_score, balanced_accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor
from throughtime.sklearn.options import options_of

RNG = np.random.default_rng(0)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "random_state": 0}
X = [RNG.normal(size=(int(n), 2)) for n in RNG.integers(3, 8, 40)]
Y = np.array([x[:, 0].sum() > 0 for x in X])
LABELS = np.stack([Y, [x[:, 1].max() > 0.8 for x in X]], axis=1).astype(int)
POOLINGS = ["last", "mean", "attention"]

SAME = np.zeros((60, 4, 1))  # sequences that tell nothing: what is predicted is the loss's own mean of the targets
SETTLING = {"cell": "gru", "hidden": 2, "max_iter": 400, "learning_rate": 0.03, "schedule": "cosine", "clip": None,
            "random_state": 0}  # fmt: skip
SKEWED = RNG.exponential(2, size=60)
WEIGHTS = RNG.integers(0, 4, size=60).astype(float)


def huber_mean(y, w, epsilon):
    scale = np.sqrt(np.average((y - np.average(y, weights=w)) ** 2, weights=w))
    return brentq(lambda m: (w * np.clip((y - m) / scale, -epsilon, epsilon)).sum(), y.min(), y.max())


def weighted_quantile(y, w, level):
    order = np.argsort(y)
    return y[order][np.searchsorted(np.cumsum(w[order]), level * w.sum())]


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize(
    ("options", "expected", "off"),
    [
        ({}, np.average(SKEWED, weights=WEIGHTS), 1e-3),
        ({"loss": "poisson"}, np.average(SKEWED, weights=WEIGHTS), 1e-3),
        ({"loss": "poisson", "standardize": False}, np.average(SKEWED, weights=WEIGHTS), 1e-3),
        ({"loss": "absolute_error"}, weighted_quantile(SKEWED, WEIGHTS, 0.5), 0.1),
        ({"loss": "huber", "epsilon": 0.5}, huber_mean(SKEWED, WEIGHTS, 0.5), 2e-3),
        ({"loss": "quantile", "quantile": 0.9}, weighted_quantile(SKEWED, WEIGHTS, 0.9), 0.25),
    ],
)
def test_each_loss_predicts_its_own_mean(options, expected, off, pooling):
    model = SequenceRegressor(**SETTLING | options, pooling=pooling).fit(SAME, SKEWED, WEIGHTS)
    assert model.predict(SAME[:1]) == pytest.approx([expected], abs=off)


def test_several_outputs_have_a_mean_each_and_counts_a_rate_each():
    y = np.stack([SKEWED, 100 + SKEWED**2], axis=1)
    for loss in ("squared_error", "poisson"):
        found = SequenceRegressor(**SETTLING, loss=loss).fit(SAME, y).predict(SAME[:1])
        np.testing.assert_allclose(found, [y.mean(axis=0)], rtol=1e-3)


def test_counts_are_learned_as_rates():
    rates = np.exp([1 + x[:, 0].mean() for x in X])
    counts = np.random.default_rng(1).poisson(rates)
    options = SMALL | {"max_iter": 60}
    model = SequenceRegressor(**options, loss="poisson").fit(X, counts)
    assert (model.predict(X) > 0).all()
    assert np.corrcoef(np.log(model.predict(X)), np.log(rates))[0, 1] > 0.5
    scaled = SequenceRegressor(**options, loss="poisson").fit(X, 1000 * counts)
    np.testing.assert_allclose(scaled.predict(X), 1000 * model.predict(X), rtol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_probabilities_are_the_weighted_shares_with_smoothing(pooling):
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], p=[0.6, 0.3, 0.1], size=60)
    shares = np.array([WEIGHTS[y == name].sum() for name in "abc"]) / WEIGHTS.sum()
    for smoothing in (0.0, 0.3):
        model = SequenceClassifier(**SETTLING, label_smoothing=smoothing, pooling=pooling).fit(SAME, y, WEIGHTS)
        expected = (1 - smoothing) * shares + smoothing / 3
        np.testing.assert_allclose(model.predict_proba(SAME[:1]), [expected], atol=2e-3)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_each_label_has_its_own_probability_weights_and_smoothing(pooling):
    rng = np.random.default_rng(0)
    y = (rng.random((60, 3)) < [0.2, 0.5, 0.9]).astype(int)
    shares = np.average(y, axis=0, weights=WEIGHTS)
    options = SETTLING | {"pooling": pooling}
    model = SequenceClassifier(**options).fit(SAME, y, WEIGHTS)
    np.testing.assert_allclose(model.predict_proba(SAME[:1]), [shares], atol=2e-3)
    assert [classes.tolist() for classes in model.classes_] == [[0, 1]] * 3
    np.testing.assert_array_equal(model.predict(SAME[:2]), [shares > 0.5] * 2)
    smooth = SequenceClassifier(**options, label_smoothing=0.3).fit(SAME, y, WEIGHTS)
    np.testing.assert_allclose(smooth.predict_proba(SAME[:1]), [0.7 * shares + 0.15], atol=2e-3)
    even = SequenceClassifier(**options, class_weight="balanced").fit(SAME, y, WEIGHTS)
    np.testing.assert_allclose(even.predict_proba(SAME[:1]), [[0.5, 0.5, 0.5]], atol=2e-3)
    first = SequenceClassifier(**options, class_weight=[{0: 1, 1: 4}, None, {0: 2}]).fit(SAME, y, WEIGHTS)
    p, q = shares[0], shares[2]
    expected = [4 * p / (4 * p + 1 - p), shares[1], q / (q + 2 * (1 - q))]
    np.testing.assert_allclose(first.predict_proba(SAME[:1]), [expected], atol=2e-3)


@pytest.mark.parametrize(("y", "weights"), [(Y, {False: 1, True: 2}), (LABELS, [{0: 1, 1: 2}, {0: 3, 1: 1}])])
def test_of_class_weights_only_ratios_matter(y, weights):
    options = SMALL | {"optimizer": "gradient-descent", "learning_rate": 0.1, "clip": None}
    many = [{value: 100 * weight for value, weight in of.items()} for of in np.ravel([weights])]
    found, right = (
        SequenceClassifier(**options, class_weight=given).fit(X, y).predict_proba(X)
        for given in (many if isinstance(weights, list) else many[0], weights)
    )
    np.testing.assert_allclose(found, right, rtol=1e-9)


def test_labels_of_steps_are_weighed_by_class_and_step():
    rng = np.random.default_rng(0)
    y = (rng.random((60, 4)) < 0.25).astype(int)
    weights = rng.integers(0, 4, size=(60, 4)).astype(float)
    share = np.average(y, weights=weights)
    steps = np.zeros((60, 4, 1))
    options = SETTLING | {"hidden": 1, "cell": "elman"}
    every = SequenceLabeler(**options).fit(steps, y, weights).predict_proba(steps[:1])[0, :, 1]
    assert every.mean() == pytest.approx(share, abs=0.02)
    four = SequenceLabeler(**options, class_weight={1: 4}).fit(steps, y, weights).predict_proba(steps[:1])[0, :, 1]
    assert four.mean() == pytest.approx(4 * share / (4 * share + 1 - share), abs=0.03)
    even = SequenceLabeler(**options, class_weight="balanced").fit(steps, y, weights).predict_proba(steps[:1])[0, :, 1]
    assert even.mean() == pytest.approx(0.5, abs=0.03)
    smooth = SequenceLabeler(**options, label_smoothing=0.3).fit(steps, y, weights).predict_proba(steps[:1])[0, :, 1]
    assert smooth.mean() == pytest.approx(0.7 * share + 0.15, abs=0.02)


def test_one_hot_classes_are_read_as_labels_and_it_is_said():
    with pytest.warns(UserWarning, match=r"exactly one label for each sequence: if they are classes, give y.argmax"):
        model = SequenceClassifier(**SMALL).fit(X, np.eye(3)[np.arange(40) % 3])
    assert model.predict_proba(X).shape == (40, 3)


def test_score_of_labels_is_that_of_whole_rows():
    rng = np.random.default_rng(0)
    model = SequenceClassifier(**SMALL).fit(X, LABELS)
    weights = rng.random(40)
    assert model.score(X, LABELS, weights) == pytest.approx(
        accuracy_score(LABELS, model.predict(X), sample_weight=weights)
    )


def test_no_smoothing_is_what_it_was():
    np.testing.assert_array_equal(
        SequenceClassifier(**SMALL, label_smoothing=0).fit(X, Y).predict_proba(X),
        SequenceClassifier(**SMALL).fit(X, Y).predict_proba(X),
    )


def spike_of(sequences, rng):
    """Noise, with a spike of either sign at some step: the class is its sign."""
    x = 0.3 * rng.normal(size=(sequences, 20, 1))
    at, sign = rng.integers(20, size=sequences), rng.choice([-1, 1], size=sequences)
    x[np.arange(sequences), at, 0] += 3 * sign
    return x, at, sign


def test_attention_looks_where_the_answer_is():
    x, _, sign = spike_of(200, np.random.default_rng(0))
    model = SequenceClassifier(**SMALL | {"max_iter": 60}, pooling="attention").fit(x, sign)
    new, at, right = spike_of(100, np.random.default_rng(1))
    assert model.score(new, right) > 0.95
    shares = model.attention(new)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    after = np.stack([share[step : step + 4].sum() for share, step in zip(shares, at, strict=True)])
    before = np.stack([share[:step].sum() for share, step in zip(shares, at, strict=True)])
    assert np.median(after) > 2 * np.median(before)


@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor])
def test_attention_has_the_form_of_x(kind):
    rng = np.random.default_rng(0)
    y = Y if kind is SequenceClassifier else Y.astype(float)
    model = kind(**SMALL, pooling="attention").fit(X, y)
    shares = model.attention(X)
    assert [share.shape for share in shares] == [(len(x),) for x in X]
    alone = model.attention([X[7]])[0]  # padding plays no part
    np.testing.assert_allclose(shares[7], alone, rtol=1e-12)
    frame = pandas.concat({i: pandas.DataFrame(x, columns=["a", "b"]) for i, x in enumerate(X)})
    of_frame = kind(**SMALL, pooling="attention").fit(frame, y).attention(frame)
    assert of_frame.index.equals(frame.index)
    np.testing.assert_allclose(of_frame[7], alone)
    table = rng.normal(size=(40, 5))
    assert kind(**SMALL, pooling="attention").fit(table, y).attention(table).shape == (40, 5)


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_what_is_pooled_is_what_the_steps_of_the_network_say(pooling):
    model = SequenceClassifier(**SMALL, pooling=pooling, bidirectional=True).fit(X, Y)
    shares = model.attention(X) if pooling == "attention" else [np.full(len(x), 1 / len(x)) for x in X]
    for x, share, found in zip(X, shares, model.predict_proba(X), strict=True):
        steps = model.network_.predict(((x - model.mean_) / model.scale_)[None])[0, :, :2]
        net = np.exp(share @ steps)
        np.testing.assert_allclose(found, net / net.sum(), rtol=1e-10)


EVERY = [
    (SequenceClassifier, Y, {"label_smoothing": 0.1, "pooling": "attention"}),
    (SequenceClassifier, LABELS, {"class_weight": "balanced", "pooling": "mean"}),
    (SequenceClassifier, LABELS, {}),
    (SequenceRegressor, LABELS + 1.0, {"loss": "poisson", "pooling": "attention"}),
    (SequenceRegressor, Y + 1.0, {"loss": "quantile", "quantile": 0.8}),
    (SequenceRegressor, Y + 1.0, {"loss": "huber", "epsilon": 0.7, "dropout": 0.2, "noise": 0.1}),
]


@pytest.mark.parametrize(("kind", "y", "options"), EVERY)
def test_cloned_pickled_continued_and_read_in_parts(kind, y, options):
    model = kind(**SMALL, **options)
    fitted = model.fit(X, y)
    found = fitted.predict(X)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict(X), found)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict(X), found)
    classes = {"classes": np.unique(y) if y.ndim == 1 else [0, 1]} if kind is SequenceClassifier else {}
    parts = clone(model).partial_fit(X[:20], y[:20], **classes).partial_fit(X[20:], y[20:])
    assert parts.predict(X).shape == found.shape
    warm = clone(model).set_params(warm_start=True).fit(X, y)
    loss = warm.history_["loss"][-1]
    assert warm.fit(X, y).history_["loss"][-1] < loss or options.get("dropout")
    early = clone(model).set_params(early_stopping=True, max_iter=2).fit(X, y)
    assert len(early.validation_losses_) == 2


def test_early_stopping_compares_the_loss_that_is_learned_by():
    model = SequenceRegressor(**SMALL, loss="poisson", standardize=False, early_stopping=True, learning_rate=0)
    model.fit(X, Y + 1.0)
    rate = model.predict(X)
    every = rate - (Y + 1.0) * np.log(rate)
    _, apart = model._apart(options_of(model), 40, None)
    assert model.validation_losses_[0] == pytest.approx(every[apart].mean())


def test_a_search_selects_losses_and_pooling():
    search = GridSearchCV(SequenceRegressor(**SMALL), {"loss": ["huber", "squared_error"], "pooling": POOLINGS}, cv=2)
    assert search.fit(X, Y.astype(float)).best_params_["pooling"] in POOLINGS


@pytest.mark.parametrize("form", ["list", "long frame", "array", "table"])
@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor])
def test_early_stopping_by_a_scorer_keeps_the_network_of_the_best_score(kind, form):
    rng = np.random.default_rng(0)
    y = Y if kind is SequenceClassifier else Y.astype(float)
    given = {
        "list": X,
        "long frame": pandas.concat({f"s{i}": pandas.DataFrame(x, columns=["a", "b"]) for i, x in enumerate(X)}),
        "array": rng.normal(size=(40, 5, 2)),
        "table": rng.normal(size=(40, 5)),
    }[form]
    told = []

    def scoring(model, X, y, sample_weight=None):
        told.append((len(y), model.score(X, y, sample_weight)))
        return -abs(len(told) - 3)  # best in the third epoch

    options = SMALL | {"max_iter": 6, "early_stopping": True, "validation_fraction": 0.25}
    model = kind(**options, scoring=scoring).fit(given, y, np.ones(40))
    assert model.validation_scores_ == [-2, -1, 0, -1, -2, -3]
    assert [n for n, _ in told] == [10] * 6
    third = kind(**options | {"max_iter": 3}, scoring=lambda model, X, y, sample_weight: len(model.validation_scores_))
    third.fit(given, y, np.ones(40))
    assert third.validation_losses_ == pytest.approx(model.validation_losses_[:3])
    np.testing.assert_array_equal(model.network_.parameters, third.network_.parameters)


def test_scores_that_stay_the_same_are_no_progress():
    options = SMALL | {"max_iter": 20, "early_stopping": True, "n_iter_no_change": 2}

    def scoring(model, X, y):
        return min(len(model.validation_scores_), 2)

    model = SequenceClassifier(**options, scoring=scoring).fit(X, Y)
    assert model.validation_scores_ == [0, 1, 2, 2, 2]
    third = SequenceClassifier(**options | {"max_iter": 3}, scoring=scoring).fit(X, Y)
    np.testing.assert_array_equal(model.network_.parameters, third.network_.parameters)


def test_scorers_of_scikit_learn_and_no_patience():
    options = SMALL | {"max_iter": 30, "early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 2}
    model = SequenceClassifier(**options, scoring="balanced_accuracy").fit(X, Y)
    best = max(model.validation_scores_)
    assert model.n_iter_ == min(30, int(np.argmax(model.validation_scores_)) + 3)
    _, apart = model._apart(options_of(model), 40, Y.astype(int))
    some = [X[i] for i in apart]
    assert balanced_accuracy_score(Y[apart], model.predict(some)) == best
    assert not hasattr(model.set_params(scoring=None).fit(X, Y), "validation_scores_")
    assert not hasattr(model.set_params(**SequenceClassifier(**SMALL).get_params()).fit(X, Y), "validation_losses_")
    with pytest.raises(ValueError, match="nonsense"):
        SequenceClassifier(**options, scoring="nonsense").fit(X, Y)
    with pytest.warns(UserWarning, match="has no effect without early_stopping"):
        SequenceClassifier(**SMALL, scoring="accuracy", verbose=True).fit(X, Y)


@pytest.mark.parametrize("labels", [LABELS, np.column_stack([LABELS, Y])])
@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "f1_macro", "accuracy"])
def test_scorers_of_labels(labels, scoring):
    options = SMALL | {"max_iter": 2, "early_stopping": True, "validation_fraction": 0.4}
    model = SequenceClassifier(**options, scoring=scoring).fit(X, labels)
    assert all(0 <= score <= 1 for score in model.validation_scores_)
    assert np.isfinite(cross_val_score(SequenceClassifier(**SMALL), X, labels, cv=2, scoring=scoring)).all()


def test_several_columns_of_classes_are_a_network_each():
    columns = np.stack([np.where(Y, "up", "down"), np.arange(40) % 3], axis=1).astype(object)
    with pytest.raises(ValueError, match=r"fit sklearn.multioutput.MultiOutputClassifier\(SequenceClassifier"):
        SequenceClassifier(**SMALL).fit(X, columns)
    several = MultiOutputClassifier(SequenceClassifier(**SMALL | {"max_iter": 60})).fit(X, columns.astype(str))
    found = several.predict(X)
    assert found.shape == (40, 2)
    assert set(found[:, 0]) == {"up", "down"}
    assert (found[:, 0] == columns[:, 0]).mean() > 0.8
    assert [p.shape for p in several.predict_proba(X)] == [(40, 2), (40, 3)]
    assert 0 <= several.score(X, columns.astype(str)) <= 1


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_by_scikit_learn_reads_sequences(method):
    calibrated = CalibratedClassifierCV(SequenceClassifier(**SMALL), method=method, cv=3).fit(X, Y)
    p = calibrated.predict_proba(X)
    assert p.shape == (40, 2)
    assert log_loss(Y, np.clip(p, 0.01, 0.99)) < 0.8


REFUSED = [
    (SequenceRegressor, {"loss": "mse"}, Y, 'loss must be "squared_error", "absolute_error", "huber"'),
    (SequenceRegressor, {"loss": "quantile"}, Y, "needs a quantile between 0 and 1, such as 0.9, got None"),
    (SequenceRegressor, {"loss": "quantile", "quantile": 1}, Y, "needs a quantile between 0 and 1"),
    (SequenceRegressor, {"quantile": 0.5}, Y, 'quantile is for loss="quantile"'),
    (SequenceRegressor, {"epsilon": 2}, Y, 'epsilon is for loss="huber": leave it at 1.35, got 2'),
    (SequenceRegressor, {"loss": "huber", "epsilon": 0}, Y, "epsilon must be above 0"),
    (SequenceRegressor, {"loss": "poisson"}, Y - 1.0, "y must not be negative, got -1"),
    (SequenceRegressor, {"loss": "poisson"}, 0.0 * Y, "needs an output of y that is not 0 at every sequence"),
    (SequenceRegressor, {"pooling": "max"}, Y, 'pooling must be "last", "mean" or "attention", got \'max\''),
    (SequenceClassifier, {"label_smoothing": 1}, Y, "label_smoothing must be below 1"),
    (SequenceClassifier, {"label_smoothing": -0.1}, Y, "label_smoothing must be"),
    (SequenceLabeler, {"label_smoothing": 2}, Y, "label_smoothing must be"),
    (SequenceClassifier, {"class_weight": {0: 1}}, LABELS, 'must be "balanced", None or a list of 2 dicts'),
    (SequenceClassifier, {"class_weight": [{0: 1}]}, LABELS, "a list of 2 dicts of 0 and 1, one for each label"),
    (SequenceClassifier, {"class_weight": [{0: -1}, {}]}, LABELS, "class_weight"),
    (SequenceClassifier, {"class_weight": [{0: 0, 1: 0}] * 2}, LABELS, "leave no label with a weight above 0"),
    (SequenceClassifier, {}, LABELS * 2, "do not hold 0 and 1 alone"),
    (SequenceClassifier, {}, np.where(LABELS, np.nan, 0), "do not hold 0 and 1 alone"),
    (SequenceClassifier, {}, LABELS.astype(str), "do not hold 0 and 1 alone"),
    (SequenceClassifier, {"class_weight": np.ones(2)}, LABELS, "a list of 2 dicts of 0 and 1"),
    (SequenceLabeler, {}, np.zeros((40, 5, 2)), "must be"),
    (SequenceClassifier, {}, LABELS[:30], "inconsistent numbers of samples"),
]


@pytest.mark.parametrize(("kind", "options", "y", "message"), REFUSED)
def test_refused(kind, options, y, message):
    with pytest.raises(ValueError, match=message):
        kind(**SMALL, **options).fit(X, y)


def test_a_fitted_estimator_keeps_to_what_it_was_made_for():
    model = SequenceClassifier(**SMALL, warm_start=True).fit(X, LABELS)
    with pytest.raises(ValueError, match="y must hold classes, or an indicator of labels, as in the first fit"):
        model.fit(X, Y)
    with pytest.raises(ValueError, match=r"y must be \(40, 2\) as what is predicted, got \(40,\)"):
        model.score(X, Y)
    with pytest.raises(ValueError, match="pooling is 'mean', but the network that is trained on was made with 'last'"):
        model.set_params(pooling="mean").fit(X, LABELS)
    with pytest.raises(ValueError, match=r"classes of labels must be 0 and 1, got \[1, 2\]"):
        SequenceClassifier(**SMALL).partial_fit(X, LABELS, classes=[1, 2])
    regressor = SequenceRegressor(**SMALL, warm_start=True).fit(X, Y.astype(float))
    with pytest.raises(ValueError, match="loss is 'huber', but"):
        regressor.set_params(loss="huber").fit(X, Y.astype(float))
    with pytest.raises(ValueError, match='attention needs pooling="attention", what was fitted has pooling="last"'):
        regressor.attention(X)


def test_quantiles_are_learned_with_noise_and_dropout_too():
    model = Forecaster(**SMALL | {"quantiles": (0.1, 0.5, 0.9), "noise": 0.05, "dropout": 0.1}).fit([X[0], X[1]])
    assert model.predict_quantiles([X[0]]).shape == (1, 1, 2, 3)
