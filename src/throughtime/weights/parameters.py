"""The parameters of a network: one flat vector, its named views, and how it is filled at first.

The vector holds, for each layer and each of its directions, the blocks of the cell's layout (`cells.layout`), then the
readout's W (D·H, O) and b_y (O); each row by row. For Elman, LSTM and GRU the blocks are V (K, G·H), U (H, G·H), b
(G·H) and for GRU c_n (H). K is I for layer 0 and D·H above it. The G gates lie side by side in the columns, in the
order of the step function. Without biases, b, c_n and b_y are left out.

A view's name is made of the layer, the direction, the gate and the symbol, as in "layer1.backward.forget.U"; a part
that distinguishes nothing (the layer of a network with one, the direction of one that reads in one) is not written. A
parameter whose cell has no label for its gate keeps its own name, as Elman's b_h does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout, symbol_of
from throughtime.cells.normalisation import gains
from throughtime.support import aligned
from throughtime.support.checks import choice, whole_number
from throughtime.support.memory import require
from throughtime.weights.network_specification import NetworkSpecification

Array = npt.NDArray[Any]


def view_name(graph: Graph, parameter: str) -> str:
    """A cell's parameter as it is called among the views: U_f of an LSTM is forget.U."""
    symbol, _, part = parameter.partition("_")
    label = dict(graph.labels).get(part)
    return parameter if label is None else f"{label}.{symbol}"


DIRECTIONS = ("forward", "backward")
_BYTES_OF_A_LAYER = 2000
"""Bytes of its views, whatever their size."""


@dataclass(frozen=True)
class Block:
    """Matrices or vectors side by side, that lie in one piece in the flat vector.

    kind : as of a `cells.layout.Block`, "W" or "b_y"
    symbol : what their names have in common
    names : of the views, without layer and direction, in the order of the columns
    """

    kind: str
    symbol: str
    names: tuple[str, ...]
    layer: int | None
    direction: int
    offset: int
    shape: tuple[int, ...]

    def of(self, parameters: Array) -> Array:
        """This block of a flat vector, as a view."""
        return parameters[self.offset : self.offset + prod(self.shape)].reshape(self.shape)


def blocks(specification: NetworkSpecification) -> list[Block]:
    """All blocks, in the order of the flat vector."""
    s, found, offset = specification, [], 0

    def add(kind: str, names: tuple[str, ...], layer: int | None, direction: int, *shape: int) -> None:
        nonlocal offset
        views = tuple(view_name(s.graph, name) for name in names) if layer is not None else names
        symbol = names[0] if layer is None else symbol_of(names[0])
        found.append(Block(kind, symbol, views, layer, direction, offset, shape))
        offset += prod(shape)

    for layer in range(s.layers):
        heights = {"x": [s.inputs if layer == 0 else s.directions * s.hidden], "h": [s.hidden]}
        for direction in range(s.directions):
            for block in layout(s.graph).kept(s.bias):
                columns = len(block.names) * s.hidden
                add(block.kind, block.names, layer, direction, *heights.get(block.kind, []), columns)
    add("W", ("W",), None, 0, s.directions * s.hidden, s.outputs)
    if s.bias:
        add("b_y", ("b_y",), None, 0, s.outputs)
    return found


def count(specification: NetworkSpecification) -> int:
    """How many parameters the network has."""
    s = specification
    states = s.directions * s.hidden

    def of_layer(inputs: int) -> int:
        heights = {"x": inputs, "h": s.hidden}
        kept = layout(s.graph).kept(s.bias)
        return sum(len(block.names) * s.hidden * heights.get(block.kind, 1) for block in kept)

    first, later = of_layer(s.inputs), of_layer(states)
    return s.directions * (first + (s.layers - 1) * later) + s.outputs * (states + s.bias)


