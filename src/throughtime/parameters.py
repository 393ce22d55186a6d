"""The parameters of a network: one flat vector, its named views, and how it is filled at first.

The vector holds, for each layer and each of its directions, V (K, G·H), U (H, G·H), b (G·H) and for GRU c_n (H), then the
readout's W (D·H, O) and b_y (O); each row by row. K is I for layer 0 and D·H above it. The G gates lie side by side
in the columns, in the order of GATES. Without biases, b, c_n and b_y are left out.

A view's name is made of the layer, the direction, the gate and the symbol, as in "layer1.backward.forget.U"; a part that
distinguishes nothing (the layer of a network with one, the direction of one that reads in one) is not written. Elman cells
have no gates, and their bias is called b_h.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.checks import choice, whole_number
from throughtime.memory import require
from throughtime.network_specification import NetworkSpecification

Array = npt.NDArray[Any]

GATES: dict[str, tuple[str, ...]] = {
    "elman": ("",),
    "lstm": ("input", "forget", "candidate", "output"),
    "gru": ("reset", "update", "candidate"),
}
DIRECTIONS = ("forward", "backward")
_BYTES_OF_A_LAYER = 2000
"""What its views take, whatever their size."""


@dataclass(frozen=True)
class Block:
    """A matrix or vector that lies in one piece in the flat vector."""

    symbol: str
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

    def add(symbol: str, layer: int | None, direction: int, *shape: int) -> None:
        nonlocal offset
        found.append(Block(symbol, layer, direction, offset, shape))
        offset += prod(shape)

    columns = len(GATES[s.cell]) * s.hidden
    for layer in range(s.layers):
        for direction in range(s.directions):
            add("V", layer, direction, s.inputs if layer == 0 else s.directions * s.hidden, columns)
            add("U", layer, direction, s.hidden, columns)
            if s.bias:
                add("b", layer, direction, columns)
            if s.bias and s.cell == "gru":
                add("c", layer, direction, s.hidden)
    add("W", None, 0, s.directions * s.hidden, s.outputs)
    if s.bias:
        add("b_y", None, 0, s.outputs)
    return found


def count(specification: NetworkSpecification) -> int:
    """How many parameters the network has."""
    s = specification
    columns = len(GATES[s.cell]) * s.hidden
    biases = (columns + (s.hidden if s.cell == "gru" else 0)) * s.bias
    states = s.directions * s.hidden
    first = columns * (s.inputs + s.hidden) + biases
    later = columns * (states + s.hidden) + biases
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
            whole = block.of(vector)
            if block.layer is None:
                self._views[block.symbol] = whole
                continue
            where = [f"layer{block.layer}", DIRECTIONS[block.direction]]
            for gate, name in enumerate(GATES[specification.cell]):
                if block.symbol == "c" and name != "candidate":
                    continue
                columns = slice(None) if block.symbol == "c" else _gate(specification, gate)
                symbol = "b_h" if specification.cell == "elman" and block.symbol == "b" else block.symbol
                self._views[self._short(".".join([*where, *([name] if name else []), symbol]))] = whole[..., columns]

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


def _gate(specification: NetworkSpecification, gate: int) -> slice:
    return slice(gate * specification.hidden, (gate + 1) * specification.hidden)


def initial(specification: NetworkSpecification, init: str, seed: int) -> Array:
    """Parameters to start training from.

    Parameters
    ----------
    specification : NetworkSpecification
    init : "glorot", "uniform" or "classic"
        "glorot": V and W uniform in ±√(6 / (rows + columns of one gate)), U orthogonal in each gate, biases 0 but the
        forget gate's 1 [Glorot & Bengio 2010; Saxe et al. 2014; Jozefowicz et al. 2015].
        "uniform": all uniform in ±1/√H, as PyTorch does.
        "classic": all uniform in ±1 from NumPy's legacy generator, V, W, U, then the biases [MATH.md §5].
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
    return vector.astype(specification.dtype)


def _glorot(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for name, view in Views(specification, vector).items():
        symbol = name.split(".")[-1]
        if symbol == "U":
            q, r = np.linalg.qr(rng.standard_normal(view.shape))
            view[:] = q * np.sign(np.diag(r))
        elif symbol in ("V", "W"):
            bound = np.sqrt(6 / sum(view.shape))
            view[:] = rng.uniform(-bound, bound, view.shape)
        elif name.endswith("forget.b"):
            view[:] = 1


def _uniform(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    bound = 1 / np.sqrt(specification.hidden)
    vector[:] = np.random.default_rng(seed).uniform(-bound, bound, vector.shape)


def _classic(specification: NetworkSpecification, vector: Array, seed: int) -> None:
    rng = np.random.RandomState(seed)
    order = {"V": 0, "W": 1, "U": 2}
    for block in sorted(blocks(specification), key=lambda block: order.get(block.symbol, 3)):
        block.of(vector)[:] = 2 * rng.random_sample(block.shape) - 1
