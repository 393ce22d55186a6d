"""The equations of a cell, forward and backward, as a textbook has them: from its graph and what is derived of it.

    ∂v_t     ∂E by a value v of step t          δ_v_t    ∂E by the net input of which v was made
    ∂v⁺_t    what of it comes from above and from step t + 1
    ∘        element by element                 [a > b]  1 where that is true, else 0

Values with a name have an equation of their own; so have those without, v_1, v_2, …, that are long and used several
times.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import NamedTuple
from unicodedata import combining

from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.layout import layout
from throughtime.cells.letters import letter

_SUM, _MATRICES, _PRODUCT, _ATOM = range(4)
"""How closely an expression binds."""
_LONG, _LONGEST = 60, 200
"""Characters of an expression that is not written twice, or not inside of another."""
_CALLED = {"sigmoid": "S", "minimum": "min", "maximum": "max"}
_WHERE = {"where_positive": "{} > 0", "where_less": "{} ≤ {}", "where_not_less": "{} > {}"}


class Equation(NamedTuple):
    """left = right."""

    left: str
    right: str


class Equations(NamedTuple):
    """Those of one time step, of the step back, and of the gradients, each in the order in which they are computed."""

    forward: list[Equation]
    backward: list[Equation]
    gradients: list[Equation]

    def __str__(self) -> str:
        """As text."""
        lines = []
        for head, equations in zip(self._fields, self, strict=True):
            widths = [sum(not combining(sign) for sign in one.left) for one in equations]
            lines += ["", head]
            for one, width in zip(equations, widths, strict=True):
                lines.append(f"    {one.left}{' ' * (max(widths) - width)} = {one.right}")
        return "\n".join(lines[1:])


class _Text(NamedTuple):
    """An expression without the minus in front of it, if there is one."""

    text: str
    binds: int
    negative: bool = False

    def __str__(self) -> str:
        return f"−{self.text}" if self.negative else self.text

    def inside(self, least: int) -> str:
        """In brackets, unless it binds as closely as that."""
        binds = _SUM if self.negative else self.binds
        return str(self) if binds >= least else f"({self})"

    def times(self, other: _Text, sign: str) -> _Text:
        text = f"{self._replace(negative=False).inside(_PRODUCT)}{sign}"
        least = _ATOM if sign == " / " else _PRODUCT
        return _Text(text + other._replace(negative=False).inside(least), _PRODUCT, self.negative != other.negative)


class _Written:
    def __init__(self, graph: Graph) -> None:
        self.graph, self.layout, self.derived = graph, layout(graph), derivation(graph)
        self.operations = self.derived.operations
        self.found = Equations([], [], [])
        self.texts: list[_Text] = []
        uses = Counter(source for o in self.operations for source in o.of) + Counter(self.derived.by.values())
        for place, o in enumerate(self.operations):
            text, name = self._expression(o) if o.of else self._leaf(o), self._name(place)
            length = len(text.text)
            if not name and o.of and (length > _LONGEST or (length > _LONG and uses[place] > 1)):
                name = f"v_{1 + sum(of.left.startswith('v_') for part in self.found for of in part)}"
            if name:
                forward = place < len(graph.operations)
                (self.found.forward if forward else self.found.backward).append(Equation(name, str(text)))
                text = _Text(name, _ATOM)
            self.texts.append(text)
        self._last_of_the_step_back()
        self._gradients()

    def _name(self, place: int) -> str:
        """The name of the value at a place at step t; "" if it has none."""
        if place < len(self.graph.operations):
            o = self.graph.operations[place]
            return f"{letter(self.graph, o.name).text}_t" if o.of and o.name else ""
        kind, _, name = self.derived.names.get(place, "").partition("_")
        return f"{'δ_' if kind == 'delta' else '∂'}{letter(self.graph, name).text}_t" if name else ""

    def _leaf(self, o: Operation) -> _Text:
        if o.op == "number":
            return _Text(f"{abs(o.value):.12g}", _ATOM, o.value < 0)
        name = letter(self.graph, o.name).text
        return _Text({"x": "x_t", "state": f"{name}_{{t-1}}", "given": f"∂{name}⁺_t"}.get(o.op, o.name), _ATOM)

    def _expression(self, o: Operation) -> _Text:
        of = [self.texts[place] for place in o.of]
        if o.op in _WHERE:
            return _Text(f"[{_WHERE[o.op].format(*of)}]", _ATOM).times(of[-1], " ∘ ")
        if o.op in ("@", "@T"):
            return _Text(f"{of[0].inside(_ATOM)} {of[1]}{'ᵀ' * (o.op == '@T')}", _MATRICES)
        if o.op == "neg":
            return of[0]._replace(negative=not of[0].negative)
        if o.op in ("+", "-"):
            minus = of[1].negative == (o.op == "+")
            second = of[1]._replace(negative=False).inside(_MATRICES if minus else _SUM)
            return _Text(f"{of[0]} {'−' if minus else '+'} {second}", _SUM)
        if o.op == "/":
            return of[0].times(of[1], " / ")
        if o.op == "*":
            if o.of[0] == o.of[1]:
                return _Text(f"{of[0].inside(_ATOM)}²", _ATOM)
            numbers = [self.operations[place].op == "number" for place in o.of]
            left, right = reversed(of) if numbers[1] else of
            return left.times(right, " " if any(numbers) else " ∘ ")
        return _Text(f"{_CALLED.get(o.op, o.op)}({', '.join(map(str, of))})", _ATOM)

    def _delta(self, slot: int) -> _Text:
        of = self.layout.slots[slot]
        return self.texts[self.derived.by[of.kept if of.net is None else of.net]]

    def _last_of_the_step_back(self) -> None:
        read = [product for product in self.layout.products if self.operations[product.source].op == "x"]
        if read:
            terms = [f"{self._delta(product.slot).inside(_ATOM)} {product.parameter}ᵀ" for product in read]
            self.found.backward.append(Equation("∂x_t", " + ".join(terms)))
        for place, o in enumerate(self.graph.operations):
            if o.op == "state":
                of = self.texts[self.derived.by[place]]
                self.found.backward.append(Equation(f"∂{letter(self.graph, o.name).text}_{{t-1}}", str(of)))

    def _gradients(self) -> None:
        def add(name: str, each: str) -> None:
            self.found.gradients.append(Equation(f"∇{name}", f"Σ_t {each}"))

        for product in self.layout.products:
            source = f"{self.texts[product.source].inside(_ATOM)}ᵀ"
            add(product.parameter, f"{source} {self._delta(product.slot).inside(_ATOM)}")
        for place, o in enumerate(self.graph.operations):
            if o.op == "parameter" and o.name in (*self.layout.weights, *self.layout.biases):
                add(o.name, self.texts[self.derived.by[place]].inside(_MATRICES))


@cache
def equations(graph: Graph) -> Equations:
    """The equations of a cell."""
    return _Written(graph).found
