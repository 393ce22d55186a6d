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
from throughtime.kernels.vector import llvm_vector

_ROWS = ENGINE.tile_rows
FEW = 4
"""Rows of the smaller tile: of fewer, each is a tile of its own."""
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
    if _ROWS > FEW and i + FEW <= rows:
        tile(
            FEW, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns,
            accumulate,
        )  # fmt: skip
        i += FEW
    if i < rows:
        few_rows(
            moved(a, i * a_row), a_row, a_column, rows - i, b, b_row, 0, depth, moved(c, i * c_row), c_row, columns,
            accumulate,
        )  # fmt: skip


@kernel
def few_rows(a, a_row, a_column, rows, b, b_row, b_panel, depth, c, c_row, columns, accumulate):
    """`product` of so few rows that finding the way to a tile would take as long as the tile."""
    panel = panel_columns(c)
    for j in range(0, columns, panel):
        present = panel if j + panel < columns else columns - j
        for i in range(rows):
            tile(
                1, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row + j), c_row, present,
                accumulate,
            )  # fmt: skip
        b = moved(b, b_panel)


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


@intrinsic
def transpose(typing_context, source, source_row, target, target_row):
    """target = sourceᵀ, a square of as many rows as a vector has lanes."""
    lanes = ENGINE.lanes(source.dtype.bitwidth // 8)
    vector = llvm_vector(source.dtype, lanes)
    itemsize = source.dtype.bitwidth // 8

    def generate(context, builder, signature, arguments):
        def place(pointer, row, k):
            there = builder.gep(pointer, [builder.mul(row, ir.Constant(row.type, k))])
            return builder.bitcast(there, vector.as_pointer())

        rows = [builder.load(place(*arguments[:2], k), align=itemsize) for k in range(lanes)]
        step = 1
        while step < lanes:  # squares of 2 · step numbers have those off the diagonal exchanged
            for i in (i for i in range(lanes) if not i & step):
                upper, lower = rows[i], rows[i + step]
                first = [lane if not lane & step else lanes + lane - step for lane in range(lanes)]
                second = [lane + step if not lane & step else lanes + lane for lane in range(lanes)]
                rows[i], rows[i + step] = (
                    builder.shuffle_vector(upper, lower, ir.Constant(ir.VectorType(ir.IntType(32), lanes), mask))
                    for mask in (first, second)
                )
            step *= 2
        for k, row in enumerate(rows):
            builder.store(row, place(*arguments[2:], k), align=itemsize)
        return context.get_dummy_value()

    return types.void(source, types.int64, target, types.int64), generate


@inlined
def _plain_transpose(source, source_row, target, target_row):
    """The square of the engine `numpy`."""
    square = panel_columns(source) // 2
    for i in range(square):
        for k in range(square):
            target[k * target_row + i] = source[i * source_row + k]


if ENGINE.name == "numpy":
    transpose = _plain_transpose


@kernel
def pack(b, b_row, b_column, depth, columns, packed):
    """Copy B into panels. Padding is left as it is, since no tile reads it."""
    panel = panel_columns(b)
    square = panel // 2
    for j in range(0, columns, panel):
        last_column = j + panel if j + panel < columns else columns
        if b_column == 1:
            for row in range(depth):
                for column in range(j, last_column):
                    packed[j * depth + row * panel + column - j] = b[row * b_row + column]
            continue
        # A transposed matrix, whose columns are contiguous: LLVM would scatter them, number by number.
        for row in range(0, depth, square):
            rows = square if row + square < depth else depth - row
            column = j
            while rows == square and column + square <= last_column:
                from_here, to_here = row + column * b_column, j * depth + row * panel + column - j
                transpose(moved(b, from_here), b_column, moved(packed, to_here), panel)
                column += square
            for rest in range(column, last_column):
                for k in range(row, row + rows):
                    packed[j * depth + k * panel + rest - j] = b[k + rest * b_column]
