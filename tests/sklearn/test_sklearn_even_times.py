"""Series with a hole in their times, told by value from those that are even, and forecasts of several series."""

import re

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas as pd

from throughtime.sklearn import Forecaster, backtest
from throughtime.sklearn.times import first_gap, following

NAMES_IGNORED = pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names")
QUICK = {"cell": "gru", "hidden": 3, "max_iter": 2, "batch_size": 4, "random_state": 0, "horizon": 3, "window": 20}
MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS", name="month")
SEA = pd.Series(np.sin(np.arange(60) / 2) + 0.1 * np.random.default_rng(0).normal(size=60), MONTHS, name="sea")
HOLED = SEA.drop(MONTHS[7])
GAP = "2015-07-01 00:00:00 is followed by 2015-09-01 00:00:00"


def dates(frequency, **options):
    return pd.date_range("2023-11-01", periods=40, freq=frequency, **options)


OF_A_MONTH = pd.date_range("2020-01-01", periods=40, freq="MS")
EVEN = {
    **{
        name: dates(name) for name in ["D", "B", "W", "h", "MS", "ME", "QS", "QE", "YS", "BMS", "BME", "WOM-1MON", "2D"]
    },
    "the 15th": OF_A_MONTH + pd.Timedelta(days=14),
    "the 31st, or the last": pd.DatetimeIndex(
        [pd.Timestamp("2020-01-31") + pd.DateOffset(months=n) for n in range(40)]
    ),
    "some day of each month": OF_A_MONTH + pd.to_timedelta(np.random.default_rng(1).integers(0, 28, 40), "D"),
    "some time of each day": dates("D") + pd.to_timedelta(np.random.default_rng(1).integers(0, 86400, 40), "s"),
    "hours that are there twice": pd.date_range("2024-10-26 12:00", periods=40, freq="h", tz="Europe/Berlin"),
    "midnight in spring": pd.date_range("2024-03-20", periods=40, freq="D", tz="Europe/Berlin"),
    "noon and midnight in spring": pd.date_range("2024-03-20", periods=40, freq="12h").tz_localize("America/New_York"),
    "periods of a month": pd.period_range("2020-01", periods=40, freq="M"),
    "periods of two": pd.period_range("2020-01", periods=40, freq="2M"),
    "periods far ahead": pd.period_range("3020-01", periods=40, freq="M"),
    "durations": pd.to_timedelta(np.arange(40), unit="h"),
    "numbers": pd.RangeIndex(0, 80, 2),
    "years": pd.Index(np.arange(1980, 2020)),
    "tenths": pd.Index(np.arange(40) * 0.1),
    "seconds since 1970": pd.Index(1.7e9 + np.arange(40) * 0.001),
}


@pytest.mark.parametrize("times", EVEN.values(), ids=EVEN)
def test_what_is_even_is_told_from_what_has_a_hole(times):
    assert first_gap(times) is None
    for hole in (1, 17, 38):
        assert first_gap(times.delete(hole)) == hole - 1


@pytest.mark.parametrize("times", [dates("bh"), dates("BQE")])
def test_what_pandas_calls_a_frequency_is_even(times):
    assert first_gap(pd.DatetimeIndex(list(times))) is None
    assert first_gap(times.delete(17)) is not None


def test_a_frequency_that_only_the_index_knows_is_even():
    open_days = pd.bdate_range("2024-01-01", periods=60, freq="C", holidays=["2024-01-15", "2024-02-19"])
    prices = SEA.set_axis(open_days)
    found = Forecaster(season=5, **QUICK).fit(prices).predict(prices)
    assert list(found.index) == list(pd.bdate_range("2024-03-27", periods=3))
    with pytest.raises(ValueError, match="2024-01-12 00:00:00 is followed by 2024-01-16 00:00:00"):
        Forecaster(season=5, **QUICK).fit(prices.set_axis(pd.DatetimeIndex(list(open_days))))


def test_business_days_as_periods_of_a_day_are_even_and_a_holiday_is_a_hole():
    days = pd.period_range("2024-01-01", periods=60, freq="D")
    days = days[days.dayofweek < 5]
    assert first_gap(days) is None
    assert first_gap(days.delete(10)) == 9


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_times_have_no_hole(number):
    assert first_gap(MONTHS[:number]) is None


