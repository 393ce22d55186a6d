"""LayerTrace: what happened in one layer and direction of a network, in the names of the cell's step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from throughtime.batch import Array
from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph, Operation
from throughtime.cells.interpreted import backward, leaves
from throughtime.cells.layout import Product, layout
from throughtime.passes.one_pass import Layer
from throughtime.weights.parameters import DIRECTIONS, blocks, of_layer, view_name
from throughtime.weights.weights import Weights

_TAKEN = ("layer", "direction", "x", "d", "mask", "net_y", "y", "delta_y", "error", "loss", "W", "b_y")
"""Names that no array of a layer and no parameter of its cell has: a trace has these beside them."""


class Names(NamedTuple):
    """The names of a cell's arrays: by its states, in their order, and by the slots of its layout."""

    firsts: tuple[str, ...]
    slots: tuple[str, ...]
    states: tuple[str, ...]
    d_states: tuple[str, ...]
    deltas: tuple[str, ...]


@cache
def names_of(graph: Graph) -> Names:
    """The names of a cell's arrays, each of them once: a second one has a _ behind it."""
    laid, taken = layout(graph), {*_TAKEN, *(view_name(graph, parameter) for parameter in graph.parameters)}

    def new(name: str) -> str:
        while name in taken:
            name += "_"
        taken.add(name)
        return name

    states = tuple(new(state) for state in graph.states)
    firsts = tuple(new(f"{state}_0") for state in states)
    slots = tuple(
        states[graph.after.index(slot.kept)] if slot.kept in graph.after else new(name)
        for slot, name in zip(laid.slots, laid.names, strict=True)
    )
    d_states = tuple(new(f"d_{state}") for state in states)
    return Names(firsts, slots, states, d_states, tuple(new(name) for name in laid.delta_names))


def array_names(graph: Graph) -> tuple[str, ...]:
    """The names of a LayerTrace's arrays in their order, each (B,T,H); but the initial states, which are (B,H)."""
    names = names_of(graph)
    computed = [state for _, state in sorted(zip(graph.after, names.states, strict=True))]
    return tuple(dict.fromkeys([*names.firsts, *names.slots, *computed, *names.d_states, *names.deltas]))


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace:
    """The arrays of one layer and direction.

    The arrays are attributes, (B,T,H) but for the initial states. Of every cell there are, in the names of its step,
    each state before the first step, h_0, and after each step, h; all that its step gives a name to; the net input of a
    state that is a function's value, net_h; the whole derivative ∂E/∂h_t of each state, d_h, from the readout or the
    layer above, the same step and the next one; ∂E by each net input, called after the value that was made of it,
    delta_f; and ∂E by each other value that has a name, d_m.

        elman    h_0, net_h, h, d_h, delta_h
        lstm     h_0, C_0, i, f, C_tilde, o, C, h, d_h, d_C, delta_i, delta_f, delta_C_tilde, delta_o
        gru      h_0, r, z, n, q, h, d_h, delta_r, delta_z, delta_n, delta_q        (q_t = h_{t-1} U_n + c_n)

    Parameters
    ----------
    graph : Graph
        The step of the cell.
    layer : int
    direction : "forward" or "backward"
        A layer that reads backward has its h_0 behind the last step, and reads the steps from T to 1.
    arrays : mapping of these names to arrays
    """

    graph: Graph
    layer: int
    direction: str
    arrays: Mapping[str, Array]

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name in ("graph", "arrays"):
            raise AttributeError(name)
        try:
            return self.arrays[name]
        except KeyError:
            raise AttributeError(
                f"a trace of {self.cell} cells has no {name!r}; it has {', '.join(self.arrays)}"
            ) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.arrays]

    def __repr__(self) -> str:
        return f"LayerTrace({self.cell}, layer {self.layer}, {self.direction}: {', '.join(self.arrays)})"

    @property
    def cell(self) -> str:
        """The name of the cell."""
        return self.graph.name

    @property
    def states(self) -> Array:
        """The states that the layer above or the readout sees, (B,T,H)."""
        return self.arrays[names_of(self.graph).states[0]]

    @property
    def delta(self) -> Array:
        """The δ's of all net inputs with x in them side by side (B,T,G·H), in the order of the parameters' columns."""
        return np.concatenate([self.arrays[name] for name in deltas_of_inputs(self.graph)], axis=2)

    def before(self, name: str, lengths: Array) -> Array:
        """A state, such as h or C, one step earlier in the order of reading, (B,T,H); 0 behind each sequence's end."""
        names = names_of(self.graph)
        first = self.arrays[names.firsts[names.states.index(name)]]
        return moved(self.arrays[name], first, self.direction, lengths)

    def recorded(self, parameters: Mapping[str, Array], x: Array, lengths: Array) -> dict[int, Any]:
        """All arrays by the places of `cells.derivation`, with what stands at a step's beginning: x (B,T,K) and
        parameters.
        """
        known = _known(self.graph, parameters, self.arrays, self.direction, lengths, x)
        by, d_states = derivation(self.graph).by, names_of(self.graph).d_states
        return known | {by[place]: self.arrays[d] for place, d in zip(self.graph.after, d_states, strict=True)}


