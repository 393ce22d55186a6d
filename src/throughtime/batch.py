"""Sequences as a network reads them: arrays (batch, time, features), padded at the end, with their lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Sequences = Array | Sequence[Any] | tuple[Any, Any]
"""What is accepted for `x`: an array (B,T,I), a list of arrays (T_i,I), or a pair (array, lengths)."""


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
        Weight of each target in the loss (0: it is not asked for); all 1 when not given.

    Raises
    ------
    ValueError
        If the shapes do not fit; the message names the axes and the shape it got.
    """

    x: Array
    y: Array
    lengths: Array | None = None
    mask: Array | None = None

    def __post_init__(self) -> None:
        x = np.asarray(self.x)
        y = np.asarray(self.y)
        if x.ndim != 3:
            raise ValueError(f"x must be (batch, time, features), got shape {x.shape}")
        if y.ndim not in (2, 3) or y.shape[: y.ndim - 1] != x.shape[: y.ndim - 1]:
            raise ValueError(
                f"y must be (batch, time, outputs) or (batch, outputs) for x of shape {x.shape}, got {y.shape}"
            )
        if self.lengths is not None:
            check_lengths(self.lengths, x.shape[0], x.shape[1])
        if self.mask is not None and np.shape(self.mask) != y.shape[:-1]:
            axes = "(batch, time)" if y.ndim == 3 else "(batch,)"
            raise ValueError(f"mask must be {axes} = {y.shape[:-1]}, got {np.shape(self.mask)}")

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Batch:
        """The batch of some of the rows, `rows` being a slice or an index array."""
        return Batch(
            self.x[rows],
            self.y[rows],
            None if self.lengths is None else self.lengths[rows],
            None if self.mask is None else self.mask[rows],
        )


def check_lengths(lengths: Any, batch: int, time: int) -> npt.NDArray[np.int64]:
    """`lengths` as int64 (B,), each in 1..T, or a ValueError that says what is wrong."""
    given = np.asarray(lengths)
    if given.shape != (batch,):
        raise ValueError(f"lengths must be (batch,) = ({batch},), got shape {given.shape}")
    if not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"lengths must be integers, got {given.dtype}")
    if batch and not (given.min() >= 1 and given.max() <= time):
        raise ValueError(f"lengths must be from 1 to the {time} steps of x, got {given.min()} to {given.max()}")
    return given.astype(np.int64)


def pad(sequences: Sequence[Any]) -> tuple[Array, npt.NDArray[np.int64]]:
    """Lay sequences (T_i, F) of different lengths into one array.

    Returns
    -------
    padded : (B, max T_i, F) array, zero behind the end of each sequence
    lengths : (B,) int64 array of the T_i
    """
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