def test_the_same_day_of_the_months_that_follow():
    found = following(pd.date_range("2020-01-01", periods=5, freq="2MS", name="day") + pd.Timedelta("14D 6h"), 3)
    assert list(found) == list(pd.to_datetime(["2020-11-15 06:00", "2021-01-15 06:00", "2021-03-15 06:00"]))
    assert found.name == "day"
    berlin = (pd.date_range("2024-01-15", periods=4, freq="MS") + pd.Timedelta(days=14)).tz_localize("Europe/Berlin")
    assert [str(day) for day in following(berlin, 2)] == ["2024-06-15 00:00:00+02:00", "2024-07-15 00:00:00+02:00"]


def test_hours_that_are_no_business_hours_are_not_followed_by_such():
    """Nights of eight hours, which pandas infers to be business hours, of nine to five."""
    night = pd.timedelta_range("0h", periods=8, freq="h")
    nights = pd.DatetimeIndex([day + hour for day in pd.date_range("2024-01-01", periods=5) for hour in night])
    assert pd.infer_freq(nights) == "bh"
    assert first_gap(nights) == 7
    assert following(nights, 3) is None
    assert list(following(dates("bh")[:20], 2)) == list(dates("bh")[20:22])


@pytest.mark.parametrize(
    ("X", "named"),
    [
        (HOLED, "X is"),
        (HOLED.to_frame(), "X is"),
        (HOLED.set_axis(HOLED.index.strftime("%Y-%m-%d")), "X is"),
        (HOLED.sample(frac=1, random_state=0), "X is"),
        ([SEA, HOLED], "sequence 1 of X is"),
        (pd.concat({"north": SEA, "south": HOLED}).to_frame(), "sequence south of X is"),
    ],
)
def test_a_hole_is_refused_where_there_is_a_season(X, named):
    said = re.escape(
        f"{named} not evenly spaced in time: {GAP}, so that 12 steps are no season; make it even, by resam"
    )
    model = Forecaster(season=12, **QUICK)
    for refused in (model.fit, model.partial_fit, lambda X: backtest(model, X, origins=2)):
        with pytest.raises(ValueError, match=said):
            refused(X)
    with pytest.raises(ValueError, match=said):
        backtest(Forecaster(**QUICK), X, origins=2, season=12)
    whole = SEA if named == "X is" and isinstance(X, pd.Series) else SEA.to_frame()
    fitted = model.fit([whole])
    for refused in (fitted.predict, fitted.score):
        with pytest.raises(ValueError, match=said):
            refused(X)


def test_a_period_or_a_duration_that_is_missing_is_refused_too():
    for times in (MONTHS.to_period("M"), pd.to_timedelta(np.arange(60), unit="D")):
        with pytest.raises(ValueError, match=f"{times[6]} is followed by {times[8]}, so that 12 steps are no season"):
            Forecaster(season=12, **QUICK).fit(SEA.set_axis(times).drop(times[7]))


def test_what_the_error_says_mends_it():
    for even in (HOLED.asfreq("MS").interpolate(), HOLED.resample("MS").mean().interpolate()):
        assert list(Forecaster(season=12, **QUICK).fit(even).predict(even).index.month) == [1, 2, 3]


def test_a_hole_is_a_warning_where_steps_are_counted_in_rows():
    said = re.escape(
        f"X is not evenly spaced in time: {GAP}, and steps are counted in rows; where they are to be times"
    )
    for options in ({}, {"calendar": "month"}):
        with pytest.warns(UserWarning, match=said) as warned:
            model = Forecaster(**QUICK, **options).fit(HOLED)
        assert len(warned) == 1
        assert warned[0].filename == __file__
        assert np.isfinite(model.score(HOLED))
    with pytest.warns(UserWarning, match="sequence b of X is not evenly") as warned:
        Forecaster(**QUICK).fit(pd.concat({"a": SEA, "b": HOLED, "c": HOLED}))
    assert len(warned) == 1
    numbered = HOLED.set_axis(np.delete(np.arange(60), 7))
    with pytest.warns(UserWarning, match=r"6 is followed by 8, and steps, and the 12 of a season, .* by reindex\("):
        Forecaster(season=12, **QUICK).fit(numbered).predict(numbered)


def test_numbers_before_do_not_hide_dates_with_a_hole():
    numbered = HOLED.set_axis(np.delete(np.arange(60), 7))
    with (
        pytest.warns(UserWarning, match="sequence 0 of X is not evenly") as warned,
        pytest.raises(ValueError, match="sequence 2 of X is not evenly"),
    ):
        Forecaster(season=12, **QUICK).fit([numbered, numbered, HOLED])
    assert len(warned) == 1


def test_what_has_no_times_has_no_hole():
    Forecaster(season=12, **QUICK).fit([HOLED.to_numpy()])
    Forecaster(season=12, **QUICK).fit(HOLED.reset_index(drop=True))


