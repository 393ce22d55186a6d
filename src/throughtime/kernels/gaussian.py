r"""Standard normal numbers as a pure function of a key and a counter.

Number i of a key does not depend on which numbers are drawn before or together with it, or by which thread. The
numbers come in blocks of 32. Lane l of block q is the pair p = 16 q + l:

    bits          = SplitMix64's output function of (k + p γ),  k = that function of the key
    u, v          = the upper and the lower 32 bits, as numbers in (0, 1) and [0, 1)
    z_{32q + l}      = sqrt(-2 ln u) cos(2π v)
    z_{32q + 16 + l} = sqrt(-2 ln u) sin(2π v)         [Box & Muller 1958; Steele, Lea & Flood 2014]

They are computed in float32 and, in an array of float64, widened: noise is the same in both precisions. |z| is at most
6.8.
"""

from __future__ import annotations

import math

from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from throughtime.kernels.compiled import kernel
from throughtime.kernels.vector import call_llvm, multiply_add

_LANES = 16
_BLOCK = 2 * _LANES
_GAMMA = 0x9E3779B97F4A7C15
_LN2 = math.log(2)
# ln(1 + s) = s - s²/2 + s³ P(s) for sqrt(1/2) <= 1 + s < sqrt(2)  [Moshier, Cephes: logf]
_LOG = (3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
        1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2)  # fmt: skip
# sin a = a + a³ P(a²) and cos a = 1 - a²/2 + a⁴ Q(a²) for |a| <= π/4  [Moshier, Cephes: sinf, cosf]
_SIN = (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4)
_COS = (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5)


class _Emitter:
    """Writes the LLVM IR of one block for 16 pairs; LLVM maps it to the registers there are."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        self.builder = builder

    def real(self, value: float) -> ir.Constant:
        return ir.Constant(ir.VectorType(ir.FloatType(), _LANES), [value] * _LANES)

    def whole(self, value: int, bits: int = 32) -> ir.Constant:
        return ir.Constant(ir.VectorType(ir.IntType(bits), _LANES), [value] * _LANES)

    def as_real(self, bits: ir.Value) -> ir.Value:
        return self.builder.bitcast(bits, self.real(0).type)

    def as_whole(self, real: ir.Value) -> ir.Value:
        return self.builder.bitcast(real, self.whole(0).type)

    def polynomial(self, x: ir.Value, coefficients: tuple[float, ...]) -> ir.Value:
        result = self.real(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = multiply_add(self.builder, result, x, self.real(c))
        return result

    def mixed(self, z: ir.Value, constant) -> ir.Value:
        """SplitMix64's output function."""
        builder = self.builder
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = builder.mul(builder.xor(z, builder.lshr(z, constant(shift))), constant(factor))
        return builder.xor(z, builder.lshr(z, constant(31)))

    def radius(self, bits: ir.Value) -> ir.Value:
        """sqrt(-2 ln u), u = (bits + 1/2) / 2^32."""
        builder = self.builder
        # A signed conversion of all but the last bit, since few machines convert unsigned numbers.
        half = builder.sitofp(builder.lshr(bits, self.whole(1)), self.real(0).type)
        u = multiply_add(builder, half, self.real(2.0**-31), self.real(2.0**-32))
        # u = 2^e (1 + s): subtracting sqrt(1/2), as bits, before the exponent is cut off centres 1 + s about 1.
        shifted = builder.sub(self.as_whole(u), self.whole(0x3F3504F3))
        e = builder.sitofp(builder.ashr(shifted, self.whole(23)), self.real(0).type)
        mantissa = builder.add(builder.and_(shifted, self.whole(0x007FFFFF)), self.whole(0x3F3504F3))
        s = builder.fsub(self.as_real(mantissa), self.real(1))
        s2 = builder.fmul(s, s)
        log = builder.fmul(builder.fmul(s2, s), self.polynomial(s, _LOG))
        log = builder.fadd(multiply_add(builder, s2, self.real(-0.5), log), s)
        log = multiply_add(builder, e, self.real(_LN2), log)
        not_negative = builder.fmul(log, self.real(-2))
        not_negative = builder.select(builder.fcmp_ordered(">", not_negative, self.real(0)), not_negative, self.real(0))
        return call_llvm(builder, "sqrt", not_negative)

    def direction(self, bits: ir.Value) -> tuple[ir.Value, ir.Value]:
        """cos and sin of 2π v, v = bits / 2^32: the quadrant is in the two upper bits, rounded to the nearest."""
        builder = self.builder
        quadrant = builder.lshr(builder.add(bits, self.whole(0x20000000)), self.whole(30))
        rest = builder.sub(bits, builder.shl(quadrant, self.whole(30)))
        a = builder.fmul(builder.sitofp(rest, self.real(0).type), self.real(2 * math.pi / 2.0**32))
        a2 = builder.fmul(a, a)
        sin = multiply_add(builder, builder.fmul(a2, a), self.polynomial(a2, _SIN), a)
        cos = multiply_add(builder, a2, self.real(-0.5), self.real(1))
        cos = multiply_add(builder, builder.fmul(a2, a2), self.polynomial(a2, _COS), cos)
        odd = builder.icmp_unsigned("!=", builder.and_(quadrant, self.whole(1)), self.whole(0))
        cos, sin = builder.select(odd, sin, cos), builder.select(odd, cos, sin)
        # cos is negative in the quadrants 1 and 2, sin in 2 and 3.
        one_on = builder.add(quadrant, self.whole(1))
        return self.signed(cos, one_on), self.signed(sin, quadrant)

    def signed(self, real: ir.Value, quadrant: ir.Value) -> ir.Value:
        sign = self.builder.shl(self.builder.and_(quadrant, self.whole(2)), self.whole(30))
        return self.as_real(self.builder.xor(self.as_whole(real), sign))

    def block(self, key: ir.Value, q: ir.Value) -> tuple[ir.Value, ir.Value]:
        builder = self.builder
        k = self.mixed(key, lambda value: ir.Constant(ir.IntType(64), value))
        first = builder.mul(builder.mul(q, ir.Constant(q.type, _LANES)), ir.Constant(q.type, _GAMMA))
        start = self.splat(builder.add(k, first))
        offsets = ir.Constant(start.type, [lane * _GAMMA % 2**64 for lane in range(_LANES)])
        bits = self.mixed(builder.add(start, offsets), lambda value: self.whole(value, 64))
        u = builder.trunc(builder.lshr(bits, self.whole(32, 64)), self.whole(0).type)
        v = builder.trunc(bits, self.whole(0).type)
        radius = self.radius(u)
        cos, sin = self.direction(v)
        return builder.fmul(radius, cos), builder.fmul(radius, sin)

    def splat(self, scalar: ir.Value) -> ir.Value:
        vector_type = ir.VectorType(scalar.type, _LANES)
        undefined = ir.Constant(vector_type, ir.Undefined)
        one = self.builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
        return self.builder.shuffle_vector(one, undefined, self.whole(0))


