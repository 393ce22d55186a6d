"""A drawn forecast: its lines, its band and its times are those that were given."""

from itertools import pairwise

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
    alphas = [swatch.get_alpha() for swatch in ax.get_legend().get_patches()]
    assert alphas == pytest.approx([0.2, 1 - 0.8 * 0.8])  # as dark as two bands over one another
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["history", "0.1 to 0.9", "0.5 to 0.7", "forecast", "what came"]
    assert ax.get_ylabel() == R"load of \$1\$"


@pytest.mark.parametrize(
    ("known", "ahead"),
    [
        (KNOWN.to_numpy(), [1, 2, 3]),
        (KNOWN.tolist(), [1, 2, 3]),
        (KNOWN, pandas.Series([1, 2, 3], pandas.RangeIndex(1, 4, name="steps ahead"))),  # times that are not even
    ],
)
def test_without_times_steps_are_counted_from_the_last_that_is_known(known, ahead):
    ax = plots.forecast(known, ahead)
    assert list(ax.lines[0].get_xdata()) == list(range(-9, 1))
    assert list(ax.lines[1].get_xdata()) == [1, 2, 3]
    assert ax.get_xlabel() == "steps ahead"
    assert not ax.collections


@pytest.mark.parametrize("levels", [(), (0.1,), (0.001, 0.05, 0.1, 0.25)])
def test_the_legend_is_inside_of_the_figure(levels):
    levels = [*levels, 0.5, *(1 - low for low in levels[::-1])]
    ahead = pandas.DataFrame(np.tile(np.arange(float(len(levels))), (3, 1)), DAYS[10:], levels)
    ax = plots.forecast(KNOWN, ahead if len(levels) > 1 else ahead[0.5], actual=[5, 6, 7])
    ax.figure.canvas.draw()
    legend, inside = ax.get_legend().get_window_extent(), ax.figure.bbox
    assert inside.x0 <= legend.x0
    assert legend.x1 <= inside.x1
    assert inside.y0 <= legend.y0
    assert legend.y1 <= inside.y1
    assert ax.get_window_extent().x1 > 0.95 * inside.x1  # the legend takes nothing of the width


def test_the_target_that_frames_name_is_left_out():
    named = pandas.concat({"load": AHEAD}, axis=1)
    np.testing.assert_array_equal(plots.forecast(KNOWN, named).lines[1].get_ydata(), AHEAD[0.5])
    alone = plots.forecast(KNOWN, AHEAD[[0.5]].set_axis(["load"], axis=1))
    np.testing.assert_array_equal(alone.lines[1].get_ydata(), AHEAD[0.5])


@pytest.mark.parametrize(
    "several", [pandas.concat({"load": AHEAD, "price": AHEAD}, axis=1), pandas.DataFrame({"load": [1], "price": 2})]
)
def test_one_of_several_targets_is_asked_for(several):
    with pytest.raises(
        ValueError, match=r"of one series, got the targets \['load', 'price'\]: take predicted\['load'\]"
    ):
        plots.forecast(KNOWN, several)


def test_one_of_several_series_is_asked_for():
    with pytest.raises(ValueError, match=r"got a long frame of several: take predicted.loc\[its name\]"):
        plots.forecast(KNOWN, pandas.concat({"north": AHEAD, "south": AHEAD}))


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


def test_what_came_is_one_sequence_of_numbers_too():
    with pytest.raises(ValueError, match=r"one sequence of numbers can be drawn, such as the first, X\[0\]"):
        plots.forecast([1.0, 2.0], [3.0, 4.0], actual=[[3.0], [4.0, 5.0]])


def test_dates_do_not_run_into_each_other():
    months = pandas.date_range("2021-01-01", periods=40, freq="MS")
    ax = plots.forecast(pandas.Series(np.arange(36.0), months[:36]), pandas.Series([1.0] * 4, months[36:]))
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.get_xticklabels() if text.get_text()]
    assert len(boxes) > 2
    assert all(before.x1 < after.x0 for before, after in pairwise(boxes))
