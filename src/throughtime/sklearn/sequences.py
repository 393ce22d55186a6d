"""An estimator's X, read into sequences of numbers that are all finite; `forms` lists the forms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_array, validate_data

from throughtime.batch import Array, pad
from throughtime.sklearn import frames
from throughtime.sklearn.channels import Channels, with_calendar, with_time_gaps
from throughtime.sklearn.forms import Kind, Sequences
from throughtime.sklearn.numbers import array_of, check_finite, check_numbers, refuse_lengths
from throughtime.support import memory


def read(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Read X, and remember its features (`reset`) or compare them with those that were remembered."""
    kind = kind_of(X)
    if reset:
        equal = kind == "plain" and len({len(row) for row in X}) == 1
        estimator._form = "plain table" if equal else kind if kind in ("table", "plain") else "sequences"
        estimator._columns = None
        kind = "table" if equal else kind
    kind = _kind_for(kind, estimator._form, X)
    of_any_length = kind == "plain" and estimator._form == "plain table"
    if not (reset or kind == "table" or of_any_length) and not (
        estimator._columns and kind in ("frames", "long frame", "series")
    ):
        _check_features(X, kind, estimator.n_features_in_)
    if reset and kind == "table" and frames.is_frame(X):
        frames.check_table(X)

    def checked(rows: Any) -> Array:
        check_numbers(rows)
        try:
            if of_any_length:
                return np.asarray(check_array(rows, dtype=np.float64, ensure_all_finite=False))
            found: Array = validate_data(estimator, rows, reset=reset, dtype=np.float64, ensure_all_finite=False)
        except OverflowError:
            raise ValueError("X holds a number that is too large for float64") from None
        except TypeError as error:
            if "NAType" not in str(error):
                raise
            raise ValueError("X holds pandas' NA among objects: X.astype('Float64') makes numbers of them") from None
        except ValueError as error:
            if str(error).startswith("could not convert"):
                raise ValueError(f"X must hold numbers, got text: {error}") from None
            raise
        return found

    readers: dict[Kind, Callable[[], Sequences]] = {
        "table": lambda: _of_table(X, checked),
        "array": lambda: _of_list(list(_three_axes(X)), checked, "array"),
        "plain": lambda: _of_list([_two_axes(a, i) for i, a in enumerate(_plain(X))], checked, "plain"),
        "list": lambda: _of_list([_two_axes(a, i) for i, a in enumerate(X)], checked, "list"),
        "frames": lambda: _of_frames(estimator, X, checked),
        "long frame": lambda: _of_long_frame(estimator, X, checked),
        "series": lambda: _of_series(estimator, X, checked),
    }
    sequences = readers[kind]()
    if reset and kind in ("frames", "long frame", "series"):
        first = X[0] if kind == "frames" else X
        estimator._columns = list(first.columns) if frames.is_frame(first) else None
    channels = getattr(estimator, "_channels", Channels())
    masks = hasattr(estimator, "missing")
    advice = 'Fill it in, leave that step out, or set missing="mask"' if masks else "Fill it in, or leave that step out"
    check_finite(
        sequences.x, getattr(estimator, "feature_names_in_", None), sequences.names, kind == "table", channels.missing,
        advice,
    )  # fmt: skip
    wide = kind in ("array", "list") and sequences.x.shape[2] > sequences.x.shape[1]
    if reset and wide and not _are_one_hot(sequences):
        N, T, F = sequences.x.shape
        fix = "X.transpose(0, 2, 1)" if kind == "array" else "[x.T for x in X]"
        warnings.warn(
            f"X is read as {N} sequences, at most {T} long, of {F} features: if it is (cases, channels, time), as in "
            f"aeon, give {fix}",
            stacklevel=4,
        )
    if channels.calendar:
        sequences = with_calendar(sequences, channels.calendar, reset)
    if channels.time_gaps is None:
        return sequences
    sequences, times = with_time_gaps(sequences)
    if reset:
        estimator._channels = replace(channels, time_gaps=times)
    elif times != channels.time_gaps:
        raise ValueError(f"the times of X are {times}, those of what was fitted were {channels.time_gaps}")
    return sequences


def _are_one_hot(sequences: Sequences) -> bool:
    """Whether steps are symbols, such as characters, of which there may be more than steps."""
    x, real = sequences.x, sequences.real
    return bool((x.max(axis=2) == real).all() and ((x != 0).sum(axis=2) == real).all())