class Views(Mapping[str, Array]):
    """The named views of a flat vector; writing into one writes into the vector.

    Parameters
    ----------
    specification : NetworkSpecification
    vector : (P,) array
        The parameters, or a gradient in the same order.
    """

    def __init__(self, specification: NetworkSpecification, vector: Array) -> None:
        self._specification = specification
        self._views: dict[str, Array] = {}
        for block in blocks(specification):
            whole, H = block.of(vector), specification.hidden
            if block.layer is None:
                self._views[block.symbol] = whole
                continue
            for k, name in enumerate(block.names):
                full = ".".join([f"layer{block.layer}", DIRECTIONS[block.direction], name])
                self._views[self._short(full)] = whole[..., k * H : (k + 1) * H]

    def _short(self, name: str) -> str:
        parts = name.split(".")
        if self._specification.layers == 1 and parts[0] == "layer0":
            parts = parts[1:]
        if not self._specification.bidirectional and "forward" in parts:
            parts.remove("forward")
        return ".".join(parts)

    def __getitem__(self, name: str) -> Array:
        try:
            return self._views[self._short(name)]
        except KeyError:
            raise KeyError(f"no parameter is called {name!r}; there are {', '.join(self._views)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)


def of_layer(
    specification: NetworkSpecification, views: Mapping[str, Array], layer: int, direction: str
) -> dict[str, Array]:
    """The parameters of one layer and direction, called as in the cell's step; without biases, these are left out."""
    graph = specification.graph
    names = [name for block in layout(graph).kept(specification.bias) for name in block.names]
    return {name: views[f"layer{layer}.{direction}.{view_name(graph, name)}"] for name in names}


def initial(specification: NetworkSpecification, init: str, seed: int) -> Array:
    """Parameters to start training from.

    Parameters
    ----------
    specification : NetworkSpecification
    init : "glorot", "uniform" or "classic"
        "glorot": what the cell says (`start` of `throughtime.cell`; of an LSTM, biases of the forget gate 1). Else V
        and W uniform in ±√(6 / (rows + columns of one gate)), U orthogonal in each gate, biases 0
        [Glorot & Bengio 2010; Saxe et al. 2014; Jozefowicz et al. 2015], other vectors uniform in ±1/√H.
        "uniform": all uniform in ±1/√H, as PyTorch does.
        "classic": all uniform in ±1 from NumPy's legacy generator, V, W, U, then the biases
        [docs/math.md#the-classic-recipe]. The gains of layer normalisation are 1 with all of them.
    seed : int ≥ 0
        With "classic" below 2³².

    Returns
    -------
    (P,) array of the specification's dtype.

    Raises
    ------
    ValueError
        Also if there is not memory enough for so many.
    """
    fills = {"glorot": _glorot, "uniform": _uniform, "classic": _classic}
    fill = fills[choice("init", init, fills)]
    seed = whole_number("seed", seed, 0, 2**32 - 1 if init == "classic" else None)
    size = count(specification)
    require(16 * size + _BYTES_OF_A_LAYER * specification.layers, f"a network of {size:,} parameters")
    vector = np.zeros(size, np.float64)
    fill(specification, vector, seed)
    if specification.layer_norm:
        _open_gains(specification, vector)
    return aligned.copied(vector, specification.dtype)


def _open_gains(specification: NetworkSpecification, vector: Array) -> None:
    """Gains of layer normalisation begin at 1, whatever was drawn for them."""
    s = specification
    names = {view_name(s.graph, s.graph.operations[gain].name) for gain in gains(s.graph)}
    for name, view in Views(s, vector).items():
        if any(name == gain or name.endswith(f".{gain}") for gain in names):
            view[:] = 1


def _glorot(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    rng, graph = np.random.default_rng(seed), specification.graph
    start = {view_name(graph, name): between for name, *between in graph.start}
    for block in blocks(specification):
        parts = np.split(block.of(vector), len(block.names), axis=-1)
        for name, view in zip(block.names, parts, strict=True):
            if name in start and block.layer is not None:
                low, high = start[name]
                view[:] = low if low == high else rng.uniform(low, high, view.shape)
            elif block.kind == "h":
                q, r = np.linalg.qr(rng.standard_normal(view.shape))
                view[:] = q * np.sign(np.diag(r))
            elif block.kind in ("x", "W"):
                bound = np.sqrt(6 / sum(view.shape))
                view[:] = rng.uniform(-bound, bound, view.shape)
            elif block.kind == "weight":
                view[:] = rng.uniform(-1, 1, view.shape) / np.sqrt(specification.hidden)


def _uniform(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    bound = 1 / np.sqrt(specification.hidden)
    vector[:] = np.random.default_rng(seed).uniform(-bound, bound, vector.shape)


def _classic(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    rng = np.random.RandomState(seed)
    order = {"V": 0, "W": 1, "U": 2}
    for block in sorted(blocks(specification), key=lambda block: order.get(block.symbol, 3)):
        block.of(vector)[:] = 2 * rng.random_sample(block.shape) - 1
