"""Elements: the numbers of what a model computes from its input, and what they were computed from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.bridges.onnx.layout import Budget

Elements = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Flow:
    """An array that depends on the input, as the numbers of its elements."""

    elements: Elements


@dataclass(frozen=True)
class Linear:
    """Rows (N, O) = g(rows (N, K) of elements · W (K, O) + b (O,)), with a readout's g."""

    rows: Elements
    W: Array
    b: Array | None
    g: str = "identity"


@dataclass(frozen=True)
class Sum:
    """Rows (N, O), each the sum of two rows of elements."""

    a: Elements
    b: Elements


class Ledger:
    """Gives elements their numbers, and knows for each what it was computed from."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._begins: list[int] = []
        self._records: list[Any] = []
        self._next = 0

    def new(self, shape: tuple[int, ...], record: Any) -> Elements:
        self._budget.take(shape)
        begin, self._next = self._next, self._next + int(np.prod(shape, dtype=np.int64))
        self._begins.append(begin)
        self._records.append(record)
        return np.arange(begin, self._next).reshape(shape)

    def _record(self, elements: Elements) -> tuple[int, Any]:
        """Where the record of these elements begins, and the record; None if they have several."""
        low, high = (bisect_right(self._begins, int(e)) - 1 for e in (elements.min(), elements.max()))
        return self._begins[low], self._records[low] if low == high else None

    def rows(self, elements: Elements) -> tuple[Any, Elements]:
        """The record (Linear or Sum) whose whole rows these elements (…, O) are, and the rows' numbers; else None."""
        begin, record = self._record(elements)
        if not isinstance(record, Linear | Sum):
            return None, elements
        width = record.W.shape[1] if isinstance(record, Linear) else record.a.shape[1]
        places = elements - begin
        if elements.shape[-1:] != (width,) or not (places % width == np.arange(width)).all():
            return None, elements
        return record, places[..., 0] // width

    def linear(self, elements: Elements) -> Linear | None:
        """The linear layer whose whole rows these elements are, with these rows only; None if there is none."""
        record, rows = self.rows(elements)
        return (
            replace(record, rows=record.rows[rows]) if isinstance(record, Linear) and record.g == "identity" else None
        )
