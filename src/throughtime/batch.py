"""Sequences as a network reads them: arrays (batch, time, features), padded at the end, with their lengths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Sequences = Array | Sequence[Any] | tuple[Any, Any]
"""Forms of `x`: an array (B,T,I), a list of arrays (T_i,I), or a pair (array, lengths)."""


@dataclass(frozen=True)
class Batch:
    """Some sequences and what is wanted of them.

    Parameters
    ----------
    x : (B, T, I) float array
        Inputs, padded at the end of time where sequences differ in length.
    y : (B, T, O) or (B, O) float array
        Targets at every step, or one for each sequence.
    lengths : (B,) int array, optional
        Steps of each sequence that are real, 1..T; all T when not given.
    mask : (B, T) or (B,) float array, optional
        Weight of each target in the loss (0: it is not scored); all 1 when not given.

    All of them may be lists; they are kept as arrays. Numbers behind a sequence's end, and targets of weight 0,
    may be anything, NaN too.

    Raises
    ------
    ValueError
        If the shapes do not fit, a weight is negative or not finite, or something is no number; the message names the
        axes and the shape it got, or the place.
    """

    x: Array
    y: Array
    lengths: Array | None = None
    mask: Array | None = None

    def __post_init__(self) -> None:
        x, y = numbers("x", self.x), numbers("y", self.y)
        if x.ndim != 3:
            raise ValueError(f"x must be (batch, time, features), got shape {x.shape}")
        if y.ndim not in (2, 3) or y.shape[: y.ndim - 1] != x.shape[: y.ndim - 1]:
            raise ValueError(
                f"y must be (batch, time, outputs) or (batch, outputs) for x of shape {x.shape}, got {y.shape}"
            )
        lengths = self.lengths
        if lengths is not None:
            check_lengths(lengths, x.shape[0], x.shape[1])
            lengths = np.asarray(lengths)
        mask = None if self.mask is None else numbers("mask", self.mask)
        if mask is not None and mask.shape != y.shape[:-1]:
            axes = "(batch, time)" if y.ndim == 3 else "(batch,)"
            raise ValueError(f"mask must be {axes} = {y.shape[:-1]}, got {mask.shape}")
        for name, array in (("x", x), ("y", y), ("lengths", lengths), ("mask", mask)):
            object.__setattr__(self, name, array)
        check_weights(mask, self.real if y.ndim == 3 else None)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Batch:
        """The batch of some of the rows, `rows` being a slice or an index array."""
        part = Batch.__new__(Batch)  # what was checked is not checked again
        for name in ("x", "y", "lengths", "mask"):
            array = getattr(self, name)
            object.__setattr__(part, name, None if array is None else array[rows])
        if part.x.ndim != 3:
            raise ValueError(f"the rows of a batch must be a slice or an index array, got {rows!r}")
        return part

    @property
    def real(self) -> npt.NDArray[np.bool_] | None:
        """Which steps (B,T) are before their sequence's end; None for all."""
        return None if self.lengths is None else np.arange(self.x.shape[1]) < self.lengths[:, None]

    @property
    def scored(self) -> npt.NDArray[np.bool_] | None:
        """Which targets, (B,T) or (B,), count in the loss; None for all."""
        real = self.real if self.y.ndim == 3 else None
        weighted = None if self.mask is None else self.mask > 0
        return weighted if real is None else real if weighted is None else real & weighted


def numbers(name: str, values: Any) -> Array:
    """`values` as an array of numbers, or a ValueError that says what they are."""
    refuse_masked(name, values)
    try:
        array = np.asarray(values)
    except ValueError:  # lists within it differ in length
        raise ValueError(
            f"{name} must be one array, got lists of different lengths: lay them into one with throughtime.pad"
        ) from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got an array of {array.dtype}")
    return array


def refuse_masked(name: str, values: Any) -> None:
    """A ValueError for an array of NumPy's, or one in a list, that is masked in part: what is beneath would be read."""
    if isinstance(values, list):
        for one in values:
            if isinstance(one, np.ndarray):
                refuse_masked(name, one)
    if isinstance(values, np.ndarray) and type(values) is not np.ndarray and np.ma.is_masked(values):
        raise ValueError(
            f"{name} must be an array without masked entries, got {np.sum(np.ma.getmask(values)):,} of them: "
            "fill them, and say with lengths or mask what does not count"
        )


