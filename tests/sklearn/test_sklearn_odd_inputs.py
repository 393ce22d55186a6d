"""Odd inputs, one line each: what comes out right, and what is refused in one sentence that says what to do."""

import datetime
import decimal

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from scipy import sparse

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

RNG = np.random.default_rng(0)
ARRAY = RNG.normal(size=(12, 6, 2))
TABLE = RNG.normal(size=(12, 6))
LISTED = [RNG.normal(size=(n, 2)) for n in (3, 4, 5, 6, 2, 7, 3, 4, 5, 6, 2, 7)]
LENGTHS = np.array([len(x) for x in LISTED]).clip(max=6)
Y = np.arange(12) % 2
NAMES = [f"s{i}" for i in range(12)]
FRAMES = [pandas.DataFrame(x, columns=["a", "b"]) for x in LISTED]
LONG = pandas.concat(dict(zip(NAMES, FRAMES, strict=True)))
DAYS = pandas.date_range("2024-01-01", periods=40)
SERIES = pandas.Series(np.sin(np.arange(40) / 3), DAYS)
PLAIN = [[0, 1, 1], [1, 0, 1], [1, 1], [0, 0], [1, 0, 0, 1], [0, 1, 1, 1], [1, 1, 0], [0, 0, 1]]
KINDS = {"C": SequenceClassifier, "R": SequenceRegressor, "L": SequenceLabeler, "F": Forecaster}


def fit(kind, X, *y, sample_weight=None, **options):
    settings = {"cell": "gru", "hidden": 3, "max_iter": 2, "random_state": 0} | options
    return KINDS[kind](**settings).fit(X, *y, sample_weight=sample_weight)


def of_polars(name):
    """Something that calls itself a frame of polars."""
    return type(name, (), {"__module__": "polars.dataframe.frame"})()


def but(place, value):
    """LISTED, but for one sequence."""
    return [value if i == place else x for i, x in enumerate(LISTED)]


def timed(times):
    """LONG with other times."""
    return LONG.set_axis(pandas.MultiIndex.from_arrays([LONG.index.get_level_values(0), times]))


def indexed(index):
    return SERIES.set_axis(index)


