"""A network run in decimal numbers of as many digits as are wanted, each with a bound of what it is off by.

An operation of `decimal` is right to η = 10^(1 − digits) of its result, exp included; a sum of n products, to n η Σ
|terms|. Bounds are numbers of as many digits, and rounded up by far more than their own roundings can come to.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np

from throughtime.cells.graph import Operation
from throughtime.cells.interpreted import computed
from throughtime.proof.system import Array, System

INFINITY = Decimal("Infinity")
_exp = np.frompyfunc(Decimal.exp, 1, 1)
_bound = np.frompyfunc(lambda off: INFINITY if off.is_nan() else off, 1, 1)
"""A bound that is not known, as 0 times an infinite one is, is infinite."""
_known = np.frompyfunc(lambda m, off: Decimal(0) if off.is_infinite() else m, 2, 1)
"""A number, or 0 where it may be any."""


class Near(NamedTuple):
    """Numbers within `off` of m, both of them arrays of Decimal."""

    m: Any
    off: Any


def exactly(numbers: Array | float) -> Near:
    """These very numbers."""
    m = np.frompyfunc(Decimal, 1, 1)(np.asarray(numbers, np.float64).astype(object))
    return Near(m, 0 * m)


class Arithmetic:
    """Operations on numbers of so many digits, at least 40."""

    def __init__(self, digits: int) -> None:
        self.eta, self.more = Decimal(10) ** (1 - digits), 1 + Decimal(10) ** -20

    def near(self, m: Any, off: Any) -> Near:
        """What is computed by one operation."""
        return Near(m, _bound((off + abs(m) * self.eta) * self.more))

    def ends(self, a: Near) -> tuple[Any, Any]:
        """A lower and an upper bound, which are rounded once more; infinite ones where nothing is known."""
        off = self.near(a.m, a.off).off
        m = _known(a.m, off)
        return m - off, m + off

    def product(self, x: Near, M: Near) -> Near:
        """X M, for numbers M that are exact."""
        return Near(x.m @ M.m, _bound(((x.off + len(x.m) * self.eta * abs(x.m)) @ abs(M.m)) * self.more))

    def apply(self, operation: Operation, given: list[Near]) -> Near:
        """The operation of a cell."""
        op, a, b = operation.op, given[0], given[-1]
        if op == "@":
            return self.product(a, b)
        if op in ("+", "-"):
            return self.near(a.m + b.m if op == "+" else a.m - b.m, a.off + b.off)
        if op == "*":
            return self.near(a.m * b.m, abs(a.m) * b.off + abs(b.m) * a.off + a.off * b.off)
        if op == "neg":
            return self.near(-a.m, a.off)
        if op == "sigmoid":
            return self.near(1 / (1 + _exp(-a.m)), a.off + 4 * self.eta)
        if op == "tanh":  # 2 S(2 z) − 1
            return self.near(2 / (1 + _exp(-2 * a.m)) - 1, a.off + 9 * self.eta)
        zero = Near(0 * a.m, 0 * a.m)
        a, b = (a, zero) if op == "relu" else (a, b)
        return self.near(np.minimum(a.m, b.m) if op == "minimum" else np.maximum(a.m, b.m), np.maximum(a.off, b.off))


def last_net_y(system: System, word: tuple[int, ...], digits: int) -> list[tuple[Decimal, Decimal]]:
    """A lower and an upper bound of each net_y (O,) after a word."""
    with localcontext(prec=digits, Emax=10**9, Emin=-(10**9)) as context:
        context.clear_traps()
        how = Arithmetic(digits)
        layers = [{name: exactly(value) for name, value in layer.of.items()} for layer in system.layers]
        W, b_y = map(exactly, system.readout)
        states = [[exactly(np.zeros(system.specification.hidden))] * system.parts for _ in layers]
        for letter in word:
            x = exactly(system.symbols[letter])
            for l, parameters in enumerate(layers):
                states[l] = computed(system.graph, x, states[l], parameters.get, exactly, how.apply)
                x = states[l][0]
        net_y = how.product(states[-1][0], W)
        net_y = how.near(net_y.m + b_y.m, net_y.off)
        return list(zip(*how.ends(net_y), strict=True))
