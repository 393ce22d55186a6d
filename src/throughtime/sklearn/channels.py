"""What a network reads beside the numbers of X: which are missing, the time since the step before, the calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.sklearn import frames
from throughtime.sklearn.forms import Sequences
from throughtime.support.checks import choice
from throughtime.tasks.standardisation import mean_and_deviation

PARTS = {"quarter": 4, "month": 12, "dayofyear": 365.25, "weekday": 7, "hour": 24, "minute": 60}
"""Parts of a date by pandas' names, and how many of them come round."""
_NO_DATES = "calendar needs dates or periods as the times of X: give a frame with such an index"


@dataclass(frozen=True)
class Channels:
    """Which channels there are.

    missing : whether NaN is read: as the last value seen, and 1 in a channel of its own for each feature, else 0
    time_gaps : what the times are, "dates or durations" or "numbers", where a last feature is the time since the step
        before; None where it is not
    calendar : parts of a date, of which sine and cosine are two features behind those of X
    """

    missing: bool = False
    time_gaps: str | None = None
    calendar: tuple[str, ...] = ()

    def inputs(self, numbers: int) -> int:
        """How many numbers of a step the network reads, for so many in `Sequences.x`."""
        return numbers + self.missing * self.features(numbers)

    def features(self, numbers: int) -> int:
        """How many of the numbers of a step in `Sequences.x` are features of X: the others are behind them."""
        return numbers - (self.time_gaps is not None) - 2 * len(self.calendar)

    def read(self, x: Array) -> Array:
        """What a network reads (N, T, inputs) of standardised numbers (N, T, F), some of them missing.

        One that is missing is the last that was seen before in its sequence: nothing later is looked at. Where none was
        seen yet it is 0, the mean.
        """
        if not self.missing:
            return x
        missing = np.isnan(x)
        seen = np.where(missing, 0, np.arange(x.shape[1])[:, None])
        last = np.take_along_axis(x, np.maximum.accumulate(seen, axis=1), axis=1)
        return np.concatenate([np.where(np.isnan(last), 0, last), missing[..., : self.features(x.shape[2])]], axis=2)


def mean_and_deviation_of_seen(rows: Array, weights: Array, features: Any) -> tuple[Array, Array]:
    """`mean_and_deviation` of the numbers in weighted rows (R, F) that are not NaN; `features` names them, or is None.

    A ValueError for a feature of which there is none.
    """
    seen = ~np.isnan(rows)
    if seen.all():
        return mean_and_deviation(rows, weights)
    found = []
    for feature, known in enumerate(seen.T):
        if not weights[known].any():
            name = feature if features is None else repr(str(features[feature]))
            raise ValueError(f"feature {name} of X is missing at every step that is learned from: leave it out")
        found.append(mean_and_deviation(rows[known, feature, None], weights[known]))
    means, deviations = zip(*found, strict=True)
    return np.concatenate(means), np.concatenate(deviations)


def parts_of(calendar: Any) -> tuple[str, ...]:
    """The parts of a date that `calendar` names: one, a list of them, or None."""
    parts = [] if calendar is None else [calendar] if isinstance(calendar, str) else calendar
    if not isinstance(parts, list | tuple) or len(set(map(repr, parts))) < len(parts):
        raise ValueError(f"calendar must be parts of a date such as 'month' or ['weekday', 'hour'], got {calendar!r}")
    return tuple(choice("calendar", part, tuple(PARTS)) for part in parts)


def angles(times: Any, parts: tuple[str, ...]) -> Array:
    """Sine and cosine (T, 2 · parts) of the parts of dates; a ValueError where times are no dates."""
    import pandas

    if isinstance(times, pandas.PeriodIndex):
        times = times.to_timestamp()
    if not isinstance(times, pandas.DatetimeIndex):
        raise ValueError(_NO_DATES)
    turns = [2 * np.pi * np.asarray(getattr(times, part), np.float64) / PARTS[part] for part in parts]
    return np.stack([of for angle in turns for of in (np.sin(angle), np.cos(angle))], axis=1)


def with_calendar(sequences: Sequences, parts: tuple[str, ...], reset: bool) -> Sequences:
    """The sequences with sine and cosine of the parts of their dates as last features.

    A ValueError where X has no dates, or (`reset`) a part is the same at all of them.
    """
    if sequences.order is None:
        raise ValueError(_NO_DATES)
    rows = np.concatenate([angles(times, parts) for times in sequences.times()])
    for part, changes in zip(parts, np.ptp(rows, axis=0).reshape(-1, 2), strict=True):
        if reset and not changes.any():
            raise ValueError(f"calendar={part!r} is the same at all steps of X: leave it out")
    columns = np.zeros((*sequences.x.shape[:2], rows.shape[1]))
    columns[sequences.real] = rows
    return replace(sequences, x=np.concatenate([sequences.x, columns], axis=2))


def with_time_gaps(sequences: Sequences) -> tuple[Sequences, str]:
    """The sequences with the time since the step before as a last feature, 0 at the first; and what the times are.

    A ValueError where X has no times.
    """
    if sequences.order is None:
        raise ValueError(
            "time_gaps needs the times of steps, and X has none: give a frame with an index of sequence and time, or a "
            "list of frames with their times as index"
        )
    if sequences.kind == "frames":
        every = [_numbers(index[order]) for index, order in zip(sequences.indices, sequences.orders(), strict=True)]
    else:
        every = [_numbers(sequences.indices[0].get_level_values(-1)[sequences.order])]
    kinds = [kind for _, kind in every]
    if len(set(kinds)) > 1:
        odd = next(i for i, kind in enumerate(kinds) if kind != kinds[0])
        raise ValueError(f"the times of sequence {odd} of X are {kinds[odd]}, those of sequence 0 {kinds[0]}")
    gaps = np.concatenate([np.diff(times, prepend=times[0]) for times, _ in every])
    gaps[sequences.firsts] = 0
    column = np.zeros((*sequences.x.shape[:2], 1))
    column[sequences.real, 0] = gaps
    return replace(sequences, x=np.concatenate([sequences.x, column], axis=2)), kinds[0]


def _numbers(times: Any) -> tuple[Array, str]:
    """Times as numbers, dates and durations in seconds, and what they are."""
    import pandas

    times = frames.comparable(times, "the index of X")
    if isinstance(times, pandas.PeriodIndex):
        times = times.to_timestamp()
    if isinstance(times, pandas.DatetimeIndex | pandas.TimedeltaIndex):
        return np.asarray((times - times[0]) / pandas.Timedelta(seconds=1), np.float64), "dates or durations"
    return np.asarray(times, np.float64), "numbers"
