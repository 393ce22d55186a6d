"""A network as a map: from a state and an input to the next state and the outputs, in the plain NumPy cells.

The state s (n) is one row: for each layer h (H), and for LSTM C (H) after it. It starts at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from throughtime.cells import elman, gru, lstm
from throughtime.cells.activations import sigmoid
from throughtime.network_specification import NetworkSpecification
from throughtime.parameters import Views, blocks
from throughtime.specification import Specification

Array = npt.NDArray[Any]


class Net(Protocol):
    """What the proof needs of a network."""

    @property
    def specification(self) -> NetworkSpecification:
        """What the network is."""

    @property
    def parameters(self) -> Array:
        """Its parameters, one flat vector in the order of `throughtime.parameters`."""


class Layer(NamedTuple):
    """The packed parameters of a layer, in float64: V (K, G·H), U (H, G·H), b (G·H), and c_n (H) for GRU, else 0."""

    V: Array
    U: Array
    b: Array
    c: Array


@dataclass(frozen=True, eq=False)
class System:
    """A unidirectional network with an output at every step.

    Parameters
    ----------
    specification : NetworkSpecification
    parameters : (P,) array of the network's dtype
    symbols : (A, I) array of the network's dtype
        The inputs it can be given.

    Raises
    ------
    ValueError
        If nothing can be proved about such a network.
    """

    specification: NetworkSpecification
    parameters: Array
    symbols: Array

    def __post_init__(self) -> None:
        s = self.specification
        s.only_shipped("proofs are there")
        if s.bidirectional:
            raise ValueError("a bidirectional network cannot be proved: it reads the end of a sequence first")
        if s.output == "last step":
            raise ValueError('a network with output "last step" cannot be proved: it tells nothing on the way')
        if s.readout == "softmax":
            raise ValueError('a network with readout "softmax" cannot be proved: its outputs are no bits')
        if not np.isfinite(self.parameters).all():
            raise ValueError("the network has parameters that are not finite numbers")

    @classmethod
    def of(cls, net: Net, machine: Specification) -> System:
        """A network that reads the symbols of a machine; a ValueError if it does not fit the machine."""
        s = net.specification
        if s.inputs != machine.symbols.shape[1]:
            raise ValueError(
                f"the network reads {s.inputs} features, a symbol of the specification has {machine.symbols.shape[1]}"
            )
        if s.outputs != machine.outputs.shape[2]:
            raise ValueError(
                f"the network tells {s.outputs} outputs, the specification asks for {machine.outputs.shape[2]}"
            )
        symbols = machine.symbols.astype(s.dtype)
        if not np.isfinite(symbols).all() or len(np.unique(symbols, axis=0)) != len(symbols):
            raise ValueError(f"the symbols of the specification must be finite and differ in {s.dtype}")
        return cls(s, np.array(net.parameters, s.dtype), symbols)

    @property
    def parts(self) -> int:
        """State vectors of a layer: h, and C for LSTM."""
        return 2 if self.specification.cell == "lstm" else 1

    @property
    def width(self) -> int:
        """n, the number of state coordinates."""
        return self.specification.layers * self.parts * self.specification.hidden

    def columns(self, layer: int, part: int = 0) -> slice:
        """Where in the state h of a layer lies; with part 1, C."""
        H = self.specification.hidden
        at = (layer * self.parts + part) * H
        return slice(at, at + H)

    @cached_property
    def layers(self) -> list[Layer]:
        """The packed parameters of every layer."""
        H = self.specification.hidden
        found: list[dict[str, Array]] = [{} for _ in range(self.specification.layers)]
        for block in blocks(self.specification):
            if block.layer is not None:
                found[block.layer][block.symbol] = block.of(self.parameters).astype(np.float64)
        return [Layer(p["V"], p["U"], p.get("b", np.zeros(p["V"].shape[1])), p.get("c", np.zeros(H))) for p in found]

    @cached_property
    def readout(self) -> tuple[Array, Array]:
        """W (H, O) and b_y (O), in the network's dtype."""
        views = Views(self.specification, self.parameters)
        zero = np.zeros(self.specification.outputs, self.parameters.dtype)
        return views["W"], views["b_y"] if self.specification.bias else zero

    def start(self, batch: int) -> Array:
        """The state before the first step, (batch, n)."""
        return np.zeros((batch, self.width), self.parameters.dtype)

    def embedded(self, state: Array) -> Array:
        """States (B,n) as points whose distance tells how alike they are: tanh C in the place of C."""
        point = state.astype(np.float64)
        if self.parts == 2:
            for layer in range(self.specification.layers):
                at = self.columns(layer, 1)
                point[:, at] = np.tanh(point[:, at])
        return point

    def step(self, state: Array, symbol: Array) -> tuple[Array, Array]:
        """One step of the NumPy cells: states (B,n), symbols' numbers (B,) → next states (B,n), outputs y (B,O)."""
        x = self.symbols[symbol][:, None]
        after = np.empty_like(state)
        with np.errstate(all="ignore"):
            for layer, cell in enumerate(self._cells):
                h_0 = state[:, self.columns(layer)]
                if isinstance(cell, lstm.LSTM):
                    C_0 = state[:, self.columns(layer, 1)]
                    tape = lstm.forward(cell, x, h_0, C_0)
                    after[:, self.columns(layer, 1)] = tape.C[:, 0]
                    x = tape.h
                elif isinstance(cell, gru.GRU):
                    x = gru.forward(cell, x, h_0).h
                else:
                    x = elman.forward(cell, x, h_0).h
                after[:, self.columns(layer)] = x[:, 0]
            W, b_y = self.readout
            net_y = x[:, 0] @ W + b_y
        return after, sigmoid(net_y) if self.specification.readout == "sigmoid" else net_y

    @cached_property
    def _cells(self) -> list[elman.Elman | lstm.LSTM | gru.GRU]:
        s, H = self.specification, self.specification.hidden
        cells: list[elman.Elman | lstm.LSTM | gru.GRU] = []
        for packed in self.layers:
            V, U, b, c = (matrix.astype(s.dtype) for matrix in packed)
            gates = [(V[:, at : at + H], U[:, at : at + H], b[at : at + H]) for at in range(0, len(b), H)]
            if s.cell == "elman":
                cells.append(elman.Elman(V, U, b, s.activation))
            elif s.cell == "lstm":
                cells.append(lstm.LSTM(*gates[0], *gates[1], *gates[2], *gates[3]))
            else:
                cells.append(gru.GRU(*gates[0], *gates[1], *gates[2], c))
        return cells
