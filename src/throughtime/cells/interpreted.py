"""A graph over values: one step in values of any kind, and its derivation over NumPy arrays, of one step or back
through time.

Values go by their places among the operations. Known values, leaves or recorded ones, are not computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from throughtime.cells.activations import ACTIVATIONS, Array, sigmoid, softplus
from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.normalisation import normalise, normalise_back

Value = TypeVar("Value")

_DO: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "@": np.matmul,
    "@T": lambda a, M: a @ M.T,
    "sigmoid": sigmoid, "tanh": np.tanh, "relu": ACTIVATIONS["relu"].f, "exp": np.exp, "softplus": softplus,
    "minimum": lambda a, b: np.where(a <= b, a, b),
    "maximum": lambda a, b: np.where(a <= b, b, a),
    "normalise": normalise, "normalise_back": normalise_back,
    "where_positive": lambda a, v: np.where(a > 0, v, 0),
    "where_less": lambda a, b, v: np.where(a <= b, v, 0),
    "where_not_less": lambda a, b, v: np.where(a <= b, 0, v),
}  # fmt: skip


def computed(
    graph: Graph,
    x: Value,
    before: Sequence[Value],
    parameter: Callable[[str], Value | None],
    number: Callable[[float], Any],
    apply: Callable[[Operation, list[Value]], Value],
) -> list[Value]:
    """The states after a step, operation by operation, in values of any kind.

    Parameters
    ----------
    graph : Graph
    x : the features of the step
    before : the states before it, in the order of the graph
    parameter : function
        A parameter by its name; None for a bias that the network does not have.
    number : function
        The value of a constant.
    apply : function
        The value of an operation, from those that it is done to: `applied` for NumPy arrays.
    """
    values: list[Value | None] = [None] * len(graph.operations)
    for place, state in zip(graph.before, before, strict=True):
        values[place] = state
    for place, o in enumerate(graph.operations):
        if o.op == "x":
            values[place] = x
        elif o.op == "parameter":
            values[place] = parameter(o.name)
        elif o.op == "number":
            values[place] = number(o.value)
        elif o.of:
            given = [value for source in o.of if (value := values[source]) is not None]
            if len(given) == len(o.of):
                values[place] = apply(o, given)
            elif given:  # a sum with a bias that is not there
                values[place] = given[0]
    return [value for place in graph.after if (value := values[place]) is not None]


def applied(operation: Operation, given: Sequence[Any]) -> Any:
    """The value of an operation on NumPy arrays."""
    return _DO[operation.op](*given)


def leaves(
    graph: Graph, parameters: Mapping[str, Array], states: Iterable[Any] | None = None, x: Any = None
) -> dict[int, Any]:
    """The leaves of a step: numbers and parameters, those that the network has not being 0; states before it; x."""
    dtype = np.result_type(*parameters.values()).type
    given = {} if states is None else dict(zip(graph.states, states, strict=True))
    known: dict[int, Any] = {}
    for place, o in enumerate(graph.operations):
        if o.op == "parameter":
            known[place] = parameters.get(o.name, dtype(0))
        elif o.op == "number":
            known[place] = dtype(o.value)
        elif o.op == "state" and o.name in given:
            known[place] = given[o.name]
        elif o.op == "x" and x is not None:
            known[place] = x
    return known


def evaluated(operations: Sequence[Operation], known: Mapping[int, Any], wanted: Iterable[int]) -> dict[int, Any]:
    """The known values, and the wanted ones with all that they are made of."""
    return _done(operations, dict(known), _needed(operations, known, wanted))


def _needed(operations: Sequence[Operation], known: Mapping[int, Any], wanted: Iterable[int]) -> list[int]:
    """The places to compute, in order."""
    needed = set(wanted) - set(known)
    for place in reversed(range(len(operations))):
        if place in needed:
            needed.update(source for source in operations[place].of if source not in known)
    return sorted(needed)


def _done(operations: Sequence[Operation], values: dict[int, Any], places: Iterable[int]) -> dict[int, Any]:
    with np.errstate(all="ignore"):
        for place in places:
            o = operations[place]
            values[place] = o.value if o.op == "number" else applied(o, [values[source] for source in o.of])
    return values


def forward(
    graph: Graph,
    parameters: Mapping[str, Array],
    x: Array,
    first: Sequence[Array],
    steps: Iterable[int],
    wanted: Sequence[int] = (),
    real: Array | None = None,
) -> tuple[dict[int, Array], list[Array]]:
    """Go through time.

    Parameters
    ----------
    graph : Graph
    parameters : by the names of the graph
    x : (B,T,K) array
    first : for each state (B,H)
    steps : in the order of reading
    wanted : places of the graph
    real : (B,T) bool array, optional
        Where it is False, the states are held, and what is wanted is 0.

    Returns
    -------
    recorded : dict of (B,T,H) arrays, by the places that were wanted
    states : for each state (B,T,H)
        After each step.
    """
    states = [np.zeros((*x.shape[:2], one.shape[1]), one.dtype) for one in first]
    recorded = {place: np.zeros_like(states[0]) for place in wanted}
    always = leaves(graph, parameters)
    from_x = [place for place, o in enumerate(graph.operations) if o.op == "@" and graph.operations[o.of[0]].op == "x"]
    rows = x.reshape(-1, x.shape[2])
    products = [(rows @ always[graph.operations[place].of[1]]).reshape(states[0].shape) for place in from_x]
    known = {**always, **dict.fromkeys(from_x), **dict.fromkeys(graph.before)}
    needed = _needed(graph.operations, known, [*wanted, *graph.after])
    now = list(first)
    for t in steps:
        values = {**always, **{place: product[:, t] for place, product in zip(from_x, products, strict=True)}}
        values.update(zip(graph.before, now, strict=True))
        _done(graph.operations, values, needed)
        here = None if real is None else real[:, t, None]
        for place in wanted:
            recorded[place][:, t] = values[place] if here is None else np.where(here, values[place], 0)
        for state, place, held in zip(states, graph.after, now, strict=True):
            state[:, t] = values[place] if here is None else np.where(here, values[place], held)
        now = [state[:, t] for state in states]
    return recorded, states


def backward(
    graph: Graph,
    known: Mapping[int, Any],
    above: Sequence[Array],
    steps: Iterable[int],
    wanted: Sequence[int],
    real: Array | None = None,
    last: Sequence[Array] | None = None,
) -> tuple[dict[int, Array], list[Array]]:
    """Go back through time, as the derivation says.

    Parameters
    ----------
    graph : Graph
    known : by the places of the derivation, (B,T,H) or what is the same at all steps
        The leaves, and what was recorded.
    above : for each state (B,T,H)
        ∂E by it from above.
    steps : in the order of going back
    wanted : places of the derivation
    real : (B,T) bool array, optional
        Where it is False, errors pass through, and what is wanted is 0.
    last : for each state (B,H), optional
        ∂E by it after the last step, from outside; 0 when not given.

    Returns
    -------
    found : dict of (B,T,H) arrays, by the places that were wanted
    first : for each state (B,H)
        ∂E by it before the first step.
    """
    derived = derivation(graph)
    operations = derived.operations
    before = [derived.by[place] for place in graph.before]
    named = {o.name: place for place, o in enumerate(operations) if o.op == "given"}
    places = [named[state] for state in graph.states]
    needed = _needed(operations, {**dict.fromkeys(places), **known}, [*wanted, *before])
    moving = set(places)
    for place in needed:
        if not moving.isdisjoint(operations[place].of):
            moving.add(place)
    always = _done(operations, dict(known), (place for place in needed if place not in moving))
    later = [place for place in needed if place in moving]
    used = {source for place in later for source in operations[place].of}.union(wanted, before)
    always = {place: value for place, value in always.items() if place in used}
    found = {place: np.zeros_like(above[0]) for place in wanted}
    errors: list[Any] = [np.zeros_like(one[:, 0]) for one in above] if last is None else list(last)
    for t in steps:
        values = {place: value[:, t] if np.ndim(value) == 3 else value for place, value in always.items()}
        given = [one[:, t] + error for one, error in zip(above, errors, strict=True)]
        values.update(zip(places, given, strict=True))
        _done(operations, values, later)
        here = None if real is None else real[:, t, None]
        for place in wanted:
            found[place][:, t] = values[place] if here is None else np.where(here, values[place], 0)
        errors = [values[place] for place in before]
        if here is not None:
            errors = [np.where(here, error, passed) for error, passed in zip(errors, given, strict=True)]
    return found, errors
