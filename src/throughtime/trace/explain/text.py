"""How the formulas of `formula.py` are written: as lines of text, and as LaTeX."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from throughtime.trace.explain.formula import (
    Call,
    Difference,
    Dot,
    Expression,
    Extreme,
    Formula,
    Minus,
    Number,
    Product,
    Quotient,
    Square,
    Sum,
    Term,
    enough_digits,
    evaluate,
    round_to,
)

LARGEST_TERMS = 3
"""How many terms of a vector product are listed."""


class Style(NamedTuple):
    """The signs of a way of writing, and how a number and a symbol are written in it."""

    times: str
    minus: str
    squared: str
    open: str
    close: str
    open_long: str
    close_long: str
    number: Callable[[float, int], str]
    symbol: Callable[[Number | Dot], str]
    name: Callable[[Call], str]


def number_text(value: float, digits: int) -> str:
    """A number with so many significant digits: 0.1765, −4.02, 1.2e−5."""
    return _shortened(value, digits).replace("-", "−")


def number_latex(value: float, digits: int) -> str:
    """A number with so many significant digits in LaTeX."""
    if not math.isfinite(value):
        return r"\mathrm{nan}" if math.isnan(value) else r"\infty" if value > 0 else r"-\infty"
    mantissa, _, exponent = _shortened(value, digits).partition("e")
    return mantissa + (rf" \cdot 10^{{{exponent}}}" if exponent else "")


def _shortened(value: float, digits: int) -> str:
    mantissa, e, exponent = f"{value + 0.0:.{digits}g}".partition("e")
    return mantissa + (f"e{int(exponent)}" if e else "")


TEXT = Style(
    "·", "−", "²", "(", ")", "( ", " )", number_text, lambda node: node.symbol, lambda call: call.function.symbol
)
LATEX = Style(
    r" \cdot ", "-", "^2", r"\left(", r"\right)", r"\left( ", r" \right)", number_latex,
    lambda node: node.latex, lambda call: call.function.latex,
)  # fmt: skip


def written(expression: Expression, style: Style, digits: int | None) -> str:
    """The expression in symbols, or in numbers of so many digits."""

    def leaf(node: Number | Dot, value: float) -> str:
        return style.symbol(node) if digits is None else style.number(value, digits)

    def bracketed(text: str) -> str:
        return style.open + text + style.close if text.startswith(style.minus) else text

    def factor(node: Expression) -> str:
        text = written(node, style, digits)
        if isinstance(node, Sum) or (isinstance(node, Dot) and (digits is None or node.expanded)):
            return style.open_long + text + style.close_long
        whole = isinstance(node, Difference) or (isinstance(node, Quotient) and style is TEXT)
        return style.open + text + style.close if whole else bracketed(text)

    def tight(node: Expression) -> str:
        text, of_several = factor(node), Product | Square if style is TEXT else Product | Square | Quotient
        return style.open + text + style.close if isinstance(node, of_several) else text

    def subtracted(node: Expression) -> str:
        return written(node, style, digits) if isinstance(node, Dot) and digits is None else factor(node)

    def added(node: Expression) -> str:
        text = written(node, style, digits)
        return bracketed(text) if isinstance(node, Number | Dot | Minus) else text

    match expression:
        case Number():
            return leaf(expression, expression.value)
        case Dot():
            if digits is None or not expression.expanded:
                return leaf(expression, evaluate(expression))
            return " + ".join(written(Product(term.factors), style, digits) for term in expression.terms)
        case Sum():
            first, *others = expression.parts
            return " + ".join([written(first, style, digits), *(added(part) for part in others)])
        case Difference():
            return f"{written(expression.left, style, digits)} {style.minus} {subtracted(expression.right)}"
        case Minus():
            return style.minus + factor(expression.of)
        case Square():
            return tight(expression.of) + style.squared
        case Product():
            return _joined([factor(part) for part in expression.factors], style)
        case Quotient():
            over, under = expression.over, expression.under
            if style is TEXT:
                return f"{factor(over)} / {tight(under)}"
            return rf"\frac{{{written(over, style, digits)}}}{{{written(under, style, digits)}}}"
        case Extreme():
            left, right = written(expression.left, style, digits), written(expression.right, style, digits)
            return ("" if style is TEXT else "\\") + f"{expression.name}{style.open}{left}, {right}{style.close}"
        case Call():
            argument = written(expression.argument, style, digits)
            if isinstance(expression.argument, Sum | Dot):
                return style.name(expression) + style.open_long + argument + style.close_long
            return style.name(expression) + style.open + argument + style.close


def _joined(factors: list[str], style: Style) -> str:
    """Factors with the sign for times, with room around it beside a long parenthesis."""
    text = factors[0]
    for before, factor in pairwise(factors):
        long = before.endswith(style.close_long) or factor.startswith(style.open_long)
        text += (f" {style.times} " if long and style is TEXT else style.times) + factor
    return text


def lines(formula: Formula, style: Style, digits: int, most: int) -> list[str]:
    """The right sides of a formula: in symbols, in numbers, and the value.

    The numbers have as many digits as it takes for the value, of `digits`, to follow from them.
    """
    expression, value = formula.expression, formula.value
    ends = [style.number(value, digits)]
    wanted = [(lambda n: evaluate(expression, lambda v: round_to(v, n)), value, digits)]
    if isinstance(expression, Call) and isinstance(expression.argument, Sum | Dot):
        # S( sum ) = S(net) = value: both follow from the sum, and the value from the net input
        function, inner = expression.function, expression.argument
        net = evaluate(inner)
        net_digits = enough_digits([(lambda n: function.of(round_to(net, n)), value, digits)], most)
        wanted.append((lambda n: evaluate(inner, lambda v: round_to(v, n)), net, net_digits))
        ends.insert(0, written(Call(function, Number("", "", net)), style, net_digits))
    ends.insert(0, written(expression, style, enough_digits(wanted, most)))
    unique = [end for k, end in enumerate(ends) if k == 0 or end != ends[k - 1]]
    return [written(expression, style, None), " = ".join(unique)]


def largest_terms(dot: Dot) -> list[Term]:
    """The terms of a vector product that weigh most, the heaviest first; those that are 0 are left out."""
    ordered = sorted(dot.terms, key=lambda term: -abs(term.value))
    return [term for term in ordered[:LARGEST_TERMS] if term.value != 0]


def term_text(term: Term, digits: int, most: int) -> str:
    """h_2[9] 0.98 × −3.1 = −3.04"""
    numbers = [factor.value for factor in term.factors]
    enough = enough_digits([(lambda n: math.prod(round_to(v, n) for v in numbers), term.value, digits)], most)
    product = " × ".join(number_text(v, enough) for v in numbers)
    return f"{term.factors[0].symbol} {product} = {number_text(term.value, digits)}"
