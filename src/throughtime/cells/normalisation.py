"""Layer normalisation [Ba, Kiros & Hinton 2016, eq. 4]: the graph of a cell whose net inputs are normalised.

    a  = the products of a net input, summed up: x V + h U        (a value called sum_i, of the gate i)
    n  = (a − μ) / √(σ² + ε)                                       (norm_i), μ and σ² the mean and variance over units
    net = g ∘ n + b                                                (g_i, a gain for each unit, which starts at 1)

The operations are `normalise`, of a, and in the backward pass `normalise_back`, of a and ∂E by n. They are not in the
language of a step: a cell is normalised as a whole, by `layer_norm` of its network.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import chain, count
from typing import Any

import numpy as np

from throughtime.cells.graph import Graph, Operation
from throughtime.cells.layout import layout

EPSILON = 1e-5


def normalise(a: Any) -> Any:
    """a (…,H) with mean 0 and variance 1 over the units."""
    centred = a - a.mean(-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + EPSILON)


def normalise_back(a: Any, d_n: Any) -> Any:
    """∂E by a (…,H), from ∂E by n: (∂n − mean ∂n − n mean(n ∘ ∂n)) / √(σ² + ε)."""
    centred = a - a.mean(-1, keepdims=True)
    deviation = np.sqrt((centred * centred).mean(-1, keepdims=True) + EPSILON)
    n = centred / deviation
    return (d_n - d_n.mean(-1, keepdims=True) - n * (n * d_n).mean(-1, keepdims=True)) / deviation


def _nets(graph: Graph) -> dict[int, str]:
    """The places of the net inputs, and what each is called: i of V_i, or else as its value is."""
    laid = layout(graph)
    found: dict[int, str] = {}
    for k, (slot, name) in enumerate(zip(laid.slots, laid.names, strict=True)):
        if slot.net is not None:
            parameter = next(product.parameter for product in laid.products if product.slot == k)
            part = parameter.partition("_")[2]
            names = chain((part, name.removeprefix("net_")), map(str, count(k)))
            found[slot.net] = next(one for one in names if one and one not in found.values())
    return found


def gains(graph: Graph) -> tuple[int, ...]:
    """The places of the gains in a graph that was normalised."""
    uses = (graph.uses[place][0] for place, o in enumerate(graph.operations) if o.op == "normalise")
    return tuple(graph.operations[scaled].of[0] for scaled in uses)


@cache
def normalised(graph: Graph) -> Graph:
    """The graph with its net inputs normalised; a ValueError if the cell has a parameter that is called like a gain."""
    laid, nets = layout(graph), _nets(graph)
    taken = {*graph.parameters, *(o.name for o in graph.operations)}
    for name in nets.values():
        for own in (f"g_{name}", f"sum_{name}", f"norm_{name}"):
            if own in taken:
                raise ValueError(f"the cell {graph.name} cannot be normalised: it has a value called {own} already")
    operations: list[Operation] = []
    moved: dict[int, int] = {}

    def add(op: str, *of: int, name: str = "", value: float = 0.0) -> int:
        operations.append(Operation(op, of, name, value))
        return len(operations) - 1

    def sum_of(places: list[int]) -> int:
        total = places[0]
        for place in places[1:]:
            total = add("+", total, place)
        return total

    def rename(place: int, name: str) -> int:
        o = operations[place]
        operations[place] = Operation(o.op, o.of, name, o.value)
        return place

    inner = {place for net in nets for place in laid.sums(net)}
    for place, o in enumerate(graph.operations):
        if place in inner:
            continue
        if place not in nets or o.op == "@":
            moved[place] = add(o.op, *(moved[source] for source in o.of), name=o.name, value=o.value)
        if place in nets:
            name = nets[place]
            a = rename(sum_of([moved[product] for product in laid.products_of(place)]), f"sum_{name}")
            n = add("normalise", a, name=f"norm_{name}")
            scaled = add("*", add("parameter", name=f"g_{name}"), n)
            moved[place] = rename(sum_of([scaled, *(moved[term] for term in laid.terms(place))]), o.name)
    return replace(graph, operations=tuple(operations), after=tuple(moved[place] for place in graph.after))
