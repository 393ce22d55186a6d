"""The backward pass of a cell, derived from its graph in the form that textbooks give it.

    ∂v    ∂E by a value v of the step          δ_v    ∂E by the net input of which v was made

Backwards through the graph, each value hands its error to the values that it was made of. Their errors are kept as
products with one factor in common, v · (a + b − c), so that it reads like the hand-written derivation, and rounds like
it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from throughtime.cells.graph import Graph, Operation
from throughtime.cells.layout import layout


@dataclass(frozen=True)
class Derivation:
    """A step, and after it the step back, as one list of operations. Beyond those of a graph there are

        given             ∂E by a state after the step, from the step behind it and from above, by the state's name
        @T                a product with a transposed matrix
        normalise_back    (a, v): ∂E by a, from ∂E by what came of normalising a, see `cells.normalisation`
        where_positive    (a, v): v where a > 0, else 0
        where_less        (a, b, v): v where a <= b, else 0
        where_not_less    (a, b, v): v where not a <= b, else 0

    Parameters
    ----------
    operations : the graph's, then those of the step back
    by : by the place of a value, where ∂E by it stands: of states before and after the step, net inputs or values in
        slots, and vectors
    names : by the place of an operation, what it is called: delta_f, d_C
    """

    graph: Graph
    operations: tuple[Operation, ...]
    by: dict[int, int]
    names: dict[int, str]


@dataclass(frozen=True)
class _Part:
    """sign · common · other; `other` None is 1."""

    common: int
    other: int | None
    sign: int


class _Derived:
    def __init__(self, graph: Graph) -> None:
        self.graph, self.layout = graph, layout(graph)
        self.operations = list(graph.operations)
        self.parts: dict[int, list[_Part]] = {}
        self.by: dict[int, int] = {}
        self.names: dict[int, str] = {}
        self.places: dict[tuple[str, tuple[int, ...], str, float], int] = {}
        for place, o in enumerate(self.operations):
            self.places[o.op, o.of, "", o.value] = place

    def add(self, op: str, *of: int, name: str = "", value: float = 0.0) -> int:
        place = self.places.setdefault((op, of, name, value), len(self.operations))
        if place == len(self.operations):
            self.operations.append(Operation(op, of, name, value))
        return place

    def sum(self, parts: list[_Part]) -> int:
        """The value of a sum of parts."""
        groups: dict[int, list[_Part]] = {}
        for part in parts:
            groups.setdefault(part.common, []).append(part)
        total: int | None = None
        for common, of in groups.items():
            of = sorted(of, key=lambda part: -part.sign)
            negative = all(part.sign < 0 for part in of)
            cofactor: int | None = None
            for k, part in enumerate(of):
                other = self.add("number", value=1.0) if part.other is None and len(of) > 1 else part.other
                if k == 0:
                    cofactor = other
                elif cofactor is not None and other is not None:
                    cofactor = self.add("+" if part.sign == of[0].sign else "-", cofactor, other)
            value = common if cofactor is None else self.add("*", common, cofactor)
            if total is None:
                total = self.add("neg", value) if negative else value
            else:
                total = self.add("-" if negative else "+", total, value)
        assert total is not None
        return total

    def hand(self, place: int, *parts: _Part) -> None:
        self.parts.setdefault(place, []).extend(parts)

    def derive(self) -> Derivation:
        graph, slots = self.graph, self.layout.slots
        kept = {slot.kept if slot.net is None else slot.net for slot in slots}
        for place in reversed(range(len(graph.operations))):
            operation = graph.operations[place]
            if place in graph.after:
                self.hand(place, _Part(self.add("given", name=operation.name), None, 1))
            parts = self.parts.get(place, [])
            leaf = operation.op in ("state", "parameter")
            if leaf or place in kept or operation.name or (operation.of and operation.op not in ("+", "-", "neg")):
                parts = [_Part(self.sum(parts), None, 1)] if parts else []
            if parts and (leaf or place in kept or place in graph.after):
                self.by[place] = parts[0].common
            if parts and operation.of and (operation.name or place in kept):
                slot = self.layout.slot_of_net.get(place)
                name = f"d_{operation.name}" if slot is None else self.layout.delta_names[slot]
                self.names.setdefault(parts[0].common, name)
            if parts and operation.of:
                self._hand_on(place, operation, parts)
        return Derivation(graph, tuple(self.operations), self.by, self.names)

    def _hand_on(self, place: int, o: Operation, parts: list[_Part]) -> None:
        """Give to the values that an operation was made of what they get of it."""
        minus = [_Part(part.common, part.other, -part.sign) for part in parts]
        if o.op in ("+", "-"):
            self._to(o.of[0], parts)
            self._to(o.of[1], parts if o.op == "+" else minus)
            return
        if o.op == "neg":
            self._to(o.of[0], minus)
            return
        v, a = parts[0].common, o.of[0]
        if o.op == "@":
            if self.graph.operations[a].op != "x":
                self.hand(a, _Part(self.add("@T", v, o.of[1]), None, 1))
        elif o.op == "*":
            self._to(a, [_Part(v, o.of[1], 1)])
            self._to(o.of[1], [_Part(v, a, 1)])
        elif o.op == "/":
            by_a = self.add("/", v, o.of[1])
            self._to(a, [_Part(by_a, None, 1)])
            self._to(o.of[1], [_Part(by_a, place, -1)])
        elif o.op in ("minimum", "maximum"):
            first, second = ("where_less", "where_not_less") if o.op == "minimum" else ("where_not_less", "where_less")
            self._to(a, [_Part(self.add(first, *o.of, v), None, 1)])
            self._to(o.of[1], [_Part(self.add(second, *o.of, v), None, 1)])
        elif o.op == "normalise":
            self._to(a, [_Part(self.add("normalise_back", a, v), None, 1)])
        elif o.op == "relu":
            self._to(a, [_Part(self.add("where_positive", place, v), None, 1)])
        else:
            self._to(a, [_Part(v, self._slope(o.op, a, place), 1)])

    def _slope(self, function: str, x: int, y: int) -> int:
        """The derivative of a function y of x: S' = y(1−y), tanh' = 1−y², exp' = y, softplus' = S(x)."""
        if function == "softplus":
            return self.add("sigmoid", x)
        if function == "exp":
            return y
        one = self.add("number", value=1.0)
        if function == "tanh":
            return self.add("-", one, self.add("*", y, y))
        if function == "sigmoid":
            return self.add("*", y, self.add("-", one, y))
        raise ValueError(
            f"{function} has no derivative here, so there is no backward pass of the cell {self.graph.name}"
        )

    def _to(self, place: int, parts: list[_Part]) -> None:
        if self.graph.operations[place].op not in ("number", "x"):
            self.hand(place, *parts)


@cache
def derivation(graph: Graph) -> Derivation:
    """The backward pass of a graph."""
    return _Derived(graph).derive()
