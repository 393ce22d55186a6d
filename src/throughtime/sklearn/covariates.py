"""What is known of the steps ahead, columns and the calendar, and what it adds to a forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.sklearn import frames
from throughtime.sklearn.channels import angles
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.numbers import check_numbers, numbers_of
from throughtime.sklearn.times import following, kind_of_times, places_of


@dataclass(frozen=True)
class Known:
    """What is known of the steps ahead.

    names : of the columns that are known in advance, their numbers from 0 where X is no frame
    columns : (C,) int array, their places among the numbers of a step; those of the calendar stand behind the features
    calendar : parts of a date
    """

    names: tuple[Any, ...]
    columns: Array
    calendar: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.columns)

    def ahead(self, sequences: Sequences, future: Any, horizon: int) -> tuple[Array, list[Any] | None]:
        """The values (N, horizon, C) at the steps after the last of each sequence, and these steps' times.

        The times are None where X has none, or where they do not follow from those of X and `future` is not given. A
        ValueError where `future` is not what is wanted.
        """
        N = len(sequences)
        if future is not None and not len(self):
            raise ValueError("future is for a Forecaster with columns that are known in advance: future=[…], calendar")
        if future is None and self.names:
            raise ValueError(
                f"future must be given: {list(self.names)}, known in advance, at the {horizon} steps that follow X"
            )
        if sequences.order is None:
            if future is None:
                return np.zeros((N, horizon, 0)), None
            return self._of_arrays(future, (N, horizon, len(self.names))), None
        every = sequences.times()
        if future is None:
            found = [following(times, horizon) for times in every]
            values = np.zeros((N, horizon, 0))
        else:
            parts = [
                self._of_frame(rows, times, horizon, "future" + place)
                for (rows, place), times in zip(self._by_sequence(sequences, future), every, strict=True)
            ]
            values, found = np.stack([part for part, _ in parts]), [times for _, times in parts]
        if not self.calendar:
            return values, found
        odd = next((i for i, times in enumerate(found) if times is None), None)
        if odd is not None:
            raise ValueError(
                f"the times of {sequences.called(odd)} are not evenly spaced, or only one, so that the calendar of the "
                "steps ahead is not known: give their times, as the index of a frame future="
            )
        dated = [angles(times, self.calendar) for times in found]
        return np.concatenate([values, np.stack(dated)], axis=2), found

    def _of_arrays(self, future: Any, wanted: tuple[int, int, int]) -> Array:
        if frames.is_pandas(future):
            raise ValueError("future is a frame, and X has no times that its rows could follow: give frames, or arrays")
        given = numbers_of(future, "future")
        if given.shape != wanted:
            raise ValueError(
                f"future must be (sequences, horizon, columns known in advance) = {wanted}, got {given.shape}"
            )
        return given

    def _by_sequence(self, sequences: Sequences, future: Any) -> Iterable[tuple[Any, str]]:
        """The rows for each sequence, and what an error calls them behind "future"."""
        if sequences.kind == "frames":
            if not isinstance(future, list | tuple) or len(future) != len(sequences):
                raise ValueError(f"future must be a list of {len(sequences)} frames, one for each sequence of X")
            return [(rows, f" of sequence {i}") for i, rows in enumerate(future)]
        levels = sequences.indices[0].nlevels
        if not frames.is_pandas(future) or future.index.nlevels != levels:
            index = "their times as index" if sequences.names is None else "an index of sequence and time, as X"
            raise ValueError(f"future must be a frame of the steps that follow X with {index}")
        if sequences.names is None:
            return [(future, "")]
        numbers, names, times = frames.split_index(future)
        places = names.get_indexer(sequences.names)
        if (places < 0).any():
            raise ValueError(f"future has no rows of {sequences.called(int(places.argmin()))}")
        future = future.set_axis(times, axis=0)
        return [
            (future[numbers == place], f" of sequence {name}")
            for place, name in zip(places, sequences.names, strict=True)
        ]

    def _of_frame(self, rows: Any, before: Any, horizon: int, place: str) -> tuple[Array, Any]:
        """The values (horizon, names) at the steps that follow times, and these steps' times."""
        if frames.is_series(rows):
            rows = rows.to_frame()
        if not frames.is_frame(rows):
            raise ValueError(f"{place} must be a frame with its times as index, got a {type(rows).__name__}")
        for name in self.names:
            if (of_name := int((rows.columns == name).sum())) != 1:
                raise ValueError(
                    f"{place} must have the column {name!r}, known in advance, once, got it {of_name} times"
                )
        times = frames.comparable(rows.index, f"the index of {place}")
        if not times.is_unique:
            raise ValueError(f"{place} has time {times[times.duplicated()][0]} twice")
        if len(times) and kind_of_times(times) != kind_of_times(before):
            raise ValueError(
                f"{place} has times of another kind than X, {times[0]!r} beside {before[-1]!r}: give both in the same "
                "time zone or period, or as numbers"
            )
        wanted = following(before, horizon)
        if wanted is None:  # X's own times do not say which: those that come next
            wanted = times[times > before[-1]].sort_values()[:horizon]
            if len(wanted) < horizon:
                raise ValueError(f"{place} has {len(wanted)} steps later than {before[-1]}, {horizon} are predicted")
        found = places_of(wanted, times)
        if (found < 0).any():
            step = int((found < 0).argmax())
            raise ValueError(f"{place} has no row for {wanted[step]}, which is step {step + 1} after X")
        if not self.names:
            return np.zeros((horizon, 0)), wanted
        chosen = rows[list(self.names)].iloc[found]
        check_numbers(chosen, place)
        holes = np.argwhere(chosen.isna().to_numpy())
        if len(holes):
            step, column = holes[0]
            raise ValueError(f"{place} has no number for {self.names[column]!r} at {wanted[step]}: fill it in")
        return numbers_of(chosen.to_numpy(), place).reshape(horizon, len(self.names)), wanted