@NAMES_IGNORED
@pytest.mark.parametrize("quantiles", [None, (0.1, 0.5, 0.9)])
def test_forecasts_of_a_long_frame_have_its_names_and_the_times_that_follow(quantiles):
    two = pd.DataFrame({"a": SEA, "b": SEA**2})
    parts = {"north": two[:50], "south": two[20:][::-1]}
    X = pd.concat(parts, names=["place"])
    model = Forecaster(quantiles=quantiles, **QUICK).fit(X)
    wanted = [model.predict, model.predict_quantiles] if quantiles else [model.predict]
    for predict in wanted:
        found = predict(X)
        pd.testing.assert_frame_equal(
            found, pd.concat({name: predict(part) for name, part in parts.items()}, names=["place"])
        )
        listed = predict([part.sort_index().to_numpy() for part in parts.values()])
        np.testing.assert_array_equal(found.to_numpy(), listed.reshape(6, -1))
    found = model.predict(X)
    assert list(found.loc["north"].index) == list(MONTHS[50:53])
    assert list(found.loc["south"].index) == list(pd.date_range("2020-01-01", periods=3, freq="MS"))
    assert list(found.index.names) == ["place", "month"]
    assert list(model.predict(X[["b", "a"]]).columns) == ["b", "a"]


def test_forecasts_of_a_long_series_are_one():
    X = pd.concat({("b", 1): SEA, ("a", 2): SEA[:40] * 2}, names=["place", "depth"])
    model = Forecaster(**QUICK).fit(X)
    found = model.predict(X)
    assert isinstance(found, pd.Series)
    assert found.name == "sea"
    assert list(found.index.names) == ["place", "depth", "month"]
    np.testing.assert_array_equal(found[:3], model.predict(SEA))
    assert list(found.index.get_level_values(-1)[3:]) == list(MONTHS[40:43])


def test_one_series_that_is_not_even_has_all_of_them_numbered():
    X = pd.concat({"a": SEA, "b": HOLED})
    with pytest.warns(UserWarning, match="evenly"):
        found = Forecaster(**QUICK).fit(X).predict(X)
    assert list(found.index) == [(name, step) for name in "ab" for step in (1, 2, 3)]
    assert found.index.names[-1] == "steps ahead"


def test_what_predict_gives_for_a_long_frame_is_a_y():
    parts = {"north": SEA[:50], "south": SEA[10:40]}
    X, longer = pd.concat(parts), pd.concat({"north": SEA[:53], "south": SEA[10:43]})
    y = longer.drop(X.index)
    model, right = Forecaster(**QUICK).fit(X, y[::-1]), Forecaster(**QUICK).fit(longer)
    np.testing.assert_array_equal(model.network_.parameters, right.network_.parameters)
    assert model.score(X, model.predict(X)) == 1
    with pytest.raises(ValueError, match="y must have the 3 steps that follow sequence south of X, got 2"):
        model.score(X, y[:-1])
    with pytest.raises(ValueError, match="y must have the 3 steps that follow sequence south of X, got 0"):
        model.score(X, y[:3])


def test_a_backtest_of_a_long_frame_is_that_of_its_series():
    X = pd.concat({"a": pd.DataFrame({"x": SEA, "y": -SEA}), "b": pd.DataFrame({"x": SEA + 1, "y": SEA})})
    for quantiles in (None, (0.2, 0.5, 0.8)):
        model = Forecaster(quantiles=quantiles, **QUICK)
        found = backtest(model, X, origins=2).forecasts
        listed = backtest(model, [X.loc["a"].to_numpy(), X.loc["b"].to_numpy()], origins=2).forecasts
        np.testing.assert_array_equal(found["forecast"], listed["forecast"])


def test_a_backtest_is_shown_in_one_line():
    found = backtest(Forecaster(**QUICK), SEA, origins=4, season=12)
    mase = found.errors()["MASE"]
    assert repr(found) == (
        f"<Backtest: 1 series, 1 feature, 4 origins, horizon 3, MASE {mase['forecast']:.3g} "
        f"(seasonal naive {mase['seasonal naive']:.3g}); errors(), forecasts>"
    )
    several = backtest(Forecaster(**QUICK), [np.array(SEA), np.array(SEA[:40])], origins=2, refit=False)
    assert repr(several).startswith("<Backtest: 2 series, 1 feature, 2 origins, horizon 3, MASE ")
    assert repr(type(several)(several.forecasts[:0])) == "<Backtest without forecasts>"
