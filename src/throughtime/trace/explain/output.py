"""The formulas of one output at one step: the readout, the loss and δ_y, as in `weights/losses.py`."""

from __future__ import annotations

import math

import numpy as np

from throughtime.trace.explain.formula import (
    EXP,
    HALF,
    LN_S,
    ONE,
    Call,
    Difference,
    Dot,
    Expression,
    Formula,
    Minus,
    Number,
    Product,
    S,
    Square,
    Sum,
    Term,
)
from throughtime.trace.explain.numbers import NamedNumbers
from throughtime.trace.layer import LayerTrace


def output_formulas(numbers: NamedNumbers, t: int, k: int) -> list[Formula]:
    """net_y, y, E and δ_y of output k at step t."""
    trace = numbers.trace
    s = trace.specification
    y, d, net = numbers.outer("y", t, k), numbers.outer("d", t, k), numbers.outer("net_y", t, k)
    read = [
        numbers.column(numbers.state_vector(of, _read_at(numbers, of, t)), None, "W", rows, k)
        for of, rows in numbers.directions(s.layers - 1)
    ]
    bias = [numbers.parameter(None, "b_y", (k,))] if s.bias else []
    net_input = Sum((*read, *bias))
    formulas = {
        "sigmoid": [Formula(y, Call(S, net_input))],
        "identity": [Formula(y, net_input)],
        "softmax": [Formula(net, net_input), Formula(y, Call(EXP, Difference(net, _log_sum(numbers, t))))],
    }[s.readout]
    weight = numbers.outer("mask", t)
    weights = [] if weight.value == 1 else [weight]
    error, delta = {
        "squared": _squared, "binary_cross_entropy": _binary_cross_entropy, "cross_entropy": _cross_entropy
    }[s.loss](numbers, t, k, y, d)  # fmt: skip
    formulas.append(Formula(numbers.outer("error", t), _times(weights, error)))
    formulas.append(Formula(numbers.outer("delta_y", t, k), _times(weights, *delta), True))
    return formulas


def _read_at(numbers: NamedNumbers, of: LayerTrace, t: int) -> int:
    last_step = numbers.trace.specification.output == "last step"
    return 1 if last_step and of.direction == "backward" else t


def _squared(numbers: NamedNumbers, t: int, k: int, y: Number, d: Number) -> tuple[Expression, list[Expression]]:
    """½ Σ (y − d)², and its derivative through g."""
    ys, ds = numbers.outer_vector("y", t), numbers.outer_vector("d", t)
    squares = tuple(Square(Difference(a, b)) for a, b in zip(ys.numbers, ds.numbers, strict=True))
    error: Expression = Product((HALF, Sum(squares) if len(squares) > 1 else squares[0]))
    readout = numbers.trace.specification.readout
    if readout == "sigmoid":
        return error, [Difference(y, d), y, Difference(ONE, y)]
    if readout == "identity":
        return error, [Difference(y, d)]
    along = Sum(tuple(
        Product((Difference(a, b), a)) for a, b in zip(ys.numbers, ds.numbers, strict=True)
    ))  # fmt: skip
    return error, [y, Difference(Difference(y, d), along)]


def _binary_cross_entropy(
    numbers: NamedNumbers, t: int, k: int, y: Number, d: Number
) -> tuple[Expression, list[Expression]]:
    """−Σ d ln S(net) + (1 − d) ln S(−net), since 1 − S(net) = S(−net)."""
    nets, ds = numbers.outer_vector("net_y", t), numbers.outer_vector("d", t)
    parts: list[Expression] = []
    for net, wanted in zip(nets.numbers, ds.numbers, strict=True):
        parts.append(Product((wanted, Call(LN_S, net))))
        parts.append(Product((Difference(ONE, wanted), Call(LN_S, Minus(net)))))
    return Minus(Sum(tuple(parts))), [Difference(y, d)]


def _cross_entropy(numbers: NamedNumbers, t: int, k: int, y: Number, d: Number) -> tuple[Expression, list[Expression]]:
    """−Σ d ln y = Σd · ln Σ exp(net) − d·net; Σd is 1 for a class."""
    nets, ds = numbers.outer_vector("net_y", t), numbers.outer_vector("d", t)
    products = Dot(
        f"{ds.symbol}·{nets.symbol}", rf"{ds.latex} \cdot {nets.latex}",
        tuple(Term((a, b)) for a, b in zip(ds.numbers, nets.numbers, strict=True)),
    )  # fmt: skip
    log_sum, total = _log_sum(numbers, t), math.fsum(number.value for number in ds.numbers)
    sums = [] if total == 1 else [Number(f"Σ{ds.symbol}", rf"\Sigma {ds.latex}", total)]
    return Difference(_times(sums, log_sum), products), [Difference(_times(sums, y), d)]


def _log_sum(numbers: NamedNumbers, t: int) -> Number:
    """ln Σ exp(net_y)"""
    nets = numbers.outer_vector("net_y", t)
    value = float(np.logaddexp.reduce([number.value for number in nets.numbers]))
    return Number(f"ln Σ exp({nets.symbol})", rf"\ln \Sigma \exp({nets.latex})", value)


def _times(factors: list[Number], *others: Expression) -> Expression:
    together = (*factors, *others)
    return together[0] if len(together) == 1 else Product(together)
