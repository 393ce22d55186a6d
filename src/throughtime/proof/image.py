"""One step of a network on zonotopes of states: its image under every symbol, and the outputs on the way.

A coordinate of the state may be off by ε when it is computed, and so may each net_y; what reads it reads it so. The
states' zonotopes have one batch axis (N,); an image has two, (N,A), the second one that of the symbols.
"""

from __future__ import annotations

import numpy as np

from throughtime.proof.budget import CALL
from throughtime.proof.reading import Reading, reading
from throughtime.proof.system import FUNCTION, Layer, System
from throughtime.proof.zonotope import (
    ACTIVATIONS,
    Array,
    Zonotope,
    add,
    affine,
    aligned,
    blend,
    box,
    negative,
    pad,
    product,
    relu,
    spread,
    widen,
)


def image(system: System, Z: Zonotope, epsilon: float) -> tuple[Zonotope, Zonotope]:
    """Push states through the network.

    Parameters
    ----------
    system : System
    Z : Zonotope with c (N,n)
    epsilon : float

    Returns
    -------
    the next states, c (N,A,n), and net_y, c (N,A,O)
    """
    Z = spread(Z)
    Z, below = _with_inputs(system, Zonotope(Z.c[:, None], Z.G[:, None], Z.d[:, None], Z.g[:, None]))
    parts, places = list[Zonotope](), _Places(Z.G.shape[-2])
    for index, layer in enumerate(system.layers):
        before = [_columns(Z, system.columns(index, part)) for part in range(system.parts)]
        after = _Step(reading(system.graph), layer, epsilon, below, before, places).after()
        below = after[0] if index == len(system.layers) - 1 else places.shared(after[0])
        parts += [below, *after[1:]]
    W, b_y = system.readout
    net_y = affine(below, W.astype(np.float64), b_y.astype(np.float64))
    batch = (len(Z.c), len(system.symbols))
    return _joined(parts, batch), _over(widen(net_y, epsilon), batch)


def work(system: System, sets: int, generators: int) -> float:
    """What the image of so many sets counts for, in multiplications.

    States and their generators are multiplied once for all symbols; inputs of the first layer have none, or few. Values
    that are read more than once add generators to those of the states.
    """
    A, H, how, layers = len(system.symbols), system.specification.hidden, reading(system.graph), len(system.layers)
    shared = layers * sum(how.uses[place] > 1 for place in how.order) + layers - 1
    once = each = 0
    for index, layer in enumerate(system.layers):
        for source, (M, _) in layer.products.items():
            op = system.graph.operations[source].op
            once += M.size * (op == "state")
            each += M.size * (op != "state" and (op != "x" or index > 0))
    values = layers * len(how.order)
    return sets * (generators + shared * H) * (once + A * (each + FUNCTION * H * values)) + CALL * (values + 1)


def _with_inputs(system: System, Z: Zonotope) -> tuple[Zonotope, Zonotope]:
    """The states, and x under every symbol (1,A); what an input may be off by is a generator behind those of Z."""
    if system.ends is None:
        return Z, _points(system.symbols.astype(np.float64)[None])
    x, K = box(*(end.astype(np.float64)[None] for end in system.ends)), Z.G.shape[-2]
    behind = np.concatenate([np.zeros((*x.c.shape[:-1], K, x.c.shape[-1])), x.G], axis=-2)
    return pad(Z, K + x.c.shape[-1]), x._replace(G=behind)


def _points(c: Array) -> Zonotope:
    """Zonotopes of single points c (…,n)."""
    return Zonotope(c, np.zeros((*c.shape[:-1], 0, c.shape[-1])), np.zeros_like(c), np.zeros_like(c))


def _columns(Z: Zonotope, at: slice) -> Zonotope:
    return Zonotope(*(array[..., at] for array in Z))


def _over(Z: Zonotope, batch: tuple[int, int]) -> Zonotope:
    """The same with all axes of the batch, also where nothing depends on the state or the symbol."""
    return Zonotope(*(np.broadcast_to(array, (*batch, *array.shape[2:])) for array in Z))


def _joined(parts: list[Zonotope], batch: tuple[int, int]) -> Zonotope:
    whole = [_over(Z, batch) for Z in aligned(*parts)]
    return Zonotope(*(np.concatenate(arrays, axis=-1) for arrays in zip(*whole, strict=True)))


class _Places:
    """The generators of a step so far: what one value is off by on its own is no generator of another one."""

    def __init__(self, taken: int) -> None:
        self.taken = taken

    def shared(self, Z: Zonotope) -> Zonotope:
        """A value that is read more than once: what it is off by is the same wherever it is read."""
        found = spread(Z, self.taken)
        self.taken = max(self.taken, found.G.shape[-2])
        return found


class _Step:
    """One step of one layer, from the zonotopes of its x and its states before."""

    def __init__(
        self, how: Reading, layer: Layer, epsilon: float, x: Zonotope, before: list[Zonotope], places: _Places
    ) -> None:
        self.how, self.layer, self.epsilon, self.H, self.places = how, layer, epsilon, before[0].c.shape[-1], places
        self.values: dict[int, Zonotope] = {}
        self.products: dict[int, Zonotope] = {}
        for place, operation in enumerate(how.graph.operations):
            if operation.op == "x":
                self.values[place] = x
            elif operation.op == "state":
                self.values[place] = before[how.graph.states.index(operation.name)]
            elif operation.op in ("number", "parameter") and how.uses[place]:
                number = operation.value if operation.op == "number" else layer.of[operation.name].astype(np.float64)
                self.values[place] = _points(np.full((1, 1, self.H), number))

    def after(self) -> list[Zonotope]:
        """The states after the step."""
        for place in self.how.order:
            value = self._value(place)
            if place in self.how.graph.after:
                value = widen(value, self.epsilon)
            self.values[place] = self.places.shared(value) if self.how.uses[place] > 1 else value
        return [self.values[place] for place in self.how.graph.after]

    def _value(self, place: int) -> Zonotope:
        if place in self.how.nets:
            return self._net_input(place)
        op, read = self.how.graph.operations[place].op, [self.values[source] for source in self.how.reads(place)]
        if place in self.how.blends:
            return blend(*read)
        if op in ACTIVATIONS:
            return ACTIVATIONS[op](read[0])
        if op == "neg":
            return negative(read[0])
        a, b = read
        if op == "*":
            return product(a, b)
        if op == "minimum":  # a − max(a − b, 0)
            return add(a, negative(relu(add(a, negative(b)))))
        if op == "maximum":  # a + max(b − a, 0)
            return add(a, relu(add(b, negative(a))))
        return add(a, b if op == "+" else negative(b))

    def _net_input(self, place: int) -> Zonotope:
        net, found = self.how.nets[place], []
        for part in net.products:
            if part.source not in self.products:
                self.products[part.source] = affine(self.values[part.source], *self.layer.products[part.source])
            found.append(_columns(self.products[part.source], self.how.columns(part, self.H)))
        at = sum(self.how.graph.operations[part.source].op != "x" for part in net.products)
        found[at:at] = [self.values[term] for term in net.terms]
        total = found[0]
        for term in found[1:]:
            total = add(total, term)
        return total