def kind_of(X: Any) -> Kind:
    """How X was given."""
    frames.refuse_other_frames(X, "X")
    refuse_lengths(X, "X")
    if not (_is_listed(X) or any(hasattr(X, name) for name in ("shape", "__array__", "__array_interface__"))):
        raise ValueError(f"X must be an array, a list of arrays or a pandas frame, got {type(X).__name__}")
    if frames.is_pandas(X):
        if not len(X):
            raise ValueError("X holds no sequence: it is a frame without rows")
        return _kind_of_pandas(X)
    if _is_listed(X):
        if not len(X):
            raise ValueError("X holds no sequence")
        pandas = [frames.is_pandas(sequence) for sequence in X]
        if any(pandas):
            if not all(pandas):
                other = pandas.index(False)
                raise ValueError(
                    f"X must hold frames only, or arrays only: sequence {other} is a {type(X[other]).__name__}"
                )
            return "frames"
        for i, sequence in enumerate(X):
            frames.refuse_other_frames(sequence, f"sequence {i} of X")
        if all(isinstance(sequence, list | tuple) for sequence in X) and max(_axes(s, i) for i, s in enumerate(X)) == 1:
            return "plain"
        if max(_axes(sequence, i) for i, sequence in enumerate(X)) >= 1:
            return "list"
        return "table"
    return "array" if getattr(X, "ndim", 2) >= 3 else "table"


def _kind_of_pandas(X: Any) -> Kind:
    if X.index.nlevels > 1:
        return "long frame"
    if frames.is_series(X):
        nested = X.dtype == object and len(X) and all(np.ndim(sequence) > 0 for sequence in X)
        return kind_of(list(X)) if nested else "series"
    return "series" if frames.has_times(X) else "table"


def _is_listed(X: Any) -> bool:
    return isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1)


def _axes(sequence: Any, number: int) -> int:
    try:
        return np.ndim(sequence)
    except ValueError:
        raise ValueError(f"sequence {number} of X must have the same features at each of its steps") from None


def _kind_for(kind: Kind, form: str, X: Any) -> Kind:
    """How X is to be read, where `form` is how the X of the first fit was given; a ValueError if it cannot be.

    Lists of lists are a table if they happen to be of the same length, and that may be so in one fold and not in the
    next: an estimator that was fitted on either reads both.
    """
    if form == "plain" and kind == "table":
        return "plain"
    if form == "plain table" and kind in ("table", "plain"):
        return kind
    if form == "table" and kind == "plain" and len({len(row) for row in X}) == 1:
        return "table"
    tabular = form in ("table", "plain table")
    if tabular != (kind == "table"):
        wanted = "(sequences, time)" if tabular else "(sequences, time, features), or a list of (time, features)"
        raise ValueError(f"X must be {wanted}, as what was fitted, got {_shape(X, kind)}")
    return kind


def _shape(X: Any, kind: Kind) -> str:
    if kind in ("plain", "list", "frames"):
        return f"a list of {np.shape(X[0])} and others"
    one = {"long frame": "a long frame ", "series": "one series "}.get(kind, "")
    return f"{one}{np.shape(X)}"


def _check_features(X: Any, kind: Kind, features: int) -> None:
    """A ValueError that names the axes, where X has other features than what was fitted."""
    listed = kind in ("plain", "list", "frames")
    for i, array in enumerate(X if listed else [X]):
        shape = np.shape(array)
        found = 1 if len(shape) == 1 or (kind == "plain") else shape[-1] if shape else features
        if found != features:
            swapped = ": are time and features swapped?" if features in shape[-2:-1] else ""
            axes = "X must be (sequences, time, features)"
            axes = f"sequence {i} of X must be (time, features)" if listed else axes
            axes = "X must be a long frame (rows, features)" if kind == "long frame" else axes
            axes = "X must be one series (time, features)" if kind == "series" else axes
            raise ValueError(f"{axes} with {features} features, got {shape}{swapped}")


def _plain(X: Any) -> Any:
    """The rows of a list of lists, or of a table where lists of lists were fitted."""
    return X if _is_listed(X) else np.asarray(X)


def _three_axes(X: Any) -> Array:
    x = array_of(X, "X")
    if x.ndim != 3 or 0 in x.shape:
        raise ValueError(f"X must be (sequences, time, features), each at least 1, got {x.shape}")
    return x


def _two_axes(sequence: Any, number: int) -> Array:
    array = array_of(sequence, f"sequence {number} of X")
    if array.ndim == 0:
        raise ValueError(
            f"sequence {number} of X must be (time, features), each at least 1, got {type(sequence).__name__}"
        )
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"sequence {number} of X must be (time, features), each at least 1, got {array.shape}")
    return array