def effects(series: Sequence[Array], weights: Sequence[Array], columns: Array, targets: Array, horizon: int) -> Array:
    """What each unit of what is known adds to the targets: (C, F), by least squares.

    The changes of targets over 1 … `horizon` steps are explained by the changes of what is known over the same steps,
    each less its mean, so that neither levels nor a drift have a part in it. What never changes, or always
    by as much, adds nothing.

    Parameters
    ----------
    series : arrays (T, numbers)
    weights : arrays (M,)
        Of the first M steps from which a forecast is learned; at least `horizon` steps follow each.
    columns, targets : int arrays
        Which of the numbers are known in advance, and which are predicted.
    """
    C, F = len(columns), len(targets)
    size = np.max([np.abs(x[:, columns]).max(axis=0, initial=0) for x in series], axis=0)
    size = np.where(size > 0, size, 1)  # in units of which squares are neither too large for float64 nor too small
    squares, products = np.zeros((C, C)), np.zeros((C, F))
    w = np.concatenate(weights)
    for k in range(1, horizon + 1):
        pairs = zip(series, map(len, weights), strict=True)
        changes = np.concatenate([x[k : k + M] - x[:M] for x, M in pairs])
        if w.any():
            changes -= np.average(changes, axis=0, weights=w)
        known = changes[:, columns] / size
        squares += (w[:, None] * known).T @ known
        products += (w[:, None] * known).T @ changes[:, targets]
    unit = np.sqrt(np.diag(squares))
    even = unit <= 1e-12 * np.sqrt(w.sum() * horizon)  # by rounding alone
    squares[even], squares[:, even], products[even], unit[even] = 0, 0, 0, 1
    solved: Array = np.linalg.lstsq(squares / np.outer(unit, unit), products / unit[:, None], rcond=1e-10)[0]
    return solved / unit[:, None] / size[:, None]


def columns_of(what: str, given: Any, names: list[Any]) -> list[Any]:
    """Some of the features, as they were given; a ValueError if they are none, or there twice."""
    if not isinstance(given, list | tuple | np.ndarray) or np.ndim(given) == 0:
        raise ValueError(f"{what} must be a list of features, got {given!r:.80}")
    found = list(given)
    mask = any(isinstance(name, bool | np.bool_) for name in found) and all(type(name) is int for name in names)
    if mask or not found or any(name not in names or found.count(name) > 1 for name in found):
        raise ValueError(f"{what} must be some of the features {names}, each once, got {found}")
    return found


def targets_of(targets: Any, future: Any, columns: list[Any] | None, F: int) -> tuple[Array, Array]:
    """The numbers of the features that are predicted, and of those that are known in advance.

    When `targets` are not given they are all that are not known in advance.
    """
    names = list(range(F)) if columns is None else columns
    ahead = [] if future is None else columns_of("future", future, names)
    chosen = [name for name in names if name not in ahead] if targets is None else columns_of("targets", targets, names)
    both = [name for name in chosen if name in ahead]
    if both:
        raise ValueError(f"{both[0]!r} is among targets and in future: what is known in advance need not be predicted")
    if not chosen:
        raise ValueError(f"future holds all features of X, {ahead}: none is left to be predicted")
    return np.array([names.index(name) for name in chosen]), np.array([names.index(name) for name in ahead], int)
