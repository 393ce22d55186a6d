"""`backtest`: forecasts from earlier times see nothing of what follows, and errors are what papers define."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import BaseEstimator
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from throughtime.sklearn import Forecaster, backtest

RNG = np.random.default_rng(0)
MONTHS = pandas.date_range("2015-01-31", periods=60, freq="ME")
SALES = pandas.Series(
    np.sin(np.arange(60) / 2) + 0.05 * np.arange(60) + 0.1 * RNG.normal(size=60), MONTHS, name="sales"
)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 3, "batch_size": 4, "random_state": 0}


class LastSeason(BaseEstimator):
    """Forecasts as `backtest` itself does for comparison, and keeps what it was given."""

    def __init__(self, horizon=2, season=3, seen=None):
        self.horizon, self.season, self.seen = horizon, season, seen

    def __sklearn_clone__(self):
        return self

    def fit(self, X, y=None):
        self.seen.append(("fit", [np.array(x) for x in X]))
        return self

    def predict(self, X):
        self.seen.append(("predict", [np.array(x) for x in X]))
        return np.stack([x[len(x) - self.season + np.arange(self.horizon) % self.season] for x in X])


def test_windows_expand_or_roll_and_end_at_the_last_step():
    series = [RNG.normal(size=(20, 1)), RNG.normal(size=(25, 1))]
    for longest in (None, 8):
        seen = []
        found = backtest(LastSeason(seen=seen), series, origins=3, stride=4, season=3, max_train_size=longest)
        for number, back in enumerate((10, 6, 2)):
            fitted, asked = seen[2 * number : 2 * number + 2]
            for i, x in enumerate(series):
                end = len(x) - back
                np.testing.assert_array_equal(fitted[1][i], x[0 if longest is None else end - longest : end])
                np.testing.assert_array_equal(asked[1][i], x[:end])
        assert [row[0] for row in seen] == ["fit", "predict"] * 3
        table = found.forecasts
        assert sorted(set(table["origin"])) == [
            9,
            13,
            14,
            17,
            18,
            22,
        ]  # 10, 14, 18 of 20 and 15, 19, 23 of 25 are known
        assert list(table["time"]) == list(table["origin"] + table["step"])
        for row in table.itertuples():
            assert row.actual == series[row.series][row.time, 0]
        np.testing.assert_array_equal(table["forecast"], table["seasonal naive"])
        errors = found.errors()
        np.testing.assert_array_equal(errors.loc["forecast"], errors.loc["seasonal naive"])
    seen = []
    backtest(LastSeason(seen=seen), series, origins=3, refit=False)
    assert [row[0] for row in seen] == ["fit", "predict", "predict", "predict"]


def test_errors_are_those_of_their_definitions():
    x = RNG.normal(size=(30, 2)).cumsum(axis=0)
    x[-1, 0] = 0
    found = backtest(Forecaster(horizon=4, **SMALL), [x], origins=2, stride=3, season=6)
    right, wrong, naive, scaled = [], [], [], []
    for f in range(2):
        for end in (23, 26):
            table = found.forecasts.query("feature == @f and origin == @end - 1")
            right += list(x[end : end + 4, f])
            wrong += list(table["forecast"])
            naive += [x[end - 6 + k, f] for k in range(4)]
            scaled += [sum(abs(x[t, f] - x[t - 6, f]) for t in range(6, end)) / (end - 6)] * 4
    right, scaled = np.array(right), np.array(scaled)
    for who, given in (("forecast", np.array(wrong)), ("seasonal naive", np.array(naive))):
        e = np.abs(given - right)
        smape = np.mean(
            [0 if a == b == 0 else 200 * abs(a - b) / (abs(a) + abs(b)) for a, b in zip(given, right, strict=True)]
        )
        expected = [e.mean(), np.sqrt((e**2).mean()), (e / scaled).mean(), smape]
        np.testing.assert_allclose(found.errors().loc[who], expected)
        np.testing.assert_allclose(
            found.errors().loc[who, ["MAE", "RMSE"]],
            found.errors("feature").xs(who, level="who")[["MAE", "RMSE"]].pow([1, 2]).mean().pow([1, 0.5]),
        )
    by_step = found.errors("step")
    assert list(by_step.index) == [(k, who) for k in (1, 2, 3, 4) for who in ("forecast", "seasonal naive")]
    last = found.forecasts.query("step == 4")
    assert by_step.loc[(4, "forecast"), "MAE"] == pytest.approx((last["forecast"] - last["actual"]).abs().mean())
    assert len(found.errors(["feature", "origin"])) == 8
    with pytest.raises(ValueError, match="taken apart by series, feature, origin, step or time, got 'actual'"):
        found.errors("actual")


def test_a_series_that_repeats_itself_has_no_mase():
    found = backtest(Forecaster(horizon=2, **SMALL), [np.tile([1.0, 2.0, 3.0], 8)], origins=2, season=3).errors()
    assert np.isnan(found["MASE"]).all()
    assert list(found.loc["seasonal naive", ["MAE", "RMSE", "sMAPE"]]) == [0, 0, 0]


@pytest.mark.parametrize("refit", [True, False])
@pytest.mark.parametrize("selected", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_forecast_sees_nothing_of_what_follows_its_origin(refit, selected):
    model = Forecaster(horizon=2, window=10, **SMALL)
    if selected:
        model = GridSearchCV(model, {"hidden": [2, 3]}, cv=TimeSeriesSplit(2))
    first = backtest(model, SALES, origins=3, season=12, refit=refit).forecasts
    for number, origin in enumerate(first["origin"].unique()):
        other = SALES.copy()
        other[other.index > origin] = RNG.normal(size=(other.index > origin).sum())
        second = backtest(model, other, origins=3, season=12, refit=refit).forecasts
        until = 2 * (number + 1)
        for column in ("forecast", "seasonal naive", "scale"):
            np.testing.assert_array_equal(first[column][:until], second[column][:until])
        assert (first["actual"][until - 2 :] != second["actual"][until - 2 :]).all()
        if number < 2:
            assert (first["forecast"][until:] != second["forecast"][until:]).all()


def test_series_of_any_form_give_the_same_forecasts_with_their_names_and_times():
    other = 2 * SALES.rename("sales")[:48]
    listed = [SALES.to_numpy()[:, None], other.to_numpy()[:, None]]
    model = Forecaster(horizon=2, **SMALL)
    options = {"origins": 2, "season": 12}
    expected = backtest(model, listed, **options).forecasts
    named = pandas.concat({"north": SALES, "south": other}).to_frame()
    mixed = named.sample(frac=1, random_state=0)
    mixed = pandas.concat([mixed.loc[["north"]], mixed.loc[["south"]]])
    forms = {"frames": [SALES.to_frame(), other.to_frame()[::-1]], "long": named, "mixed": mixed}
    for form, X in forms.items():
        found = backtest(model, X, **options).forecasts
        for column in ("step", "actual", "forecast", "seasonal naive", "scale"):
            np.testing.assert_array_equal(found[column], expected[column], form)
        assert list(found["time"][:2]) == list(MONTHS[56:58])
        assert list(found["origin"].unique()) == [MONTHS[55], MONTHS[43], MONTHS[57], MONTHS[45]]
        assert set(found["series"]) == ({0, 1} if form == "frames" else {"north", "south"})
        assert set(found["feature"]) == {"sales"}
    one = backtest(model, SALES, **options).forecasts
    assert list(one["time"]) == list(MONTHS[-4:])
    assert (one["feature"] == "sales").all()
    table = RNG.normal(size=(3, 40))
    for column in ("forecast", "scale"):
        np.testing.assert_array_equal(
            backtest(model, table, **options).forecasts[column],
            backtest(model, table[:, :, None], **options).forecasts[column],
        )


def test_a_forecast_is_that_of_a_forecaster_fitted_by_hand():
    model = Forecaster(horizon=3, window=20, **SMALL)
    table = backtest(model, SALES, origins=2, stride=5).forecasts
    for end in (52, 57):
        by_hand = model.fit(SALES[:end]).predict(SALES[:end])
        found = table[table["origin"] == MONTHS[end - 1]]
        np.testing.assert_array_equal(found["forecast"], by_hand)
        assert list(found["time"]) == list(by_hand.index)
    assert not hasattr(Forecaster(**SMALL), "network_")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origins": 0}, "origins must be"),
        ({"stride": 0}, "stride must be"),
        ({"season": 0}, "season must be"),
        ({"refit": 2}, "refit must be"),
        ({"season": 12, "max_train_size": 12}, "max_train_size must be"),
        ({"origins": 30}, "X has 60 steps, and the first of 30 origins is 60 before its end: 0 steps are known there"),
        ({"season": 59}, "at least 60 are needed"),
    ],
)
def test_what_cannot_be_backtested_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        backtest(Forecaster(horizon=2, **SMALL), SALES, **options)


def test_what_is_no_forecaster_is_refused():
    with pytest.raises(ValueError, match="around one, got object, which has no horizon"):
        backtest(object(), SALES)
    with pytest.raises(ValueError, match="series 1 of X has 4 steps"):
        backtest(Forecaster(**SMALL), [np.zeros(20), np.zeros(4)], origins=4)
