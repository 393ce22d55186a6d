"""A vector register as a value that compiled functions compute with.

LLVM does not vectorise a loop over as many arrays as a gated cell touches, since it cannot prove that they do not
overlap. So the cells say it themselves: `load` gives a `Vector` of neighbouring elements, `+ - *` work on all of
them at once, `store` writes them back. A plain number in an expression stands for a vector of that number.

A row of `n` elements is worked through in steps of `width(row)`; the last step may have fewer elements, so every
`load` and `store` is given how many it may touch, and never goes past them::

    for j in range(0, n - n % width(row), width(row)):
        step(row, j, width(row))
    if n % width(row):
        step(row, n - n % width(row), n % width(row))

On the engine `numpy` a vector is one number and all of this is ordinary scalar code.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

from throughtime.kernels.machine import ENGINE

_CONTRACT = ("contract",) if ENGINE.fused else ()
_OPERATORS = {operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv"}


class Vector(types.Type):
    """The Numba type of a vector: element type and number of elements."""

    def __init__(self, element: types.Float, lanes: int) -> None:
        self.element = element
        self.lanes = lanes
        super().__init__(name=f"Vector({element}, {lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        super().__init__(manager, vector, llvm_vector(vector.element, vector.lanes))


def llvm_float(element: types.Float) -> ir.Type:
    """The LLVM type of a number."""
    return ir.FloatType() if element.bitwidth == 32 else ir.DoubleType()


def llvm_vector(element: types.Float, lanes: int) -> ir.VectorType:
    """The LLVM type of a vector."""
    return ir.VectorType(llvm_float(element), lanes)


def vector_of(element: types.Float) -> Vector:
    """The vector of this machine for this element type."""
    return Vector(element, ENGINE.lanes(element.bitwidth // 8))


def splat(builder: ir.IRBuilder, scalar: ir.Value, lanes: int) -> ir.Value:
    """A vector that holds `scalar` in every lane."""
    vector_type = ir.VectorType(scalar.type, lanes)
    one = builder.insert_element(ir.Constant(vector_type, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    every_lane_from_0 = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, ir.Constant(vector_type, ir.Undefined), every_lane_from_0)


def first_lanes(builder: ir.IRBuilder, count: ir.Value, lanes: int) -> ir.Value:
    """The mask of the first `count` lanes."""
    numbers = ir.Constant(ir.VectorType(count.type, lanes), list(range(lanes)))
    return builder.icmp_unsigned("<", numbers, splat(builder, count, lanes))


def masked_load(builder: ir.IRBuilder, pointer: ir.Value, vector_type: ir.VectorType, mask: ir.Value) -> ir.Value:
    """The elements under the mask, zero elsewhere; memory outside of the mask is not touched."""
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector_type, [pointer.type, ir.IntType(32), mask.type, vector_type]),
        f"llvm.masked.load.v{vector_type.count}f{_bits(vector_type)}.p0",
    )
    alignment = ir.Constant(ir.IntType(32), _bits(vector_type) // 8)
    return builder.call(function, [pointer, alignment, mask, ir.Constant(vector_type, [0.0] * vector_type.count)])


def masked_store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, mask: ir.Value) -> None:
    """Write the elements under the mask; memory outside of the mask is not touched."""
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(ir.VoidType(), [value.type, pointer.type, ir.IntType(32), mask.type]),
        f"llvm.masked.store.v{value.type.count}f{_bits(value.type)}.p0",
    )
    builder.call(function, [value, pointer, ir.Constant(ir.IntType(32), _bits(value.type) // 8), mask])


def call_llvm(builder: ir.IRBuilder, name: str, *arguments: ir.Value) -> ir.Value:
    """Call LLVM's own function `name`, for example `fma`, whose arguments and result are of one vector type."""
    vector_type = arguments[0].type
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(vector_type, [vector_type] * len(arguments)),
        f"llvm.{name}.v{vector_type.count}f{_bits(vector_type)}",
    )
    return builder.call(function, arguments)


def scale(builder: ir.IRBuilder, x: ir.Value, n: ir.Value) -> ir.Value:
    """x 2^n, rounded once, of whole vectors of AVX-512; n holds whole numbers."""
    kind, lanes = x.type, x.type.count
    mask, mode = ir.IntType(lanes), ir.IntType(32)
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(kind, [kind, kind, kind, mask, mode]),
        f"llvm.x86.avx512.mask.scalef.p{'s' if _bits(kind) == 32 else 'd'}.512",
    )
    return builder.call(function, [x, n, x, ir.Constant(mask, -1), ir.Constant(mode, 4)])


