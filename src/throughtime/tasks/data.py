"""Sequences with their targets, and what their columns stand for: what a data file is read into, and trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, Batch
from throughtime.tasks.columns import Columns
from throughtime.tasks.standardisation import Standardisation

Places = Callable[[], Iterator[tuple[str, int]]]

_NUMBERS = 2**20
"""That are made of a file's at a time."""


@dataclass(frozen=True, eq=False)
class Data:
    """Sequences of which some at a time become a Batch, so that a file may be larger than the memory.

    `data[rows]` is the Batch of some sequences, `len(data)` how many there are.

    Parameters
    ----------
    x : (B, T, I) array of numbers of any type
        As the file holds them; of an archive that is not compressed they stay in the file. Behind a sequence's end is
        anything.
    y : (B, T, O) or (B, O) array of numbers of any type
        Of classes, 1 for the one it is and 0 for the others.
    lengths : (B,) int array
    columns : Columns
        What the features stand for, and the standardisation that a Batch has been through.
    unused : strings
        Columns of the file that are neither inputs nor targets.
    notes : strings
        Remarks on the file, for people.
    places : function, optional
        Reads a table again and gives, of each row, the name of its sequence and its line.
    refuse_changed : function, optional
        Raises a ValueError once somebody has written to the file that the arrays stay in.
    """

    x: Array
    y: Array
    lengths: npt.NDArray[np.int64]
    columns: Columns
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: Places | None = None
    refuse_changed: Callable[[], None] | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Batch:
        """Some sequences as a network reads them: float64, standardised as the columns say, 0 behind each end."""
        if self.refuse_changed is not None:
            self.refuse_changed()
        lengths = self.lengths[rows]
        behind = None if (lengths == self.x.shape[1]).all() else np.arange(self.x.shape[1]) >= lengths[:, None]

        def made(array: Array, scale: Standardisation) -> Array:
            values = scale.apply(np.asarray(array[rows], np.float64))
            if behind is not None and values.ndim == 3:
                values[behind] = 0
            return values

        return Batch(made(self.x, self.columns.x), made(self.y, self.columns.y), lengths)

    @property
    def batch(self) -> Batch:
        """All of it in memory."""
        return self[:]

    def parts(self) -> Iterator[Batch]:
        """All of it, some sequences at a time."""
        step = self.rows_at_a_time
        return (self[start : start + step] for start in range(0, len(self), step))

    @property
    def rows_at_a_time(self) -> int:
        """Sequences whose numbers take little memory."""
        return max(1, int(_NUMBERS // (self.x[0].size + self.y[0].size)))

    @property
    def real(self) -> npt.NDArray[np.bool_] | None:
        """Which steps (B,T) are before their sequence's end; None for all."""
        T = self.x.shape[1]
        return None if (self.lengths == T).all() else np.arange(T) < self.lengths[:, None]

    def standardised(self, dtype: str, names: Callable[[str], str] = str) -> Data:
        """The same numbers on a scale of their own: inputs, and targets that are not classes.

        Parameters
        ----------
        dtype : "float64" or "float32"
            What will be computed with. A column whose numbers it hardly tells apart is refused: a network for
            numbers as they are would be another than was trained.
        names : function
            What a column is called in that sentence.
        """
        x, y = Standardisation.of(self.x, self.real), Standardisation.none(self.y.shape[-1])
        if self.columns.targets == "numbers":
            y = Standardisation.of(self.y, self.real if self.y.ndim == 3 else None)
        for scale, columns in ((x, self.columns.inputs), (y, self.columns.outputs)):
            scale.check_distinct(dtype, [names(name) for name in columns])
        return replace(self, columns=replace(self.columns, x=x, y=y))
