"""A step as proofs read it: what has to be computed, in which order, and what is better taken as one operation.

A *net input* is one sum of products, so that its error is that of one sum, and all products of a value are one product
with matrices side by side. A *blend*, (1 − w) ∘ x + w ∘ y, is no sum of two products: what w may be off by stands in
both of them and takes itself away for the most part.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property

from throughtime.cells.graph import Graph
from throughtime.cells.layout import Product, layout
from throughtime.proof.checker.reading import KINDS

READ = ("sigmoid", "tanh", "relu", "+", "-", "*", "neg", "minimum", "maximum")
"""Operations that proofs have bounds for, besides products and leaves."""


@dataclass(frozen=True)
class NetInput:
    """products : those with x last
    terms : places of all else that is added, but biases
    bias : its first bias, or None
    """

    products: tuple[Product, ...]
    terms: tuple[int, ...]
    bias: str | None


class Reading:
    """How a graph is read, with or without blends.

    Raises
    ------
    ValueError
        If there is an operation that a proof has no bounds for, or a name that no certificate can have.
    """

    def __init__(self, graph: Graph, blends: bool = True) -> None:
        self.graph, self.layout = graph, layout(graph)
        for operation in graph.operations:
            if operation.of and operation.op not in (*READ, "@"):
                raise ValueError(f"a proof cannot read {operation.op}, which the cell {graph.name} is made of")
        for name in (graph.name, *graph.states, *(operation.name for operation in graph.operations)):
            if not KINDS["name"](name):
                raise ValueError(f"a proof has names of Latin and Greek letters, digits and _, not {name}: rename it")
        self.nets = {
            slot.net: self._net(k, slot.net) for k, slot in enumerate(self.layout.slots) if slot.net is not None
        }
        found = {place: self._blend(place) for place in range(len(graph.operations)) if blends}
        self.blends = {place: blend for place, blend in found.items() if blend is not None}

    def _net(self, slot: int, net: int) -> NetInput:
        operations = self.graph.operations
        products = [product for product in self.layout.products if product.slot == slot]
        products.sort(key=lambda product: operations[product.source].op == "x")
        terms = self.layout.terms(net)
        bias = next((term for term in terms if operations[term].name in self.layout.biases), None)
        name = None if bias is None else operations[bias].name
        return NetInput(tuple(products), tuple(term for term in terms if term != bias), name)

    def _blend(self, place: int) -> tuple[int, int, int] | None:
        """(w, x, y), if this is (1 − w) ∘ x + w ∘ y in any order.

        Its parts must be no states: those are read as computed.
        """
        operations = self.graph.operations
        if operations[place].op != "+" or place in self.nets:
            return None
        for first, second in (operations[place].of, operations[place].of[::-1]):
            if operations[first].op != "*" or operations[second].op != "*":
                continue
            for rest, x in (operations[first].of, operations[first].of[::-1]):
                if operations[rest].op == "-" and self._is_one(operations[rest].of[0]):
                    w, factors = operations[rest].of[1], operations[second].of
                    if w in factors and not {first, second, rest} & {*self.graph.after}:
                        return w, x, factors[1 - factors.index(w)]
        return None

    def _is_one(self, place: int) -> bool:
        return self.graph.operations[place].op == "number" and self.graph.operations[place].value == 1

    def reads(self, place: int) -> tuple[int, ...]:
        """The places of what a value is made of."""
        if place in self.nets:
            net = self.nets[place]
            return (*(product.source for product in net.products), *net.terms)
        return self.blends.get(place) or self.graph.operations[place].of

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The places of the values that have to be computed, each after those that it is made of."""
        return tuple(sorted(place for place in self.uses if self.graph.operations[place].of))

    @cached_property
    def uses(self) -> Counter[int]:
        """How often each value is read, or is a state's after the step."""
        found, todo = Counter(self.graph.after), list(self.graph.after)
        while todo:
            for source in self.reads(todo.pop()):
                if source not in found:
                    todo.append(source)
                found[source] += 1
        return found

    def columns(self, product: Product, H: int) -> slice:
        """Where among the products of the same value this one stands."""
        together = [other.parameter for other in self.layout.products if other.source == product.source]
        at = together.index(product.parameter) * H
        return slice(at, at + H)


@cache
def reading(graph: Graph, blends: bool = True) -> Reading:
    """How a graph is read, with or without blends."""
    return Reading(graph, blends)
