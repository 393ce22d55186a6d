"""Searches, splits and forms of data as they come in real work: what is selected and scored is what was meant."""

import contextlib
import pickle
from fractions import Fraction

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, GroupKFold, TimeSeriesSplit, cross_val_score, cross_validate

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor
from throughtime.tasks.standardisation import mean_and_deviation

NAMES_IGNORED = pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "random_state": 0}
RNG = np.random.default_rng(0)
LISTED = [RNG.normal(size=(n, 2)) for n in (3, 5, 2, 4, 6, 3, 5, 4, 2)]
Y = np.array([0, 1, 1, 0, 0, 1, 0, 1, 1])
NAMES = [f"s{i}" for i in range(9)]
FRAMES = [pandas.DataFrame(x, columns=["a", "b"]) for x in LISTED]
LONG = pandas.concat(dict(zip(NAMES, FRAMES, strict=True)))
GROUPS = LONG.index.get_level_values(0)
DAYS = pandas.date_range("2024-01-01", periods=120)
WAVE = pandas.Series(10 + np.sin(np.arange(120) / 4), DAYS, name="load")
TWO = pandas.DataFrame({"a": WAVE, "b": WAVE**2})


def settings(**options):
    return SMALL | options


@NAMES_IGNORED
@pytest.mark.parametrize("series", [WAVE, TWO, WAVE.reset_index(drop=True)])
def test_a_forecaster_is_selected_on_one_series(series):
    model = Forecaster(horizon=2, window=20, batch_size=2, **settings(max_iter=20))
    split = TimeSeriesSplit(3)
    scores = cross_val_score(model, series, cv=split, error_score="raise")
    for score, (known, later) in zip(scores, split.split(series), strict=True):
        fitted = clone(model).fit(series.iloc[known])
        x = np.asarray(series.iloc[later]).reshape(len(later), -1)
        ends = range(1, len(x) - 1)
        predicted = np.concatenate([fitted.predict([x[max(0, end - 20) : end]])[0] for end in ends])
        assert score == pytest.approx(r2_score(np.concatenate([x[end : end + 2] for end in ends]), predicted))
    search = GridSearchCV(model, {"max_iter": [1, 60]}, cv=split, error_score="raise").fit(series)
    assert search.best_params_ == {"max_iter": 60}
    assert search.best_score_ > max(0, search.cv_results_["mean_test_score"][0])


@pytest.mark.parametrize(
    ("index", "after"),
    [
        (DAYS, pandas.to_datetime(["2024-04-30", "2024-05-01"])),
        (
            DAYS.tz_localize("Europe/Berlin"),
            pandas.to_datetime(["2024-04-30", "2024-05-01"]).tz_localize("Europe/Berlin"),
        ),
        (pandas.date_range("2015-01-31", periods=120, freq="ME"), pandas.to_datetime(["2025-01-31", "2025-02-28"])),
        (pandas.bdate_range("2024-01-01", periods=120), pandas.to_datetime(["2024-06-17", "2024-06-18"])),
        (pandas.period_range("2024-01", periods=120, freq="M"), pandas.PeriodIndex(["2034-01", "2034-02"], freq="M")),
        (pandas.to_timedelta(np.arange(120), unit="h"), pandas.to_timedelta([120, 121], unit="h")),
        (pandas.RangeIndex(0, 240, 2), pandas.Index([240, 242])),
        (DAYS.strftime("%Y-%m-%d"), pandas.to_datetime(["2024-04-30", "2024-05-01"])),
        (DAYS.delete(5).append(pandas.to_datetime(["2025-01-01"])), pandas.Index([1, 2])),  # times that are not even
    ],
)
def test_forecasts_have_the_times_that_follow(index, after):
    series = WAVE.set_axis(index.rename("when"))
    model = Forecaster(horizon=2, **SMALL)
    with pytest.warns(UserWarning, match="evenly") if list(after) == [1, 2] else contextlib.nullcontext():
        model.fit(series)
    found = model.predict(series)
    assert list(found.index) == list(after)
    assert found.name == "load"
    assert found.index.name == ("steps ahead" if list(after) == [1, 2] else "when")
    np.testing.assert_array_equal(found, model.predict([WAVE.to_numpy()])[0, :, 0])
    mixed = series.sample(frac=1, random_state=0)
    pandas.testing.assert_series_equal(model.predict(mixed), found, check_freq=False)


@NAMES_IGNORED
def test_forecasts_of_a_frame_have_its_columns():
    model = Forecaster(horizon=3, **SMALL).fit(TWO)
    found = model.predict(TWO[["b", "a"]])
    assert list(found.index) == list(pandas.date_range("2024-04-30", periods=3))
    assert set(found.columns) == {"a", "b"}
    np.testing.assert_array_equal(found[["a", "b"]], model.predict([TWO.to_numpy()])[0])


