"""Arrays that begin with a cache line, for what kernels read and write again and again.

NumPy lays an array at any 16 bytes, so that each of its vectors may lie across two lines: a pair of the classic adder
took 5 to 7 % longer then, in one process and not in the next.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

LINE = 64
"""Bytes of a cache line, or a multiple of them."""


def zeros(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """An array of 0 whose first element begins a cache line."""
    size = prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + LINE, np.uint8)
    start = -memory.ctypes.data % LINE
    return memory[start : start + size].view(dtype).reshape(shape)


def copied(array: Array, dtype: npt.DTypeLike) -> Array:
    """A copy of an array, of that dtype, whose first element begins a cache line."""
    made = zeros(array.shape, dtype)
    made[...] = array
    return made
