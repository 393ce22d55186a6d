"""Formulas with their numbers: a small expression tree that is written with symbols or numbers, as text or LaTeX.

    Number          a named number, with the cell that it came from
    Dot             a product of two vectors, x_t·V[:,j]: a sum of terms, each with its two numbers
    Sum, Difference, Product, Quotient, Minus, Square, Extreme, Call

The leaves hold the numbers that were recorded. They are printed with as many digits as it takes for the printed result
to follow from the printed numbers: whoever computes what is written gets what is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from throughtime.cells.activations import sigmoid, softplus

EXPANDED = 4
"""A vector product of at most this many terms is written out; a longer one is shown as its value."""
MOST_DIGITS = {"float64": 17, "float32": 9}
FEWEST_DIGITS = 3


@dataclass(frozen=True)
class Source:
    """The cell that a number stands in: an array of a Trace, or a parameter.

    array : a name as in the trace's JSON, such as "x", "delta_y", "h", "C_tilde", or a parameter's such as
        "layer1.forget.U"
    kind : "parameter", "trace" (an array of the trace itself) or "layer" (an array of a layer and direction)
    layer, direction : of a "layer" array, else None
    t : step from 1, None for a parameter and for an array that has no time (h_0, outputs of "last step")
    index : where in the parameter, or at that step: (unit,), (row, column)
    """

    array: str
    kind: Literal["parameter", "trace", "layer"]
    index: tuple[int, ...]
    t: int | None = None
    layer: int | None = None
    direction: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The fields as plain values, for JSON."""
        return {**vars(self), "index": list(self.index)}


@dataclass(frozen=True)
class Number:
    """A number with its name as text and LaTeX; the source is None for one that was not recorded (δ behind the end)."""

    symbol: str
    latex: str
    value: float
    source: Source | None = None


@dataclass(frozen=True)
class Term:
    """A summand: the product of two numbers, or one number alone."""

    factors: tuple[Number, ...]

    @property
    def value(self) -> float:
        """Their product."""
        return math.prod(number.value for number in self.factors)

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {"factors": [_number_dict(number) for number in self.factors], "value": self.value}


@dataclass(frozen=True)
class Dot:
    """left·right, two vectors; `collapsed` shows its value however short it is."""

    symbol: str
    latex: str
    terms: tuple[Term, ...]
    collapsed: bool = False

    @property
    def expanded(self) -> bool:
        """Whether its terms are written out."""
        return len(self.terms) <= EXPANDED and not self.collapsed


@dataclass(frozen=True)
class Sum:
    """a + b + …"""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Difference:
    """a − b"""

    left: Expression
    right: Expression


@dataclass(frozen=True)
class Minus:
    """−a"""

    of: Expression


@dataclass(frozen=True)
class Square:
    """a²"""

    of: Expression


@dataclass(frozen=True)
class Product:
    """a · b · …"""

    factors: tuple[Expression, ...]


@dataclass(frozen=True)
class Quotient:
    """a / b"""

    over: Expression
    under: Expression


@dataclass(frozen=True)
class Extreme:
    """The lesser or greater of two: min(a, b), max(a, b)."""

    name: Literal["min", "max"]
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Function:
    """A function of one number and its names."""

    symbol: str
    latex: str
    of: Callable[[float], float]


@dataclass(frozen=True)
class Call:
    """function(argument)"""

    function: Function
    argument: Expression


Expression = Number | Dot | Sum | Difference | Minus | Square | Product | Quotient | Extreme | Call

S = Function("S", "S", lambda net: float(sigmoid(net)))
TANH = Function("tanh", r"\tanh", math.tanh)
RELU = Function("relu", r"\mathrm{relu}", lambda net: max(net, 0.0))
EXP = Function("exp", r"\exp", lambda net: math.exp(min(net, 709.0)))
SOFTPLUS = Function("softplus", r"\mathrm{softplus}", lambda net: float(softplus(net)))
LN_S = Function("ln S", r"\ln S", lambda net: min(net, 0.0) - math.log1p(math.exp(-abs(net))))
ONE, HALF = Number("1", "1", 1.0), Number("½", r"\tfrac{1}{2}", 0.5)


