"""The walks over whole matrices, tile by tile, on bare addresses.

All steps from row to row and column to column are in elements.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.machine import ENGINE
from throughtime.kernels.tile import tile

_ROWS = ENGINE.tile_rows
_CHUNK = 64
"""Rows of A that pass over all panels before the next rows do: A stays in the first-level cache."""
_DEPTH_BLOCK = 128
"""Rows of A and B that a weight gradient sums up at once: a panel of B of that depth fits the first-level cache."""
_ALIGNMENT = 64
"""Bytes of a cache line."""


@intrinsic
def moved(typing_context, pointer, elements):
    """The address so many elements further on."""

    def generate(context, builder, signature, arguments):
        return builder.gep(arguments[0], [arguments[1]])

    return pointer(pointer, types.int64), generate


@intrinsic
def panel_columns(typing_context, like):
    """Columns of a panel for the element type of an array or pointer."""

    def generate(context, builder, signature, arguments):
        return ir.Constant(ir.IntType(64), ENGINE.tile_columns(like.dtype.bitwidth // 8))

    return types.int64(like), generate


@intrinsic
def _scratch(typing_context, like):
    """Room on the stack for one panel of `_DEPTH_BLOCK` rows."""

    def generate(context, builder, signature, arguments):
        size = _DEPTH_BLOCK * ENGINE.tile_columns(like.dtype.bitwidth // 8)
        with builder.goto_entry_block():  # Numba's alloca_once would fill it with zeros at every call
            room = builder.alloca(ir.ArrayType(context.get_value_type(like.dtype), size))
        room.align = _ALIGNMENT
        return builder.bitcast(room, context.get_value_type(like))

    return like(like), generate


@inlined
def _column_of_tiles(a, a_row, a_column, rows, b, b_row, depth, c, c_row, columns, accumulate):
    """C (+)= A B for one panel of B, in tiles of as many rows as there are left."""
    i = 0
    while i + _ROWS <= rows:
        tile(
            _ROWS, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns,
            accumulate,
        )  # fmt: skip
        i += _ROWS
    if _ROWS > 4 and i + 4 <= rows:
        tile(4, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns, accumulate)
        i += 4
    while i < rows:
        tile(1, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns, accumulate)
        i += 1


@kernel
def product(a, a_row, a_column, rows, b, b_row, b_panel, depth, c, c_row, columns, accumulate):
    """C (+)= A B, where the panels of B are `b_panel` elements apart."""
    panel = panel_columns(c)
    for i in range(0, rows, _CHUNK):
        a_i, b_j, i_rows = moved(a, i * a_row), b, _CHUNK if i + _CHUNK < rows else rows - i
        for j in range(0, columns, panel):
            c_ij, present = moved(c, i * c_row + j), panel if j + panel < columns else columns - j
            _column_of_tiles(a_i, a_row, a_column, i_rows, b_j, b_row, depth, c_ij, c_row, present, accumulate)
            b_j = moved(b_j, b_panel)


@kernel
def gradient(a, a_row, a_column, rows, b, b_row, depth, c, c_row, columns):
    """C += A B with a great depth, of which a block at a time stays in the first-level cache.

    The rows of a panel of B lie a whole row of B apart, often a power of two, and so would all compete for the same few
    places in that cache: unless there are so few rows of C that B is hardly read again, the block is copied together.
    """
    panel = panel_columns(c)
    room = _scratch(c)
    for k in range(0, depth, _DEPTH_BLOCK):
        d = _DEPTH_BLOCK if k + _DEPTH_BLOCK < depth else depth - k
        a_k = moved(a, k * a_column)
        for j in range(0, columns, panel):
            present = panel if j + panel < columns else columns - j
            b_kj, step = moved(b, k * b_row + j), b_row
            if rows > 2 * _ROWS:
                pack(b_kj, b_row, 1, d, present, room)
                b_kj, step = room, panel
            product(a_k, a_row, a_column, rows, b_kj, step, 0, d, moved(c, j), c_row, present, True)


@kernel
def pack(b, b_row, b_column, depth, columns, packed):
    """Copy B into panels. Padding is left as it is, since no tile reads it."""
    panel = panel_columns(b)
    for j in range(0, columns, panel):
        last_column = min(j + panel, columns)
        if b_column == 1:
            for row in range(depth):
                for column in range(j, last_column):
                    packed[j * depth + row * panel + column - j] = b[row * b_row + column]
            continue
        # A transposed matrix: in squares small enough to stay in the cache, along its contiguous direction.
        for first_row in range(0, depth, panel):
            for column in range(j, last_column):
                for row in range(first_row, min(first_row + panel, depth)):
                    packed[j * depth + row * panel + column - j] = b[row * b_row + column * b_column]
