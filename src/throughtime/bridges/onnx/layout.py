"""The operators of ONNX that lay numbers out anew or compute with constants, in NumPy; each knows its size beforehand.

They are what an exporter writes around recurrent layers: shapes are taken apart and put together, axes are moved. Here
they run on constants and on the numbers of elements alike (see `following`). A declared size never takes memory before
it is compared with `budget`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.bridges.onnx.operators import Refused

LARGEST_VALUE = 2**24
"""Elements that one value may have; constants that the file itself holds may be larger."""
MOST_ELEMENTS = 2**26
"""Elements that all values together may have: the work of running a model."""

END = 2**31 - 1
"""A bound of a Slice of at least this size stands for the end of an axis."""


class Budget:
    """How many elements may still be made.

    Parameters
    ----------
    held : int
        Elements of the file's own constants, which may be moved about a few times.
    """

    def __init__(self, held: int = 0) -> None:
        self.one = max(LARGEST_VALUE, held)
        self.left = MOST_ELEMENTS + 8 * held

    def take(self, shape: Sequence[int]) -> None:
        """A refusal if a value of this shape is more than may be made."""
        size = prod(int(size) for size in shape)
        self.left -= abs(size)
        if size > self.one or self.left < 0 or len(shape) > 16:
            raise Refused(
                f"it makes arrays of too many numbers, {size:,} in one: export it with free batch and time axes"
            )


def numbers(value: Array) -> list[int]:
    """The whole numbers of a constant that tells sizes, axes or places."""
    if value.dtype.kind not in "iu" or value.ndim > 1 or value.size > 64:
        raise Refused(f"it has sizes or axes of type {value.dtype} and shape {value.shape}")
    return [int(number) for number in value.reshape(-1)]


def transpose(budget: Budget, x: Array, perm: Sequence[int] | None = None) -> Array:
    """The axes in another order."""
    return x.transpose(perm)


def reshape(budget: Budget, x: Array, shape: Array, allowzero: int = 0) -> Array:
    """Another shape; 0 keeps an axis, -1 is what is left."""
    wanted = numbers(shape)
    if not allowzero:
        wanted = [x.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    return x.reshape(wanted)


def squeeze(budget: Budget, x: Array, axes: Array | None = None) -> Array:
    """Without axes of size 1."""
    return x.squeeze(None if axes is None else tuple(numbers(axes)))


def unsqueeze(budget: Budget, x: Array, axes: Array) -> Array:
    """With new axes of size 1."""
    return np.expand_dims(x, tuple(numbers(axes)))


def slice_of(
    budget: Budget, x: Array, starts: Array, ends: Array, axes: Array | None = None, steps: Array | None = None
) -> Array:
    """A part of some axes."""
    first, last = numbers(starts), numbers(ends)
    along = list(range(len(first))) if axes is None else numbers(axes)
    stride = [1] * len(first) if steps is None else numbers(steps)
    places = [slice(None)] * x.ndim
    for axis, *where in zip(along, first, last, stride, strict=True):
        places[axis] = slice(*where)
    return x[tuple(places)]


def cuts_larger(x: Array, starts: Array, ends: Array, axes: Array | None = None, *_steps: Any) -> bool:
    """Whether a Slice has a bound outside x that is no sign for "to the end": a larger array would be cut there."""
    first, last = numbers(starts), numbers(ends)
    along = list(range(len(first))) if axes is None else numbers(axes)
    return any(
        x.shape[axis] < abs(bound) < END for axis, *both in zip(along, first, last, strict=True) for bound in both
    )


def gather(budget: Budget, x: Array, places: Array, axis: int = 0) -> Array:
    """Some places of an axis."""
    budget.take((x.size // max(1, x.shape[axis]), places.size))
    return np.take(x, places, axis)


def concat(budget: Budget, *parts: Array, axis: int) -> Array:
    """Arrays side by side."""
    budget.take((sum(part.size for part in parts),))
    return np.concatenate(parts, axis)


def expand(budget: Budget, x: Array, shape: Array) -> Array:
    """Repeated along axes of size 1."""
    wanted = numbers(shape)
    budget.take(wanted)
    full = np.broadcast_shapes(x.shape, tuple(wanted))
    budget.take(full)
    return np.broadcast_to(x, full)


def filled(budget: Budget, shape: Array, value: Array | None = None) -> Array:
    """A constant of a shape."""
    wanted = numbers(shape)
    budget.take(wanted)
    fill = np.zeros(1, np.float32) if value is None else value.reshape(-1)[:1]
    return np.full(wanted, fill[0], fill.dtype)


def counted(budget: Budget, start: Array, limit: Array, delta: Array) -> Array:
    """Numbers in even steps."""
    first, last, step = (float(value.reshape(-1)[0]) for value in (start, limit, delta))
    budget.take((int(max(0.0, np.ceil((last - first) / step))),))
    return np.arange(start.reshape(-1)[0], limit.reshape(-1)[0], delta.reshape(-1)[0], dtype=start.dtype)


def where(budget: Budget, choice: Array, a: Array, b: Array) -> Array:
    """One or the other."""
    budget.take(np.broadcast_shapes(choice.shape, a.shape, b.shape))
    return np.where(choice, a, b)


LAYOUT: dict[str, Callable[..., Array]] = {
    "Transpose": transpose, "Reshape": reshape, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Slice": slice_of,
    "Gather": gather, "Concat": concat, "Expand": expand,
}  # fmt: skip
"""Operators that move elements and change none; all inputs but the first are constants (of Concat, none need be)."""

ARITHMETIC: dict[str, Any] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Less": np.less, "Equal": np.equal,
    "Greater": np.greater, "Max": np.maximum, "Min": np.minimum, "And": np.logical_and, "Not": np.logical_not,
}  # fmt: skip
"""Operators that are computed of constants, as sizes are."""


def computed(budget: Budget, operator: str, values: Sequence[Array]) -> Array:
    """The result of arithmetic on constants, in their type."""
    budget.take(np.broadcast_shapes(*(value.shape for value in values)))
    with np.errstate(all="ignore"):
        if operator == "Div" and values[0].dtype.kind in "iu":
            return np.asarray(np.floor_divide(*values))
        return np.asarray(ARITHMETIC[operator](*values))


def product(budget: Budget, a: Array, b: Array) -> Array:
    """The matrix product of constants, as of a state of zeros."""
    if b.ndim != 2 or a.ndim < 1 or a.shape[-1] != b.shape[0]:
        raise Refused(f"it multiplies matrices of the shapes {a.shape} and {b.shape}")
    budget.take((*a.shape[:-1], b.shape[1]))
    with np.errstate(all="ignore"):
        return np.asarray(a @ b)
