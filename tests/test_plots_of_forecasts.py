"""A drawn forecast: its lines, its band and its times are those that were given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")
import matplotlib as mpl
import pandas

mpl.use("agg")
from matplotlib import dates, pyplot

from throughtime.analysis import plots

DAYS = pandas.date_range("2024-01-01", periods=13)
KNOWN = pandas.Series(np.arange(10.0), DAYS[:10], name="load of $1$")
AHEAD = pandas.DataFrame([[1, 2, 3, 4], [2, 3, 5, 7], [0, 1, 8, 9]], DAYS[10:], [0.1, 0.5, 0.7, 0.9])


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_history_forecast_and_band_are_drawn_at_their_times():
    ax = plots.forecast(KNOWN, AHEAD, actual=[5, 6, 7])
    history, middle, actual = ax.lines
    np.testing.assert_array_equal(history.get_ydata(), KNOWN)
    np.testing.assert_array_equal(middle.get_ydata(), AHEAD[0.5])
    np.testing.assert_array_equal(actual.get_ydata(), [5, 6, 7])
    np.testing.assert_array_equal(history.get_xdata(), DAYS[:10])
    np.testing.assert_array_equal(middle.get_xdata(), DAYS[10:])
    for band, low, high in zip(ax.collections, (0.1, 0.5), (0.9, 0.7), strict=True):
        corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
        for day, row in AHEAD.iterrows():
            assert {(dates.date2num(day), row[low]), (dates.date2num(day), row[high])} <= corners
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["history", "0.1 to 0.9", "0.5 to 0.7", "forecast", "what came"]
    assert ax.get_ylabel() == R"load of \$1\$"


@pytest.mark.parametrize(
    ("known", "ahead"),
    [
        (KNOWN.to_numpy(), [1, 2, 3]),
        (KNOWN, pandas.Series([1, 2, 3], pandas.RangeIndex(1, 4, name="steps ahead"))),  # times that are not even
    ],
)
def test_without_times_steps_are_counted_from_the_last_that_is_known(known, ahead):
    ax = plots.forecast(known, ahead)
    assert list(ax.lines[0].get_xdata()) == list(range(-9, 1))
    assert list(ax.lines[1].get_xdata()) == [1, 2, 3]
    assert ax.get_xlabel() == "steps ahead"
    assert not ax.collections


def test_periods_are_drawn_at_their_beginning():
    months = pandas.period_range("2024-01", periods=4, freq="M")
    ax = plots.forecast(pandas.Series([1, 2], months[:2]), pandas.Series([3, 4], months[2:]))
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), pandas.to_datetime(["2024-03-01", "2024-04-01"]))


@pytest.mark.parametrize(
    ("known", "ahead", "message"),
    [
        (np.ones((3, 2)), [1], r"of one series: history \(T,\) .* got \(3, 2\) and \(1,\)"),
        ([1, 2], [], "of one series"),
        ([1, 2], np.ones((3, 2)), "the columns of quantiles must be levels"),
        (KNOWN, AHEAD[[0.1, 0.9]], r"0.5 among them, got \[0.1, 0.9\]"),
    ],
)
def test_what_is_no_forecast_is_refused(known, ahead, message):
    with pytest.raises(ValueError, match=message):
        plots.forecast(known, ahead)
