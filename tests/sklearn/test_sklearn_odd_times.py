"""Forecasters and what is odd about times, units and names: read right, or refused in one sentence."""

import numpy as np
import pytest

from throughtime.sklearn import Forecaster

pd = pytest.importorskip("pandas")

RNG = np.random.default_rng(0)
OFFER = (RNG.random(40) < 0.3) * 1.0
QUICK = {"hidden": 3, "max_iter": 2, "horizon": 3, "window": 20, "random_state": 0}
OFFERED = 5.0


def frame(index, offer=OFFER):
    noise = np.random.default_rng(1).normal(scale=0.01, size=40).cumsum()
    return pd.DataFrame({"y": noise + OFFERED * offer, "offer": offer}, index)


DAYS = pd.date_range("2024-01-01", periods=40)
AHEAD = pd.DataFrame({"offer": [0.0, 1.0, 0.0]}, pd.date_range("2024-02-10", periods=3))


@pytest.mark.parametrize("unit", [1e-200, 1e-5, 1.0, 1e200])
def test_effects_are_found_in_any_unit(unit):
    d = frame(DAYS)
    effects = Forecaster(future=["offer"], **QUICK).fit(d.assign(offer=d["offer"] * unit)).effects_
    np.testing.assert_allclose(effects * unit, [[OFFERED]], rtol=0.01)


def test_effects_do_not_depend_on_the_size_of_weights():
    d = frame(DAYS)
    plain = Forecaster(future=["offer"], **QUICK).fit([d, d]).effects_
    weighed = Forecaster(future=["offer"], **QUICK).fit([d, d], sample_weight=[1e308, 1e308]).effects_
    np.testing.assert_allclose(weighed, plain, rtol=1e-9)


def test_what_is_far_ahead_of_anything_is_refused_and_not_forecast_as_infinity():
    forecaster = Forecaster(future=["offer"], **QUICK).fit(frame(DAYS))
    with pytest.raises(ValueError, match="sequence 0 of X at step 2 after it is beyond float64"):
        forecaster.predict(frame(DAYS), AHEAD.assign(offer=[0, 1e308, 0]))
    with pytest.raises(ValueError, match=r"X goes up to 1.7e\+308, and by how much it changes"):
        Forecaster(**QUICK).fit(pd.Series(np.where(np.arange(40) % 2, 1.7e308, -1.7e308), DAYS))


@pytest.mark.parametrize(
    "index",
    [AHEAD.index.tz_localize("UTC"), AHEAD.index.to_period(), pd.RangeIndex(3), AHEAD.index - AHEAD.index[0]],
    ids=["time zone", "periods", "numbers", "durations"],
)
def test_times_of_another_kind_are_called_so(index):
    forecaster = Forecaster(future=["offer"], **QUICK).fit(frame(DAYS))
    for x in (frame(DAYS), frame(DAYS).drop(DAYS[5])):
        with pytest.raises(ValueError, match="future has times of another kind than X"):
            forecaster.predict(x, AHEAD.set_axis(index))
    following = forecaster.predict(frame(DAYS), AHEAD.set_axis(AHEAD.index.strftime("%Y-%m-%d")))
    assert (following.index == AHEAD.index).all()


def test_fractions_of_time_are_found_though_sums_of_them_are_rounded():
    times = np.arange(40) * 0.1
    forecaster = Forecaster(future=["offer"], **QUICK).fit([frame(times)])
    ahead = pd.DataFrame({"offer": [9.0, 1.0, 0.0, 0.0]}, np.arange(39, 43)[[0, 3, 1, 2]] * 0.1)
    found = forecaster.predict([frame(times)], [ahead])[0, :, 0]
    expected = forecaster.predict([frame(times)], [ahead.set_axis(np.array([39, 42, 40, 41]) / 10)])[0, :, 0]
    np.testing.assert_array_equal(found, expected)
    assert found[2] - found[1] == pytest.approx(OFFERED, abs=0.5)
    with pytest.raises(ValueError, match=r"no row for 4.1\d*, which is step 2 after X"):
        forecaster.predict([frame(times)], [ahead.drop(ahead.index[3])])


def test_periods_go_on_as_they_are_spaced():
    every_other = pd.period_range("2010-01", periods=80, freq="M")[::2]
    ahead = Forecaster(**QUICK).fit(frame(every_other)["y"]).predict(frame(every_other)["y"])
    assert list(ahead.index.astype(str)) == ["2016-09", "2016-11", "2017-01"]
    of_two = pd.period_range("2010-01", periods=40, freq="2M")
    ahead = Forecaster(**QUICK).fit(frame(of_two)["y"]).predict(frame(of_two)["y"])
    assert (list(ahead.index.astype(str)), ahead.index.freqstr) == (["2016-09", "2016-11", "2017-01"], "2M")
    assert list(Forecaster(**QUICK).fit(frame(of_two)["y"]).predict(frame(of_two)["y"][:1]).index.month) == [3, 5, 7]
    uneven = frame(every_other)["y"].drop(every_other[30])
    with pytest.warns(UserWarning, match="X is not evenly spaced in time: 2014-11 is followed by 2015-03, and steps"):
        assert Forecaster(**QUICK).fit(uneven).predict(uneven).index.name == "steps ahead"


@pytest.mark.parametrize(
    "times",
    [
        np.arange(2**63 - 41, 2**63 - 1),
        pd.date_range("2262-03-02", periods=40).as_unit("ns"),
        pd.to_timedelta(2**63 - 1 - 10**15 * np.arange(40)[::-1]),
    ],
    ids=["numbers", "dates", "durations"],
)
def test_steps_behind_the_last_time_that_there_is_are_numbered(times):
    ahead = Forecaster(**QUICK).fit(frame(times)["y"]).predict(frame(times)["y"])
    assert (list(ahead.index), ahead.index.name) == ([1, 2, 3], "steps ahead")


@pytest.mark.parametrize("given", [(name for name in ["offer"]), "offer", {"offer"}, 3])
def test_future_is_a_list(given):
    with pytest.raises(ValueError, match="future must be a list of features"):
        Forecaster(future=given, **QUICK).fit(frame(DAYS))


def test_future_is_an_array_of_names_or_of_numbers_and_no_mask():
    d = frame(DAYS).assign(other=OFFER[::-1])
    ahead = Forecaster(future=np.array(["offer", "other"]), **QUICK).fit(d).predict(d, AHEAD.assign(other=0.0))
    assert ahead.shape == (3, 1)
    x = RNG.normal(size=(4, 20, 2))
    for mask in ([True], [False, True]):
        with pytest.raises(ValueError, match=r"future must be some of the features \[0, 1\]"):
            Forecaster(future=mask, **QUICK).fit(x)


def test_a_series_is_read_only_where_one_column_was_fitted():
    d = frame(DAYS)
    with pytest.raises(ValueError, match="X must have the columns y, offer, got a Series"):
        Forecaster(future=["offer"], **QUICK).fit(d).predict(d["y"], AHEAD)
    one = Forecaster(**QUICK).fit(d[["y"]])
    np.testing.assert_array_equal(one.predict(d["y"]), one.predict(d[["y"]])["y"])


def test_what_was_changed_is_named():
    forecaster = Forecaster(future=["offer"], warm_start=True, **QUICK).fit(frame(DAYS))
    with pytest.raises(ValueError, match="future must stay as when the forecaster was first fitted"):
        forecaster.set_params(future=None).fit(frame(DAYS))
