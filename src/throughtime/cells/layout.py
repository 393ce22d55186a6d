"""Where the numbers of a cell stand: parameters in the flat vector, values and δ's on the tape. All follows from its
graph.

A *net input* is a sum with products in it, as far as the sum has no other use: x V + h U + b. Products are what a step
costs, so the matrices that one value is multiplied by stand side by side, as one matrix, in the order of the step
function.

A *slot* is a piece of the tape, H wide. Each net input has one: the products are summed up in it, and afterwards it
holds the value that is kept, which is the net input itself or the function's value that was made of it. So has every
other value with a name of its own, and every value that a later product reads. All else is computed again on the way
back. The slot with the same number among the δ's holds ∂E by the net input or, if it has none, by the value.

A *phase* is what can be computed between two products: most cells have one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

from throughtime.cells.graph import BY_VALUE, Graph


@dataclass(frozen=True)
class Slot:
    """net : the net input's place in the graph, or None
    kept : the place of the value that the slot holds at the end.
    """

    net: int | None
    kept: int


@dataclass(frozen=True)
class Product:
    """source @ parameter : which slot it is added to, and in which phase it can be computed."""

    source: int
    parameter: str
    slot: int
    phase: int


@dataclass(frozen=True)
class Block:
    """Parameters that lie side by side in one piece.

    kind : "x" (I,n·H), "h" (H,n·H), "weight" or "bias" (n·H)
    source : the place of what the matrices multiply, else None
    names : of the n parameters
    """

    kind: str
    source: int | None
    names: tuple[str, ...]

    @property
    def symbol(self) -> str:
        """The common part of the names before the "_"."""
        return symbol_of(self.names[0])


def symbol_of(name: str) -> str:
    """The part of a parameter's name before the "_": V of V_i."""
    return name.partition("_")[0] or name