def products_of(graph: Graph, op: str, name: str = "") -> list[Product]:
    """The products of x, or of the state of that name before the step, in the order of the columns."""

    def is_it(o: Operation) -> bool:
        return o.op == op and name in ("", o.name)

    return [product for product in layout(graph).products if is_it(graph.operations[product.source])]


def deltas_of_inputs(graph: Graph) -> tuple[str, ...]:
    """The δ's of the net inputs that x is multiplied into, in the order of the columns."""
    return tuple(names_of(graph).deltas[product.slot] for product in products_of(graph, "x"))


def layer_trace(
    network: Weights,
    found: Layer,
    layer: int,
    direction: int,
    lengths: Array,
    delta_y: Array,
    above: Sequence[LayerTrace],
) -> LayerTrace:
    """What a pass left of a layer and direction; `above` is the layer above, if there is one."""
    s = network.specification
    graph = s.graph
    names = names_of(graph)
    arrays = dict(zip(names.firsts, found.first, strict=True))
    arrays |= zip(names.slots, np.split(found.slots, len(names.slots), axis=2), strict=True)
    arrays |= zip(names.states, found.states, strict=True)
    arrays |= zip(names.deltas, np.split(found.deltas, len(names.slots), axis=2), strict=True)
    from_above = _from_above(network, layer, direction, lengths, found.states.shape[2], delta_y, above)
    arrays |= _errors_of_states(network, layer, direction, lengths, arrays, from_above)
    ordered = {name: frozen(arrays[name]) for name in array_names(graph)}
    return LayerTrace(graph, layer, DIRECTIONS[direction], MappingProxyType(ordered))


def padding(time: int, lengths: Array) -> Array:
    """Which steps lie behind the sequences' ends, (B,T)."""
    return np.asarray(np.arange(time) >= lengths[:, None])


def moved(states: Array, first: Array, direction: str, lengths: Array) -> Array:
    """States (B,T,H) one step earlier in the order of reading, the first being (B,H); 0 behind each sequence's end."""
    out = np.zeros_like(states)
    if direction == "forward":
        out[:, 0], out[:, 1:] = first, states[:, :-1]
        out[padding(states.shape[1], lengths)] = 0
    else:
        out[:, :-1] = states[:, 1:]
        out[np.arange(len(states)), lengths - 1] = first
    return out


def frozen(array: Array) -> Array:
    """The array, contiguous and read-only."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def values_of(graph: Graph, arrays: Mapping[str, Array]) -> dict[int, Array]:
    """The values of a step, by the places of the graph."""
    names = names_of(graph)
    known = {slot.kept: arrays[name] for slot, name in zip(layout(graph).slots, names.slots, strict=True)}
    return known | {place: arrays[name] for place, name in zip(graph.after, names.states, strict=True)}


def delta_places(graph: Graph) -> dict[str, int]:
    """By the names of the δ's, their places in the derivation."""
    by, slots = derivation(graph).by, zip(layout(graph).slots, names_of(graph).deltas, strict=True)
    return {delta: by[slot.kept if slot.net is None else slot.net] for slot, delta in slots}