REFUSED = {
    # X is no array of numbers
    "None": (lambda: fit("C", None, Y), "X must be an array, a list of arrays or a pandas frame, got NoneType"),
    "text": (lambda: fit("C", "abc", Y), "pandas frame, got str"),
    "a dict": (lambda: fit("C", {"a": [1]}, Y), "pandas frame, got dict"),
    "a generator": (lambda: fit("C", (x for x in LISTED), Y), "pandas frame, got generator"),
    "a list of text": (lambda: fit("C", ["abc"] * 12, Y), "got a list of str"),
    "lists of text": (lambda: fit("C", [["a"], ["b", "c"]] * 6, Y), "X must hold numbers, got text"),
    "a dict inside": (lambda: fit("C", but(2, {"a": 1}), Y), "sequence 2 of X must be an array of numbers, got a dict"),
    "None inside": (lambda: fit("C", but(2, None), Y), r"sequence 2 of X must be \(time, features\).*got NoneType"),
    "None for a number": (lambda: fit("C", but(2, [[1, None]]), Y), "X contains NaN: sequence 2, step 0, feature 1"),
    "ragged steps": (lambda: fit("C", but(2, [[1, 2], [3]]), Y), "sequence 2 of X must have the same features at each"),
    "a list of sparse": (lambda: fit("C", [sparse.csr_array(x) for x in LISTED], Y), "sequence 0 of X is a sparse"),
    "one sparse": (
        lambda: fit("C", but(4, sparse.csr_array(LISTED[4])), Y),
        r"sequence 4 of X is a sparse.*toarray\(\)",
    ),
    "a masked table": (lambda: fit("C", np.ma.masked_greater(TABLE, 0), Y), "X has masked values: fill them in"),
    "a masked array": (lambda: fit("C", np.ma.masked_greater(ARRAY, 0), Y), "X has masked values"),
    "masked inside": (lambda: fit("C", but(3, np.ma.masked_greater(LISTED[3], -9)), Y), "sequence 3 of X has masked"),
    "complex": (lambda: fit("C", ARRAY + 1j, Y), "the real and the imaginary parts of X as two features"),
    "dates in a table": (lambda: fit("C", np.full((12, 6), np.datetime64("2024-01-01")), Y), "dates are no numbers"),
    "durations": (
        lambda: fit("C", [np.full(3, np.timedelta64(1, "s"))] * 12, Y),
        "X must hold numbers, got timedelta64",
    ),
    "a too large int": (lambda: fit("C", [[10**400, 2]] * 12, Y), "X holds a number that is too large for float64"),
    "a long double": (
        lambda: fit("C", np.longdouble("1e400") * TABLE.astype(np.longdouble), Y),
        "too large for float64",
    ),
    "a polars frame": (lambda: fit("C", of_polars("DataFrame"), Y), r"DataFrame of polars.*to_pandas\(\)"),
    "a list of polars": (lambda: fit("C", [of_polars("Series")] * 12, Y), "sequence 0 of X is a Series of polars"),
    "five axes": (lambda: fit("C", np.zeros((12, 2, 2, 2)), Y), r"\(sequences, time, features\), each at least 1"),
    "one axis": (lambda: fit("C", np.arange(12.0), Y), r"Reshape your data: \[X\] is one sequence"),
    # a padded array and its lengths, of which only a list without padding is read
    "lengths of an array": (lambda: fit("C", (ARRAY, LENGTHS), Y), r"X is a padded array \(12, 6, 2\) and its lengths"),
    "lengths in a list": (lambda: fit("R", [ARRAY, LENGTHS.tolist()], Y), r"for rows, length in zip\(\*X\)\]$"),
    "lengths of lists": (lambda: fit("L", (ARRAY.tolist(), LENGTHS), Y), "X is a padded array"),
    "lengths of a table": (lambda: fit("C", (TABLE, LENGTHS), Y), r"X is a padded array \(12, 6\) and"),
    "lengths of a forecaster's": (lambda: fit("F", (ARRAY, LENGTHS)), "X is a padded array"),
    "lengths, predicted": (lambda: fit("C", LISTED, Y).predict((ARRAY, LENGTHS)), "X is a padded array"),
    "lengths of y": (lambda: fit("L", LISTED, (TABLE > 0, LENGTHS)), r"y is a padded array .* in zip\(\*y\)\]$"),
    # X is not finite, or beyond the dtype
    "NaN in a table": (
        lambda: fit("C", np.where(TABLE > 1.5, np.nan, TABLE), Y),
        r"X contains NaN: sequence \d+, step \d",
    ),
    "infinity in a list": (
        lambda: fit("C", but(3, [[1, np.inf]]), Y),
        "X contains infinity: sequence 3, step 0, feature 1",
    ),
    "NaN in a long frame": (lambda: fit("C", LONG.mask(LONG > 2), Y), "NaN: sequence s0, step 1, feature 'b'"),
    "NA in a long frame": (lambda: fit("C", LONG.astype("Float64").mask(LONG > 2), Y), "NaN: sequence s0"),
    "NaN asked": (lambda: fit("C", LISTED, Y).predict([[[1, np.nan]]]), "X contains NaN"),
    "beyond float32": (
        lambda: fit("C", 1e39 * ARRAY, Y, dtype="float32", standardize=False),
        "X holds .* beyond float32: scale it, or dtype='float64'",
    ),
    "asked beyond float32": (
        lambda: fit("C", ARRAY, Y, dtype="float32").predict(1e300 * ARRAY),
        "X holds .* beyond float32",
    ),
    "y beyond float32": (
        lambda: fit("R", ARRAY, 1e39 * ARRAY[:, 0, 0], dtype="float32", standardize=False),
        "y holds .* beyond float32",
    ),
    # X is empty, or has other features
    "no sequence": (lambda: fit("C", [], []), "X holds no sequence"),
    "a sequence without steps": (
        lambda: fit("C", but(3, np.zeros((0, 2))), Y),
        r"sequence 3 of X must .* got \(0, 2\)",
    ),
    "an empty list inside": (lambda: fit("C", [[1, 2], []], [0, 1]), "sequence 1 of X must .* each at least 1"),
    "a frame without rows": (lambda: fit("C", LONG.iloc[:0], []), "X holds no sequence: it is a frame without rows"),
    "an empty frame inside": (lambda: fit("C", [FRAMES[0], FRAMES[1].iloc[:0]], [0, 1]), "sequence 1 of X must"),
    "nothing asked": (lambda: fit("C", ARRAY, Y).predict(ARRAY[:0]), r"each at least 1, got \(0, 6, 2\)"),
    "fewer features": (lambda: fit("C", LISTED, Y).predict([x[:, :1] for x in LISTED]), "with 2 features, got"),
    "arrays of aeon": (lambda: fit("C", [x.T for x in LISTED], Y), r"as in aeon, give \[x\.T for x in X\]"),
    # Frames: columns
    "a column is missing": (lambda: fit("C", FRAMES, Y).predict([FRAMES[0][["a"]]]), "must have the columns a, b"),
    "a column too many": (
        lambda: fit("C", LONG, Y).predict(LONG.assign(c=1)),
        "columns a, b, as what was fitted, got a, b, c",
    ),
    "another name": (lambda: fit("C", FRAMES, Y).predict([FRAMES[0].rename(columns={"a": "z"})]), "got z, b"),
    "other names inside": (
        lambda: fit("C", [FRAMES[0], FRAMES[1].set_axis(["a", "c"], axis=1)], [0, 1]),
        "sequence 1 of X",
    ),
    "a column twice": (lambda: fit("C", LONG.set_axis(["a", "a"], axis=1), Y), "X has the column 'a' twice"),
    "a column of text": (
        lambda: fit("C", LONG.assign(city="Rome"), Y),
        r"column 'city' of X holds text in row 0 \('Rome'\)",
    ),
    "a column of dates": (lambda: fit("C", LONG.assign(day=DAYS[0]), Y), "column 'day' of X holds dates"),
    "cells of Series": (
        lambda: fit("C", pandas.DataFrame({"a": [pandas.Series([1, 2])] * 12}), Y),
        "column 'a' of X holds a Series in row 0: give a list of arrays",
    ),
    "frames and arrays": (lambda: fit("C", [FRAMES[0], LISTED[1]], [0, 1]), "frames only, or arrays only: sequence 1"),
    "frames and Series": (lambda: fit("C", [FRAMES[0], FRAMES[1]["a"]], [0, 1]), "DataFrames only, or Series only"),
    # Frames: the index
    "a flat frame": (
        lambda: fit("C", LONG.reset_index(names=["id", "t"]), Y),
        "column 'id'.*two levels, sequence and time",
    ),
    "a column of time": (
        lambda: fit("C", pandas.DataFrame({"Time": range(12), "a": 0.0}), Y),
        "column 'Time'.*set_index",
    ),
    "levels swapped": (
        lambda: fit("C", timed(DAYS[LONG.index.get_level_values(1)]).swaplevel(), Y),
        r"X\.swaplevel\(\)",
    ),
    "no name of a sequence": (
        lambda: fit("C", LONG.rename(index={"s3": np.nan}, level=0), Y),
        "does not name the sequence of row 12",
    ),
    "times as day/month": (lambda: fit("C", timed([f"{t + 1:02}/01/2024" for _, t in LONG.index]), Y), "'01/01/2024'"),
    "times as numerals": (lambda: fit("C", timed([str(t) for _, t in LONG.index]), Y), "text .* in no order of time"),
    "a missing time": (
        lambda: fit("C", timed([pandas.NaT if k == 5 else DAYS[t] for k, (_, t) in enumerate(LONG.index)]), Y),
        "last level of X's index has a missing time in row 5",
    ),
    "a time twice": (lambda: fit("F", pandas.concat([SERIES, SERIES])), "X has time 2024-01-01 00:00:00 twice"),
    "row names": (lambda: fit("F", indexed([f"r{i}" for i in range(40)])), "the index of X holds text"),
    "impossible dates": (lambda: fit("F", indexed(["2024-13-41", *DAYS[1:].strftime("%Y-%m-%d")])), "holds text"),
    "times that are mixed": (lambda: fit("F", indexed([1, "a"] * 20)), "in no order of time"),
    "truths as times": (lambda: fit("F", SERIES[:2].set_axis([True, False])), "bool values"),
    # y
    "no y": (lambda: fit("C", LISTED, None), "y is None"),
    "a short y": (lambda: fit("C", LISTED, Y[:5]), "X has 12 sequences, y has 5"),
    "numbers as classes": (lambda: fit("C", LISTED, RNG.normal(size=12)), "Unknown label type: continuous"),
    "classes of three axes": (
        lambda: fit("C", LISTED, np.ones((12, 2, 2))),
        r"or an indicator \(sequences, labels\), got \(12, 2, 2\)",
    ),
    "a class that is NaN": (lambda: fit("C", LISTED, np.where(Y, np.nan, 0)), "sequence 1 has no class, leave it out"),
    "a class that is None": (lambda: fit("C", LISTED, ["a", None] * 6), "sequence 1 has no class"),
    "text and NaN": (lambda: fit("C", LISTED, ["a", float("nan")] * 6), "sequence 1 has no class"),
    "a class that is NA": (lambda: fit("C", LISTED, pandas.Series([True, None] * 6, dtype="boolean")), "has no class"),
    "text and numbers": (lambda: fit("C", LISTED, ["a", 1] * 6), "classes of one type, got int and str"),
    "masked classes": (lambda: fit("C", LISTED, np.ma.array(Y, mask=Y > 0)), "y has masked values"),
    "masked numbers": (lambda: fit("R", LISTED, np.ma.array(Y, mask=Y > 0)), "y has masked values"),
    "text for numbers": (lambda: fit("R", LISTED, ["a"] * 12), "y must hold numbers, got text"),
    "dates for numbers": (lambda: fit("R", LISTED, DAYS[:12]), "y must hold real numbers, got datetime64"),
    "NaN for numbers": (lambda: fit("R", LISTED, np.where(Y, np.nan, 0)), "Input y contains NaN"),
    "numbers of three axes": (
        lambda: fit("R", LISTED, np.zeros((12, 2, 2))),
        r"\(sequences, outputs\), got \(12, 2, 2\)",
    ),
    "a class for each row": (lambda: fit("C", LONG, LONG["a"] > 0), "not the same in all rows of sequence s1.*Labeler"),
    "classes for one series": (lambda: fit("C", SERIES, np.arange(40) % 2), "y is not the same in all rows of X"),
    "y without its index": (lambda: fit("L", LONG, (LONG["a"] > 0).reset_index(drop=True)), "not its index"),
    "y of other rows": (lambda: fit("L", SERIES, (SERIES > 0).shift(1, freq="D")), "y must have the index of X"),
    "y names one twice": (lambda: fit("C", LONG, pandas.Series([*Y, *Y], NAMES * 2)), "y names the sequence s0 twice"),
    "no label is known": (lambda: fit("L", LISTED, [[None] * len(x) for x in LISTED]), "no label is known"),
    "text and numbers by step": (
        lambda: fit("L", LISTED, [["a"] * len(x) if i else [1] * len(x) for i, x in enumerate(LISTED)]),
        "classes of one type",
    ),
    "labels of four axes": (lambda: fit("L", ARRAY, ARRAY), r"y must be \(sequences, time\) = \(12, 6\)"),
    "y of a forecaster": (
        lambda: fit("F", LISTED, Y),
        r"y must be the steps that follow X, .* = \(12, 1, 2\), got \(12,\)",
    ),
    "the series as y": (lambda: fit("F", SERIES, SERIES), r"= \(1, 1, 1\), got \(40,\)"),
    "text as y": (lambda: fit("F", PLAIN, ["a"] * 8), "y must hold numbers, got text"),
    # Weights
    "one weight": (
        lambda: fit("C", LISTED, Y, sample_weight=2),
        r"sample_weight must be \(sequences,\) = \(12,\), got \(\)",
    ),
    "weights of text": (lambda: fit("C", LISTED, Y, sample_weight=["a"] * 12), "sample_weight must hold numbers"),
    "weights of NaN": (lambda: fit("C", LISTED, Y, sample_weight=np.full(12, np.nan)), "sample_weight contains NaN"),
    "weights of 0": (lambda: fit("C", LISTED, Y, sample_weight=np.zeros(12)), "at least one non-zero"),
    "negative weights of steps": (
        lambda: fit("L", LISTED, Y, sample_weight=[-np.ones(len(x)) for x in LISTED]),
        "must not be negative",
    ),
    "negative class weights": (lambda: fit("C", LISTED, Y, class_weight={0: -1, 1: 1}), r"class_weight\[0\] must be"),
    "class weights of text": (lambda: fit("C", LISTED, Y, class_weight={0: "a", 1: 1}), r"class_weight\[0\]"),
    "a list of class weights": (lambda: fit("C", LISTED, Y, class_weight=[1, 2]), "class_weight must be a dict"),
    # Settings
    "half a unit": (lambda: fit("C", LISTED, Y, hidden=2.5), "hidden must be a whole number of at least 1, got 2.5"),
    "True units": (lambda: fit("C", LISTED, Y, hidden=True), "hidden must be"),
    "too many units": (lambda: fit("C", LISTED, Y, hidden=10**7), "hidden=10000000 .* of memory"),
    "too many layers": (lambda: fit("C", LISTED, Y, layers=10**9), "layers=1000000000 needs"),
    "a float of epochs": (lambda: fit("C", LISTED, Y, max_iter=1e6), "max_iter must be a whole number"),
    "endless epochs": (
        lambda: fit("C", LISTED, Y, max_iter=10**30),
        "max_iter must be a whole number from 1 to 1000000000",
    ),
    "NaN for a rate": (lambda: fit("C", LISTED, Y, learning_rate=np.nan), "learning_rate must be a number"),
    "a rate of text": (lambda: fit("C", LISTED, Y, learning_rate="adaptive"), "learning_rate must be a number"),
    "a clip below 0": (lambda: fit("C", LISTED, Y, clip=-1), "clip must be a number of at least 0"),
    "a decay below 0": (lambda: fit("C", LISTED, Y, weight_decay=-1), "weight_decay must be"),
    "no fraction": (lambda: fit("C", LISTED, Y, early_stopping=True, validation_fraction=1.0), "between 0 and 1"),
    "a text for a flag": (lambda: fit("C", LISTED, Y, early_stopping="no"), "early_stopping must be true or false"),
    "a dtype": (lambda: fit("C", LISTED, Y, dtype="float16"), 'dtype must be "float64" or "float32"'),
    "a cell": (lambda: fit("C", LISTED, Y, cell=None), "cell must be"),
    "a generator of numbers": (
        lambda: fit("C", LISTED, Y, random_state=np.random.default_rng(0)),
        "random_state must be",
    ),
    "an activation of a GRU": (lambda: fit("C", LISTED, Y, activation="relu"), 'activation is for cell "elman"'),
    "a look at the future": (
        lambda: fit("F", LISTED, bidirectional=True),
        "bidirectional must be False in a Forecaster",
    ),
    "one to be kept apart": (lambda: fit("C", LISTED[:1], Y[:1], early_stopping=True), "at least 2 of them"),
    "nothing left to learn": (
        lambda: fit("F", [x[:2] for x in LISTED], early_stopping=True),
        "none are left to learn from",
    ),
    "early stopping in a pass": (
        lambda: SequenceRegressor(early_stopping=True).partial_fit(LISTED, Y),
        "partial_fit reads its sequences once",
    ),
    "other units, warm": (
        lambda: fit("C", LISTED, Y, warm_start=True).set_params(hidden=5).fit(LISTED, Y),
        "hidden is 5, but .* made with 3",
    ),
    "other scaling, warm": (
        lambda: fit("C", LISTED, Y).set_params(standardize=False).partial_fit(LISTED, Y),
        "standardize is False, but",
    ),
    "another class, warm": (lambda: fit("C", LISTED, Y, warm_start=True).fit(LISTED, Y + 1), "2, which is not among"),
    "another horizon, warm": (
        lambda: fit("F", LISTED, warm_start=True).set_params(horizon=2).fit(LISTED),
        "horizon must stay as when",
    ),
    "a horizon of text": (lambda: fit("F", LISTED, horizon="a"), "horizon must be a whole number"),
    "a window of text, later": (lambda: fit("F", LISTED).set_params(window="x").predict(LISTED), "window must be"),
    "a horizon too far": (lambda: fit("F", LISTED, horizon=50), "a horizon of 50 needs sequences of at least 51 steps"),
    "the R² of one number": (lambda: fit("F", [SERIES]).score([SERIES], [[0.1]]), "R² needs at least two numbers"),
}