@intrinsic
def _block(typing_context, key, q, out, j):
    """Write the whole block q to `out[j : j + 32]`."""
    wide = out.dtype == types.float64

    def generate(context, builder, signature, arguments):
        key_value, q_value, out_value, j_value = arguments
        data = context.make_array(out)(context, builder, out_value).data
        for half, values in enumerate(_Emitter(builder).block(key_value, q_value)):
            if wide:
                values = builder.fpext(values, ir.VectorType(ir.DoubleType(), _LANES))
            place = builder.gep(data, [builder.add(j_value, ir.Constant(j_value.type, half * _LANES))])
            builder.store(values, builder.bitcast(place, values.type.as_pointer()), align=out.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(types.uint64, types.int64, out, types.int64), generate


@intrinsic
def _room(typing_context, like):
    """An array of one block on the stack."""
    array_type = types.Array(like.dtype, 1, "C")

    def generate(context, builder, signature, arguments):
        element = context.get_value_type(like.dtype)
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(element, _BLOCK))
        array = context.make_array(array_type)(context, builder)
        itemsize = context.get_constant(types.intp, like.dtype.bitwidth // 8)
        populate_array(
            array,
            data=builder.bitcast(room, element.as_pointer()),
            shape=[context.get_constant(types.intp, _BLOCK)],
            strides=[itemsize],
            itemsize=itemsize,
            meminfo=None,
        )
        return array._getvalue()

    return array_type(like), generate


@kernel
def normal(key, counter, out):
    """out[i] = standard normal number `counter + i` of `key`.

    Parameters
    ----------
    key : int
        64 bits.
    counter : int
        At least 0.
    out : (n,) contiguous, float32 or float64
    """
    n = out.size
    room = _room(out)
    i = 0
    while i < n:
        inside = (counter + i) % _BLOCK
        count = min(_BLOCK - inside, n - i)
        block = (counter + i) // _BLOCK
        if count == _BLOCK:
            _block(key, block, out, i)
        else:
            _block(key, block, room, 0)
            for j in range(count):
                out[i + j] = room[inside + j]
        i += count
