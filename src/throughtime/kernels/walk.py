"""The walks over whole matrices, tile by tile, on bare addresses.

They are compiled once for each precision and called by the name of their symbol: were they linked into every kernel that
calls them, LLVM would compile the tiles again for each. The machine code of a kernel refers to these names, so `prepare` has
to have registered them before a kernel is compiled or loaded.

All steps from row to row and column to column are in elements.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from throughtime.kernels.compiled import exported
from throughtime.kernels.machine import ENGINE
from throughtime.kernels.tile import tile, tile_columns

_ROWS = ENGINE.tile_rows
_CHUNK = 64
"""Rows of A that pass over all panels before the next rows do: A stays in the first-level cache."""
_DEPTH_BLOCK = 128
"""Rows of A and B that a weight gradient sums up at once: a panel of B of that depth fits the first-level cache."""
ALIGNMENT = 64
"""Bytes of a cache line: a panel starts with one, so that no vector of it lies across two."""

_POINTER, _INT, _BOOL = "pointer", types.int64, types.boolean


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
        return ir.Constant(ir.IntType(64), tile_columns(like.dtype.bitwidth // 8))

    return types.int64(like), generate


@intrinsic
def _scratch(typing_context, like):
    """Room on the stack for one panel of `_DEPTH_BLOCK` rows."""

    def generate(context, builder, signature, arguments):
        size = _DEPTH_BLOCK * tile_columns(like.dtype.bitwidth // 8)
        room = cgutils.alloca_once(builder, ir.ArrayType(context.get_value_type(like.dtype), size))
        room.align = ALIGNMENT
        return builder.bitcast(room, context.get_value_type(like))

    return like(like), generate


def call(builder: ir.IRBuilder, name: str, element: types.Float, arguments: list[ir.Value]) -> None:
    """Call the walk `name` for this precision; booleans are passed as bytes."""
    arguments = [builder.zext(a, ir.IntType(8)) if a.type == ir.IntType(1) else a for a in arguments]
    function_type = ir.FunctionType(ir.VoidType(), [value.type for value in arguments])
    builder.call(cgutils.get_or_insert_function(builder.module, function_type, _symbol(name, element)), arguments)


def _symbol(name: str, element: types.Float) -> str:
    return f"throughtime_{name}_{element}"


def _signature(element: types.Float, parameters: tuple[Any, ...]) -> Any:
    return types.void(*(types.CPointer(element) if p is _POINTER else p for p in parameters))


_COLUMN = (_POINTER, _INT, _INT, _INT, _POINTER, _INT, _INT, _POINTER, _INT, _INT, _BOOL)
_PRODUCT = (_POINTER, _INT, _INT, _INT, _POINTER, _INT, _INT, _INT, _POINTER, _INT, _INT, _BOOL)
_GRADIENT = (_POINTER, _INT, _INT, _INT, _POINTER, _INT, _INT, _POINTER, _INT, _INT)
_PACK = (_POINTER, _INT, _INT, _INT, _INT, _POINTER)


@intrinsic
def _column(typing_context, a, a_row, a_column, rows, b, b_row, depth, c, c_row, columns, accumulate):
    """Call `_column_of_tiles`."""

    def generate(context, builder, signature, arguments):
        call(builder, "column", a.dtype, list(arguments))
        return context.get_dummy_value()

    return _signature(a.dtype, _COLUMN), generate


@intrinsic
def pack(typing_context, b, b_row, b_column, depth, columns, packed):
    """Call `_pack`."""

    def generate(context, builder, signature, arguments):
        call(builder, "pack", b.dtype, list(arguments))
        return context.get_dummy_value()

    return _signature(b.dtype, _PACK), generate


def _column_of_tiles(a, a_row, a_column, rows, b, b_row, depth, c, c_row, columns, accumulate):
    """C (+)= A B for one panel of B, in tiles of as many rows as there are left."""
    i = 0
    while i + _ROWS <= rows:
        tile(
            _ROWS,
            depth,
            moved(a, i * a_row),
            a_row,
            a_column,
            b,
            b_row,
            moved(c, i * c_row),
            c_row,
            columns,
            accumulate,
        )
        i += _ROWS
    if _ROWS > 4 and i + 4 <= rows:
        tile(4, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns, accumulate)
        i += 4
    while i < rows:
        tile(1, depth, moved(a, i * a_row), a_row, a_column, b, b_row, moved(c, i * c_row), c_row, columns, accumulate)
        i += 1


def _product(a, a_row, a_column, rows, b, b_row, b_panel, depth, c, c_row, columns, accumulate):
    """C (+)= A B, where the panels of B are `b_panel` elements apart."""
    panel = panel_columns(c)
    for i in range(0, rows, _CHUNK):
        for j in range(0, columns, panel):
            _column(
                moved(a, i * a_row), a_row, a_column, min(_CHUNK, rows - i),
                moved(b, j // panel * b_panel), b_row, depth,
                moved(c, i * c_row + j), c_row, min(panel, columns - j), accumulate,
            )  # fmt: skip


def _gradient(a, a_row, a_column, rows, b, b_row, depth, c, c_row, columns):
    """C += A B with a great depth, of which a block at a time stays in the first-level cache.

    The rows of a panel of B lie a whole row of B apart, often a power of two, and so would all compete for the same few
    places in that cache: unless there are so few rows of C that B is hardly read again, the block is copied together.
    """
    panel = panel_columns(c)
    room = _scratch(c)
    for k in range(0, depth, _DEPTH_BLOCK):
        d = min(_DEPTH_BLOCK, depth - k)
        a_k = moved(a, k * a_column)
        for j in range(0, columns, panel):
            present = min(panel, columns - j)
            b_kj, step = moved(b, k * b_row + j), b_row
            if rows > 2 * _ROWS:
                pack(b_kj, b_row, 1, d, present, room)
                b_kj, step = room, panel
            _column(a_k, a_row, a_column, rows, b_kj, step, d, moved(c, j), c_row, present, True)


def _pack(b, b_row, b_column, depth, columns, packed):
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


_WALKS = (
    ("column", _COLUMN, _column_of_tiles),
    ("pack", _PACK, _pack),
    ("product", _PRODUCT, _product),
    ("gradient", _GRADIENT, _gradient),
)


@cache
def prepare(precision: str) -> list[Any]:
    """Compile the walks for "float32" or "float64", or load them, before any kernel of that precision is.

    The result keeps the machine code alive.
    """
    element = getattr(types, precision)
    compiled = []
    for name, parameters, function in _WALKS:
        walk = exported(_signature(element, parameters), function)
        llvmlite.binding.add_symbol(_symbol(name, element), walk.address)
        compiled.append(walk)
    return compiled