@pytest.mark.filterwarnings("ignore")  # what is said besides is tested elsewhere
@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    act, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as raised:
        act()
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 330


def test_what_is_advised_for_lengths_is_right():
    X, y, plain = (ARRAY, LENGTHS), (TABLE > 0, LENGTHS), (TABLE, LENGTHS)
    listed, labels, of_one = ([rows[:length] for rows, length in zip(*given, strict=True)] for given in (X, y, plain))
    assert fit("L", listed, labels).predict_proba(listed)[4].shape == (2, 2)
    assert fit("C", of_one, Y).predict(of_one).shape == (12,)


RIGHT = {
    "truths": lambda: (fit("C", ARRAY > 0, Y), ARRAY > 0, fit("C", (ARRAY > 0).astype(float), Y),
        (ARRAY > 0).astype(float)),
    "32-bit integers": lambda: (
        fit("C", (9 * ARRAY).astype("i4"), Y), (9 * ARRAY).astype("i4"),
        fit("C", (9 * ARRAY).astype("i4").astype(float), Y), (9 * ARRAY).astype("i4").astype(float),
    ),
    "objects": lambda: (fit("C", ARRAY.astype(object), Y), ARRAY.astype(object), fit("C", ARRAY, Y), ARRAY),
    "a mask of nothing": lambda: (
        fit("C", np.ma.masked_greater(ARRAY, 99), Y), np.ma.masked_greater(ARRAY, 99), fit("C", ARRAY, Y), ARRAY
    ),
    "numerals": lambda: (fit("C", [["0", "1"], ["1"]], [0, 1]), [["1"]], fit("C", [[0, 1], [1]], [0, 1]), [[1]]),
    "numbers near the largest": lambda: (fit("C", 2.0**1020 * ARRAY, Y), 2.0**1020 * ARRAY, fit("C", ARRAY, Y), ARRAY),
    "numbers near the smallest": lambda: (fit("C", 2.0**-980 * ARRAY, Y), 2.0**-980 * ARRAY, fit("C", ARRAY, Y), ARRAY),
    "a Series of arrays": lambda: (fit("C", pandas.Series(LISTED), Y), pandas.Series(LISTED), fit("C", LISTED, Y),
        LISTED),
    "columns in another order": lambda: (fit("C", LONG, Y), LONG[["b", "a"]], fit("C", LISTED, Y), LISTED),
    "columns and rows of a list": lambda: (
        fit("C", [f.sample(frac=1, random_state=i)[["b", "a"][:: (-1) ** i]] for i, f in enumerate(FRAMES)], Y), FRAMES,
        fit("C", [x[:, ::-1] for x in LISTED], Y), [x[:, ::-1] for x in LISTED],
    ),
    "Int64 and categories": lambda: (
        fit("C", LONG.round().astype({"a": "Int64"}).assign(b=pandas.Categorical([1] * 54)), Y),
        LONG.round().astype({"a": "Int64"}).assign(b=pandas.Categorical([1] * 54)),
        fit("C", LONG.round().assign(b=1), Y), LONG.round().assign(b=1),
    ),
    "names that are integers": lambda: (
        fit("C", LONG.set_axis([7, 5], axis=1), Y), LONG.set_axis([7, 5], axis=1)[[5, 7]], fit("C", LISTED, Y), LISTED
    ),
    "ISO dates as text": lambda: (
        fit("C", timed([f"2024-01-{9 - t:02}" for _, t in LONG.index]), Y), LONG,
        fit("C", [x[::-1] for x in LISTED], Y), LISTED,
    ),
    "three levels": lambda: (
        fit("C", pandas.concat({"p": LONG.loc[["s0"]], "q": LONG}), [1, *Y]), pandas.concat({"r": LONG}),
        fit("C", [LISTED[0], *LISTED], [1, *Y]), LISTED,
    ),
    "dates of Python": lambda: (
        fit("L", indexed([datetime.date(2024, 1, 1) + datetime.timedelta(int(k)) for k in range(40)]),
            SERIES.to_numpy() > 0),
        SERIES, fit("L", [SERIES.to_numpy()], [SERIES.to_numpy() > 0]), [SERIES.to_numpy()],
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", RIGHT)
def test_read_as_what_it_is(case):
    """A model and what it is asked, beside another form of the same: what they predict is the same."""
    model, X, plain, x = RIGHT[case]()
    given, wanted = model.predict_proba(X), plain.predict_proba(x)
    np.testing.assert_allclose(np.vstack(np.asarray(given)), np.vstack(np.asarray(wanted)), rtol=1e-9)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (Y > 0, [False, True]),
        ((Y > 0).astype(object), [False, True]),
        (np.where(Y, "up", "down"), ["down", "up"]),
        (np.where(Y, "up", "down").astype(object), ["down", "up"]),
        (pandas.Series(np.where(Y, "up", "down"), dtype="category"), ["down", "up"]),
        (pandas.Series(Y, dtype="Int64"), [0, 1]),
        (pandas.Series(np.where(Y, "up", "down"), dtype="string"), ["down", "up"]),
        (Y.astype("u1"), [0, 1]),
        (tuple(Y), [0, 1]),
        (DAYS[:2].to_numpy()[Y], list(DAYS[:2].to_numpy())),
        ([1] * 12, [1]),
    ],
)
def test_classes_stay_what_they_are(y, classes):
    model = fit("C", LISTED, y)
    assert list(model.classes_) == classes
    assert set(model.predict(LISTED)) <= set(classes)
    assert model.score(LISTED, y) == np.mean([a == b for a, b in zip(model.predict(LISTED), y, strict=True)])


