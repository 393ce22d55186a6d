r"""The logistic sigmoid, tanh, exp and softplus, a whole vector at a time and right over the whole range of floats.

All come from one exponential. With `y = n ln 2 + r`, `|r| <= ln 2 / 2` and a polynomial `p(r)` close to
`exp(r) - 1`,

    exp(y) = 2^n (1 + p)        expm1(y) = 2^n p + (2^n - 1)

and, since neither may overflow or cancel, both are computed for `y <= 0` only, but for `exp` itself:

    S(x)    = (1 if x >= 0 else e) / (1 + e)      e = exp(-|x|)
    tanh(x) = sign(x) (-m) / (2 + m)              m = expm1(-2|x|)
    log(1 + exp(x)) = max(x, 0) + log(1 + e)      e = exp(-|x|)

The logarithm is that of `1 + e` or, for `e` beyond √2 − 1, of its half, and `ln 2`. With `d = 2f / (2 + f)` and a
polynomial `q`, `log(1 + f) = d + d³ q(d²)`, which is the series of `2 artanh(d / 2)`.

The greatest errors found, in units in the last place of the true result (float32: against float64, every one of the
2^32 inputs, for exp and softplus every seventh; float64: against 80-bit floats, 7·10^7 random inputs of every
magnitude; denormal results included):

=========  =======  =======
function   float32  float64
=========  =======  =======
sigmoid    2.41     2.40
tanh       2.50     2.66
exp        1.07     1.10
softplus   2.75     2.80
=========  =======  =======

nan gives nan; the infinities give what the functions tend to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from llvmlite import ir
from numba.extending import intrinsic

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.machine import ENGINE
from throughtime.kernels.vector import Vector, call_llvm, load, multiply_add, scale, splat, store, width


@dataclass(frozen=True)
class _Float:
    """What the exponential needs to know of a float format.

    `coefficients` are those of q in p(r) = r + r² q(r), minimax for the relative error of p; `log_coefficients` those
    of the logarithm's q. `ln2_high` has so few
    bits that its product with every n is exact. `exp_is_zero`: below it exp rounds to 0. `tanh_is_one`: beyond it
    tanh rounds to 1.
    """

    bits: int
    mantissa_bits: int
    bias: int
    ln2_high: float
    ln2_low: float
    exp_is_zero: float
    tanh_is_one: float
    coefficients: tuple[float, ...]
    log_coefficients: tuple[float, ...]


_FLOAT32 = _Float(
    bits=32,
    mantissa_bits=23,
    bias=127,
    ln2_high=0.693359375,
    ln2_low=-2.12194440e-4,
    exp_is_zero=-104.0,
    tanh_is_one=10.0,
    coefficients=(0.5, 0.1666654497385025, 0.041666291654109955, 0.008366347290575504, 0.001394600491039455),
    log_coefficients=(0.08333335630644503, 0.012496493213175877, 0.002310941643999097),
)
_FLOAT64 = _Float(
    bits=64,
    mantissa_bits=52,
    bias=1023,
    ln2_high=6.93147180369123816490e-01,
    ln2_low=1.90821492927058770002e-10,
    exp_is_zero=-746.0,
    tanh_is_one=20.0,
    coefficients=(
        0.5000000000000004,
        0.16666666666666685,
        0.041666666666582065,
        0.00833333333331568,
        0.0013888888930170245,
        0.00019841269900825796,
        2.4801506692255236e-05,
        2.7557229803465835e-06,
        2.762554501390814e-07,
        2.5113920623534384e-08,
    ),
    log_coefficients=(
        0.08333333333333337,
        0.012499999999968576,
        0.0022321428614065055,
        0.00043402756113788824,
        8.878363992028783e-05,
        1.8715467063245572e-05,
        4.460627876247749e-06,
    ),
)


class _Emitter:
    """Writes the LLVM IR of the functions above for one vector type."""

    def __init__(self, builder: ir.IRBuilder, vector: Vector) -> None:
        self.builder = builder
        self.lanes = vector.lanes
        self.form = _FLOAT32 if vector.element.bitwidth == 32 else _FLOAT64
        self.integer = ir.IntType(self.form.bits)
        self.real = ir.FloatType() if self.form.bits == 32 else ir.DoubleType()

    def number(self, value: float) -> ir.Constant:
        return ir.Constant(ir.VectorType(self.real, self.lanes), [value] * self.lanes)

    def whole(self, value: int) -> ir.Constant:
        return ir.Constant(ir.VectorType(self.integer, self.lanes), [value] * self.lanes)

    def at_least(self, y: ir.Value, least: float) -> ir.Value:
        """max(y, least), and nan for nan."""
        least = self.number(least)
        return self.builder.select(self.builder.fcmp_ordered("<", y, least), least, y)

    def reduced(self, y: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
        """The whole number n nearest to y / ln 2, as a number and as an integer, and p(r) of the rest."""
        builder, form = self.builder, self.form
        # Adding 1.5 · 2^mantissa_bits leaves the nearest whole number in the low bits; unlike a conversion it has a
        # result for nan too.
        shift = self.number(1.5 * 2.0**form.mantissa_bits)
        shifted = multiply_add(builder, y, self.number(1 / math.log(2)), shift)
        n_real = builder.fsub(shifted, shift)
        n = builder.sub(
            builder.bitcast(shifted, self.whole(0).type),
            builder.bitcast(shift, self.whole(0).type),
        )
        r = multiply_add(builder, n_real, self.number(-form.ln2_high), y)
        r = multiply_add(builder, n_real, self.number(-form.ln2_low), r)
        q = self.polynomial(r, [self.number(c) for c in form.coefficients])
        return n_real, n, multiply_add(builder, builder.fmul(r, r), q, r)

    def polynomial(self, r: ir.Value, terms: list[ir.Value]) -> ir.Value:
        """Estrin's scheme: neighbouring terms pair up, then the pairs do: a short chain of dependent instructions."""
        power = r
        while len(terms) > 1:
            pairs = [
                multiply_add(self.builder, high, power, low) for low, high in zip(terms[::2], terms[1::2], strict=False)
            ]
            terms = pairs + terms[2 * len(pairs) :]
            if len(terms) > 1:
                power = self.builder.fmul(power, power)
        return terms[0]

    def power_of_two(self, n: ir.Value) -> ir.Value:
        biased = self.builder.add(n, self.whole(self.form.bias))
        return self.builder.bitcast(self.builder.shl(biased, self.whole(self.form.mantissa_bits)), self.number(0).type)

    def exp(self, y: ir.Value) -> ir.Value:
        """exp(y) for y <= 0; denormal results too."""
        n_real, n, p = self.reduced(self.at_least(y, self.form.exp_is_zero))
        return self.scaled(self.builder.fadd(self.number(1), p), n_real, n)

    def scaled(self, x: ir.Value, n_real: ir.Value, n: ir.Value) -> ir.Value:
        """x 2^n, rounded once where it is denormal: one instruction, or two factors, of which the first is exact."""
        builder = self.builder
        if ENGINE.scales:
            return scale(builder, x, n_real)
        half = builder.ashr(n, self.whole(1))
        return builder.fmul(builder.fmul(x, self.power_of_two(half)), self.power_of_two(builder.sub(n, half)))

    def any_exp(self, y: ir.Value) -> ir.Value:
        """exp(y) for every y: the two halves of the scaling reach infinity, too."""
        most = self.number(-self.form.exp_is_zero)
        return self.exp(self.builder.select(self.builder.fcmp_ordered(">", y, most), most, y))

    def expm1(self, y: ir.Value) -> ir.Value:
        """exp(y) - 1 for y <= 0."""
        _, n, p = self.reduced(self.at_least(y, -2 * self.form.tanh_is_one))
        scale = self.power_of_two(n)
        return multiply_add(self.builder, scale, p, self.builder.fsub(scale, self.number(1)))

    def sigmoid(self, x: ir.Value) -> ir.Value:
        builder, one = self.builder, self.number(1)
        e = self.exp(builder.fneg(call_llvm(builder, "fabs", x)))
        numerator = builder.select(builder.fcmp_ordered("<", x, self.number(0)), e, one)
        return builder.fdiv(numerator, builder.fadd(one, e))

    def tanh(self, x: ir.Value) -> ir.Value:
        builder = self.builder
        m = self.expm1(builder.fmul(call_llvm(builder, "fabs", x), self.number(-2)))
        size = builder.fdiv(m, builder.fadd(self.number(2), m))
        return call_llvm(builder, "copysign", size, x)

    def log1p(self, e: ir.Value) -> ir.Value:
        """log(1 + e) for 0 <= e <= 1."""
        builder, zero = self.builder, self.number(0)
        beyond = builder.fcmp_ordered(">", e, self.number(math.sqrt(2) - 1))
        half = builder.fmul(builder.fsub(e, self.number(1)), self.number(0.5))
        f = builder.select(beyond, half, e)
        d = builder.fdiv(builder.fadd(f, f), builder.fadd(self.number(2), f))
        square = builder.fmul(d, d)
        q = self.polynomial(square, [self.number(c) for c in self.form.log_coefficients])
        log = multiply_add(builder, builder.fmul(d, square), q, d)
        return builder.fadd(log, builder.select(beyond, self.number(math.log(2)), zero))

    def softplus(self, x: ir.Value) -> ir.Value:
        builder, zero = self.builder, self.number(0)
        e = self.exp(builder.fneg(call_llvm(builder, "fabs", x)))
        positive = builder.select(builder.fcmp_ordered("<", x, zero), zero, x)
        return builder.fadd(positive, self.log1p(e))


