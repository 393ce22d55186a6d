"""Arguments that stay the same from call to call, as a piece of memory whose address a call is given.

Taking a tuple or an array of Python's apart takes longer than a small step of a network, at each call anew. So their
words, as Numba lays them out, are written down once: a number is one, an array its counters (none here), its size, its
item's size, its address, its shape and its strides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import NativeValue, intrinsic, models, register_model, unbox

from throughtime.kernels.record import Record, field, memory_of

_WORD = ir.IntType(64)


class Held(types.Type):
    """The Numba type of the address, with those of the arguments."""

    def __init__(self, kinds: tuple[Any, ...]) -> None:
        self.kinds = kinds
        super().__init__(name=f"Held{kinds}")


@register_model(Held)
class _HeldModel(models.PrimitiveModel):
    def __init__(self, manager, held):
        super().__init__(manager, held, _WORD)


@unbox(Held)
def _from_python(held, address, c):
    return NativeValue(c.pyapi.long_as_longlong(address))


def words(argument: Any) -> list[int]:
    """An argument as it stands in memory: a tuple, an int, a float or an array, which must outlive the words."""
    if isinstance(argument, tuple):
        return [word for part in argument for word in words(part)]
    if isinstance(argument, float):
        return [int(np.float64(argument).view(np.int64))]
    if isinstance(argument, int):
        return [argument]
    return [0, 0, argument.size, argument.itemsize, argument.ctypes.data, *argument.shape, *argument.strides]


@intrinsic(prefer_literal=True)
def taken(typing_context, held, number):
    """The argument of that number, a constant."""
    kind, before = held.kinds[number.literal_value], held.kinds[: number.literal_value]

    def generate(context, builder, signature, arguments):
        every = ir.LiteralStructType([memory_of(context, one) for one in (*before, kind)])
        here = field(builder, builder.inttoptr(arguments[0], every.as_pointer()), len(before))
        return here if isinstance(kind, Record) else builder.load(here)

    return kind(held, number), generate
