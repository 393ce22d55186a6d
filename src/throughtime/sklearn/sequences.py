"""What an estimator accepts as X, read into sequences of numbers that are all finite.

table       (sequences, time) array or DataFrame: one feature over time, as scikit-learn's own estimators read X
array       (sequences, time, features)
list        of arrays (time, features), of different lengths; or of arrays (time,), for one feature
long frame  a DataFrame (rows, features) with an index of two levels, sequence and time
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import validate_data

from throughtime.batch import Array, pad

Kind = Literal["table", "array", "list", "long frame"]


@dataclass(frozen=True)
class Sequences:
    """Sequences, and how they were given.

    x : (N, T, F) float64 array, 0 behind a sequence's end
    lengths : (N,) int array
    kind : how they were given
    index : for a long frame, its rows' index, and that of its sequences; else None
    order : (rows,) int array for a long frame: which of its rows comes where, sequence by sequence
    """

    x: Array
    lengths: npt.NDArray[np.int64]
    kind: Kind
    index: tuple[Any, Any] | None = None
    order: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def per_sequence(self, given: Any) -> Any:
        """What is told for each sequence, in their order: a pandas Series with their names is put into it."""
        if self.index is not None and hasattr(given, "reindex"):
            names = self.index[1]
            missing = names.difference(given.index)
            if len(missing):
                raise ValueError(f"y tells nothing of sequence {missing[0]}: its index must be the sequences' names")
            return given.reindex(names).to_numpy()
        return given

    def per_step(self, given: Any) -> list[Array] | None:
        """What is told for each step, as a list of arrays (T_i,); None if `given` is for each sequence instead."""
        if self.index is not None:
            values = np.asarray(given)
            if values.shape != (len(self.index[0]),):
                return None
            if hasattr(given, "index") and not given.index.equals(self.index[0]):
                raise ValueError("y must have the index of X, sequence and time in the same rows")
            return np.split(values[self.order], np.cumsum(self.lengths)[:-1])
        if self.kind == "list":
            if len(given) != len(self) or any(np.ndim(row) != 1 for row in given):
                return None
            rows = [np.asarray(row) for row in given]
            for i, (row, length) in enumerate(zip(rows, self.lengths, strict=True)):
                if len(row) != length:
                    raise ValueError(f"y of sequence {i} has {len(row)} steps, but its X has {length}")
            return rows
        values = np.asarray(given)
        return list(values) if values.shape == self.x.shape[:2] else None

    def like_given(self, rows: list[Array]) -> Any:
        """What is told for each step (T_i, …), in the form X had: an array, a list, or (labels only) a Series."""
        if self.kind in ("table", "array"):
            return np.stack(rows)
        if self.index is None or rows[0].ndim > 1:
            return rows
        import pandas

        values = np.empty(len(self.index[0]), rows[0].dtype)
        values[self.order] = np.concatenate(rows)
        return pandas.Series(values, self.index[0])


def read(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Read X, and remember its features (`reset`) or compare them with those that were remembered."""
    kind = kind_of(X)
    tabular = kind == "table"
    if reset:
        estimator._tabular = tabular
    elif tabular != estimator._tabular:
        wanted = (
            "(sequences, time)" if estimator._tabular else "(sequences, time, features), or a list of (time, features)"
        )
        raise ValueError(f"X must be {wanted}, as what was fitted, got {_shape(X, kind)}")

    def checked(rows: Any) -> Array:
        found: Array = validate_data(estimator, rows, reset=reset, dtype=np.float64)
        return found

    readers: dict[Kind, Callable[[], Sequences]] = {
        "table": lambda: _of_array(checked(X)[:, :, None], "table"),
        "array": lambda: _of_list(list(_three_axes(X)), checked, "array"),
        "list": lambda: _of_list([_two_axes(a, i) for i, a in enumerate(X)], checked, "list"),
        "long frame": lambda: _of_frame(X, checked),
    }
    if not (reset or tabular):
        _check_features(X, kind, estimator.n_features_in_)
    return readers[kind]()


def kind_of(X: Any) -> Kind:
    """How X was given."""
    if getattr(getattr(X, "index", None), "nlevels", 1) == 2:
        return "long frame"
    if isinstance(X, list | tuple) or (isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1):
        axes = {np.ndim(sequence) for sequence in X}
        vectors = axes == {1} and (all(hasattr(v, "ndim") for v in X) or len({len(v) for v in X}) > 1)
        if max(axes, default=0) >= 2 or vectors:
            return "list"
    elif getattr(X, "ndim", 2) >= 3:
        return "array"
    return "table"


def _shape(X: Any, kind: Kind) -> str:
    if kind == "list":
        return f"a list of {np.shape(X[0])} and others"
    return f"{'a long frame ' * (kind == 'long frame')}{np.shape(X)}"


def _check_features(X: Any, kind: Kind, features: int) -> None:
    """A ValueError that names the axes, where X has other features than what was fitted."""
    arrays = X if kind == "list" else [X]
    for i, array in enumerate(arrays):
        shape = np.shape(array)
        found = shape[-1] if len(shape) > 1 or kind != "list" else 1
        if found != features:
            swapped = ": are time and features swapped?" if features in shape[-2:-1] else ""
            axes = (
                f"sequence {i} of X must be (time, features)"
                if kind == "list"
                else "X must be (sequences, time, features)"
            )
            axes = "X must be a long frame (rows, features)" if kind == "long frame" else axes
            raise ValueError(f"{axes} with {features} features, got {shape}{swapped}")


def _three_axes(X: Any) -> Array:
    x = np.asarray(X)
    if x.ndim != 3 or 0 in x.shape:
        raise ValueError(f"X must be (sequences, time, features), each at least 1, got {x.shape}")
    return x


def _two_axes(sequence: Any, number: int) -> Array:
    array = np.asarray(sequence)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(f"sequence {number} of X must be (time, features), each at least 1, got {array.shape}")
    return array


def _of_array(x: Array, kind: Kind) -> Sequences:
    return Sequences(x, np.full(len(x), x.shape[1]), kind)


def _of_list(arrays: list[Array], checked: Callable[[Any], Array], kind: Kind) -> Sequences:
    features = {array.shape[1] for array in arrays}
    if len(features) > 1:
        odd = next(i for i, array in enumerate(arrays) if array.shape[1] != arrays[0].shape[1])
        raise ValueError(
            f"each sequence of X must be (time, features) with the same features; sequence {odd} has shape "
            f"{arrays[odd].shape}, sequence 0 has {arrays[0].shape}"
        )
    rows = checked(np.concatenate(arrays))
    return Sequences(*pad(np.split(rows, np.cumsum([len(array) for array in arrays])[:-1])), kind)


def _of_frame(frame: Any, checked: Callable[[Any], Array]) -> Sequences:
    """Sequences in the order in which they first appear, each sorted by time."""
    if frame.ndim != 2:
        raise ValueError(f"X must be a long frame (rows, features), got shape {frame.shape}: select columns as a list")
    codes, names = frame.index.get_level_values(0).factorize()
    ranks, times = frame.index.get_level_values(1).factorize(sort=True)
    order = np.lexsort((ranks, codes))
    twice = (np.diff(codes[order]) == 0) & (np.diff(ranks[order]) == 0)
    if twice.any():
        row = order[twice.argmax()]
        raise ValueError(f"sequence {names[codes[row]]} of X has time {times[ranks[row]]} twice")
    lengths = np.bincount(codes)
    x, _ = pad(np.split(checked(frame)[order], np.cumsum(lengths)[:-1]))
    return Sequences(x, lengths, "long frame", (frame.index, names), order)