def _on_vector(name: str, x: Any):
    """The typing and lowering of an activation of a `Vector` or, on the engine `numpy`, of a single number."""
    vector = x if isinstance(x, Vector) else Vector(x, 1)

    def generate(context, builder, signature, arguments):
        (value,) = arguments
        if vector is not x:
            value = splat(builder, value, 1)
        result = getattr(_Emitter(builder, vector), name)(value)
        return result if vector is x else builder.extract_element(result, ir.Constant(ir.IntType(32), 0))

    return x(x), generate


@intrinsic
def sigmoid(typing_context, x):
    """S(x) = 1 / (1 + exp(-x)) of a vector."""
    return _on_vector("sigmoid", x)


@intrinsic
def tanh(typing_context, x):
    """tanh(x) of a vector."""
    return _on_vector("tanh", x)


@intrinsic
def exp(typing_context, x):
    """exp(x) of a vector."""
    return _on_vector("any_exp", x)


@intrinsic
def softplus(typing_context, x):
    """log(1 + exp(x)) of a vector."""
    return _on_vector("softplus", x)


@inlined
def _sigmoid_step(x, out, j, count):
    store(out, j, count, sigmoid(load(x, j, count)))


@inlined
def _tanh_step(x, out, j, count):
    store(out, j, count, tanh(load(x, j, count)))


@kernel
def sigmoid_row(x, out):
    """out = S(x) for contiguous rows, which may be the same.

    Parameters
    ----------
    x, out : (n,) contiguous, float32 or float64
    """
    n, lanes = x.size, width(x)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _sigmoid_step(x, out, j, lanes)
    if whole < n:
        _sigmoid_step(x, out, whole, n - whole)


@kernel
def tanh_row(x, out):
    """out = tanh(x) for contiguous rows, which may be the same.

    Parameters
    ----------
    x, out : (n,) contiguous, float32 or float64
    """
    n, lanes = x.size, width(x)
    whole = n - n % lanes
    for j in range(0, whole, lanes):
        _tanh_step(x, out, j, lanes)
    if whole < n:
        _tanh_step(x, out, whole, n - whole)
