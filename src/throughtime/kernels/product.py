"""Matrix products of arrays, made of tiles.

B is read panel by panel, a panel being the columns of one tile. Packing copies a matrix into panels, each contiguous:
worth it for a matrix that is used many times, like U at every time step, and necessary for a transposed one. A
row-major B can also be read where it stands.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from throughtime.kernels.compiled import called, kernel
from throughtime.kernels.walk import FEW, few_rows, gradient, moved, pack, panel_columns, product

_REPAYS_PACKING = 16
"""Rows from which on a row-major B is packed."""


@intrinsic
def _pointer(typing_context, array):
    """The address of the first element."""

    def generate(context, builder, signature, arguments):
        return context.make_array(array)(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


def _signature(array, letters):
    """Of a walk over matrices of this element type: pointers, numbers and booleans."""
    kinds = {"p": types.CPointer(array.dtype), "n": types.int64, "b": types.boolean}
    return types.void(*(kinds[letter] for letter in letters))


class _Matrix:
    """The address, shape and steps (in elements) of a 2-D array, while IR is written."""

    def __init__(self, context, builder, array_type, value) -> None:
        array = context.make_array(array_type)(context, builder, value)
        itemsize = ir.Constant(ir.IntType(64), array_type.dtype.bitwidth // 8)
        self.data = array.data
        self.rows, self.columns = cgutils.unpack_tuple(builder, array.shape, 2)
        steps = cgutils.unpack_tuple(builder, array.strides, 2)
        self.row, self.column = (builder.sdiv(step, itemsize, flags=["exact"]) for step in steps)


@intrinsic
def multiply(typing_context, A, B_panels, C, accumulate):
    """C = A B, or C += A B.

    Parameters
    ----------
    A : (M, K), any strides
    B_panels : tuple
        B (K, N) from `panels`.
    C : (M, N), rows contiguous
    accumulate : bool
    """
    signature = _signature(A, "pnnnpnnnpnnb")
    write_few, write_many = called(few_rows, signature), called(product, signature)

    def generate(context, builder, signature, arguments):
        a = _Matrix(context, builder, A, arguments[0])
        c = _Matrix(context, builder, C, arguments[2])
        b, b_row, b_panel, _ = cgutils.unpack_tuple(builder, arguments[1], len(B_panels))
        values = [a.data, a.row, a.column, a.rows, b, b_row, b_panel, a.columns, c.data, c.row, c.columns, arguments[3]]
        are_few = builder.icmp_signed("<", a.rows, ir.Constant(a.rows.type, FEW))
        with builder.if_else(are_few) as (few, many):
            with few:
                write_few(context, builder, values)
            with many:
                write_many(context, builder, values)
        return context.get_dummy_value()

    return types.void(A, B_panels, C, types.boolean), generate


@intrinsic
def add_gradient(typing_context, A, B, C):
    """C += Aᵀ B, the sum over time and batch of a weight gradient.

    Parameters
    ----------
    A : (M, K), any strides
        What the weights were multiplied with, one row for each sequence and time step.
    B : (M, N), rows contiguous
        δ of the net inputs.
    C : (K, N), rows contiguous
    """
    write = called(gradient, _signature(A, "pnnnpnnpnn"))

    def generate(context, builder, signature, arguments):
        a, b, c = (_Matrix(context, builder, *matrix) for matrix in zip((A, B, C), arguments, strict=True))
        write(
            context, builder,
            [a.data, a.column, a.row, a.columns, b.data, b.row, a.rows, c.data, c.row, c.columns],
        )  # fmt: skip
        return context.get_dummy_value()

    return types.void(A, B, C), generate


@kernel
def panels(B, first, count, transposed, rows, numbers, room):
    """Columns `first` to `first + count` of B, or the transpose of them, as `multiply` wants it.

    It is packed, unless it can be read where it stands and too few rows would repay the packing.

    Parameters
    ----------
    B : (K, N) contiguous
        It must outlive the result.
    first, count : int
    transposed : bool
    rows : int
        How many rows the result is going to be multiplied with, all calls together.
    numbers : 1-D array
    room : int
        The place in `numbers` where there is room for the packed matrix.

    Returns
    -------
    address : pointer
        The first element.
    row, panel : int
        Elements from row to row of a panel and from panel to panel.
    room : int
        The place behind it.
    """
    row, column = B.shape[1], 1
    depth, columns = B.shape[0], count
    source = moved(_pointer(B), first)
    panel = panel_columns(B)
    if not transposed and rows < _REPAYS_PACKING:
        return source, row, panel, room
    if transposed:
        row, column = column, row
        depth, columns = columns, depth
    packed = moved(_pointer(numbers), room)
    pack(source, row, column, depth, columns, packed)
    return packed, panel, panel * depth, room + (columns + panel - 1) // panel * panel * depth
