"""Between which numbers the values of a cell lie, whatever its inputs and parameters: interval arithmetic on its graph.

States before the first step are taken to be 0. A bounded value, such as a gate, has its own scale of colours.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product
from math import exp, inf, isnan, log1p, tanh

from throughtime.cells.graph import Graph

Range = tuple[float, float]
_ANY: Range = (-inf, inf)
_STEPS = 4
"""After how many steps a state that still grows is taken to be unbounded."""


@cache
def ranges(graph: Graph) -> tuple[Range, ...]:
    """The least and the greatest value of each operation."""
    states: dict[str, Range] = dict.fromkeys(graph.states, (0.0, 0.0))
    step = 0
    while True:
        found = _of_step(graph, states)
        after = {
            state: _hull(states[state], found[place]) for state, place in zip(graph.states, graph.after, strict=True)
        }
        if after == states:
            return found
        step += 1
        growing = {state for state in graph.states if after[state] != states[state]} if step >= _STEPS else set()
        states = {state: _ANY if state in growing else after[state] for state in graph.states}


def _of_step(graph: Graph, states: dict[str, Range]) -> tuple[Range, ...]:
    found: list[Range] = []
    for place, o in enumerate(graph.operations):
        of = [found[source] for source in o.of]
        if o.op == "number":
            found.append((o.value, o.value))
        elif o.op == "state":
            found.append(states[o.name])
        elif o.op == "+":
            mixed = _mixed(graph, found, place)
            found.append(mixed or (of[0][0] + of[1][0], of[0][1] + of[1][1]))
        elif o.op == "-":
            found.append((of[0][0] - of[1][1], of[0][1] - of[1][0]))
        elif o.op == "neg":
            found.append((-of[0][1], -of[0][0]))
        elif o.op == "*":
            low, high = _times(*of)
            found.append((max(low, 0.0), high) if o.of[0] == o.of[1] else (low, high))
        elif o.op == "/":
            low, high = of[1]
            found.append(_ANY if low <= 0 <= high else _times(of[0], (1 / high, 1 / low)))
        elif o.op in _RISING:
            found.append((_RISING[o.op](of[0][0]), _RISING[o.op](of[0][1])))
        elif o.op in ("minimum", "maximum"):
            chosen = min if o.op == "minimum" else max
            found.append((chosen(of[0][0], of[1][0]), chosen(of[0][1], of[1][1])))
        else:
            found.append(_ANY)
    return tuple(found)


def _mixed(graph: Graph, found: list[Range], place: int) -> Range | None:
    """z·a + (1 − z)·b lies between a and b, where z is between 0 and 1."""
    terms = [graph.operations[source] for source in graph.operations[place].of]
    if any(term.op != "*" for term in terms):
        return None
    for (z, a), (rest, b) in product(*([term.of, term.of[::-1]] for term in terms)):
        for gate, complement in ((z, rest), (rest, z)):
            o = graph.operations[complement]
            is_complement = o.op == "-" and o.of[1] == gate and found[o.of[0]] == (1.0, 1.0)
            if is_complement and found[gate][0] >= 0 and found[gate][1] <= 1:
                return _hull(found[a], found[b])
    return None


def _hull(a: Range, b: Range) -> Range:
    return min(a[0], b[0]), max(a[1], b[1])


def _times(a: Range, b: Range) -> Range:
    ends = [0.0 if isnan(u * v) else u * v for u in a for v in b]
    return min(ends), max(ends)


def _exp(x: float) -> float:
    try:
        return exp(x)
    except OverflowError:
        return inf


_RISING: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda x: 1 / (1 + _exp(-x)),
    "tanh": tanh,
    "relu": lambda x: max(x, 0.0),
    "exp": _exp,
    "softplus": lambda x: max(x, 0.0) + log1p(_exp(-abs(x))),
}
