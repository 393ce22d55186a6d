"""The operations of a cell's step, and of the step back, as expressions with the numbers of one unit at one step."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Literal

from throughtime.cells.derivation import derivation
from throughtime.cells.layout import layout
from throughtime.trace.explain.formula import (
    EXP,
    ONE,
    RELU,
    SOFTPLUS,
    TANH,
    Call,
    Difference,
    Dot,
    Expression,
    Extreme,
    Minus,
    Number,
    Product,
    Quotient,
    S,
    Square,
    Sum,
    evaluate,
)
from throughtime.trace.explain.formulas_of_cell import formulas_of
from throughtime.trace.explain.numbers import NamedNumbers
from throughtime.trace.explain.text import LATEX, TEXT, number_latex, number_text, written
from throughtime.trace.layer import LayerTrace, deltas_of_inputs, names_of, products_of

FUNCTIONS = {"sigmoid": S, "tanh": TANH, "relu": RELU, "exp": EXP, "softplus": SOFTPLUS}
EXTREMES: dict[str, Literal["min", "max"]] = {"minimum": "min", "maximum": "max"}
WRITTEN_OUT = 8
"""If the vector products of a sum have more terms than this to be written out, none of them is."""
LONGEST = 100
"""The most operations in a formula."""


class Expressions:
    """The expressions of a unit of a layer and direction at step t; before and after it, in the order of reading."""

    def __init__(self, numbers: NamedNumbers, of: LayerTrace, t: int, unit: int) -> None:
        self.numbers, self.of, self.t, self.unit = numbers, of, t, unit
        step = 1 if of.direction == "forward" else -1
        self.before, self.after = t - step, t + step
        self.first = self.before in (0, numbers.steps + 1)
        self.last = self.after in (0, numbers.steps + 1)
        self.graph, self.names, self.layout = of.graph, names_of(of.graph), layout(of.graph)
        self.derived, self.formulas = derivation(of.graph), formulas_of(of.graph)
        self.left = LONGEST

    def at(self, name: str, t: int | None = None) -> Number:
        """This unit's number of an array, at its own step if not said otherwise."""
        return self.numbers.layer(self.of, name, self.t if t is None else t, self.unit)

    def defined(self, place: int) -> Expression:
        """The expression of a value or an error that has a formula."""
        self.left = LONGEST
        return self._made(place) or _ZERO

    @cached_property
    def recorded(self) -> dict[int, str]:
        """The arrays that formulas name, by their places."""
        nets = {slot.kept: name for slot, name in zip(self.layout.slots, self.names.slots, strict=True)}
        return nets | self.formulas.forward | self.formulas.backward

    def _expression(self, place: int) -> Expression | None:
        """A number that was recorded, or what makes it; None for a bias that the network has not."""
        return self.at(self.recorded[place]) if place in self.recorded else self._made(place)

    def _made(self, place: int) -> Expression | None:
        o = self.derived.operations[place]
        self.left -= 1
        if self.left < 0:
            raise ValueError(
                f"a formula of {self.graph.name} would have more than {LONGEST} operations: give names to parts of its "
                "step"
            )
        if o.op == "number":
            return constant(o.value)
        if o.op == "state":
            return self.at(self.names.states[self.graph.states.index(o.name)], self.before)
        if o.op == "parameter":
            return self.numbers.parameter(self.of, o.name, (self.unit,)) if self.numbers.has(self.of, o.name) else None
        if o.op in ("+", "given"):
            terms = self._terms_made(place)
            return summed(*terms) if terms or o.op == "given" else None
        if o.op in ("@", "@T"):
            dots = self._terms_made(place)
            return summed(*dots) if len(dots) > 1 else dots[0] if dots else None
        if o.op in ("*", "where_positive", "where_less", "where_not_less"):
            factors = self._factors_made(place)
            return factors[0] if len(factors) == 1 else Product(tuple(factors)) if factors else None
        if o.op in FUNCTIONS:
            inside = self._made(o.of[0]) if o.of[0] in self.formulas.inside else self._expression(o.of[0])
            return Call(FUNCTIONS[o.op], inside or _ZERO)
        return self._of_two(o.op, [self._expression(source) for source in o.of])

    def _of_two(self, op: str, of: list[Expression | None]) -> Expression | None:
        if op == "neg":
            return None if of[0] is None else Minus(of[0])
        left, right = of
        if op == "-":
            if left is None or right is None:
                return left if right is None else Minus(right)
            return Difference(left, right)
        if op == "/":
            return None if left is None else Quotient(left, right or _ZERO)
        if op in EXTREMES:
            return Extreme(EXTREMES[op], left or _ZERO, right or _ZERO)
        raise ValueError(f"there is no formula of {op}, which the cell {self.graph.name} is made of")

    def _terms(self, place: int) -> list[Expression]:
        """The summands of a value."""
        return [self.at(self.recorded[place])] if place in self.recorded else self._terms_made(place)

    def _terms_made(self, place: int) -> list[Expression]:
        o = self.derived.operations[place]
        if o.op == "+":
            return [term for source in o.of for term in self._terms(source)]
        if o.op == "given":
            return self.error_of_state(self.graph.states.index(o.name))
        if o.op == "@":
            return list(self._products(*o.of))
        if o.op == "@T":
            return list(self._products_back(o.of[1]))
        made = self._made(place)
        return [] if made is None else [made]

    def _factors(self, place: int) -> list[Expression]:
        if place in self.recorded:
            return [self.at(self.recorded[place])]
        return self._factors_made(place)

    def _factors_made(self, place: int) -> list[Expression]:
        o = self.derived.operations[place]
        if o.op == "*" and o.of[0] == o.of[1]:
            made = self._expression(o.of[0])
            return [] if made is None else [Square(made)]
        if o.op == "*":
            left, right = (self._factors(source) for source in o.of)
            return [*left, *right] if left and right else []
        if o.op in ("where_positive", "where_less", "where_not_less"):
            factors = self._factors(o.of[-1])
            return [*factors, self._condition(o.op, o.of[:-1])] if factors else []
        made = self._made(place)
        return [] if made is None else [made]

    def _condition(self, op: str, of: tuple[int, ...]) -> Number:
        """[a > 0] and the like: 1 or 0."""
        operands = [self._expression(place) or _ZERO for place in of]
        left, right = (*operands, _ZERO)[:2]
        values = evaluate(left), evaluate(right)
        sign, latex, holds = (
            ("≤", r"\le", values[0] <= values[1]) if op == "where_less" else (">", ">", values[0] > values[1])
        )
        symbols = [written(node, TEXT, None) for node in (left, right)]
        latexes = [written(node, LATEX, None) for node in (left, right)]
        source = left.source if isinstance(left, Number) and right is _ZERO else None
        return Number(
            f"[{symbols[0]} {sign} {symbols[1]}]", f"[{latexes[0]} {latex} {latexes[1]}]", float(holds), source
        )

    def _products(self, source: int, parameter: int) -> list[Dot]:
        """A product with a matrix: one vector product, or one for each direction of the layer below."""
        o, name = self.graph.operations[source], self.graph.operations[parameter].name
        if o.op == "x":
            inputs = self.numbers.inputs(self.of, self.t)
            return [self.numbers.column(vector, self.of, name, rows, self.unit) for vector, rows in inputs]
        of_state = o.op == "state"
        array = self.names.states[self.graph.states.index(o.name)] if of_state else self.recorded[source]
        vector = self.numbers.layer_vector(self.of, array, self.before if of_state else self.t)
        rows = slice(0, len(vector.numbers))
        return [self.numbers.column(vector, self.of, name, rows, self.unit, collapsed=of_state and self.first)]

    def _products_back(self, parameter: int) -> list[Dot]:
        """The error that comes back through a matrix within the step.

        Nothing, if it comes to the state before, see `error_of_state`.
        """
        name = self.graph.operations[parameter].name
        product = self.layout.product_of[name]
        if self.graph.operations[product.source].op == "state":
            return []
        vector = self.numbers.layer_vector(self.of, self.names.deltas[product.slot], self.t)
        return [self.numbers.row(vector, self.of, name, self.unit)]

    # Errors of states

    def error_of_state(self, n: int) -> list[Expression]:
        """∂E by state n after the step, without the part of the step itself: from above, and from the step after."""
        numbers, of, unit = self.numbers, self.of, self.unit
        parts: list[Expression] = [*self.from_above()] if n == 0 else []
        for product in products_of(self.graph, "state", self.graph.states[n]):
            vector = numbers.layer_vector(of, self.names.deltas[product.slot], self.after)
            parts.append(numbers.row(vector, of, product.parameter, unit, collapsed=self.last))
        later = Expressions(numbers, of, self.after, unit)
        rest = later._terms(self.derived.by[self.graph.before[n]])
        # behind the end everything is 0, so that some formulas have no value there
        return parts + [term for term in rest if not self.last or evaluate(term) == 0]

    def from_above(self) -> list[Dot]:
        """δ_y_t·W, or for each direction of the layer above its δ_t·V."""
        numbers, s = self.numbers, self.numbers.trace.specification
        row = self.unit + (s.hidden if self.of.direction == "backward" else 0)
        if self.of.layer == s.layers - 1:
            if s.output == "last step" and not self.last:
                return []
            return [numbers.row(numbers.outer_vector("delta_y", self.t), None, "W", row)]
        return [
            numbers.row(numbers.layer_vector(above, delta, self.t), above, product.parameter, row)
            for above, _ in numbers.directions(self.of.layer + 1)
            for product, delta in zip(products_of(self.graph, "x"), deltas_of_inputs(self.graph), strict=True)
        ]


def constant(value: float) -> Number:
    """A number of the cell itself."""
    digits = next(digits for digits in range(1, 18) if float(f"{value:.{digits}g}") == value)
    return ONE if value == 1 else Number(number_text(value, digits), number_latex(value, digits), value)


def summed(*parts: Expression) -> Expression:
    """a + b + …, with its vector products written out if they are short together."""
    if not parts:
        return _ZERO
    if sum(len(part.terms) for part in parts if isinstance(part, Dot) and part.expanded) > WRITTEN_OUT:
        return Sum(tuple(replace(part, collapsed=True) if isinstance(part, Dot) else part for part in parts))
    return Sum(parts)


_ZERO = Number("0", "0", 0.0)