def place(index: Iterable[int], last: str = "") -> str:
    """Where a number stands in an array (batch, …), for an error; `last` is what its last axis holds, but for times."""
    *outer, inner = (int(i) for i in index)
    axes = [*["sequence", "step"][: len(outer)], last] if last else ["sequence", "step"]
    return ", ".join(f"{axis} {i}" for axis, i in zip(axes, [*outer, inner], strict=False))


def check_finite(name: str, last: str, array: Array, dtype: Any, counts: Array | None = None) -> bool:
    """Refuse numbers that are not finite in a network's dtype.

    Parameters
    ----------
    name, last : what the user calls it, and what its last axis holds
    array : (B, …, F) array of numbers
    dtype : the network's
    counts : (B, …) bool array, optional
        Which of them are looked at; all when not given.

    Returns
    -------
    bool
        Whether all are finite, also those that are not looked at.
    """
    if array.dtype.kind != "f":
        return True
    if array.dtype == dtype:  # the quick way, on one thread; the sum of finite numbers may overflow
        with np.errstate(over="ignore", invalid="ignore"):
            if math.isfinite(np.add.reduce(array, axis=None)):
                return True
    if array.dtype.itemsize <= np.dtype(dtype).itemsize:
        finite = np.isfinite(array)
    else:
        with np.errstate(over="ignore"):
            finite = np.isfinite(array.astype(dtype))
    if finite.all():
        return True
    wrong = np.argwhere(~finite if counts is None else ~finite & counts[..., None])
    if not len(wrong):
        return False
    found = array[tuple(wrong[0])]
    where = f"at {place(wrong[0], last)}"
    if np.isfinite(found):
        largest = np.finfo(dtype).max
        raise ValueError(f"{name} must be numbers up to {largest:.3g}, which {dtype} holds, got {found:.3g} {where}")
    raise ValueError(f"{name} must be finite numbers, got {found} {where}")


def check_weights(mask: Array | None, real: Array | None = None) -> None:
    """Refuse weights of targets, (B,T) or (B,), that are negative or not finite at steps that are real."""
    if mask is None:
        return
    wrong = ~((mask >= 0) & (mask < np.inf))
    if real is not None:
        wrong &= real
    if wrong.any():
        at = np.argwhere(wrong)[0]
        raise ValueError(f"mask must be weights of at least 0, got {mask[tuple(at)]} at {place(at)}")


def check_lengths(lengths: Any, batch: int, time: int) -> npt.NDArray[np.int64]:
    """`lengths` as int64 (B,), each in 1..T, or a ValueError that says what is wrong."""
    refuse_masked("lengths", lengths)
    given = np.asarray(lengths)
    if given.shape != (batch,):
        raise ValueError(f"lengths must be (batch,) = ({batch},), got shape {given.shape}")
    if not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"lengths must be integers, got {given.dtype}")
    if batch and not (given.min() >= 1 and given.max() <= time):
        raise ValueError(f"lengths must be from 1 to the {time} steps of x, got {given.min()} to {given.max()}")
    return given.astype(np.int64, copy=False)


def pad(sequences: Sequence[Any]) -> tuple[Array, npt.NDArray[np.int64]]:
    """Lay sequences (T_i, F) of different lengths into one array.

    Returns
    -------
    padded : (B, max T_i, F) array, zero behind the end of each sequence
    lengths : (B,) int64 array of the T_i
    """
    for i, sequence in enumerate(sequences):
        refuse_masked(f"sequence {i}", sequence)
    arrays = [np.asarray(s) for s in sequences]
    if not arrays:
        raise ValueError("expected at least one sequence, got an empty list")
    for i, a in enumerate(arrays):
        if a.ndim != 2 or a.shape[0] == 0 or a.shape[1] != arrays[0].shape[1]:
            raise ValueError(
                "each sequence must be (time, features) with the same features and at least one step; "
                f"sequence {i} has shape {a.shape}" + (f", sequence 0 has {arrays[0].shape}" if i else "")
            )
    lengths = np.array([len(a) for a in arrays], dtype=np.int64)
    padded = np.zeros((len(arrays), int(lengths.max()), arrays[0].shape[1]), np.result_type(*arrays))
    for row, a in zip(padded, arrays, strict=True):
        row[: len(a)] = a
    return padded, lengths
