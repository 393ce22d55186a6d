"""What is known in advance, against effects and dates that are worked out by hand and given as plain columns."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from throughtime.bridges.exported import exported
from throughtime.sklearn import Forecaster, backtest

NAMES_IGNORED = pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
RNG = np.random.default_rng(0)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "batch_size": 4, "random_state": 0, "horizon": 3, "window": 20}
DAYS = pandas.date_range("2024-01-01", periods=90, name="day")
OFFERS = RNG.integers(0, 2, size=90).astype(float)
SHOP = pandas.DataFrame(
    {"sales": 5 * OFFERS + RNG.normal(size=90).cumsum(), "offer": OFFERS, "rain": RNG.normal(size=90)}, DAYS
)
PAST, PLAN = SHOP[:80], SHOP[["offer"]][80:83]


def effect_of(known, y, steps):
    """What known (T,) adds to y (T,), of the changes over 1 … `steps` steps and a drift of each of these."""
    n = len(y) - steps
    of_both = np.concatenate([np.stack([known, y])[:, k : k + n] - [known[:n], y[:n]] for k in range(1, steps + 1)], 1)
    drifts = np.repeat(np.eye(steps), n, axis=0)
    return np.linalg.lstsq(np.column_stack([of_both[0], drifts]), of_both[1], rcond=None)[0][0]


@NAMES_IGNORED
@pytest.mark.parametrize("season", [None, 7])
@pytest.mark.parametrize("quantiles", [None, (0.2, 0.5, 0.8)])
def test_it_is_the_forecaster_of_what_is_left_without_the_effects(season, quantiles):
    model = Forecaster(future=["offer"], targets=["sales"], season=season, quantiles=quantiles, **SMALL).fit(PAST)
    x = PAST.to_numpy()
    differences = x[7:] - x[:-7] if season else x
    effect = effect_of(differences[:, 1], differences[:, 0], 3)
    np.testing.assert_allclose(model.effects_, [[effect]], rtol=1e-9)
    rest = PAST.assign(sales=PAST["sales"] - effect * PAST["offer"])
    by_hand = Forecaster(targets=["sales"], season=season, quantiles=quantiles, **SMALL).fit(rest)
    found, right = model.predict(PAST, future=PLAN), by_hand.predict(rest)
    np.testing.assert_allclose(found["sales"], right["sales"] + effect * PLAN["offer"], rtol=1e-6)
    pandas.testing.assert_index_equal(found.index, PLAN.index)
    if quantiles:
        band = model.predict_quantiles(PAST, future=PLAN)
        added = effect * PLAN["offer"].to_numpy()[:, None]
        np.testing.assert_allclose(band, by_hand.predict_quantiles(rest) + added, rtol=1e-6)


def test_all_that_is_not_known_in_advance_is_predicted():
    found = Forecaster(future=["offer"], **SMALL).fit(PAST).predict(PAST, future=PLAN)
    assert list(found.columns) == ["sales", "rain"]


def test_effects_are_those_of_several_columns_in_any_unit():
    known = RNG.normal(size=(300, 3)) * [1e-6, 1, 1e6]
    known[:, 2] += 1e6 * known[:, 1]
    y = known @ [[3e6], [2], [-1e-6]] + 0.01 * RNG.normal(size=(300, 1))
    model = Forecaster(future=[1, 2, 3, 4], **SMALL).fit([np.hstack([y, known, np.ones((300, 1))])])
    np.testing.assert_allclose(model.effects_[:, 0], [3e6, 2, -1e-6, 0], rtol=0.02)


def test_what_drifts_beside_the_targets_is_not_taken_for_an_effect():
    t, known = np.arange(200.0), RNG.normal(size=200) + 0.1 * np.arange(200)
    model = Forecaster(future=[1, 2, 3], **SMALL | {"horizon": 12})
    model.fit([np.stack([t + 5 * known, known, 0.1 * t, 1e6 - 0.3 * t], axis=1)])
    np.testing.assert_allclose(model.effects_[:, 0], [5, 0, 0], rtol=1e-9)


def test_what_is_planned_is_forecast():
    y = 4 * OFFERS + np.sin(np.arange(90) * 2 * np.pi / 7)
    X = pandas.DataFrame({"sales": y, "offer": OFFERS}, DAYS)
    options = SMALL | {"max_iter": 40}
    with_plan = backtest(Forecaster(future=["offer"], **options), X, origins=5, refit=False).errors()
    alone = backtest(Forecaster(**options), X[["sales"]], origins=5, refit=False).errors()
    assert with_plan.loc["forecast", "MAE"] < 0.3 * alone.loc["forecast", "MAE"]


@NAMES_IGNORED
def test_every_form_of_x_takes_its_own():
    model = Forecaster(future=["offer"], targets=["sales"], **SMALL).fit(PAST)
    right = model.predict(PAST, future=PLAN)["sales"].to_numpy()
    other = SHOP.assign(offer=1 - OFFERS)
    apart = model.predict(other[:70], future=other)["sales"].to_numpy()
    mixed = SHOP.sample(frac=1, random_state=0)[["rain", "offer"]]
    pandas.testing.assert_frame_equal(model.predict(PAST, future=mixed), model.predict(PAST, future=PLAN))
    np.testing.assert_array_equal(model.predict(PAST, future=PLAN["offer"])["sales"], right)
    listed = model.predict([PAST, other[:70]], future=[PLAN, other])
    long = pandas.concat({"b": PAST, "a": other[:70]}, names=["shop"])
    ahead = pandas.concat({"a": other, "b": PLAN}, names=["shop"])
    arrays = model.predict([PAST.to_numpy(), other[:70].to_numpy()], future=[PLAN, other[["offer"]][70:73]])
    for found in (listed, arrays):
        np.testing.assert_array_equal(found[:, :, 0], [right, apart])
    framed = model.predict(long, future=ahead)
    np.testing.assert_array_equal(framed["sales"], [*right, *apart])
    later = [DAYS[80:83], DAYS[70:73]]
    assert list(framed.index) == [(name, day) for name, days in zip("ba", later, strict=True) for day in days]
    assert list(framed.index.names) == ["shop", "day"]


@NAMES_IGNORED
def test_the_score_without_y_reads_what_is_known_at_each_step():
    model = Forecaster(future=["offer"], targets=["sales"], **SMALL).fit(PAST)
    ends = range(1, len(PAST) - 2)
    found = [model.predict(PAST[max(0, end - 20) : end], future=PAST)["sales"] for end in ends]
    right = [PAST["sales"][end : end + 3] for end in ends]
    assert model.score(PAST) == pytest.approx(r2_score(np.concatenate(right), np.concatenate(found)))


@pytest.mark.parametrize("selected", [False, True])
@pytest.mark.parametrize("refit", [False, True])
def test_a_backtest_sees_nothing_later_but_what_is_known_in_advance(selected, refit):
    model = Forecaster(future=["offer"], targets=["sales"], calendar="weekday", quantiles=(0.1, 0.5, 0.9), **SMALL)
    tested = GridSearchCV(model, {"hidden": [3]}, cv=TimeSeriesSplit(2)) if selected else model
    table = backtest(tested, PAST, origins=2, season=7, refit=refit).forecasts
    alone = clone(model).set_params(hidden=3 if selected else 4).fit(PAST[:77] if refit else PAST[:74])
    np.testing.assert_array_equal(table["forecast"][-3:], alone.predict(PAST[:77], future=PAST)["sales"])
    np.testing.assert_array_equal(table[0.9][-3:], alone.predict_quantiles(PAST[:77], future=PAST)["sales", 0.9])
    for column, changed in (("sales", False), ("rain", False), ("offer", True)):
        other = PAST.copy()
        other.iloc[77:, other.columns.get_loc(column)] += 1
        found = backtest(tested, other, origins=2, season=7, refit=refit).forecasts
        assert found["forecast"].equals(table["forecast"]) != changed


@NAMES_IGNORED
@pytest.mark.parametrize("index", [DAYS, DAYS.to_period("D"), DAYS.tz_localize("Europe/Berlin")])
def test_the_calendar_is_columns_that_are_known_in_advance(index):
    X = SHOP[["sales"]].set_axis(index, axis=0)
    weekday, month = np.arange(90) % 7, np.where(np.arange(90) < 31, 1, np.where(np.arange(90) < 60, 2, 3))
    turns = [2 * np.pi * weekday / 7, 2 * np.pi * month / 12]
    parts = np.array([of(turn) for turn in turns for of in (np.sin, np.cos)]).T
    by_hand = pandas.concat([X, pandas.DataFrame(parts, index, list("abcd"))], axis=1)
    model = Forecaster(calendar=["weekday", "month"], **SMALL).fit(X[:80])
    same = Forecaster(future=list("abcd"), **SMALL).fit(by_hand[:80])
    assert (model.n_features_in_, model.network_.specification.inputs) == (1, 5)
    np.testing.assert_allclose(model.network_.parameters, same.network_.parameters, rtol=1e-6)
    right = same.predict(by_hand[:80], future=by_hand)
    pandas.testing.assert_frame_equal(model.predict(X[:80]), right)
    np.testing.assert_allclose(model.predict([X[:80], X[10:40]])[0], right)
    assert model.score(X) == pytest.approx(same.score(by_hand))
    assert np.isfinite(model.score(X[:80], X[80:83]))
    one = Forecaster(calendar=["weekday", "month"], **SMALL).fit(X["sales"][:80])
    np.testing.assert_array_equal(one.predict(X["sales"][:80]), model.predict(X[:80])["sales"])


def test_dates_that_are_not_even_are_those_of_future():
    uneven = SHOP[["sales"]].iloc[np.cumsum(np.tile([1, 2], 30)) - 1]
    with pytest.warns(UserWarning, match="evenly spaced in time: 2024-01-03 00:00:00 is followed by 2024-01-04"):
        model = Forecaster(calendar="weekday", **SMALL).fit(uneven)
    with pytest.raises(ValueError, match="the times of X are not evenly spaced, or only one, so that the calendar"):
        model.predict(uneven)
    later = pandas.DatetimeIndex(["2024-04-02", "2024-04-05", "2024-04-06", "2024-05-01"], name="day")
    found = model.predict(uneven, future=pandas.DataFrame(index=later))
    pandas.testing.assert_index_equal(found.index, later[:3])
    with pytest.warns(UserWarning, match="evenly spaced"):
        assert len(backtest(model, uneven, origins=3).forecasts) == 9
    with pytest.raises(ValueError, match="future has 2 steps later than 2024-03-30 00:00:00, 3 are predicted"):
        model.predict(uneven, future=pandas.DataFrame(index=later[:2]))


def test_early_stopping_keeps_the_last_steps_from_effects_too():
    options = SMALL | {"early_stopping": True, "validation_fraction": 0.5}
    model = Forecaster(future=["offer"], targets=["sales"], **options).fit(PAST)
    other = PAST.copy()
    other.iloc[41:, 0] += RNG.normal(size=39)
    changed = clone(model).fit(other)
    np.testing.assert_array_equal(changed.effects_, model.effects_)
    other.iloc[30:, 0] += RNG.normal(size=50)
    assert clone(model).fit(other).effects_ != model.effects_


def test_static_features_are_columns_that_never_change():
    static = pandas.DataFrame({"size": [1.0, 3.0], "lake": [0, 1]}, pandas.Index(["a", "b"], name="shop"))
    long = pandas.concat({"a": PAST, "b": PAST + 1}, names=["shop"])
    X = long.join(static, on="shop")
    model = Forecaster(targets=["sales"], future=["offer"], **SMALL).fit(X)
    assert model.network_.specification.inputs == 5
    plan = pandas.concat({"a": PLAN, "b": PLAN}, names=["shop"])
    found = model.predict(X, future=plan)
    assert (found.loc["b"] != model.predict(X.assign(size=1.0), future=plan).loc["b"]).all(axis=None)
    with pytest.raises(ValueError, match=r"column 'kind' of X holds text .* pandas.get_dummies"):
        model.fit(long.join(pandas.Series({"a": "old", "b": "new"}, name="kind"), on="shop"))


def test_it_is_cloned_pickled_continued_and_not_exported():
    model = Forecaster(future=["offer"], targets=["sales"], calendar="weekday", warm_start=True, **SMALL).fit(PAST)
    right = model.predict(PAST, future=PLAN)
    pandas.testing.assert_frame_equal(pickle.loads(pickle.dumps(model)).predict(PAST, future=PLAN), right)
    pandas.testing.assert_frame_equal(clone(model).fit(PAST).predict(PAST, future=PLAN), right)
    before = model.effects_
    np.testing.assert_array_equal(model.fit(SHOP).effects_, before)
    dated = Forecaster(calendar="weekday", **SMALL).fit(PAST[["sales"]])
    for alone in (model, dated):
        with pytest.raises(ValueError, match="what is known in advance are worked out by the estimator"):
            exported(alone)


FITTED = Forecaster(future=["offer"], targets=["sales"], **SMALL).fit(PAST)
LONG = pandas.concat({"a": PAST, "b": PAST})
REFUSED = {
    "not given": (lambda: FITTED.predict(PAST), r"future must be given: \['offer'\], .* at the 3 steps that follow X"),
    "quantiles": (
        lambda: clone(FITTED).set_params(quantiles=(0.5,)).fit(PAST).predict_quantiles(PAST),
        "must be given",
    ),
    "other times": (lambda: FITTED.predict(PAST, SHOP[["offer"]][81:84]), "future has no row for 2024-03-21 .* step 1"),
    "too few": (lambda: FITTED.predict(PAST, PLAN[:2]), "future has no row for 2024-03-23 00:00:00, which is step 3"),
    "periods": (lambda: FITTED.predict(PAST, PLAN.to_period("D")), "future has times of another kind than X"),
    "numbers as times": (
        lambda: FITTED.predict(PAST, PLAN.reset_index(drop=True)),
        "future has times of another kind than X",
    ),
    "twice": (lambda: FITTED.predict(PAST, pandas.concat([PLAN, PLAN])), "future has time 2024-03-21 00:00:00 twice"),
    "another column": (
        lambda: FITTED.predict(PAST, SHOP[["rain"]]),
        "future must have the column 'offer', .* got it 0 times",
    ),
    "a column twice": (
        lambda: FITTED.predict(PAST, pandas.concat([PLAN, PLAN], axis=1)),
        "future must have the column 'offer', .* got it 2 times",
    ),
    "no name": (lambda: Forecaster(future=[["offer"]]).fit(PAST), "future must be some of the features"),
    "text": (lambda: FITTED.predict(PAST, PLAN.astype(str) + "!"), "column 'offer' of future holds text in row 0"),
    "NaN": (
        lambda: FITTED.predict(PAST, PLAN * np.nan),
        "future has no number for 'offer' at 2024-03-21 00:00:00: fill it in",
    ),
    "a sequence without a season": (
        lambda: Forecaster(future=["offer"], season=7, **SMALL).fit([PAST, PAST[:5]]),
        "a season of 7 needs sequences of at least 8 steps, but sequence 1 of X has 5",
    ),
    "an array for a frame": (lambda: FITTED.predict(PAST, PLAN.to_numpy()), "future must be a frame of the steps that"),
    "a frame for a list": (lambda: FITTED.predict([PAST, PAST], PLAN), "future must be a list of 2 frames"),
    "not in the list": (lambda: FITTED.predict([PAST], [3]), "future of sequence 0 must be a frame"),
    "a frame for an array": (lambda: FITTED.predict([PAST.to_numpy()], PLAN), "X has no times that its rows could"),
    "a shape": (lambda: FITTED.predict([PAST.to_numpy()], PLAN.to_numpy()), r"= \(1, 3, 1\), got \(3, 1\)"),
    "a sequence": (lambda: FITTED.predict(LONG, pandas.concat({"a": PLAN})), "future has no rows of sequence b of X"),
    "a part of a sequence": (
        lambda: FITTED.predict(LONG, pandas.concat({"a": PLAN, "b": PLAN[1:]})),
        "future of sequence b has no row for 2024-03-21",
    ),
    "nothing to know": (
        lambda: Forecaster(**SMALL).fit(PAST).predict(PAST, PLAN),
        "future is for a Forecaster with columns that are known in advance",
    ),
    "a target": (lambda: Forecaster(future=["sales"], targets=["sales"]).fit(PAST), "'sales' is among targets and in"),
    "all": (lambda: Forecaster(future=["sales", "offer", "rain"]).fit(PAST), "none is left to be predicted"),
    "no column": (lambda: Forecaster(future=["offers"]).fit(PAST), r"future must be some of the features \['sales',"),
    "no list": (lambda: Forecaster(future="offer").fit(PAST), "future must be a list of features, got 'offer'"),
    "other columns": (
        lambda: clone(FITTED).set_params(warm_start=True).fit(PAST).set_params(future=["rain"]).fit(PAST),
        r"future must stay as when the forecaster was first fitted, got \['rain'\]",
    ),
    "another calendar": (
        lambda: Forecaster(warm_start=True, **SMALL).fit(PAST).set_params(calendar="weekday").fit(PAST),
        "calendar must stay as when",
    ),
    "y": (lambda: FITTED.score(PAST, SHOP[["sales"]][80:83]), "with future, y holds too little to score by"),
    "y and a calendar": (
        lambda: Forecaster(calendar="weekday", **SMALL).fit(PAST, SHOP[80:83]),
        "with targets or calendar, let X be longer instead",
    ),
    "no part of a date": (lambda: Forecaster(calendar="moon").fit(PAST), "calendar must be .*'moon'"),
    "a part twice": (lambda: Forecaster(calendar=["month", "month"]).fit(PAST), "calendar must be parts of a date"),
    "no dates": (lambda: Forecaster(calendar="month").fit([PAST.to_numpy()]), "calendar needs dates or periods as"),
    "durations": (
        lambda: Forecaster(calendar="month").fit(PAST.set_axis(pandas.to_timedelta(np.arange(80), unit="D"), axis=0)),
        "calendar needs dates or periods as",
    ),
    "always the same": (lambda: Forecaster(calendar="hour").fit(PAST), "calendar='hour' is the same at all steps of X"),
    "a pipeline": (
        lambda: backtest(
            make_pipeline(StandardScaler().set_output(transform="pandas"), clone(FITTED)), PAST, origins=2
        ),
        "the steps of a Pipeline do not transform what is known in advance",
    ),
}


@NAMES_IGNORED
@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_sentence(case):
    act, message = REFUSED[case]
    with pytest.raises(ValueError, match=message) as raised:
        act()
    assert "\n" not in str(raised.value)
