"""What every kind of data file is read into, and the limits that hold for all of them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, Batch
from throughtime.support import memory
from throughtime.support.documents import printable
from throughtime.tasks.columns import Targets
from throughtime.tasks.task import Output

MOST_BYTES = 2**29
"""The largest text file that is read."""

MOST_VALUES = 2**27
"""The most numbers (1 GiB) that the arrays, padded, may hold."""

LARGEST = {"float64": 1e300, "float32": 1e37}
"""The largest magnitude of a number that is read, by what will be computed with: sums of its like do not overflow."""


ONE_A_STEP = (
    "y has as many numbers as x has steps: it is one target for each step; if they are the outputs of the last step, "
    'say output="last step"'
)


Places = Callable[[], Iterator[tuple[str, int]]]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Sequences with their targets, and what their columns are called.

    Parameters
    ----------
    x : (B, T, I) float array
    y : (B, T, O) or (B, O) float array
        Of classes, 1 for the one it is and 0 for the others.
    lengths : (B,) int array
    inputs : I strings
    outputs : strings
        One for each target of the file; classes of one target are several outputs of a network.
    classes : O strings
        What each output stands for, where targets were read as classes; else empty.
    named : bool
        Whether the file itself names its columns.
    sequence, time : str
        The columns that name the sequence and the time; empty where there was none.
    unused : strings
        Columns that are neither.
    notes : strings
        What was found in the file that people should know.
    places : function, optional
        Reads a table again and gives, of each row, the name of its sequence and its line.
    """

    x: Array
    y: Array
    lengths: npt.NDArray[np.int64]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    classes: tuple[str, ...] = ()
    named: bool = False
    sequence: str = ""
    time: str = ""
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: Places | None = None

    def __len__(self) -> int:
        return len(self.x)

    @property
    def batch(self) -> Batch:
        """All of it, as a network reads it."""
        return Batch(self.x, self.y, self.lengths)


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; None where the file itself says it. See `read`."""

    sequence: str | None = None
    time: str | None = None
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    output: Output | None = None
    targets: Targets | None = None
    classes: tuple[str, ...] | None = None
    dtype: str = "float64"

    @property
    def largest(self) -> float:
        """The largest magnitude of a number."""
        return LARGEST[self.dtype]


def named(letter: str, count: int) -> tuple[str, ...]:
    """Names for columns that have none: x0, x1, …"""
    return tuple(f"{letter}{i}" for i in range(count))


def rows_of(numbers: array[float], columns: int) -> Array:
    """Numbers that were read row by row, as (rows, columns), without a copy."""
    return np.frombuffer(numbers, np.float64).reshape(-1, columns) if numbers else np.zeros((0, columns))


def laid_out(path: Path, rows: Array, lengths: npt.NDArray[np.int64], order: Array | None = None) -> Array:
    """Rows (R, F) of one sequence after the other as (B, T, F), zero behind the end of each sequence.

    Parameters
    ----------
    path : of the file, for the error
    rows : (R, F) array
    lengths : (B,) int array
    order : (R,) int array, optional
        Which of the rows comes where; as they stand if it is not given.
    """
    longest, features = int(lengths.max()), rows.shape[1]
    check_size(path, len(lengths) * longest * features)
    if order is None and (lengths == longest).all():
        return rows.reshape(len(lengths), longest, features)
    padded = np.zeros((len(lengths), longest, features))
    start = 0
    for sequence, length in zip(padded, lengths, strict=True):
        chosen = slice(start, start + length) if order is None else order[start : start + length]
        sequence[:length] = rows[chosen]
        start += length
    return padded


def one_of(path: Path, codes: Array, classes: int) -> Array:
    """Codes (…) of classes as (…, classes): 1 for the one it is."""
    check_size(path, codes.size * classes)
    return np.asarray(codes[..., None] == np.arange(classes), np.float64)


def check_size(path: Path, values: int) -> None:
    """Refuse arrays that are too large, before there are any."""
    if values > MOST_VALUES:
        raise ValueError(f"{path}: expected at most {MOST_VALUES} numbers, padded, got {values}")
    memory.require(8 * values, f"{path}, padded to its longest sequence,", "give fewer or shorter sequences")


def short(text: str) -> str:
    """Something from a file, for a terminal: in one line and not too long."""
    line = printable(" ".join(text[:1000].split()))
    return line if len(line) <= 60 else f"{line[:57]}…"


def listed(names: Sequence[str]) -> str:
    """Names from a file, as far as they fit."""
    return short(", ".join(names[:20]))