def _of_table(X: Any, checked: Callable[[Any], Array]) -> Sequences:
    if (_is_listed(X) and not _axes(X[0], 0)) or getattr(X, "ndim", 2) == 1:
        raise ValueError(
            f"X must be (sequences, time) or (sequences, time, features), got {_shown(X)}. Reshape your data: [X] is "
            "one sequence of one feature"
        )
    x = checked(X)[:, :, None]
    return Sequences(x, np.full(len(x), x.shape[1]), "table")


def _shown(X: Any) -> str:
    return f"shape {np.shape(X)}" if hasattr(X, "shape") else f"a {type(X).__name__} of {type(X[0]).__name__}"


def _of_list(arrays: list[Array], checked: Callable[[Any], Array], kind: Kind) -> Sequences:
    features = {array.shape[1] for array in arrays}
    if len(features) > 1:
        odd = next(i for i, array in enumerate(arrays) if array.shape[1] != arrays[0].shape[1])
        channels = len({array.shape[0] for array in arrays}) == 1
        raise ValueError(
            f"each sequence of X must be (time, features) with the same features; sequence {odd} has shape "
            f"{arrays[odd].shape}, sequence 0 has {arrays[0].shape}"
            + (": if they are (channels, time), as in aeon, give [x.T for x in X]" if channels else "")
        )
    lengths = np.array([len(array) for array in arrays])
    return Sequences(*_padded(checked(np.concatenate(arrays)), lengths), kind)


def _of_frames(estimator: Any, X: Any, checked: Callable[[Any], Array]) -> Sequences:
    places = [f"sequence {i} of X" for i in range(len(X))]
    for i, (frame, place) in enumerate(zip(X, places, strict=True)):
        if frame.index.nlevels > 1:
            raise ValueError(f"{place} must be a frame with its times as index, got {frame.index.nlevels} levels of it")
        if 0 in frame.shape:
            raise ValueError(f"sequence {i} of X must be (time, features), each at least 1, got {frame.shape}")
    lengths = np.array([len(frame) for frame in X])
    starts = np.cumsum(lengths) - lengths
    orders = [
        frames.order_of_rows(frame.index, np.zeros(len(frame), int), f"the index of {place}", [place])
        for frame, place in zip(X, places, strict=True)
    ]
    order = np.concatenate([start + one for start, one in zip(starts, orders, strict=True)])
    rows = checked(_rows(estimator, list(X), places))
    return Sequences(*_padded(rows[order], lengths), "frames", tuple(frame.index for frame in X), None, order)


def _of_long_frame(estimator: Any, frame: Any, checked: Callable[[Any], Array]) -> Sequences:
    """Sequences in the order in which they first appear, each sorted by time."""
    sequences, names, times = frames.split_index(frame)
    places = [f"sequence {name} of X" for name in names]
    order = frames.order_of_rows(times, sequences, "the last level of X's index", places)
    rows = checked(_rows(estimator, [frame], ["X"]))
    return Sequences(*_padded(rows[order], np.bincount(sequences)), "long frame", (frame.index,), names, order)


def _of_series(estimator: Any, frame: Any, checked: Callable[[Any], Array]) -> Sequences:
    order = frames.order_of_rows(frame.index, np.zeros(len(frame), int), "the index of X", ["X"])
    rows = checked(_rows(estimator, [frame], ["X"]))
    return Sequences(*_padded(rows[order], np.array([len(rows)])), "series", (frame.index,), None, order)


def _rows(estimator: Any, given: list[Any], places: list[str]) -> Any:
    """The rows of all frames under one another, their columns in the order of what was fitted; of Series, an array."""
    series = [frames.is_series(one) for one in given]
    if all(series) and len(estimator._columns or ()) == 1:
        given = [one.to_frame(estimator._columns[0]) for one in given]
    elif all(series):
        if estimator._columns:
            raise ValueError(f"{places[0]} must have the columns {frames.listed(estimator._columns)}, got a Series")
        return np.concatenate([np.asarray(one, dtype=None) for one in given])[:, None]
    elif any(series):
        raise ValueError(f"X must hold DataFrames only, or Series only: sequence {series.index(True)} is a Series")
    import pandas

    return pandas.concat(frames.by_name(given, estimator._columns, places), ignore_index=True)


def _padded(rows: Array, lengths: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    """Rows, sequence by sequence, as one array (N, T, F)."""
    size = 8 * len(lengths) * int(lengths.max(initial=0)) * rows.shape[1]
    memory.require(
        2 * size,
        f"X, whose {len(lengths)} sequences are padded to the {lengths.max(initial=0)} steps of the longest,",
        "cut the longest sequences into pieces",
    )
    return pad(np.split(rows, np.cumsum(lengths)[:-1]))