@pytest.mark.parametrize(
    "setting",
    [
        {"hidden": np.int64(3)}, {"layers": np.uint8(1)}, {"max_iter": np.int32(2)}, {"batch_size": np.array(4)},
        {"learning_rate": np.float32(0.01)}, {"clip": np.int64(1)}, {"weight_decay": np.float16(0)},
        {"bidirectional": np.True_}, {"standardize": np.False_}, {"early_stopping": np.bool_(True)},
        {"dtype": np.float32}, {"early_stopping": True, "validation_fraction": np.float32(0.5)},
        {"random_state": np.int64(0)}, {"early_stopping": True, "n_iter_no_change": np.int64(3)},
        {"warm_start": np.bool_(False)},
    ],
)  # fmt: skip
def test_numbers_of_numpy_are_settings(setting):
    plain = {name: np.dtype(v).name if v is np.float32 else np.asarray(v).item() for name, v in setting.items()}
    found, wanted = (fit("C", ARRAY, Y, **given).predict_proba(ARRAY) for given in (setting, plain))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("kind", ["C", "L"])
def test_one_class_is_predicted_surely(kind):
    for options in ({}, {"early_stopping": True, "warm_start": True}):
        model = fit(kind, ARRAY, ["only"] * 12, **options).fit(ARRAY, ["only"] * 12)
        assert (model.predict_proba(ARRAY) == 1).all()
        assert model.score(ARRAY, ["only"] * 12) == 1


def test_what_is_only_doubtful_is_said():
    with pytest.warns(UserWarning, match=r"as in aeon, give X.transpose\(0, 2, 1\)"):
        fit("C", ARRAY.transpose(0, 2, 1), Y)
    with pytest.warns(UserWarning, match=r"500 sequences of 3 steps: .* give \[X\]"):
        fit("F", RNG.normal(size=(500, 3)))
    with pytest.warns(UserWarning, match="n_iter_no_change=3 has no effect without early_stopping=True"):
        fit("C", ARRAY, Y, n_iter_no_change=3)


def test_decimals_are_numbers():
    y = [decimal.Decimal(k) / 8 for k in range(12)]
    np.testing.assert_array_equal(
        fit("R", LISTED, y).predict(LISTED), fit("R", LISTED, np.arange(12) / 8).predict(LISTED)
    )