@dataclass(frozen=True)
class Formula:
    """name = expression = value.

    Parameters
    ----------
    name : Number
        The number that it gives, with its recorded value.
    expression : Expression
    backward : bool
        Which of the two passes computes it.
    """

    name: Number
    expression: Expression
    backward: bool = False

    @property
    def value(self) -> float:
        """The value that was recorded."""
        return self.name.value

    @property
    def terms(self) -> tuple[Term, ...]:
        """The summands of the sum in it: the terms of every vector product, and each number that is added to them."""
        return tuple(_terms(self.expression))

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The vector products in it."""
        return tuple(_dots(self.expression))

    def as_dict(self) -> dict[str, Any]:
        """The formula as plain values, for JSON: its name, value and the tree of its expression."""
        return {
            "name": _number_dict(self.name),
            "pass": "backward" if self.backward else "forward",
            "expression": tree(self.expression),
        }


def evaluate(expression: Expression, rounded: Callable[[float], float] = float) -> float:
    """The value of an expression of which every number that is shown is first `rounded`."""
    match expression:
        case Number():
            return rounded(expression.value)
        case Dot():
            if expression.expanded:
                return sum(math.prod(rounded(n.value) for n in term.factors) for term in expression.terms)
            return rounded(sum(term.value for term in expression.terms))
        case Sum():
            return sum(evaluate(part, rounded) for part in expression.parts)
        case Difference():
            return evaluate(expression.left, rounded) - evaluate(expression.right, rounded)
        case Minus():
            return -evaluate(expression.of, rounded)
        case Square():
            return evaluate(expression.of, rounded) ** 2
        case Product():
            return math.prod(evaluate(factor, rounded) for factor in expression.factors)
        case Quotient():
            return _quotient(evaluate(expression.over, rounded), evaluate(expression.under, rounded))
        case Extreme():
            of = min if expression.name == "min" else max
            return of(evaluate(expression.left, rounded), evaluate(expression.right, rounded))
        case Call():
            return expression.function.of(evaluate(expression.argument, rounded))


def _quotient(over: float, under: float) -> float:
    if under:
        return over / under
    return math.nan if over == 0 or math.isnan(over) else math.copysign(math.inf, over)


def round_to(value: float, digits: int) -> float:
    """The value with so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


def enough_digits(wanted: Sequence[tuple[Callable[[int], float], float, int]], most: int) -> int:
    """The least number of digits from which every result that is wanted follows.

    Each is (shown, value, digits): numbers of n digits give shown(n), which has to be the value in `digits` digits.
    """
    tried = range(FEWEST_DIGITS, most + 1)

    def missed(number: int) -> tuple[int, float]:
        shown = [(of(number), value, digits) for of, value, digits in wanted]
        failing = [pair for pair in shown if round_to(pair[0], pair[2]) != round_to(pair[1], pair[2])]
        return len(failing), sum(abs(got - value) for got, value, _ in failing)

    for number in tried:
        if missed(number)[0] == 0:
            return number
    # of a float32 sum the last digit may be out of reach: its own rounding shows
    return min(tried, key=missed)


def tree(expression: Expression) -> dict[str, Any]:
    """An expression as plain values, for JSON; each node has its "kind" and value, each number its source."""
    node: dict[str, Any] = {"kind": type(expression).__name__.lower(), "value": evaluate(expression)}
    match expression:
        case Number():
            node |= _number_dict(expression)
        case Dot():
            node |= {"symbol": expression.symbol, "latex": expression.latex}
            node["terms"] = [term.as_dict() for term in expression.terms]
        case Sum():
            node["parts"] = [tree(part) for part in expression.parts]
        case Difference():
            node |= {"left": tree(expression.left), "right": tree(expression.right)}
        case Minus() | Square():
            node["of"] = tree(expression.of)
        case Product():
            node["factors"] = [tree(factor) for factor in expression.factors]
        case Quotient():
            node |= {"over": tree(expression.over), "under": tree(expression.under)}
        case Extreme():
            node |= {"function": expression.name, "left": tree(expression.left), "right": tree(expression.right)}
        case Call():
            node["function"] = expression.function.symbol
            node["latex"] = expression.function.latex
            node["argument"] = tree(expression.argument)
    return node


def _number_dict(number: Number) -> dict[str, Any]:
    source = None if number.source is None else number.source.as_dict()
    return {"symbol": number.symbol, "latex": number.latex, "value": number.value, "source": source}


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that an expression is made of."""
    match expression:
        case Sum():
            return expression.parts
        case Difference():
            return expression.left, expression.right
        case Minus() | Square():
            return (expression.of,)
        case Product():
            return expression.factors
        case Quotient():
            return expression.over, expression.under
        case Extreme():
            return expression.left, expression.right
        case Call():
            return (expression.argument,)
        case _:
            return ()


def _dots(expression: Expression) -> Iterator[Dot]:
    if isinstance(expression, Dot):
        yield expression
    for part in parts_of(expression):
        yield from _dots(part)


def _terms(expression: Expression) -> Iterator[Term]:
    match expression:
        case Dot():
            yield from expression.terms
        case Sum():
            for part in expression.parts:
                match part:
                    case Number():
                        yield Term((part,))
                    case Product() if all(isinstance(factor, Number) for factor in part.factors):
                        yield Term(tuple(factor for factor in part.factors if isinstance(factor, Number)))
                    case _:
                        yield from _terms(part)
        case _:
            for part in parts_of(expression):
                yield from _terms(part)
