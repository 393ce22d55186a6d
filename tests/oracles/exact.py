"""Sigmoid, softplus and tanh with forty digits, for any float, by Python's decimal numbers."""

from decimal import Context, Decimal, localcontext

FORTY_DIGITS = Context(prec=40)


def sigmoid(x):
    """S(x) as a Decimal; exp of a Decimal has no overflow below |x| = 10⁶, and beyond that S is exp(x) or 1 to any
    float.
    """
    with localcontext(FORTY_DIGITS):
        return 1 / (1 + Decimal(-max(min(float(x), 1e5), -1e5)).exp())


def sigmoid_derivative(x):
    with localcontext(FORTY_DIGITS):
        return sigmoid(x) * sigmoid(-float(x))


def softplus(x):
    """log(1 + exp(x)) as max(x, 0) + log(1 + e), e = exp(−|x|), which is e itself to forty digits if tiny."""
    with localcontext(FORTY_DIGITS):
        e = Decimal(-min(abs(float(x)), 1e5)).exp()
        return Decimal(max(float(x), 0)) + (e if e < Decimal("1e-41") else _log1p(e))


def _log1p(e):
    with localcontext(Context(prec=90)):
        return (1 + e).ln()


def tanh(x):
    """tanh(x) = (1 − e) / (1 + e) with e = exp(−2x); near 0, where 1 − e cancels, x − x³/3 to forty digits."""
    with localcontext(Context(prec=70)):
        if abs(x) < 1e-10:
            return Decimal(float(x)) - Decimal(float(x)) ** 3 / 3
        e = (Decimal(max(min(float(x), 1e4), -1e4)) * -2).exp()
        return (1 - e) / (1 + e)


def relative_error(got, exact, smallest):
    """|got − exact| / |exact|.

    Below the smallest normal float, by that float instead, since denormals have fewer digits.
    """
    with localcontext(FORTY_DIGITS):
        return float(abs(Decimal(float(got)) - exact) / max(abs(exact), Decimal(float(smallest))))
