"""pandas frames: their rows are read in the order of their times, and their columns by name."""

from __future__ import annotations

import re
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array

Order = npt.NDArray[np.int64]

LONG_FORM = "its index must be of two levels, sequence and time: X.set_index(['sequence', 'time'])"
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_NOT_FEATURES = {"sequence", "series", "id", "case", "time", "date", "datetime", "timestamp"}
_OTHER_FRAMES = ("polars", "pyarrow", "dask", "modin", "cudf", "pyspark")


def is_frame(value: Any) -> bool:
    """Whether it is a pandas DataFrame; pandas is not imported for that."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def is_series(value: Any) -> bool:
    """Whether it is a pandas Series."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.Series)


def is_pandas(value: Any) -> bool:
    """Whether it is a DataFrame or a Series."""
    return is_frame(value) or is_series(value)


def has_times(frame: Any) -> bool:
    """Whether the index of a frame holds times: its rows are then the steps of one series."""
    return _are_times(frame.index)


def refuse_other_frames(value: Any, what: str) -> None:
    """A ValueError for a frame of another library, whose names and order of rows would not be read."""
    library = type(value).__module__.partition(".")[0]
    if library in _OTHER_FRAMES:
        raise ValueError(
            f"{what} is a {type(value).__name__} of {library}, which has no index to read: give its to_pandas() with "
            "an index of sequence and time, or arrays"
        )


def check_table(frame: Any) -> None:
    """A ValueError for a frame of rows and features that would be read as a table (sequences, time)."""
    if frame.index.nlevels > 1 or not len(frame.columns):
        return
    for name, dtype in zip(frame.columns, frame.dtypes, strict=True):
        dates = getattr(dtype, "kind", "O") in "mM"
        if dates or (isinstance(name, str) and name.lower() in _NOT_FEATURES):
            raise ValueError(
                f"X is a frame with the column {name!r}, which is no step of a table (sequences, time): where its rows "
                f"are steps, {LONG_FORM}"
            )


def order_of_rows(times: Any, sequences: Array, index_of: str, places: list[str]) -> Order:
    """Which row of a frame comes where: sequence by sequence, each by its times.

    Parameters
    ----------
    times : Index of the rows
    sequences : (rows,) int array
        The number of each row's sequence.
    index_of : what holds the times, for an error
    places : what an error calls each of the sequences

    Raises
    ------
    ValueError
        For times that are missing, text, or there twice in a sequence.
    """
    ranks, _ = comparable(times, index_of).factorize(sort=True)
    order = np.lexsort((ranks, sequences))
    twice = (np.diff(sequences[order]) == 0) & (np.diff(ranks[order]) == 0)
    if twice.any():
        row = order[int(twice.argmax())]
        advice = "" if "level" in index_of else ": where its rows are in order, reset_index(drop=True)"
        raise ValueError(f"{places[sequences[row]]} has time {times[row]} twice{advice}")
    return np.asarray(order)


def comparable(times: Any, index_of: str) -> Any:
    """The times as an Index of numbers, dates, periods or durations, which is ordered by time.

    ISO 8601 text is read.
    """
    import pandas

    advice = "give the times as numbers or dates, for example by pandas.to_datetime"
    if times.hasnans:
        raise ValueError(f"{index_of} has a missing time in row {int(times.isna().argmax())}: leave that row out")
    if isinstance(times, pandas.CategoricalIndex):
        times = pandas.Index(times.codes) if times.ordered else times.astype(times.categories.dtype)
    if times.dtype == object or pandas.api.types.is_string_dtype(times.dtype):
        found = pandas.api.types.infer_dtype(times)
        iso = found == "string" and all(_ISO.fullmatch(text) for text in times)
        try:
            if iso or found in ("date", "datetime", "datetime64"):
                times = pandas.to_datetime(times, format="ISO8601" if iso else None)
            else:
                times = times.infer_objects()
        except (ValueError, TypeError, OverflowError):
            pass  # it is refused below
        if times.dtype == object or pandas.api.types.is_string_dtype(times.dtype):
            kind = "text" if found == "string" else f"{found} values"
            raise ValueError(f"{index_of} holds {kind} ({times[0]!r}), which is in no order of time: {advice}")
    if not (_are_times(times) or pandas.api.types.is_numeric_dtype(times.dtype)) or times.dtype == bool:
        raise ValueError(f"{index_of} holds {times.dtype} values, which are in no order of time: {advice}")
    return times