def multiply_add(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """`a * b + c`, rounded once where the machine can."""
    if ENGINE.fused:
        return call_llvm(builder, "fma", a, b, c)
    return builder.fadd(builder.fmul(a, b), c)


def _bits(vector_type: ir.VectorType) -> int:
    return 32 if isinstance(vector_type.element, ir.FloatType) else 64


def _type_of_binary(left: types.Type, right: types.Type) -> Vector | None:
    if isinstance(left, Vector) and (left == right or isinstance(right, types.Number)):
        return left
    if isinstance(right, Vector) and isinstance(left, types.Number):
        return right
    return None


def _declare(symbol, instruction: str) -> None:
    @type_callable(symbol)
    def type_binary(context):
        return _type_of_binary

    def lower_binary(context, builder, signature, arguments):
        vector = signature.return_type
        operands = [
            value
            if isinstance(kind, Vector)
            else splat(builder, context.cast(builder, value, kind, vector.element), vector.lanes)
            for kind, value in zip(signature.args, arguments, strict=True)
        ]
        return getattr(builder, instruction)(*operands, flags=_CONTRACT)

    lower_builtin(symbol, Vector, Vector)(lower_binary)
    lower_builtin(symbol, Vector, types.Number)(lower_binary)
    lower_builtin(symbol, types.Number, Vector)(lower_binary)


for _symbol, _instruction in _OPERATORS.items():
    _declare(_symbol, _instruction)


@intrinsic
def width(typing_context, row):
    """Elements in one vector of the row's element type."""

    def generate(context, builder, signature, arguments):
        return ir.Constant(ir.IntType(64), vector_of(row.dtype).lanes)

    return types.int64(row), generate


def _element_pointer(context, builder, array_type, array, j):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [j])


@intrinsic
def load(typing_context, row, j, count):
    """`row[j : j + count]` as a vector, whose other elements are 0.

    Parameters
    ----------
    row : contiguous 1-D array
    j : int
    count : int
        At most `width(row)`. Where LLVM sees that it is the constant `width(row)`, this is a plain load.
    """
    vector = vector_of(row.dtype)
    result = row.dtype if ENGINE.name == "numpy" else vector

    def generate(context, builder, signature, arguments):
        row_value, j_value, count_value = arguments
        pointer = _element_pointer(context, builder, row, row_value, j_value)
        if result is not vector:
            return builder.load(pointer)
        mask = first_lanes(builder, count_value, vector.lanes)
        return masked_load(builder, pointer, llvm_vector(row.dtype, vector.lanes), mask)

    return result(row, types.int64, types.int64), generate


@intrinsic
def store(typing_context, row, j, count, value):
    """`row[j : j + count] = value`, for a vector or a number that stands for all elements of one."""
    vector = vector_of(row.dtype)

    def generate(context, builder, signature, arguments):
        row_value, j_value, count_value, new = arguments
        pointer = _element_pointer(context, builder, row, row_value, j_value)
        if not isinstance(value, Vector):
            new = context.cast(builder, new, value, row.dtype)
        if ENGINE.name == "numpy":
            builder.store(new, pointer)
        else:
            if not isinstance(value, Vector):
                new = splat(builder, new, vector.lanes)
            masked_store(builder, new, pointer, first_lanes(builder, count_value, vector.lanes))
        return context.get_dummy_value()

    return types.void(row, types.int64, types.int64, value), generate


@intrinsic
def positive_part(typing_context, value):
    """`max(value, 0)`; nan stays nan."""

    def generate(context, builder, signature, arguments):
        zero = cgutils.get_null_value(arguments[0].type)
        return builder.select(builder.fcmp_ordered("<", arguments[0], zero), zero, arguments[0])

    return value(value), generate


@intrinsic
def square_root(typing_context, value):
    """√value."""

    def generate(context, builder, signature, arguments):
        if isinstance(value, Vector):
            return call_llvm(builder, "sqrt", arguments[0])
        one = splat(builder, arguments[0], 1)
        return builder.extract_element(call_llvm(builder, "sqrt", one), ir.Constant(ir.IntType(32), 0))

    return value(value), generate


@intrinsic
def where_positive(typing_context, condition, value):
    """`value` where `condition > 0`, elsewhere 0."""

    def generate(context, builder, signature, arguments):
        zero = cgutils.get_null_value(arguments[1].type)
        return builder.select(builder.fcmp_ordered(">", arguments[0], zero), arguments[1], zero)

    return value(condition, value), generate


def _as(context, builder, kind, value, result):
    """A value as one of the result's type: a number becomes a vector of it."""
    if kind == result:
        return value
    if not isinstance(result, Vector):
        return context.cast(builder, value, kind, result)
    return splat(builder, context.cast(builder, value, kind, result.element), result.lanes)


def _compared(kinds, take):
    """An intrinsic of values a, b and perhaps more: `take` makes the result of a <= b and the values."""
    vectors = [kind for kind in kinds if isinstance(kind, Vector)]
    result = vectors[0] if vectors else next(kind for kind in kinds if isinstance(kind, types.Float))

    def generate(context, builder, signature, arguments):
        values = [_as(context, builder, *pair, result) for pair in zip(kinds, arguments, strict=True)]
        zero = cgutils.get_null_value(values[0].type)
        return take(builder, builder.fcmp_ordered("<=", values[0], values[1]), values, zero)

    return result(*kinds), generate


@intrinsic
def lesser(typing_context, a, b):
    """The lesser of two values, the first where they are equal."""
    return _compared((a, b), lambda builder, less, values, zero: builder.select(less, *values))


@intrinsic
def greater(typing_context, a, b):
    """The greater of two values, the second where they are equal."""
    return _compared((a, b), lambda builder, less, values, zero: builder.select(less, values[1], values[0]))


@intrinsic
def where_less(typing_context, a, b, value):
    """`value` where a <= b, elsewhere 0."""
    return _compared((a, b, value), lambda builder, less, values, zero: builder.select(less, values[2], zero))


@intrinsic
def where_not_less(typing_context, a, b, value):
    """0 where a <= b, elsewhere `value`."""
    return _compared((a, b, value), lambda builder, less, values, zero: builder.select(less, zero, values[2]))
