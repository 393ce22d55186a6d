"""Missing values and the time between steps, against the same columns made by pandas and given as plain features."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import clone

from throughtime.bridges.exported import exported
from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

SMALL = {"cell": "gru", "hidden": 5, "max_iter": 8, "random_state": 0}


def holes(count=30, seed=0):
    """Sequences of 2 features of other scales and 2–9 steps, a third of all numbers missing."""
    rng = np.random.default_rng(seed)
    X = [rng.normal([3, -50], [2, 10], size=(int(n), 2)) for n in rng.integers(2, 10, count)]
    for x in X:
        x[rng.random(x.shape) < 0.3] = np.nan
    return X


def by_pandas(X, of):
    """What the network is to read: standardised by what is seen in `of`, the last value seen, and what is missing."""
    rows = np.concatenate(of)
    mean, deviation = np.nanmean(rows, axis=0), np.nanstd(rows, axis=0)
    filled = [pandas.DataFrame((x - mean) / deviation).ffill().fillna(0).to_numpy() for x in X]
    return [np.hstack([found, pandas.DataFrame(x).isna()]) for found, x in zip(filled, X, strict=True)]


@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor, SequenceLabeler])
def test_what_is_missing_is_the_last_value_seen_and_a_channel(kind):
    X, fresh = holes(), holes(5, 1)
    y = [np.arange(len(x)) % 2 for x in X] if kind is SequenceLabeler else np.arange(30) % 2
    masked = kind(**SMALL, missing="mask").fit(X, y)
    same = kind(**SMALL, standardize=False).fit(by_pandas(X, X), y)
    if kind is SequenceRegressor:  # it does not standardise its targets either then
        same = kind(**SMALL, standardize=False).fit(by_pandas(X, X), (y - 0.5) / 0.5)
        np.testing.assert_allclose(masked.predict(fresh), 0.5 + 0.5 * same.predict(by_pandas(fresh, X)), rtol=1e-6)
    else:
        for found, right in zip(masked.predict_proba(fresh), same.predict_proba(by_pandas(fresh, X)), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-6)
    assert masked.n_features_in_ == 2
    assert masked.network_.specification.inputs == 4
    np.testing.assert_allclose(masked.mean_, np.nanmean(np.concatenate(X), axis=0))
    np.testing.assert_allclose(masked.scale_, np.nanstd(np.concatenate(X), axis=0))


def test_nothing_later_is_looked_at():
    X = holes()
    model = SequenceLabeler(**SMALL, missing="mask").fit(X, [np.arange(len(x)) % 2 for x in X])
    x = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan], [4.0, 5.0]])
    before = model.predict_proba([x])[0]
    for later in (np.nan, 1e3):
        changed = np.concatenate([x[:3], [[later, later]]])
        np.testing.assert_array_equal(model.predict_proba([changed])[0][:3], before[:3])


def test_standardisation_does_not_see_what_early_stopping_keeps_apart():
    X = holes()
    y = np.arange(30) % 2
    model = SequenceClassifier(**SMALL, missing="mask", early_stopping=True, validation_fraction=0.2).fit(X, y)
    learned, apart = model._apart(type("Options", (), {"early_stopping": True, "validation_fraction": 0.2}), 30, y)
    assert len(apart) == 6
    np.testing.assert_allclose(model.mean_, np.nanmean(np.concatenate([X[i] for i in learned]), axis=0))


def test_a_class_that_only_shows_in_what_is_missing_is_learned():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5, 1)), np.arange(60) % 2
    X[y == 1, 3] = np.nan
    options = SMALL | {"max_iter": 60, "learning_rate": 0.03}
    assert SequenceClassifier(**options, missing="mask").fit(X[:40], y[:40]).score(X[40:], y[40:]) == 1


def test_without_missing_numbers_only_a_channel_of_zeros_is_added():
    X = np.random.default_rng(0).normal(size=(10, 4))
    y = np.arange(10) % 2
    table = SequenceClassifier(**SMALL, missing="mask").fit(X, y)
    zeros = np.stack([X, np.zeros_like(X)], axis=2)
    by_hand = SequenceClassifier(**SMALL).fit(zeros, y)
    np.testing.assert_allclose(table.predict_proba(X), by_hand.predict_proba(zeros), rtol=1e-9)
    frame = pandas.DataFrame(X).astype("Float64")
    frame.iloc[0, 1] = pandas.NA
    X[0, 1] = np.nan
    np.testing.assert_array_equal(table.predict_proba(frame.set_axis(range(4), axis=1)), table.predict_proba(X))


def stamped(times, seed=0):
    """A long frame of 20 sequences with irregular times, its rows in any order, and the gaps as they should be."""
    rng = np.random.default_rng(seed)
    parts, gaps = {}, {}
    for name in range(20):
        steps = int(rng.integers(2, 8))
        hours = np.cumsum(rng.integers(1, 20, steps))
        index = pandas.Index(times(hours), name="time")
        parts[name] = pandas.DataFrame({"a": rng.normal(size=steps)}, index)
        gaps[name] = np.diff(hours, prepend=hours[0])
    long = pandas.concat(parts)
    return long, parts, gaps


BEGIN = pandas.Timestamp("2024-03-30")
TIMES = {
    "dates": (lambda hours: BEGIN + pandas.to_timedelta(hours, unit="h"), 3600),
    "dates of a time zone": (lambda hours: (BEGIN + pandas.to_timedelta(hours, unit="h")).tz_localize("UTC"), 3600),
    "durations": (lambda hours: pandas.to_timedelta(hours, unit="h"), 3600),
    "periods": (lambda hours: pandas.PeriodIndex(BEGIN + pandas.to_timedelta(hours, unit="h"), freq="h"), 3600),
    "text": (lambda hours: (BEGIN + pandas.to_timedelta(hours, unit="h")).strftime("%Y-%m-%d %H:%M"), 3600),
    "numbers": (lambda hours: hours, 1),
}


@pytest.mark.parametrize("name", TIMES)
def test_the_gap_is_one_more_feature(name):
    times, unit = TIMES[name]
    long, parts, gaps = stamped(times)
    y = np.arange(20) % 2
    shuffled = long.sample(frac=1, random_state=0)
    in_order = y[shuffled.index.get_level_values(0).unique()]
    model = SequenceClassifier(**SMALL, time_gaps=True, batch_size=64).fit(shuffled, in_order)
    by_hand = [np.column_stack([parts[i]["a"], unit * gaps[i]]) for i in range(20)]
    order = list(shuffled.index.get_level_values(0).unique())
    right = SequenceClassifier(**SMALL).fit([by_hand[i] for i in order], in_order).predict_proba(by_hand)
    np.testing.assert_allclose(model.predict_proba(long), right, rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba([parts[i].sample(frac=1) for i in range(20)]), right, rtol=1e-6)
    np.testing.assert_allclose(model.mean_[1], unit * np.concatenate(list(gaps.values())).mean())
    assert list(model.feature_names_in_) == ["a"]


def test_missing_values_and_gaps_together():
    long, _, gaps = stamped(TIMES["numbers"][0])
    long.iloc[::3, 0] = np.nan
    y = np.arange(20) % 2
    model = SequenceClassifier(**SMALL, missing="mask", time_gaps=True).fit(long, y)
    a = (long["a"] - np.nanmean(long["a"])) / np.nanstd(long["a"])
    a = a.groupby(level=0).ffill().fillna(0)
    gap = pandas.Series(np.concatenate(list(gaps.values())), long.index)
    by_hand = pandas.DataFrame({"a": a, "gap": (gap - gap.mean()) / gap.std(ddof=0), "missing": long["a"].isna() * 1.0})
    right = SequenceClassifier(**SMALL, standardize=False).fit(by_hand, y).predict_proba(by_hand)
    np.testing.assert_allclose(model.predict_proba(long), right, rtol=1e-6)


def test_months_have_their_lengths():
    index = pandas.period_range("2023-01", periods=4, freq="M")
    X = [pandas.DataFrame({"a": [1.0, 2, 3, 4]}, index), pandas.DataFrame({"a": [4.0, 3, 2, 1]}, index)]
    model = SequenceClassifier(**SMALL, time_gaps=True).fit(X, [0, 1])
    assert model.mean_[1] == pytest.approx(86400 * (0 + 31 + 28 + 31) / 4)


X_, Y_ = holes(), np.arange(30) % 2
INFINITE = [*X_[:29], np.array([[np.inf, 1.0]])]
FRAMES = [pandas.DataFrame(x, columns=["a", "b"]) for x in X_]
NONE_SEEN = [frame.assign(b=np.nan) for frame in FRAMES]
FULL = [frame.fillna(0) for frame in FRAMES]
DATED = [frame.set_axis(pandas.date_range("2024-01-01", periods=len(frame)), axis=0) for frame in FULL]


def classify(X, **options):
    return SequenceClassifier(**SMALL | options).fit(X, Y_)


REFUSED = {
    "NaN, not asked for": (lambda: classify(X_), 'X contains NaN: .* leave that step out, or set missing="mask"'),
    "NaN in a forecaster": (
        lambda: Forecaster(**SMALL).fit(X_),
        "X contains NaN: .* Fill it in, or leave that step out",
    ),
    "infinity": (lambda: classify(INFINITE, missing="mask"), "X contains infinity: sequence 29, step 0, feature 0"),
    "never seen": (lambda: classify(NONE_SEEN, missing="mask"), "feature 'b' of X is missing at every step that is"),
    "another word": (lambda: classify(X_, missing="drop"), 'missing must be "error" or "mask", got \'drop\''),
    "gaps of arrays": (lambda: classify([x.to_numpy() for x in FULL], time_gaps=True), "time_gaps needs the times"),
    "gaps in other units": (
        lambda: classify(DATED, time_gaps=True).predict(FULL),
        "the times of X are numbers, those of what was fitted were dates or durations",
    ),
    "gaps of both units": (
        lambda: classify([*DATED[:29], FULL[29]], time_gaps=True),
        "the times of sequence 29 of X are numbers, those of sequence 0 dates or durations",
    ),
    "objects": (
        lambda: classify([frame.astype(object).where(frame.notna(), pandas.NA) for frame in FRAMES], missing="mask"),
        "X holds pandas' NA among objects",
    ),
    "a masked warm start": (
        lambda: classify(FULL, warm_start=True).set_params(missing="mask").fit(FULL, Y_),
        "missing is 'mask', but the network that is trained on was made with 'error'",
    ),
    "an export": (lambda: exported(classify(X_, missing="mask")), "cannot be written"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_warm_start_and_partial_fit_keep_channels_and_units():
    model = clone(classify(DATED)).set_params(time_gaps=True, warm_start=True).fit(DATED, Y_).fit(DATED[:4], Y_[:4])
    assert model.network_.specification.inputs == 3
    masked = SequenceClassifier(**SMALL, missing="mask").partial_fit(X_, Y_, classes=[0, 1])
    assert masked.partial_fit(X_[:4], Y_[:4]).predict(X_).shape == (30,)
