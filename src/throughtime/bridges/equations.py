"""The equations of a cell as statements of another language, written from its graph: what exports to source text share.

Names come from outside, so they become code only if they are plain words that the language has no use for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from throughtime.batch import Array
from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.network import Network
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, of_layer

Value = TypeVar("Value")

_BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}
_ATOM = 4
_DEEPEST = 16
"""Operations inside one another in one statement: compilers read some hundred brackets only."""


class Names:
    """Gives every value a name of its own.

    Parameters
    ----------
    taken : names that have a meaning already
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def new(self, wanted: str, otherwise: str) -> str:
        """`wanted`, if it is a word of ASCII letters, no constant in capitals, and free; else `otherwise`."""
        plain = re.fullmatch(r"[A-Za-z](?:_?[a-z0-9]|_?[A-Z](?![A-Z]))*", wanted)
        name = wanted if plain else otherwise
        name = otherwise if name in self._taken else name
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


class Equations:
    """The statements of one time step. A language is a subclass, which says how each thing is written.

    Parameters
    ----------
    graph : Graph
    bias : bool
        Whether there are biases; without, they are left out of the sums.
    names : Names
        Of the language, for the values of the step.

    Attributes
    ----------
    phases : list of lists of (place, name, expression)
        The statements. Those of one phase read no products of one another, so a language without arrays can compute
        them unit by unit.
    before : tuple of str
        The names of the states before the step.
    after : tuple of str
        The names of the states after the step.
    arrays : list of str
        Those names that later phases, products or the next step read.
    """

    def __init__(self, graph: Graph, bias: bool, names: Names) -> None:
        self.graph = graph
        laid = layout(graph)
        self._left_out = () if bias else laid.biases
        self.before = tuple(names.new(state, f"state_{n}") for n, state in enumerate(graph.states))
        self.phases: list[list[tuple[int, str, str]]] = [[] for _ in range(laid.phases)]
        self.arrays: list[str] = []
        self._names: dict[int, str] = {}
        self._texts: dict[int, tuple[str, int]] = {}
        free: dict[int, bool] = {}
        depths: dict[int, int] = {}
        for place, o in enumerate(graph.operations):
            if o.op in ("x", "state", "number", "parameter"):
                free[place], depths[place] = True, 0
                if o.op != "parameter" or o.name not in self._left_out:
                    self._texts[place] = self._leaf(place)
                continue
            there = [source for source in o.of if source in self._texts]
            if not there:
                continue  # a sum of biases that are left out
            if len(there) < len(o.of) and o.op == "+":
                text, binds = self._texts[there[0]]
            else:
                text, binds = self._expression(place)
            depth = 1 + max(depths[source] for source in there)
            inside = all(free[source] for source in there)
            stated = bool(o.name) or len(graph.uses[place]) > 1 or depth >= _DEEPEST
            uses = [use for use in graph.uses[place] if use >= 0]
            multiplied = any(graph.operations[use].op == "@" for use in uses)
            later = any(laid.phase(use) > laid.phase(place) for use in uses) and (stated or not inside)
            array = multiplied or place in graph.after or later
            if stated or array:
                wanted = f"{o.name}_after" if place in graph.after else o.name
                name = names.new(wanted, f"v_{place}")
                self.phases[laid.phase(place)].append((place, name, text))
                self._names[place] = name
                self.arrays += [name] * array
                text, binds, depth = self.element(name) if array else name, _ATOM, 0
            free[place], depths[place], self._texts[place] = array or (inside and not stated), depth, (text, binds)
        self.after = tuple(self._names[place] for place in graph.after)

    # What a language says

    def number(self, value: float) -> str:
        """A constant."""
        raise NotImplementedError

    def vector(self, parameter: str) -> str:
        """A parameter that is a vector."""
        raise NotImplementedError

    def product(self, source: str | None, parameter: str) -> tuple[str, int]:
        """The product of a named value (None: x) and a matrix; and how closely the expression binds."""
        raise NotImplementedError

    def call(self, function: str, values: list[str]) -> str:
        """A function's value."""
        return f"{function}({', '.join(values)})"

    def element(self, name: str) -> str:
        """A state or an array where it is read element by element."""
        return name

    # How an expression is put together

    def _leaf(self, place: int) -> tuple[str, int]:
        o = self.graph.operations[place]
        if o.op == "number":
            return self.number(o.value), _BINDS["neg"] if str(o.value).startswith("-") else _ATOM
        if o.op == "state":
            return self.element(self.before[self.graph.states.index(o.name)]), _ATOM
        return ("", 0) if o.op == "x" else (self.vector(o.name), _ATOM)

    def _expression(self, place: int) -> tuple[str, int]:
        o = self.graph.operations[place]
        if o.op == "@":
            return self.product(self._source(o.of[0]), self.graph.operations[o.of[1]].name)
        if o.op == "neg":
            return f"-{self._inside(o.of[0], _ATOM)}", _BINDS["neg"]
        if o.op in _BINDS:
            binds, (left, right) = _BINDS[o.op], o.of
            return f"{self._inside(left, binds)} {o.op} {self._inside(right, binds + 1)}", binds
        return self.call(o.op, [self._texts[source][0] for source in o.of]), _ATOM

    def _source(self, place: int) -> str | None:
        o = self.graph.operations[place]
        if o.op == "x":
            return None
        return self.before[self.graph.states.index(o.name)] if o.op == "state" else self._names[place]

    def _inside(self, place: int, binds: int) -> str:
        text, own = self._texts[place]
        return text if own >= binds else f"({text})"


@dataclass(frozen=True)
class Parameters:
    """A network's parameters under the names of the cell's equations, by layer and direction; W and b_y."""

    layers: dict[tuple[int, int], dict[str, Array]]
    readout: dict[str, Array]


def parameters_of(net: Network) -> Parameters:
    """The parameters of a network; without biases, these are left out."""
    s, views = net.specification, net.views
    layers = {
        (layer, direction): of_layer(s, views, layer, DIRECTIONS[direction])
        for layer in range(s.layers)
        for direction in range(s.directions)
    }
    return Parameters(layers, {name: views[name] for name in ("W", "b_y") if name in views})


def described(s: NetworkSpecification) -> str:
    """The name of a network's cells, in ASCII: "gru", "elman (tanh)"."""
    f = "" if s.activation == "sigmoid" else f" ({s.activation})"
    return s.cell.encode("ascii", "backslashreplace").decode() + f