def test_what_early_stopping_of_a_forecaster_keeps_apart_teaches_nothing():
    model = Forecaster(horizon=3, window=20, early_stopping=True, validation_fraction=0.25, **settings(max_iter=1))
    first = clone(model).fit(WAVE)
    held_out = -(-117 // 4)  # of the 117 steps that have 3 after them
    other = WAVE.copy()
    other.iloc[117 - held_out + 1 :] += 100 * RNG.normal(
        size=held_out + 2
    )  # the first forecast kept apart is of this step on
    second = clone(model).fit(other)
    np.testing.assert_array_equal(first.mean_, second.mean_)
    np.testing.assert_array_equal(first.network_.parameters, second.network_.parameters)
    assert first.validation_losses_ != second.validation_losses_
    other.iloc[117 - held_out - 3] += 1
    assert (clone(model).fit(other).network_.parameters != first.network_.parameters).any()


@NAMES_IGNORED
def test_what_follows_is_learned_from_as_the_end_of_x():
    following = [RNG.normal(size=(2, 2)) for _ in LISTED]
    model = Forecaster(horizon=2, **SMALL)
    apart = clone(model).fit(LISTED, following)
    together = clone(model).fit([np.concatenate(pair) for pair in zip(LISTED, following, strict=True)])
    np.testing.assert_array_equal(apart.network_.parameters, together.network_.parameters)
    right, predicted = np.concatenate(following), apart.predict(LISTED).reshape(-1, 2)
    assert apart.score(LISTED, following) == pytest.approx(r2_score(right, predicted))
    assert apart.score(LONG, np.stack(following)) == apart.score(LISTED, following)


def test_a_long_frame_in_a_search_is_split_by_its_sequences():
    rows = pandas.Series(np.repeat(Y, [len(x) for x in LISTED]), LONG.index)
    model = SequenceClassifier(**SMALL)
    of_frame = cross_val_score(model, LONG, rows, groups=GROUPS, cv=GroupKFold(3), error_score="raise")
    folds = [
        (GROUPS[train].unique(), GROUPS[test].unique()) for train, test in GroupKFold(3).split(LONG, groups=GROUPS)
    ]
    numbered = [tuple([NAMES.index(name) for name in part] for part in fold) for fold in folds]
    np.testing.assert_array_equal(of_frame, cross_val_score(model, LISTED, Y, cv=numbered))
    labels = (LONG["a"] > 0).map({True: "high", False: "low"})
    search = GridSearchCV(SequenceLabeler(**SMALL), {"hidden": [2, 3]}, cv=GroupKFold(3), error_score="raise")
    search.set_params(scoring="accuracy").fit(LONG, labels, groups=GROUPS)
    assert search.predict(LONG).index.equals(LONG.index)
    numbers = LONG["a"].groupby(level=0).transform("sum")
    for model, y in ((SequenceRegressor(**SMALL), numbers), (Forecaster(**SMALL), None)):
        scores = cross_val_score(model, LONG, y, groups=GROUPS, cv=GroupKFold(3), error_score="raise")
        assert np.isfinite(scores).all()


@NAMES_IGNORED
def test_y_is_read_by_the_names_of_sequences_in_score_too():
    y = pandas.Series(Y, NAMES)
    model = SequenceClassifier(**SMALL).fit(LONG, y.iloc[::-1])
    np.testing.assert_array_equal(
        model.network_.parameters, SequenceClassifier(**SMALL).fit(LISTED, Y).network_.parameters
    )
    predicted = model.predict(LONG.iloc[::-1])
    assert list(predicted.index) == NAMES[::-1]
    assert model.score(LONG.iloc[::-1], y) == model.score(LISTED, Y) == (predicted[NAMES] == Y).mean()
    numbers = SequenceRegressor(**SMALL).fit(LONG, y)
    assert numbers.score(LONG.iloc[::-1], y) == pytest.approx(r2_score(Y, numbers.predict(LISTED)))


def test_names_of_columns_are_kept():
    for X in (LONG, FRAMES):
        model = SequenceClassifier(**SMALL).fit(X, Y)
        assert list(model.feature_names_in_) == ["a", "b"]
        swapped = LONG[["b", "a"]] if X is LONG else [frame[["b", "a"]] for frame in FRAMES]
        np.testing.assert_array_equal(model.predict_proba(swapped), model.predict_proba(X))
        back = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(back.predict_proba(swapped), model.predict_proba(X))
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(LISTED)
    assert not hasattr(SequenceClassifier(**SMALL).fit(LISTED, Y), "feature_names_in_")


def test_labels_of_frames_stay_at_their_rows():
    labels = [(frame["a"] > 0).map({True: "high", False: "low"}) for frame in FRAMES]
    model = SequenceLabeler(**settings(hidden=8, max_iter=150)).fit(FRAMES, labels)
    mixed = [frame.sample(frac=1, random_state=i) for i, frame in enumerate(FRAMES)]
    for frame, predicted, chances in zip(mixed, model.predict(mixed), model.predict_proba(mixed), strict=True):
        assert predicted.index.equals(frame.index)
        assert (predicted == (frame["a"] > 0).map({True: "high", False: "low"})).all()
        assert list(chances.columns) == ["high", "low"]
        assert (chances.idxmax(axis=1) == predicted).all()
    assert (
        model.score(mixed, labels)
        == model.score(mixed, [y.to_numpy()[x.index] for x, y in zip(mixed, labels, strict=True)])
        == 1
    )


@pytest.mark.parametrize("unknown", [None, np.nan, pandas.NA])
def test_unknown_labels_teach_and_score_nothing(unknown):
    labels = [np.where(x[:, 0] > 0, "high", "low").astype(object) for x in LISTED]
    known = [RNG.random(len(x)) < 0.6 for x in LISTED]
    some = [np.where(k, row, unknown) for k, row in zip(known, labels, strict=True)]
    model = SequenceLabeler(**SMALL).fit(LISTED, some)
    weighed = SequenceLabeler(**SMALL).fit(LISTED, labels, sample_weight=[k.astype(int) for k in known])
    np.testing.assert_array_equal(model.network_.parameters, weighed.network_.parameters)
    right = np.concatenate([p[k] == row[k] for p, k, row in zip(model.predict(LISTED), known, labels, strict=True)])
    assert model.score(LISTED, some) == right.mean()
    frame = pandas.Series(np.concatenate(some), LONG.index)
    np.testing.assert_array_equal(
        SequenceLabeler(**SMALL).fit(LONG, frame).network_.parameters, model.network_.parameters
    )


def test_plain_lists_of_any_lengths_in_folds():
    X = [[0, 1, 1], [1, 0, 1], [1, 1], [0, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0], [0, 0, 1]]
    y = [0, 1] * 4
    model = SequenceClassifier(**SMALL).fit(X, y)
    arrays = SequenceClassifier(**SMALL).fit([np.array(x, float) for x in X], y)
    chances = arrays.predict_proba([np.array(x, float) for x in X])
    np.testing.assert_array_equal(model.predict_proba(X), chances)
    for rows in ([0], [0, 1], [2, 3]):  # of one length, as they happen to be
        np.testing.assert_allclose(model.predict_proba([X[i] for i in rows]), chances[rows], rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(np.array(X[:2])), chances[:2], rtol=1e-12)
    scores = cross_val_score(SequenceClassifier(**SMALL), X, y, cv=4, error_score="raise")
    assert scores.shape == (4,)
    equal = SequenceClassifier(**SMALL).fit(
        [X[0], X[1], X[6], X[7]], [0, 1, 0, 1]
    )  # a fold in which all are of 3 steps
    assert equal.predict(X).shape == (8,)
    assert equal.n_features_in_ == 3


def test_early_stopping_on_few_sequences_of_many_classes():
    classes = list("aabbccdde")
    model = SequenceClassifier(**SMALL, early_stopping=True).fit(
        LISTED, classes
    )  # 1 sequence is kept apart, of 5 classes
    assert list(model.classes_) == list("abcde")
    assert len(model.validation_losses_) == model.n_iter_


@pytest.mark.parametrize("scale", [1e-300, 1e-13, 1.0, 1013.0, 1e12, 1e300])
def test_mean_and_deviation_at_any_scale(scale):
    rows = scale * (1 + np.column_stack([RNG.normal(size=50), 1e-9 * RNG.normal(size=50), np.zeros(50)]))
    weights = RNG.integers(0, 4, 50)
    mean, deviation = mean_and_deviation(rows, weights)
    for feature in range(2):
        column = [Fraction(float(x)) for x in rows[:, feature]]
        total = int(weights.sum())
        exact = sum(int(w) * x for w, x in zip(weights, column, strict=True)) / total
        variance = sum(int(w) * (x - exact) ** 2 for w, x in zip(weights, column, strict=True)) / total
        assert mean[feature] == pytest.approx(float(exact), rel=1e-12, abs=0)
        unit = Fraction(scale) ** 2  # squares of the smallest and the largest are beyond float64
        assert deviation[feature] / scale == pytest.approx(float(variance / unit) ** 0.5, rel=1e-6, abs=0)
    assert (mean[2], deviation[2]) == (scale, 1)


def test_a_feature_that_varies_by_its_rounding_is_constant():
    value = 0.1 + 0.2
    rows = np.array([[value], [0.3], [value]])
    assert mean_and_deviation(rows, np.ones(3))[1] == [1]


@pytest.mark.long
def test_processes_give_the_same_scores():
    one, two = (
        cross_validate(SequenceClassifier(**SMALL), FRAMES, Y, cv=3, n_jobs=jobs, return_estimator=True)
        for jobs in (1, 2)
    )
    np.testing.assert_array_equal(one["test_score"], two["test_score"])
    assert list(two["estimator"][0].feature_names_in_) == ["a", "b"]
