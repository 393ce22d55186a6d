"""Layers that other programs have, and whether a cell is one of them: whether its graph is the layer's, up to names and
order.

The order of terms and factors does not count, nor which values have names. A vector that a sum of the standard graph
adds may be missing (a bias, or a peephole's weight): the layer's own is 0 then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from throughtime.batch import Array
from throughtime.cells.graph import Graph

Names = dict[str, str]


@dataclass(frozen=True)
class Gates:
    """How a program lays out the parameters of a step.

    step : Graph
    order : what stands after the "_" of their names, gate by gate
    """

    step: Graph
    order: tuple[str, ...]

    def names(self, symbol: str) -> list[str | None]:
        """For each gate the parameter of this symbol: V_f, or V where there is but one gate; None if it has none."""
        names = self.step.parameters
        return [next((name for name in (f"{symbol}_{gate}", symbol) if name in names), None) for gate in self.order]

    def stacked(self, symbol: str, named: Names, arrays: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        """The parameters of a symbol (G·H, …), matrices transposed; 0 where a cell has none.

        named : what they are called in the cell
        arrays : the cell's
        shape : of one
        """
        found = [arrays.get(named.get(name or "", "")) for name in self.names(symbol)]
        return np.concatenate([np.zeros(shape).T if array is None else array.T for array in found])

    def write(self, named: Names, arrays: dict[str, Array], stacked: Mapping[str, Array]) -> None:
        """Write the stacked V, U, b and c (G·H, …) into a cell's parameters.

        Where it has no c, b is the sum of both.
        """
        split = {symbol: np.split(array, len(self.order)) for symbol, array in stacked.items()}
        split["b"] = [b if name else b + c for b, c, name in zip(split["b"], split["c"], self.names("c"), strict=True)]
        for symbol, found in split.items():
            for name, array in zip(self.names(symbol), found, strict=True):
                own = named.get(name or "", "")
                if own in arrays:
                    arrays[own][...] = array.T
                elif name and array.any():
                    raise ValueError(f"it has numbers for {name}, which the cell has not")


class Standard(Protocol):
    """A layer of another program."""

    @property
    def gates(self) -> Gates:
        """Its step."""


Kind = TypeVar("Kind", bound=Standard)


def standard_of(kinds: Iterable[Kind], own: Graph) -> tuple[Kind, Names] | None:
    """The first of these layers that computes what a cell does, and what the cell calls its parameters.

    None if none does.
    """
    return next(((kind, names) for kind in kinds if (names := matched(kind.gates.step, own)) is not None), None)


def matched(standard: Graph, own: Graph) -> Names | None:
    """The names in a cell of a standard graph's parameters, without those that it has not.

    None if it is another cell.
    """
    if len(standard.states) != len(own.states):
        return None
    pairs = [(standard.after[k], own.after[k]) for k in range(len(own.states))]
    return next(_Matching(standard, own).all(pairs, {}), None)


class _Matching:
    def __init__(self, standard: Graph, own: Graph) -> None:
        self.standard, self.own = standard, own

    def all(self, pairs: list[tuple[int, int]], names: Names) -> Iterator[Names]:
        """The ways in which all pairs of places are the same, with what is known of the names."""
        if not pairs:
            yield names
            return
        for found in self.same(*pairs[0], names):
            yield from self.all(pairs[1:], found)

    def same(self, s: int, o: int, names: Names) -> Iterator[Names]:
        """The ways in which two values are the same."""
        a, b = self.standard.operations[s], self.own.operations[o]
        if a.op in ("+", "*"):
            yield from self.in_any_order(a.op, _parts(self.standard, s, a.op), _parts(self.own, o, a.op), names)
        elif a.op != b.op:
            return
        elif a.op == "parameter":
            if names.get(a.name, b.name) == b.name and (a.name in names or b.name not in names.values()):
                yield names | {a.name: b.name}
        elif a.op == "state":
            if self.standard.states.index(a.name) == self.own.states.index(b.name):
                yield names
        elif a.value == b.value:
            yield from self.all(list(zip(a.of, b.of, strict=True)), names)

    def in_any_order(self, op: str, standard: list[int], own: list[int], names: Names) -> Iterator[Names]:
        """The ways in which terms or factors are the same."""
        if not standard:
            yield from () if own else [names]
            return
        if len(own) > len(standard):
            return
        first, *rest = standard
        for k, o in enumerate(own):
            for found in self.same(first, o, names):
                yield from self.in_any_order(op, rest, own[:k] + own[k + 1 :], found)
        if op == "+" and self.may_be_missing(first):
            yield from self.in_any_order(op, rest, own, names)

    def may_be_missing(self, term: int) -> bool:
        """Whether this is a vector, or one times a value."""
        operations = self.standard.operations
        factors = operations[term].of if operations[term].op == "*" else [term]
        return any(operations[place].op == "parameter" for place in factors)


def _parts(graph: Graph, place: int, op: str) -> list[int]:
    """The terms of a sum, or the factors of a product; of another value, this value."""
    found, left = [], [place]
    while left:
        at = left.pop()
        if graph.operations[at].op == op:
            left += reversed(graph.operations[at].of)
        else:
            found.append(at)
    return found
