"""Times of an index: whether they are evenly spaced, those that follow them, and where others stand among them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.sklearn.forms import Sequences

_CALENDAR = ("D", "W", "M", "Q", "Y")
"""Units of which each, or each k-th, may hold one step: months are of different lengths, and steps of them even."""


def check_even(sequences: Sequences, season: int, *, warn: bool = False) -> None:
    """A ValueError for dates, periods or durations with a gap, where there is a season: it would mean other times.

    Without a season, and for numbers, which may count anything, it is a warning, if that is wanted (`warn`).
    """
    if sequences.order is None or not (season or warn):
        return
    for number, times in enumerate(sequences.times()):
        gap = first_gap(times)
        if gap is None:
            continue
        said = f"{sequences.called(number)} is not evenly spaced in time: {times[gap]} is followed by {times[gap + 1]}"
        numbers = times.dtype.kind in "iuf"
        how = "reindex(…)" if numbers else "resample(…) or asfreq(…)"
        fix = f"make it even, by {how}, and fill in what is missing"
        if season and not numbers:
            raise ValueError(
                f"{said}, so that {season} steps are no season; {fix}, or, where a season is counted in rows, number "
                "them in its index"
            )
        if warn:
            counted = "steps" if not season else f"steps, and the {season} of a season,"
            warnings.warn(f"{said}, and {counted} are counted in rows; where they are to be times, {fix}", stacklevel=4)
            warn = False
        if not season:
            return


def first_gap(times: Any) -> int | None:
    """The place of the first of ascending times that is not followed by the next, as most are; None if all are.

    Those of dates are even if they are so as they are, on the clock of their time zone, in business days or hours, or
    if there is one in each day, week, month, quarter or year, or in each k-th.
    """
    import pandas

    if len(times) < 3:
        return None
    found, least = None, len(times)
    for spaces in _spaces(times):
        usual = _usual(spaces)
        if usual <= 0:
            continue
        odd = ~_are_close(spaces, usual, times)
        if not odd.any():
            return None
        if odd.sum() < least:
            found, least = int(odd.argmax()), int(odd.sum())
    dated = isinstance(times, pandas.DatetimeIndex)
    return None if dated and _frequency(times) is not None else found


def following(index: Any, steps: int) -> Any:
    """The index of the steps that follow; None where the times before are not evenly spaced, or times end before."""
    try:
        return _following(index, steps)
    except (OverflowError, ValueError):  # beyond 2262 in nanoseconds, or the last of all durations
        return None


def kind_of_times(index: Any) -> str:
    """What times are: only those of one kind have an order."""
    import pandas

    if isinstance(index, pandas.PeriodIndex):
        return f"periods of {index.freqstr}"
    if isinstance(index, pandas.DatetimeIndex):
        return "dates" if index.tz is None else "dates in a time zone"
    return "durations" if isinstance(index, pandas.TimedeltaIndex) else "numbers"


def places_of(wanted: Any, times: Any) -> Array:
    """Where the times that are wanted stand among others, -1 where they do not; of fractions, those next to them."""
    if wanted.dtype.kind != "f" and times.dtype.kind != "f":
        return np.asarray(times.get_indexer(wanted))
    order = np.argsort(times.to_numpy())
    close = np.ptp(wanted.to_numpy()) / max(1, len(wanted) - 1) or abs(float(wanted[0]))
    found = times[order].get_indexer(wanted, method="nearest", tolerance=1e-6 * close)
    return np.where(found < 0, -1, order[found])


def _following(index: Any, steps: int) -> Any:
    import pandas

    ahead = np.arange(1, steps + 1)
    if isinstance(index, pandas.PeriodIndex):
        spaces = np.diff(index.asi8) if len(index) > 1 else np.array([index.freq.n])
        if (spaces != spaces[0]).any():
            return None
        places = index.asi8[-1] + ahead * spaces[0]
        return pandas.PeriodIndex([pandas.Period(ordinal=int(n), freq=index.freq) for n in places], name=index.name)
    if isinstance(index, pandas.DatetimeIndex):
        frequency = _frequency(index)
        if frequency is not None:
            return pandas.date_range(index[-1], periods=steps + 1, freq=frequency, name=index.name)[1:]
    if len(index) > 1:
        spaces = np.diff(index.to_numpy())
        if spaces.dtype.kind in "iu" and int(index[-1]) + steps * int(spaces[0]) > np.iinfo(np.int64).max:
            return None
        if _are_close(spaces, spaces[0], index).all():
            return (index[-1:].repeat(steps) + ahead * spaces[0]).rename(index.name)
    return _months_after(index, ahead) if isinstance(index, pandas.DatetimeIndex) and len(index) > 2 else None


def _months_after(dates: Any, ahead: npt.NDArray[np.int64]) -> Any:
    """The dates that follow those of one day of each month, or each k-th, such as the 15th; None for others."""
    clock = dates.tz_localize(None)
    months = clock.to_period("M")
    within, spaces = (clock - months.to_timestamp()).unique(), np.unique(np.diff(months.asi8))
    if len(within) > 1 or len(spaces) > 1 or within[0].days >= 28:  # not every month has a 29th
        return None
    found = (months[-1:].repeat(len(ahead)) + ahead * spaces[0]).to_timestamp() + within[0]
    summer = np.ones(len(ahead), bool)  # of an hour that is there twice, the first
    return found.tz_localize(dates.tz, ambiguous=summer, nonexistent="shift_forward").rename(dates.name)


def _frequency(dates: Any) -> Any:
    """The frequency of dates that have it from the first to the last; None where there is none.

    pandas infers business hours of all that leave out as many.
    """
    import pandas

    frequency = dates.freq or (pandas.infer_freq(dates) if len(dates) > 2 else None)
    if frequency is None:
        return None
    expected = pandas.date_range(dates[0], periods=len(dates), freq=frequency)
    return frequency if (expected == dates).all() else None


def _spaces(times: Any) -> Iterator[npt.NDArray[Any]]:
    """What lies between times, in each unit in which that may be the same everywhere."""
    import pandas

    if not isinstance(times, pandas.DatetimeIndex | pandas.PeriodIndex | pandas.TimedeltaIndex):
        values = times.to_numpy()
        yield np.diff(values if values.dtype.kind == "f" else values.astype(object)).astype(float)
        return
    yield np.diff(times.asi8)
    if isinstance(times, pandas.TimedeltaIndex):
        return
    try:
        clock = times.to_timestamp() if isinstance(times, pandas.PeriodIndex) else times.tz_localize(None)
    except (OverflowError, ValueError):  # periods beyond the dates that there are
        return
    yield np.diff(clock.asi8)
    days = clock.to_numpy().astype("datetime64[D]")
    if np.is_busday(days).all():
        yield np.busday_count(days[:-1], days[1:])
    for unit in _CALENDAR:
        yield np.diff(clock.to_period(unit).asi8)


def _usual(spaces: npt.NDArray[Any]) -> float:
    """The space that is there most often, the least of such; of fractions, the one in the middle."""
    if spaces.dtype.kind == "f":
        return float(np.median(spaces))
    values, counts = np.unique(spaces, return_counts=True)
    return int(values[counts.argmax()])


def _are_close(spaces: npt.NDArray[Any], usual: float, times: Any) -> npt.NDArray[np.bool_]:
    if spaces.dtype.kind != "f":
        return np.asarray(spaces == usual)
    rounded = 4 * np.finfo(float).eps * float(np.abs(times.to_numpy()).max())
    return np.asarray(np.isclose(spaces, usual, rtol=1e-6, atol=rounded))