class Layout:
    """See above.

    Attributes
    ----------
    slots : tuple of Slot; those that x is multiplied into come first
    products : tuple of Product, in the order of the graph
    product_of : the same by the names of their matrices
    blocks : tuple of Block, in the order of the flat vector
    phases : int
    normalised : the places of sums of products that are normalised, and of what comes of each
    summed : the places of the net inputs that products are summed up in; the others are made of a normalised sum
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        products = [place for place, o in enumerate(graph.operations) if o.op == "@"]
        self._net_of = {place: self._net(place) for place in products}
        self.normalised = tuple((o.of[0], place) for place, o in enumerate(graph.operations) if o.op == "normalise")
        nets = list(dict.fromkeys(self._net_of[place] for place in products))
        self.summed = frozenset(nets)
        nets += self._shifted()
        first = {self._net_of[place] for place in products if self._op(graph.operations[place].of[0]) == "x"}
        slots = [Slot(net, self._kept(net)) for net in sorted(nets, key=lambda net: net not in first)]
        placed = {slot.kept for slot in slots} | {slot.net for slot in slots} | set(graph.after)
        for place, operation in enumerate(graph.operations):
            source = any(
                graph.operations[use].op == "@" and graph.operations[use].of[0] == place for use in self._used_by(place)
            )
            if operation.of and place not in placed and (operation.name or source):
                slots.append(Slot(None, place))
        self.slots = tuple(slots)
        self.slot_of_net = {slot.net: k for k, slot in enumerate(slots) if slot.net is not None}
        self.slot_of = {slot.kept: k for k, slot in enumerate(slots)}
        self._phases: dict[int, int] = {}
        for place in range(len(graph.operations)):
            self._phases[place] = self._phase(place)
        self.phases = 1 + max(self._phases.values())
        self.products = tuple(
            Product(
                graph.operations[place].of[0], graph.operations[graph.operations[place].of[1]].name,
                self.slot_of_net[self._net_of[place]], self._phases[place],
            )
            for place in products
        )  # fmt: skip
        self.product_of = {product.parameter: product for product in self.products}
        self.blocks = self._blocks()

    def _op(self, place: int) -> str:
        return self.graph.operations[place].op

    def _used_by(self, place: int) -> list[int]:
        return [use for use in self.graph.uses[place] if use >= 0]

    def _sum_above(self, place: int) -> int | None:
        """The sum of which this value is nothing but a term."""
        uses = self.graph.uses[place]
        if len(uses) == 1 and uses[0] >= 0 and self._op(uses[0]) == "+" and not self.graph.operations[place].name:
            return uses[0]
        return None

    def _net(self, product: int) -> int:
        place, above = product, self._sum_above(product)
        while above is not None:
            place, above = above, self._sum_above(above)
        return place

    def _shifted(self) -> list[int]:
        """The net inputs that are made of a normalised sum of products: g ∘ n + b."""
        scaled = [self.graph.uses[n][0] for _, n in self.normalised]
        return [net for place in scaled if (net := self._net(place)) != place]

    def products_of(self, net: int) -> list[int]:
        """The places of the products of a net input."""
        return [place for place, own in self._net_of.items() if own == net]

    def sums(self, net: int) -> list[int]:
        """The places of the sums inside a net input, which are nothing but parts of it."""
        return [place for place in range(net) if self._op(place) == "+" and self._net(place) == net]

    def _kept(self, net: int) -> int:
        uses, operations = self.graph.uses[net], self.graph.operations
        if operations[net].name or len(uses) != 1 or uses[0] in (-1, *self.graph.after):
            return net
        return uses[0] if operations[uses[0]].op in BY_VALUE else net

    def terms(self, net: int) -> list[int]:
        """The terms of a net input besides its own products, in their order."""
        found, left = [], [net]
        while left:
            place = left.pop()
            if self._op(place) == "+" and (place == net or self._sum_above(place) is not None):
                left += reversed(self.graph.operations[place].of)
            elif self._net_of.get(place) != net:
                found.append(place)
        return found

    def phase(self, place: int) -> int:
        """In which phase of a step a value is computed."""
        return self._phases[place]

    def _phase(self, place: int) -> int:
        operation = self.graph.operations[place]
        if operation.op == "@":
            source = operation.of[0]
            return self._phases[source] + 1 if self.graph.operations[source].of else 0
        return max((self._phases[source] for source in operation.of), default=0)

    def _blocks(self) -> tuple[Block, ...]:
        sources = list(dict.fromkeys(product.source for product in self.products))
        sources.sort(key=lambda source: self._op(source) != "x")
        found = []
        for source in sources:
            names = tuple(product.parameter for product in self.products if product.source == source)
            found.append(Block("x" if self._op(source) == "x" else "h", source, names))
        terms = {term for slot in self.slots if slot.net is not None for term in self.terms(slot.net)}
        vectors: dict[tuple[bool, str], list[str]] = {}
        for name, place in self.graph.parameter_places.items():
            if name not in self.product_of:
                bias = place in terms and len(self.graph.uses[place]) == 1
                vectors.setdefault((bias, symbol_of(name)), []).append(name)
        for bias, symbol in sorted(vectors, key=lambda key: key[0]):
            found.append(Block("bias" if bias else "weight", None, tuple(vectors[bias, symbol])))
        return tuple(found)

    def kept(self, bias: bool) -> tuple[Block, ...]:
        """The blocks of a network with biases, or of one without."""
        return tuple(block for block in self.blocks if bias or block.kind != "bias")

    @cached_property
    def weights(self) -> tuple[str, ...]:
        """The vectors that are no biases, in their order."""
        return tuple(name for block in self.blocks if block.kind == "weight" for name in block.names)

    @cached_property
    def biases(self) -> tuple[str, ...]:
        """The vectors that a network without biases leaves out, in their order."""
        return tuple(name for block in self.blocks if block.kind == "bias" for name in block.names)

    def bias_slot(self, name: str) -> int:
        """The slot of the net input that a bias is a term of."""
        place = self.graph.parameter_places[name]
        return next(k for k, s in enumerate(self.slots) if s.net is not None and place in self.terms(s.net))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the values in the slots: their own, or those of the values that they are the net inputs of.

        A value that has no name and enters no activation is v with its slot's number: v2.
        """
        operations, after = self.graph.operations, self.graph.after
        found = []
        for k, slot in enumerate(self.slots):
            state = next((operations[use].name for use in self._used_by(slot.kept) if use in after), str(k))
            found.append(operations[slot.kept].name or (f"v{k}" if slot.net is None else f"net_{state}"))
        return tuple(found)

    @cached_property
    def delta_names(self) -> tuple[str, ...]:
        """The names of ∂E by the slots' net inputs and values: delta_i, d_m."""
        return tuple(
            f"{'d' if slot.net is None else 'delta'}_{name.removeprefix('net_')}"
            for slot, name in zip(self.slots, self.names, strict=True)
        )


@cache
def layout(graph: Graph) -> Layout:
    """The layout of a graph."""
    return Layout(graph)