def _known(
    graph: Graph,
    parameters: Mapping[str, Array],
    arrays: Mapping[str, Array],
    direction: str,
    lengths: Array,
    x: Array | None = None,
) -> dict[int, Any]:
    """A step's leaves, values and δ's, by the places of `cells.derivation`."""
    names = names_of(graph)
    firsts = zip(names.states, names.firsts, strict=True)
    earlier = [moved(arrays[state], arrays[first], direction, lengths) for state, first in firsts]
    deltas = {place: arrays[delta] for delta, place in delta_places(graph).items()}
    return leaves(graph, parameters, earlier, x) | values_of(graph, arrays) | deltas


def _from_above(
    network: Weights, layer: int, direction: int, lengths: Array, time: int, delta_y: Array, above: Sequence[LayerTrace]
) -> Array:
    """∂E by the states (B,T,H) from the readout or the layer above."""
    s = network.specification
    own = slice(direction * s.hidden, (direction + 1) * s.hidden)
    if above:
        products = products_of(s.graph, "x")
        parts = [of.delta @ _side_by_side(network, of.layer, of.direction, products)[own].T for of in above]
        return np.asarray(sum(parts[1:], parts[0]))
    from_readout = delta_y @ network["W"][own].T
    if s.output == "every step":
        return from_readout
    d_h = np.zeros((len(lengths), time, s.hidden), delta_y.dtype)
    d_h[np.arange(len(lengths)), lengths - 1 if direction == 0 else 0] = from_readout
    return d_h


def _errors_of_states(
    network: Weights, layer: int, direction: int, lengths: Array, arrays: Mapping[str, Array], from_above: Array
) -> dict[str, Array]:
    """The whole ∂E by each state: what comes from above, from the same step, and from the step that is read next.

    The error that comes back through matrices is the product of all their δ's side by side, for all steps at once.
    """
    graph, names = network.specification.graph, names_of(network.specification.graph)
    derived, name = derivation(graph), DIRECTIONS[direction]
    parameters = of_layer(network.specification, network.views, layer, name)
    known = _known(graph, parameters, arrays, name, lengths)
    above = [from_above, *(np.zeros_like(from_above) for _ in graph.states[1:])]
    together: set[str] = set()
    for d, state in zip(above, graph.states, strict=True):
        if products := products_of(graph, "state", state):
            deltas = np.concatenate([arrays[names.deltas[product.slot]] for product in products], axis=2)
            back = deltas @ _side_by_side(network, layer, name, products).T
            if direction:
                d[:, 1:] += back[:, :-1]
            else:
                d[:, :-1] += back[:, 1:]
            together |= {product.parameter for product in products}
    for place, o in enumerate(derived.operations):
        if o.op == "@T" and derived.operations[o.of[1]].name in together:
            known[place] = from_above.dtype.type(0)
    time = from_above.shape[1]
    steps = range(time) if direction else reversed(range(time))
    wanted = [derived.by[place] for place in graph.after]
    behind = padding(time, lengths)
    found, _ = backward(graph, known, above, steps, wanted, ~behind if behind.any() else None)
    for d in found.values():
        d[behind] = 0
    return {name: found[place] for name, place in zip(names.d_states, wanted, strict=True)}


def _side_by_side(network: Weights, layer: int, direction: str, products: Sequence[Product]) -> Array:
    """The matrices of all products of a value, as one."""
    view = view_name(network.specification.graph, products[0].parameter)
    found = next(
        block
        for block in blocks(network.specification)
        if (block.layer, DIRECTIONS[block.direction]) == (layer, direction) and view in block.names
    )
    return found.of(network.parameters)
