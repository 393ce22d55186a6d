"""What estimators accept as X and y, and what they say of the rest."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor
from throughtime.sklearn.sequences import read

SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "random_state": 0}
RNG = np.random.default_rng(0)
LISTED = [RNG.normal(size=(n, 2)) for n in (3, 5, 2, 4)]
Y = np.array([0, 1, 1, 0])


def long_frame():
    """LISTED as a frame whose rows are mixed; its sequences first appear in the order of `names`."""
    rows = [(f"s{i}", t, *x) for i, sequence in enumerate(LISTED) for t, x in enumerate(sequence)]
    frame = pandas.DataFrame(rows, columns=["sequence", "time", "a", "b"]).set_index(["sequence", "time"])
    frame = frame.iloc[np.random.default_rng(1).permutation(len(frame))]
    return frame, list(dict.fromkeys(frame.index.get_level_values(0)))


def test_a_long_frame_is_its_sequences_in_order_of_time():
    frame, names = long_frame()
    found = read(SequenceClassifier(), frame, reset=True)
    for row, length, name in zip(found.x, found.lengths, names, strict=True):
        np.testing.assert_array_equal(row[:length], LISTED[int(name[1])])


def test_a_long_frame_gives_what_a_list_gives():
    frame, names = long_frame()
    order = [int(name[1]) for name in names]
    assert order != sorted(order)
    of_list = SequenceClassifier(**SMALL).fit([LISTED[i] for i in order], Y[order])
    of_frame = SequenceClassifier(**SMALL).fit(frame, pandas.Series(Y, [f"s{i}" for i in range(4)]))
    np.testing.assert_array_equal(of_frame.predict_proba(frame), of_list.predict_proba([LISTED[i] for i in order]))
    assert list(of_frame.feature_names_in_) == ["a", "b"]
    listed = [LISTED[i] for i in order]
    found = Forecaster(**SMALL).fit(listed).predict(listed)
    of_names = Forecaster(**SMALL).fit(frame).predict(frame)
    np.testing.assert_array_equal(of_names, found[:, 0])
    assert list(of_names.index.get_level_values(0)) == list(names)


def test_labels_of_a_long_frame_stay_at_their_rows():
    frame, _ = long_frame()
    labels = (frame["a"] > 0).map({True: "high", False: "low"})
    model = SequenceLabeler(cell="gru", hidden=8, max_iter=150, random_state=0).fit(frame, labels)
    found = model.predict(frame)
    assert found.index.equals(frame.index)
    assert (found == labels).mean() == model.score(frame, labels) == 1


def test_a_table_is_one_feature_over_time():
    table = RNG.normal(size=(10, 6))
    y = table.sum(axis=1)
    flat = SequenceRegressor(**SMALL).fit(table, y)
    deep = SequenceRegressor(**SMALL).fit(table[:, :, None], y)
    np.testing.assert_array_equal(flat.predict(table), deep.predict(table[:, :, None]))
    assert (flat.n_features_in_, deep.n_features_in_) == (6, 1)
    of_vectors = SequenceRegressor(**SMALL).fit([table[0, :3], table[1]], y[:2])
    assert of_vectors.n_features_in_ == 1


def test_an_array_of_objects_and_a_tuple_are_lists():
    array = np.empty(4, object)
    array[:] = LISTED
    for given in (array, tuple(LISTED)):
        found = read(SequenceClassifier(), given, reset=True)
        np.testing.assert_array_equal(found.lengths, [3, 5, 2, 4])


def test_one_label_for_a_sequence_holds_at_each_step():
    each = SequenceLabeler(**SMALL).fit(LISTED, [np.repeat(label, len(x)) for x, label in zip(LISTED, Y, strict=True)])
    one = SequenceLabeler(**SMALL).fit(LISTED, Y)
    np.testing.assert_array_equal(each.network_.parameters, one.network_.parameters)


def fitted(kind=SequenceClassifier, X=None, y=Y):
    return kind(**SMALL).fit(LISTED if X is None else X, None if kind is Forecaster else y)


DEEP = np.stack([np.zeros((5, 2)), np.ones((5, 2))] * 2)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: fitted(X=[*LISTED[:3], np.zeros((4, 3))]), r"sequence 3 has shape \(4, 3\), sequence 0 has \(3, 2\)"),
        (
            lambda: fitted(X=[*LISTED[:3], np.zeros((0, 2))]),
            r"sequence 3 of X must be \(time, features\), each at least 1",
        ),
        (
            lambda: fitted(X=DEEP).predict(DEEP.transpose(0, 2, 1)),
            r"2 features, got \(4, 2, 5\): are time and features swapped",
        ),
        (
            lambda: fitted().predict([np.zeros((3, 2)), np.zeros((2, 3))]),
            r"sequence 1 of X must be \(time, features\) with 2",
        ),
        (lambda: fitted().predict(np.zeros((4, 5))), r"X must be \(sequences, time, features\), or a list"),
        (
            lambda: fitted(X=np.zeros((4, 5))).predict(DEEP),
            r"X must be \(sequences, time\), as what was fitted, got \(4, 5, 2\)",
        ),
        (lambda: fitted(X=[*LISTED[:3], 7]), r"sequence 3 of X must be \(time, features\), each at least 1, got int"),
        (
            lambda: fitted(X=np.zeros((4, 3, 2, 1))),
            r"\(sequences, time, features\), each at least 1, got \(4, 3, 2, 1\)",
        ),
        (
            lambda: SequenceClassifier(early_stopping=True, validation_fraction=2).fit(LISTED, Y),
            "validation_fraction must be a number from 0 to 1, got 2",
        ),
        (lambda: fitted(Forecaster).score([x[:1] for x in LISTED]), "no more than the 1 steps"),
        (lambda: fitted(X=np.zeros((4, 0, 2))), r"each at least 1, got \(4, 0, 2\)"),
        (lambda: fitted(X=np.full((4, 5, 2), np.nan)), "Input X contains NaN"),
        (lambda: fitted(y=[0, 1]), "X has 4 sequences, y has 2"),
        (lambda: fitted(SequenceLabeler, y=[np.zeros(3, int)] * 4), "y of sequence 1 has 3 steps, but its X has 5"),
        (lambda: fitted(SequenceLabeler, X=DEEP, y=np.zeros((4, 3), int)), r"y must be \(sequences, time\) = \(4, 5\)"),
        (lambda: fitted(Forecaster, X=np.zeros((4, 1))), "a horizon of 1 needs sequences of at least 2 steps"),
        (
            lambda: SequenceClassifier(**SMALL).fit(LISTED, Y, sample_weight=[1, 2]),
            r"sample_weight must be \(sequences,\) = \(4,\)",
        ),
        (lambda: SequenceClassifier(**SMALL).fit(LISTED, Y, sample_weight=[1, 2, -1, 1]), "must not be negative"),
        (
            lambda: SequenceClassifier(**SMALL, class_weight="fair").fit(LISTED, Y),
            'class_weight must be a dict, "balanced"',
        ),
        (lambda: SequenceClassifier(cell="transformer").fit(LISTED, Y), 'cell must be "elman", "lstm", "gru"'),
        (lambda: SequenceClassifier(batch_size=0).fit(LISTED, Y), "batch_size"),
        (lambda: SequenceClassifier(max_iter=0).fit(LISTED, Y), "max_iter"),
        (lambda: Forecaster(horizon=0).fit(LISTED), "horizon must be a whole number"),
    ],
)
def test_errors_name_axes_and_shapes(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_a_time_that_is_there_twice_is_refused():
    frame, _ = long_frame()
    with pytest.raises(ValueError, match="has time 0 twice"):
        SequenceClassifier(**SMALL).fit(pandas.concat([frame, frame.loc[[("s1", 0)]]]), Y)


def test_a_series_that_misses_a_sequence_is_refused():
    frame, _ = long_frame()
    with pytest.raises(ValueError, match="y has no value for sequence s3"):
        SequenceClassifier(**SMALL).fit(frame, pandas.Series(Y[:3], ["s0", "s1", "s2"]))


@pytest.mark.parametrize("name", ["SequenceClassifier", "SequenceRegressor", "SequenceLabeler"])
def test_standardisation_does_not_see_what_early_stopping_validates_on(name):
    """The sequences that may be changed without changing `mean_` are those that are held out: a fifth of them."""
    import throughtime.sklearn as estimators

    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 3, 1))
    y = {"SequenceClassifier": np.arange(20) % 2, "SequenceRegressor": rng.normal(size=20)}.get(
        name, np.arange(60).reshape(20, 3) % 2
    )

    def fitted(x, y):
        model = getattr(estimators, name)(
            hidden=2, max_iter=1, early_stopping=True, validation_fraction=0.2, random_state=0
        )
        return model.fit(x, y)

    first, held_out = fitted(X, y), []
    for i in range(20):
        moved = X.copy()
        moved[i] += 1e6
        if np.array_equal(fitted(moved, y).mean_, first.mean_):
            held_out.append(i)
    assert len(held_out) == 4
    learned = np.delete(X, held_out, axis=0)
    np.testing.assert_allclose(first.mean_, learned.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(first.scale_, learned.std((0, 1)), rtol=1e-12)
    if name == "SequenceRegressor":
        np.testing.assert_allclose(first.y_mean_, np.delete(y, held_out).mean(), rtol=1e-12)
        np.testing.assert_allclose(first.y_scale_, np.delete(y, held_out).std(), rtol=1e-12)
