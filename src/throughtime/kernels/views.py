"""Rows of contiguous arrays as arrays, without counting references or checking bounds.

Numba's own slices do both, which costs more than a small step of a network, and seconds of compiling. A view does not
keep its array alive: the arguments of the running kernel do.
"""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array


def _view(context, builder, source_type, source, view_type, first, shape, strides):
    """The array of `shape` whose first element is `first` elements into the source."""
    data = context.make_array(source_type)(context, builder, source).data
    view = context.make_array(view_type)(context, builder)
    itemsize = context.get_constant(types.intp, source_type.dtype.bitwidth // 8)
    populate_array(
        view,
        data=builder.gep(data, [first]),
        shape=shape,
        strides=[builder.mul(stride, itemsize) for stride in strides],
        itemsize=itemsize,
        meminfo=None,
    )
    return view._getvalue()


def _row_length(context, builder, source_type, source):
    shape = context.make_array(source_type)(context, builder, source).shape
    return builder.extract_value(shape, source_type.ndim - 1)


@intrinsic
def row(typing_context, a, i):
    """Row i of the contiguous array (…, F) read as a matrix of rows, as an array (F,)."""
    view_type = types.Array(a.dtype, 1, "C")

    def generate(context, builder, signature, arguments):
        source, i_value = arguments
        length = _row_length(context, builder, a, source)
        one = context.get_constant(types.intp, 1)
        return _view(context, builder, a, source, view_type, builder.mul(i_value, length), [length], [one])

    return view_type(a, types.intp), generate


@intrinsic
def rows(typing_context, a, i, count):
    """Rows i to i + count of the contiguous array (…, F) read as a matrix of rows, as an array (count, F)."""
    view_type = types.Array(a.dtype, 2, "C")

    def generate(context, builder, signature, arguments):
        source, i_value, count_value = arguments
        length = _row_length(context, builder, a, source)
        first = builder.mul(i_value, length)
        one = context.get_constant(types.intp, 1)
        return _view(context, builder, a, source, view_type, first, [count_value, length], [length, one])

    return view_type(a, types.intp, types.intp), generate


@intrinsic
def columns(typing_context, matrix, j, count):
    """Columns j to j + count of a contiguous matrix, as an array (rows, count)."""
    view_type = types.Array(matrix.dtype, 2, "A")

    def generate(context, builder, signature, arguments):
        source, j_value, count_value = arguments
        length = _row_length(context, builder, matrix, source)
        height = builder.extract_value(context.make_array(matrix)(context, builder, source).shape, 0)
        one = context.get_constant(types.intp, 1)
        return _view(context, builder, matrix, source, view_type, j_value, [height, count_value], [length, one])

    return view_type(matrix, types.intp, types.intp), generate


@intrinsic
def item(typing_context, a, i):
    """a[i] of a contiguous array of two or more dimensions, as an array of one less."""
    view_type = types.Array(a.dtype, a.ndim - 1, "C")

    def generate(context, builder, signature, arguments):
        source, i_value = arguments
        shape = cgutils.unpack_tuple(builder, context.make_array(a)(context, builder, source).shape, a.ndim)[1:]
        steps = _steps(context, builder, shape)
        first = builder.mul(i_value, builder.mul(shape[0], steps[0]))
        return _view(context, builder, a, source, view_type, first, shape, steps)

    return view_type(a, types.intp), generate


@intrinsic
def items(typing_context, a, i, count):
    """a[i : i + count] of a contiguous array."""

    def generate(context, builder, signature, arguments):
        source, i_value, count_value = arguments
        shape = cgutils.unpack_tuple(builder, context.make_array(a)(context, builder, source).shape, a.ndim)
        steps = _steps(context, builder, shape)
        return _view(context, builder, a, source, a, builder.mul(i_value, steps[0]), [count_value, *shape[1:]], steps)

    return a(a, types.intp, types.intp), generate


def _steps(context, builder, shape):
    """How many elements apart neighbours lie along each axis of a contiguous array."""
    steps = [context.get_constant(types.intp, 1)]
    for size in reversed(shape[1:]):
        steps.insert(0, builder.mul(steps[0], size))
    return steps


@intrinsic
def shaped(typing_context, a, shape):
    """The first elements of a contiguous array in another shape.

    Parameters
    ----------
    a : array
    shape : tuple of int
        Of no more elements than the array has.
    """
    view_type = types.Array(a.dtype, len(shape), "C")

    def generate(context, builder, signature, arguments):
        source, shape_value = arguments
        sizes = [
            context.cast(builder, size, kind, types.intp)
            for size, kind in zip(cgutils.unpack_tuple(builder, shape_value, len(shape)), shape, strict=True)
        ]
        zero = context.get_constant(types.intp, 0)
        return _view(context, builder, a, source, view_type, zero, sizes, _steps(context, builder, sizes))

    return view_type(a, shape), generate
