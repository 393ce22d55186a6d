"""Sequences and the form in which they were given, which what is predicted for them takes again.

table       (sequences, time) array or DataFrame: one feature over time, as scikit-learn's own estimators read X
array       (sequences, time, features)
plain       list of lists of numbers, of any lengths: one feature
list        of arrays (time, features), of different lengths; or of arrays (time,), for one feature
frames      list of DataFrames (time, features), or of Series; each has its times as index
long frame  a DataFrame (rows, features), or a Series, with an index of sequence and time; more levels name the sequence
series      one sequence: a Series, or a DataFrame (time, features) whose index holds dates
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from sklearn.utils import _safe_indexing

from throughtime.batch import Array
from throughtime.sklearn import frames
from throughtime.sklearn.numbers import array_of

Kind = Literal["table", "array", "plain", "list", "frames", "long frame", "series"]


@dataclass(frozen=True)
class Sequences:
    """Sequences, and how they were given.

    x : (N, T, F) float64 array, 0 behind a sequence's end
    lengths : (N,) int array
    kind : how they were given
    indices : of a long frame or one series, its rows' index; of a list of frames, the index of each
    names : of a long frame, the index of its sequences
    order : (rows,) int array of what came in frames: which of the rows comes where, sequence by sequence
    """

    x: Array
    lengths: npt.NDArray[np.int64]
    kind: Kind
    indices: tuple[Any, ...] = ()
    names: Any = None
    order: frames.Order | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def real(self) -> Array:
        """Which steps (N, T) are real, and not padding."""
        real: Array = np.arange(self.x.shape[1]) < self.lengths[:, None]
        return real

    def without_padding(self, values: Array) -> list[Array]:
        """What there is of each step (N, T, …), as a list of arrays (T_i, …): views, without the padding."""
        return [of_one[:length] for of_one, length in zip(values, self.lengths, strict=True)]

    @property
    def firsts(self) -> Array:
        """Where each sequence begins among the real steps of all."""
        firsts: Array = np.cumsum(self.lengths) - self.lengths
        return firsts

    def called(self, number: int) -> str:
        """What an error calls a sequence."""
        if self.kind == "series":
            return "X"
        return f"sequence {number if self.names is None else self.names[number]} of X"

    def times(self) -> list[Any]:
        """The times of each sequence, in their order; numbers from 0 where it has none."""
        if self.order is None:
            return [np.arange(length) for length in self.lengths]
        times = [frames.comparable(index.get_level_values(-1), "the index of X") for index in self.indices]
        times = times if self.kind == "frames" else times * len(self)
        return [one.take(order) for one, order in zip(times, self.orders(), strict=True)]

    def orders(self) -> list[Array]:
        """`order` by sequences; of a list of frames, the rows of each are counted in its own."""
        assert self.order is not None
        return self._split(self.order - np.repeat(self.firsts, self.lengths) if self.kind == "frames" else self.order)

    def some(self, X: Any, rows: Array) -> Any:
        """Some of the sequences of X, in ascending order, in the form in which they were given."""
        if self.kind != "long frame":
            return _safe_indexing(X, rows)
        orders = self.orders()
        return X.iloc[np.sort(np.concatenate([orders[row] for row in rows]))]

    def per_sequence(self, given: Any, what: str = "y") -> Any:
        """The values given for each sequence, in their order.

        For a long frame, a pandas Series with the sequences' names is put into it; and what is given for each row is
        taken for the sequence, if it is the same at all its rows.
        """
        if self.kind not in ("long frame", "series"):
            return given
        rows = self.indices[0]
        given = self.by_name(given, what)
        if np.ndim(given) == 0 or len(given) != len(rows) or len(rows) == len(self):
            return given
        values = np.asarray(frames.aligned(given, rows, what))[self.order]
        of_each = values[self.firsts]
        differs = np.repeat(of_each, self.lengths, axis=0) != values
        if differs.any():
            number = np.repeat(np.arange(len(self)), self.lengths)[np.nonzero(differs)[0][0]]
            name = "X" if self.names is None else f"sequence {self.names[number]}"
            raise ValueError(
                f"{what} is not the same in all rows of {name}, but one value is wanted for each sequence"
                + (": a class for each step is what SequenceLabeler learns" if what == "y" else "")
            )
        return of_each

    def by_name(self, given: Any, what: str = "y") -> Any:
        """The values that pandas gives under the names of a long frame's sequences, in their order.

        Anything else as it is.
        """
        if self.names is None or not frames.is_pandas(given) or given.index.nlevels != self.names.nlevels:
            return given
        if len(given) == len(self.indices[0]) != len(self):
            raise ValueError(f"{what} has as many rows as X, but not its index: give {what} the index of X")
        if not given.index.is_unique:
            twice = given.index[given.index.duplicated()][0]
            raise ValueError(f"{what} names the sequence {twice} twice")
        missing = self.names.difference(given.index)
        if len(missing):
            raise ValueError(f"{what} has no value for sequence {missing[0]}: its index must be the sequences' names")
        return given.reindex(self.names).to_numpy()

    def after(self, given: Any, steps: int) -> Any:
        """What follows each sequence of a long frame, given as a long frame too: (N, steps, …), by names and times.

        Anything else as it is.
        """
        if self.names is None or not frames.is_pandas(given) or given.index.nlevels != self.indices[0].nlevels:
            return given
        numbers, names, times = frames.split_index(given, "y")
        called = [f"sequence {name} of y" for name in names]
        order = frames.order_of_rows(times, numbers, "the last level of y's index", called)
        places, counts = names.get_indexer(self.names), np.bincount(numbers)
        for name, place in zip(self.names, places, strict=True):
            if place < 0 or counts[place] != steps:
                has = 0 if place < 0 else counts[place]
                raise ValueError(f"y must have the {steps} steps that follow sequence {name} of X, got {has}")
        rows = np.split(given.to_numpy()[order], np.cumsum(counts)[:-1])
        return np.stack([rows[place] for place in places])

    def names_with(self, times: list[Any] | None, steps: int) -> Any:
        """The index of so many steps behind each sequence of a long frame: its name, and the time.

        They are numbered as "steps ahead" where not all `times` are known.
        """
        import pandas

        names = self.names.repeat(steps)
        called = self.indices[0].names[-1]
        if times is None or any(of_one is None for of_one in times):
            times, called = [pandas.RangeIndex(1, steps + 1)] * len(self), "steps ahead"
        levels = [names.get_level_values(level) for level in range(names.nlevels)]
        index = pandas.MultiIndex.from_arrays([*levels, times[0].append(times[1:])])
        return index.set_names([*self.names.names, called])

    def per_step(
        self, given: Any, what: str = "y", convert: Callable[[Any, str], Array] = array_of
    ) -> list[Array] | None:
        """The values given for each step, as a list of arrays (T_i,); None if `given` is for each sequence instead."""
        if not hasattr(given, "__len__"):
            return None
        if self.kind in ("long frame", "series"):
            rows = self.indices[0]
            if len(given) != len(rows) or (frames.is_pandas(given) and given.index.nlevels != rows.nlevels):
                return None
            values = convert(frames.aligned(given, rows, what), what)
            return self._split(values[self.order]) if values.shape == (len(rows),) else None
        if self.kind in ("plain", "list", "frames"):
            if frames.is_frame(given) or len(given) != len(self) or any(np.ndim(row) != 1 for row in given):
                return None
            if self.kind == "frames":
                given = [
                    frames.aligned(row, index, f"{what} of sequence {i}")
                    for i, (row, index) in enumerate(zip(given, self.indices, strict=True))
                ]
            found = [convert(row, f"{what} of sequence {i}") for i, row in enumerate(given)]
            for i, (row, length) in enumerate(zip(found, self.lengths, strict=True)):
                if len(row) != length:
                    raise ValueError(f"{what} of sequence {i} has {len(row)} steps, but its X has {length}")
            if self.order is None:
                return found
            return [row[order] for row, order in zip(found, self.orders(), strict=True)]
        values = convert(given, what)
        return list(values) if values.shape == self.x.shape[:2] else None

    def _split(self, values: Array) -> list[Array]:
        return np.split(values, np.cumsum(self.lengths)[:-1])

    def steps_as_given(self, rows: list[Array], columns: Any = None) -> Any:
        """Predictions for each step (T_i, …), in the form of X: an array, a list, or with the index of its frames."""
        if self.kind in ("table", "array"):
            return np.stack(rows)
        if self.order is None:
            return rows
        import pandas

        values = np.empty((len(self.order), *rows[0].shape[1:]), rows[0].dtype)
        values[self.order] = np.concatenate(rows)

        def framed(part: Array, index: Any) -> Any:
            return pandas.Series(part, index) if part.ndim == 1 else pandas.DataFrame(part, index, columns)

        if self.kind == "frames":
            return [framed(part, index) for part, index in zip(self._split(values), self.indices, strict=True)]
        return framed(values, self.indices[0])

    def named(self, values: Array) -> Any:
        """Predictions (N,) or (N, O) for each sequence; for a long frame with the sequences' names as index."""
        if self.names is None:
            return values
        import pandas

        return pandas.Series(values, self.names) if values.ndim == 1 else pandas.DataFrame(values, self.names)
