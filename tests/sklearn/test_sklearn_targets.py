"""Features that are read and not predicted: what is known only of the past, the calendar, what is known in advance."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from throughtime.sklearn import Forecaster, backtest

NAMES_IGNORED = pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
RNG = np.random.default_rng(0)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "batch_size": 4, "random_state": 0}
MONTHS = pandas.date_range("2015-01-31", periods=60, freq="ME")
THREE = pandas.DataFrame(RNG.normal(size=(60, 3)), MONTHS, ["a", "b", "c"])


def test_some_features_are_learned_as_all_are_when_they_are_all():
    model = Forecaster(horizon=2, window=20, **SMALL)
    every, named = clone(model).fit(THREE), clone(model).set_params(targets=["a", "b", "c"]).fit(THREE)
    np.testing.assert_array_equal(every.network_.parameters, named.network_.parameters)
    pandas.testing.assert_frame_equal(every.predict(THREE), named.predict(THREE))
    assert every.score(THREE) == named.score(THREE)


@NAMES_IGNORED
def test_targets_are_given_back_in_their_order_and_learned_apart_from_the_rest():
    model = Forecaster(horizon=2, window=20, targets=["c", "a"], **SMALL).fit(THREE)
    assert model.network_.specification.outputs == 4
    assert model.network_.specification.inputs == 3
    found = model.predict(THREE[["b", "c", "a"]])
    assert list(found.columns) == ["c", "a"]
    assert list(found.index) == list(pandas.date_range("2020-01-31", periods=2, freq="ME"))
    np.testing.assert_array_equal(found, model.predict([THREE.to_numpy()])[0])
    numbered = Forecaster(horizon=2, window=20, targets=[2, 0], **SMALL).fit([THREE.to_numpy()])
    np.testing.assert_array_equal(numbered.network_.parameters, model.network_.parameters)
    other = THREE.assign(b=THREE["b"] + np.arange(60))
    assert (model.predict(other) != found).to_numpy().all()  # it is read
    pandas.testing.assert_frame_equal(numbered.predict(THREE), found)
    following = RNG.normal(size=(1, 2, 2))
    assert numbered.score([THREE.to_numpy()], following) == pytest.approx(r2_score(following[0], found))
    x = THREE[["c", "a"]].to_numpy()
    ends = range(1, 59)
    predicted = np.concatenate([model.predict([THREE.to_numpy()[max(0, end - 20) : end]])[0] for end in ends])
    assert model.score(THREE) == pytest.approx(r2_score(np.concatenate([x[end : end + 2] for end in ends]), predicted))
    assert model.score(THREE[:50], THREE[["a", "c"]][50:52]) == pytest.approx(
        r2_score(x[50:52], model.predict(THREE[:50]))
    )


@NAMES_IGNORED
def test_quantiles_of_targets():
    model = Forecaster(horizon=2, targets=["c", "a"], quantiles=(0.2, 0.5, 0.8), **SMALL).fit(THREE)
    found = model.predict_quantiles(THREE)
    assert list(found.columns) == [(name, level) for name in "ca" for level in (0.2, 0.5, 0.8)]
    np.testing.assert_array_equal(found.xs(0.5, axis=1, level="quantile"), model.predict(THREE))
    np.testing.assert_array_equal(found["a"], model.predict_quantiles([THREE.to_numpy()])[0, :, 1])


@pytest.mark.parametrize("selected", [False, True])
def test_a_backtest_is_of_the_targets(selected):
    model = Forecaster(horizon=2, targets=["c", "a"], **SMALL)
    model = GridSearchCV(model, {"hidden": [3]}, cv=TimeSeriesSplit(2)) if selected else model
    table = backtest(model, THREE, origins=2, season=12).forecasts
    assert list(table["feature"].unique()) == ["c", "a"]
    for feature in "ca":
        rows = table[table["feature"] == feature]
        np.testing.assert_array_equal(rows["actual"], THREE[feature][-4:])
        np.testing.assert_array_equal(rows["seasonal naive"], THREE[feature][-16:-12])
        np.testing.assert_array_equal(rows["forecast"][-2:], model.fit(THREE[:58]).predict(THREE[:58])[feature])
    other = THREE.copy()
    other.iloc[58:] = RNG.normal(size=(2, 3))
    changed = backtest(model, other, origins=2, season=12).forecasts
    np.testing.assert_array_equal(changed["forecast"], table["forecast"])


def test_what_is_known_in_advance_is_learned_from():
    """The next number is what the plan says, so that a column of plans makes forecasts that are nearly right."""
    plan = pandas.Series(RNG.normal(size=200), pandas.date_range("2024-01-01", periods=200))
    sales = 3 * plan + 0.1 * RNG.normal(size=200)
    X = pandas.DataFrame({"sales": sales, "plan of tomorrow": plan.shift(-1)})[:-1]
    options = SMALL | {"max_iter": 60, "window": 40}
    with_plan = backtest(Forecaster(targets=["sales"], **options), X, origins=20, refit=False).errors()
    alone = backtest(Forecaster(**options), X[["sales"]], origins=20, refit=False).errors()
    assert with_plan.loc["forecast", "MAE"] < 0.4 * alone.loc["forecast", "MAE"]


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ("a", "targets must be a list of features, got 'a'"),
        ([], "targets must be some of the features"),
        (["a", "a"], "each once"),
        (["z"], r"some of the features \['a', 'b', 'c'\], each once, got \['z'\]"),
        ([0], "some of the features"),
    ],
)
def test_what_are_no_targets_is_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(targets=targets, **SMALL).fit(THREE)


def test_targets_stay_and_y_has_all_features():
    model = Forecaster(targets=["a"], warm_start=True, **SMALL).fit(THREE)
    with pytest.raises(ValueError, match="targets must stay as when"):
        model.set_params(targets=["b"]).fit(THREE)
    with pytest.raises(ValueError, match="with targets or calendar, let X be longer instead"):
        Forecaster(targets=["a"], **SMALL).fit(THREE[:-1], THREE[-1:])
