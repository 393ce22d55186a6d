"""How a data file is to be read, the limits that hold for all kinds of them, and what is made of one that was read."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.support import memory
from throughtime.support.documents import printable
from throughtime.tasks.columns import Columns, Targets
from throughtime.tasks.data import Data, Places
from throughtime.tasks.datafile.labels import look_alike
from throughtime.tasks.standardisation import Standardisation
from throughtime.tasks.task import Output

MOST_BYTES = 2**29
"""The largest text file that is read."""

MOST_VALUES = 2**27
"""The most numbers (1 GiB) that the arrays, padded, may hold."""

LARGEST = {"float64": 1e300, "float32": 1e37}
"""The largest magnitude of a number that is read, by what will be computed with: sums of its like do not overflow."""


_FEW = 20
"""Whole numbers of so few kinds might be meant as classes; they are not taken for them, but it is said."""

ONE_A_STEP = (
    "y has as many numbers as x has steps: it is one target for each step; if they are the outputs of the last step, "
    'say output="last step"'
)


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


def data_of(
    path: Path, reading: Reading, x: Array, y: Array, lengths: npt.NDArray[np.int64], inputs: tuple[str, ...],
    outputs: tuple[str, ...], classes: tuple[str, ...] = (), *, named: bool = False, sequence: str = "", time: str = "",
    unused: tuple[str, ...] = (), notes: Sequence[str] = (), places: Places | None = None,
) -> Data:  # fmt: skip
    """What was read, once it is known what its targets are.

    Parameters
    ----------
    inputs, outputs : strings
        Names of the columns of the file.
    classes : strings
        What each of the features of y stands for, where the file names classes; else empty.
    others : as in Data and Columns

    Raises
    ------
    ValueError
        If the targets are not what `reading` says.
    """
    found = Data(
        x, y, lengths,
        Columns(
            inputs, outputs, named, "numbers", classes, "every step" if y.ndim == 3 else "last step", sequence, time,
            Standardisation.none(x.shape[-1]), Standardisation.none(y.shape[-1]),
        ), unused, tuple(notes), places,
    )  # fmt: skip
    targets = _targets(path, found, reading.targets)
    shown = list(notes)
    if not reading.classes:
        shown += look_alike(classes)
    if targets == "numbers" and reading.targets is None:
        shown += _maybe_classes(found)
    columns = replace(found.columns, targets=targets, classes=(classes or outputs) if targets == "classes" else ())
    return replace(found, columns=columns, notes=tuple(shown))


def _targets(path: Path, found: Data, said: Targets | None) -> Targets:
    """The kind of the targets: the given one if it fits them, or else as they look."""
    only_0_and_1, one_of_several = True, found.y.shape[-1] > 1
    for y in _real_targets(found):
        odd = y[(y != 0) & (y != 1)]
        if said == "yes or no" and odd.size:
            raise ValueError(f'{path}: expected targets that are 0 or 1 (targets="yes or no"), got {odd[0]:g}')
        only_0_and_1 &= not odd.size
        one_of_several &= only_0_and_1 and bool((y.sum(axis=-1) == 1).all())
        if not only_0_and_1 and said != "yes or no":
            break
    one_of_several |= bool(found.columns.classes)
    if said == "classes" and not one_of_several:
        raise ValueError(
            f"{path}: expected a target that names the class, or a 1 in the column of the class and 0 in the others "
            f"(targets=classes), got {', '.join(found.columns.outputs)} of other values"
        )
    return said or ("classes" if one_of_several else "yes or no" if only_0_and_1 else "numbers")


def _maybe_classes(found: Data) -> Iterator[str]:
    """Say that numbers might be meant as classes."""
    kinds = np.empty(0)
    for y in _real_targets(found):
        if y.shape[-1] > 1 or (y != np.round(y)).any():
            return
        kinds = np.union1d(kinds, y)
        if len(kinds) > _FEW:
            return
    shown = ", ".join(f"{kind:g}" for kind in kinds[:5]) + (", …" if len(kinds) > 5 else "")
    yield f"the targets are whole numbers of {len(kinds)} kinds ({shown}); if they name classes, say targets=classes"


def _real_targets(found: Data) -> Iterator[Array]:
    """The targets (N,O) before each sequence's end, some at a time."""
    T, step = found.x.shape[1], found.rows_at_a_time
    for start in range(0, len(found), step):
        y = found.y[start : start + step]
        real = np.arange(T) < found.lengths[start : start + step, None]
        yield y[real] if y.ndim == 3 else y


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
    return np.asarray(codes[..., None] == np.arange(classes), np.uint8)


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
