"""The formulas of one hidden unit at one step: those of `cells/`, for a single number."""

from __future__ import annotations

from dataclasses import replace

from throughtime.explain.formula import (
    ONE,
    RELU,
    TANH,
    Call,
    Difference,
    Dot,
    Expression,
    Formula,
    Number,
    Product,
    S,
    Square,
    Sum,
)
from throughtime.explain.numbers import NamedNumbers
from throughtime.trace.layer import LayerTrace, names_of

ACTIVATIONS = {"sigmoid": S, "tanh": TANH, "relu": RELU}
WRITTEN_OUT = 8
"""If the vector products of a sum have more terms than this to be written out, none of them is."""


class Unit:
    """A unit of a layer and direction at step t; the step before and the one after are those in the order of reading."""

    def __init__(self, numbers: NamedNumbers, of: LayerTrace, t: int, unit: int) -> None:
        self.numbers, self.of, self.t, self.unit = numbers, of, t, unit
        self.cell = of.cell
        step = 1 if of.direction == "forward" else -1
        self.before, self.after = t - step, t + step
        self.first = self.before in (0, numbers.steps + 1)
        self.last = self.after in (0, numbers.steps + 1)

    def explained(self) -> tuple[list[Formula], list[str]]:
        """The formulas of its cell, and notes."""
        self.numbers.trace.specification.only_shipped("formulas are there")
        formulas = {"elman": self.elman, "lstm": self.lstm, "gru": self.gru}[self.cell]()
        return formulas, self.notes()

    def elman(self) -> list[Formula]:
        activation = self.numbers.trace.specification.activation
        h = self.at("h")
        slope: dict[str, list[Expression]] = {
            "sigmoid": [h, Difference(ONE, h)],
            "tanh": [Difference(ONE, Square(h))],
            "relu": [Number(f"[{h.symbol} > 0]", f"[{h.latex} > 0]", float(h.value > 0), h.source)],
        }
        return [
            Formula(h, Call(ACTIVATIONS[activation], self.net_input(0))),
            Formula(self.at("delta_h"), Product((self.error_of_state(), *slope[activation])), True),
        ]

    def lstm(self) -> list[Formula]:
        i, f, C_tilde, o, C, h = (self.at(name) for name in ("i", "f", "C_tilde", "o", "C", "h"))
        d_h, d_C, C_before = self.at("d_h"), self.at("d_C"), self.at("C", self.before)
        tanh_C = Call(TANH, C)
        through_time = Product((self.at("d_C", self.after), self.at("f", self.after)))
        return [
            Formula(i, Call(S, self.net_input(0))),
            Formula(f, Call(S, self.net_input(1))),
            Formula(C_tilde, Call(TANH, self.net_input(2))),
            Formula(C, Sum((Product((f, C_before)), Product((i, C_tilde))))),
            Formula(o, Call(S, self.net_input(3))),
            Formula(h, Product((o, tanh_C))),
            Formula(d_h, self.error_of_state(), True),
            Formula(self.at("delta_o"), Product((d_h, tanh_C, o, Difference(ONE, o))), True),
            Formula(d_C, Sum((Product((d_h, o, Difference(ONE, Square(tanh_C)))), through_time)), True),
            Formula(self.at("delta_f"), Product((d_C, C_before, f, Difference(ONE, f))), True),
            Formula(self.at("delta_i"), Product((d_C, C_tilde, i, Difference(ONE, i))), True),
            Formula(self.at("delta_C_tilde"), Product((d_C, i, Difference(ONE, Square(C_tilde)))), True),
        ]

    def gru(self) -> list[Formula]:
        r, z, n, q, h = (self.at(name) for name in ("r", "z", "n", "q", "h"))
        d_h, delta_n, h_before = self.at("d_h"), self.at("delta_n"), self.at("h", self.before)
        numbers, of, unit = self.numbers, self.of, self.unit
        candidate = _sum(*self.from_inputs(2), *numbers.bias(of, "b", 2, unit), Product((r, q)))
        new, kept = Product((Difference(ONE, z), n)), Product((z, h_before))
        return [
            Formula(r, Call(S, self.net_input(0))),
            Formula(z, Call(S, self.net_input(1))),
            Formula(q, Sum((self.from_state(2), *numbers.bias(of, "c", 2, unit)))),
            Formula(n, Call(TANH, candidate)),
            Formula(h, Sum((new, kept))),
            Formula(d_h, self.error_of_state(), True),
            Formula(self.at("delta_z"), Product((d_h, Difference(h_before, n), z, Difference(ONE, z))), True),
            Formula(delta_n, Product((d_h, Difference(ONE, z), Difference(ONE, Square(n)))), True),
            Formula(self.at("delta_r"), Product((delta_n, q, r, Difference(ONE, r))), True),
            Formula(self.at("delta_q"), Product((delta_n, r)), True),
        ]

    def at(self, name: str, t: int | None = None) -> Number:
        """This unit's number, at its own step if not said otherwise."""
        return self.numbers.layer(self.of, name, self.t if t is None else t, self.unit)

    def net_input(self, gate: int) -> Sum:
        """x_t·V + h_{t-1}·U + b"""
        bias = self.numbers.bias(self.of, "b", gate, self.unit)
        return _sum(*self.from_inputs(gate), self.from_state(gate), *bias)

    def from_inputs(self, gate: int) -> list[Dot]:
        """x_t·V, or that of each direction of the layer below."""
        inputs = self.numbers.inputs(self.of, self.t)
        return [self.numbers.column(vector, self.of, "V", gate, rows, self.unit) for vector, rows in inputs]

    def from_state(self, gate: int) -> Dot:
        """h_{t-1}·U"""
        h = self.numbers.layer_vector(self.of, "h", self.before)
        rows = slice(0, len(h.numbers))
        return self.numbers.column(h, self.of, "U", gate, rows, self.unit, collapsed=self.first)

    def error_of_state(self) -> Sum:
        """∂E/∂h_t: from the readout or the layer above, and from the step after."""
        numbers, of, unit = self.numbers, self.of, self.unit
        back: list[Expression] = []
        for gate, delta in enumerate(self.deltas()):
            delta = "delta_q" if delta == "delta_n" else delta
            vector = numbers.layer_vector(of, delta, self.after)
            back.append(numbers.row(vector, of, "U", gate, unit, collapsed=self.last))
        if self.cell == "gru":
            back.append(Product((self.at("d_h", self.after), self.at("z", self.after))))
        return _sum(*self.from_above(), *back)

    def from_above(self) -> list[Dot]:
        """δ_y_t·W, or for each direction of the layer above its δ_t·V."""
        numbers, s = self.numbers, self.numbers.trace.specification
        row = self.unit + (s.hidden if self.of.direction == "backward" else 0)
        if self.of.layer == s.layers - 1:
            if s.output == "last step" and not self.last:
                return []
            return [numbers.row(numbers.outer_vector("delta_y", self.t), None, "W", 0, row)]
        return [
            numbers.row(numbers.layer_vector(above, delta, self.t), above, "V", gate, row)
            for above, _ in numbers.directions(self.of.layer + 1)
            for gate, delta in enumerate(self.deltas())
        ]

    def deltas(self) -> tuple[str, ...]:
        """The names of the δ's of the gates."""
        deltas = names_of(self.of.graph).deltas
        return deltas[: len(deltas) - (self.cell == "gru")]

    def notes(self) -> list[str]:
        """What is special about the first and the last step, and about an output that is read only once."""
        s, numbers = self.numbers.trace.specification, self.numbers
        found = []
        if place := numbers.place(self.of):
            found.append(f"names without a layer or direction are those of {place}")
        if self.first:
            initial = numbers.layer_vector(self.of, "h", self.before).symbol
            found.append(f"step {self.t} is read first: {initial} is the initial state")
        if self.last:
            found.append(f"step {self.t} is read last: no δ comes back from a step {self.after}")
        elif s.output == "last step" and self.of.layer == s.layers - 1:
            found.append("the readout reads the last state only: no δ_y comes in at this step")
        return found


def _sum(*parts: Expression) -> Sum:
    """a + b + …, with its vector products written out if they are short together."""
    if sum(len(part.terms) for part in parts if isinstance(part, Dot) and part.expanded) > WRITTEN_OUT:
        return Sum(tuple(replace(part, collapsed=True) if isinstance(part, Dot) else part for part in parts))
    return Sum(parts)