def split_index(frame: Any, what: str = "X") -> tuple[Array, Any, Any]:
    """The sequences of a long frame, which an error calls `what`.

    Returns
    -------
    sequences : (rows,) int array
        The number of each row's sequence, counted in the order in which they first appear.
    names : Index of the sequences
    times : Index of the rows
    """
    index = frame.index
    of_sequences = index.droplevel(-1)
    times = index.get_level_values(-1)
    first = index.get_level_values(0)
    if (_are_times(first) or str(index.names[0]).lower() == "time") and not (
        _are_times(times) or str(index.names[-1]).lower() == "time"
    ):
        raise ValueError(
            f"the first level of {what}'s index holds times, the last does not: {what}.swaplevel() puts sequences first"
        )
    missing = np.zeros(len(frame), bool)
    for level in range(of_sequences.nlevels):
        missing |= np.asarray(of_sequences.get_level_values(level).isna())
    if missing.any():
        raise ValueError(
            f"the index of {what} does not name the sequence of row {int(missing.argmax())}: leave that row out, or "
            "name it"
        )
    sequences, names = of_sequences.factorize()
    return sequences, names.set_names(of_sequences.names), times


def by_name(frames: list[Any], known: list[Any] | None, places: list[str]) -> list[Any]:
    """The frames with their columns in one order: that of what was fitted, `known`, or else of the first of them."""
    wanted = list(frames[0].columns) if known is None else known
    if len(set(wanted)) < len(wanted):
        twice = next(name for name in wanted if wanted.count(name) > 1)
        raise ValueError(f"{places[0]} has the column {twice!r} twice")
    found = []
    for frame, place in zip(frames, places, strict=True):
        names = list(frame.columns)
        if len(names) != len(wanted) or set(names) != set(wanted):
            before = "as sequence 0 has" if known is None else "as what was fitted"
            raise ValueError(f"{place} must have the columns {listed(wanted)}, {before}, got {listed(names)}")
        found.append(frame if names == wanted else frame[wanted])
    return found


def aligned(given: Any, index: Any, place: str) -> Any:
    """A Series in the order of the rows of X, by its index; what has no index is in that order already."""
    if not is_pandas(given):
        return given
    if not given.index.equals(index):
        if len(given) != len(index) or not (given.index.is_unique and given.index.isin(index).all()):
            raise ValueError(f"{place} must have the index of X: where the rows are the same, give {place}.to_numpy()")
        given = given.reindex(index)
    return given.iloc[:, 0] if is_frame(given) and given.shape[1] == 1 else given


def forecast(
    series: Any, predicted: Array, times: Any, names: list[Any], shown: list[Any], levels: tuple[float, ...] | None
) -> Any:
    """Forecasts (steps, F) of a series as a Series or frame like it; quantiles (steps, F, Q) as a frame.

    Parameters
    ----------
    series : Series or DataFrame
    predicted : array
    times : Index of the steps
        None where it is not known: they are numbered as "steps ahead".
    names : of the features in `predicted`
    shown : the same, in the order of columns that is wanted
    levels : of quantiles
    """
    import pandas

    if times is None:
        times = pandas.RangeIndex(1, len(predicted) + 1, name="steps ahead")
    if levels is not None:
        of_levels = pandas.Index(levels, name="quantile")
        if is_series(series):
            return pandas.DataFrame(predicted[:, 0], times, of_levels)
        of_features = pandas.MultiIndex.from_product([names, of_levels], names=["feature", "quantile"])
        return pandas.DataFrame(predicted.reshape(len(times), -1), times, of_features)[shown]
    if is_series(series):
        return pandas.Series(predicted[:, 0], times, name=series.name)
    return pandas.DataFrame(predicted, times, names)[shown]


def _are_times(index: Any) -> bool:
    pandas = sys.modules["pandas"]
    return isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex | pandas.TimedeltaIndex)


def listed(names: list[Any]) -> str:
    shown = ", ".join(str(name) for name in names[:8])
    return shown + (f" … ({len(names)})" if len(names) > 8 else "")
