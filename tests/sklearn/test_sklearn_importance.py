"""`permutation_importance`, against drops computed by hand and scikit-learn's own function."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas

from sklearn import inspection
from throughtime.sklearn import (
    Forecaster,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
    permutation_importance,
)

OPTIONS = {"cell": "gru", "hidden": 8, "max_iter": 60, "learning_rate": 0.02, "random_state": 0}


def decided(count=20, seed=0):
    """Sequences of 2–6 steps: the first feature is noise, the second tells the class at step 1 and is 0 elsewhere."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 2
    X = [np.column_stack([rng.normal(size=n), np.zeros(n)]) for n in rng.integers(2, 7, count)]
    for x, label in zip(X, y, strict=True):
        x[1, 1] = 4 * label - 2
    return X, y


X, Y = decided()
TRAINING = decided(100, 1)


@pytest.fixture(scope="module")
def model():
    fitted = SequenceClassifier(**OPTIONS).fit(*TRAINING)
    assert fitted.score(X, Y) == 1
    return fitted


def test_what_decides_has_the_drop_computed_by_hand(model):
    by_feature = permutation_importance(model, X, Y, n_repeats=100, random_state=0)
    by_step = permutation_importance(model, X, Y, by="step", n_repeats=100, random_state=0)
    drop = 10 / 19  # each gets the numbers of one of the 19 others, and 10 of these are of the other class
    assert by_feature.importances.shape == (2, 100)
    assert by_step.importances.shape == (max(len(x) for x in X), 100)
    assert by_feature.importances_mean == pytest.approx([0, drop], abs=0.03)
    assert by_step.importances_mean == pytest.approx([0, drop, 0, 0, 0, 0], abs=0.03)
    np.testing.assert_array_equal(by_step.importances_mean, by_step.importances.mean(axis=1))
    np.testing.assert_array_equal(by_step.importances_std, by_step.importances.std(axis=1))


def test_two_sequences_are_always_exchanged(model):
    found = permutation_importance(model, X[:2], Y[:2], n_repeats=10, random_state=0).importances
    np.testing.assert_array_equal(found, [[0] * 10, [1] * 10])


def test_the_last_steps_of_the_longest_sequence_stay(model):
    longest = [np.zeros((2, 2)), np.zeros((9, 2))]
    seen = []

    def keep(estimator, X, y):
        seen.append(X)
        return 0.0

    longest[1][:, 0] = np.arange(1, 10)
    permutation_importance(model, longest, [0, 1], scoring=keep, n_repeats=1)
    assert seen[1][0][:, 0].tolist() == [1, 2]
    assert seen[1][1][:, 0].tolist() == [0, 0, 3, 4, 5, 6, 7, 8, 9]
    assert longest[1][0, 0] == 1  # what was given is left as it was


def test_a_table_as_scikit_learn_has_it():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(40, 4))
    y = table[:, 1] - 2 * table[:, 3]
    model = SequenceRegressor(**OPTIONS).fit(table, y)
    found = permutation_importance(model, table, y, by="step", n_repeats=200, random_state=0).importances_mean
    right = inspection.permutation_importance(model, table, y, n_repeats=200, random_state=0).importances_mean
    assert found == pytest.approx(right * 40 / 39, abs=0.08)  # its permutations leave one of 40 where it was


def test_all_forms_of_x_say_the_same(model):
    right = permutation_importance(model, X, Y, random_state=0).importances
    frames = [pandas.DataFrame(x, columns=["noise", "tells"]) for x in X]
    long = pandas.concat({f"s{i}": frame for i, frame in enumerate(frames)})
    named = SequenceClassifier(**OPTIONS).fit(
        [pandas.DataFrame(x, columns=["noise", "tells"]) for x in TRAINING[0]], TRAINING[1]
    )
    swapped = [frame[["tells", "noise"]].sample(frac=1, random_state=0) for frame in frames]
    by_name = pandas.Series(Y, [f"s{i}" for i in range(20)])
    for x, y in ((frames, Y), (swapped, Y), (long, by_name.sample(frac=1)), (long[["tells", "noise"]], by_name)):
        np.testing.assert_array_equal(permutation_importance(named, x, y, random_state=0).importances, right)
    columns = {"list of series": [pandas.Series(x[:, 1]) for x in X], "plain": [x[:, 1].tolist() for x in X]}
    columns["arrays"] = [x[:, 1] for x in X]
    found = [
        permutation_importance(SequenceClassifier(**OPTIONS).fit(x, Y), x, Y, by="step", random_state=0).importances
        for x in columns.values()
    ]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_table_with_names_of_its_columns_warns_of_nothing():
    table = pandas.DataFrame(np.random.default_rng(0).normal(size=(12, 3)), columns=["mon", "tue", "wed"])
    model = SequenceClassifier(**OPTIONS | {"max_iter": 3}).fit(table, np.arange(12) % 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert permutation_importance(model, table, np.arange(12) % 2, by="step").importances.shape == (3, 5)


def test_a_labeler_missing_values_and_gaps():
    rng = np.random.default_rng(0)
    times = [np.cumsum(rng.integers(1, 9, 6)) for _ in range(30)]
    frames = [pandas.DataFrame({"noise": rng.normal(size=6), "tells": rng.normal(size=6)}, index=t) for t in times]
    labels = [(frame["tells"] > 0).astype(int) for frame in frames]
    for frame in frames:
        frame.iloc[::2, 0] = np.nan
    model = SequenceLabeler(**OPTIONS, missing="mask", time_gaps=True).fit(frames, labels)
    found = permutation_importance(model, frames, labels, random_state=0)
    assert found.importances.shape == (2, 5)  # the gap is no feature of X
    assert abs(found.importances_mean[0]) < 0.1 < 0.3 < found.importances_mean[1]


def test_scoring_weights_and_repeatability(model):
    first = permutation_importance(model, X, Y, scoring="neg_log_loss", random_state=3)
    again = permutation_importance(model, X, Y, scoring="neg_log_loss", random_state=3)
    np.testing.assert_array_equal(first.importances, again.importances)
    assert first.importances_mean[1] > 1
    weights = np.where(Y == 1, 1.0, 0.0)
    np.testing.assert_array_equal(
        permutation_importance(model, X, Y, sample_weight=weights, random_state=0).importances,
        permutation_importance(
            model, X, Y, scoring=lambda m, x, y: (m.predict(x) == y)[Y == 1].mean(), random_state=0
        ).importances,
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: permutation_importance(Forecaster(), X, Y), "needs a classifier, regressor or labeler"),
        (lambda model: permutation_importance(print, X, Y), "got builtin_function_or_method"),
        (lambda model: permutation_importance(model, X, Y, by="time"), 'by must be "feature" or "step", got \'time\''),
        (lambda model: permutation_importance(model, X, Y, n_repeats=0), "n_repeats must be a whole number"),
        (lambda model: permutation_importance(model, X[:1], Y[:1]), "needs at least 2 of them"),
    ],
)
def test_refused(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)
