"""A network as a map: from a state and an input to the next state and the outputs, in the plain NumPy cells.

The state s (n) is one row: for each layer h (H), and after it the cell's other states, as C (H) of an LSTM. It starts
at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from throughtime.cells.activations import sigmoid
from throughtime.cells.graph import Graph
from throughtime.cells.interpreted import applied, computed
from throughtime.cells.layout import layout
from throughtime.proof.reading import reading
from throughtime.tasks.machine import Machine, meeting
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import Views, blocks

Array = npt.NDArray[Any]

FUNCTION = 64
"""Multiplications inside a product that take about as long as one of the cell's other operations on one unit."""


class Net(Protocol):
    """A network, as far as the proof needs it."""

    @property
    def specification(self) -> NetworkSpecification:
        """Its specification."""

    @property
    def parameters(self) -> Array:
        """Its parameters, one flat vector in the order of `throughtime.weights.parameters`."""


class Layer(NamedTuple):
    """The parameters of a layer.

    of : by their names in the step, in the network's dtype; 0 for biases that it does not have
    products : by the place in the graph of what they multiply, the matrices side by side (K, n·H), and what is added to
        each product, a bias of its net input or 0 (n·H); in float64
    """

    of: dict[str, Array]
    products: dict[int, tuple[Array, Array]]


class Specified(Protocol):
    """A network, or a plan of one."""

    @property
    def specification(self) -> NetworkSpecification:
        """Its specification."""


def why_not(what: Specified, task: Any = None) -> str | None:
    """Why nothing can be proved of a network, in a sentence; None if it can be tried.

    Parameters
    ----------
    what : a network or a Plan
    task : Task, optional
        The task that the network should do; without it, only limits of the network itself count.
    """
    if task is not None and task.machine is None:
        return f"{task.name} is no finite machine, so that nothing can be proved for sequences of every length"
    if (reason := getattr(task, "no_claim", None)) is not None:  # which a user's own task need not have
        return str(reason)
    s = what.specification
    if s.bidirectional:
        return "a bidirectional network cannot be proved: it reads the end of a sequence first"
    if s.output == "last step":
        return 'a network with output "last step" cannot be proved: it has no output on the way'
    if s.readout == "softmax":
        return 'a network with readout "softmax" cannot be proved: its outputs are no bits'
    try:
        s.without_layer_norm("nothing can be proved")
        reading(s.graph)
    except ValueError as error:
        return str(error)
    return None


@dataclass(frozen=True, eq=False)
class System:
    """A unidirectional network with an output at every step.

    Parameters
    ----------
    specification : NetworkSpecification
    parameters : (P,) array of the network's dtype
    symbols : (A, I) array of the network's dtype
        The inputs it can be given.
    ends : (2, A, I) array of the network's dtype, optional
        Where it can be given any input of a box around each of them, the boxes' lower and upper ends.

    Raises
    ------
    ValueError
        If nothing can be proved about such a network.
    """

    specification: NetworkSpecification
    parameters: Array
    symbols: Array
    ends: Array | None = None

    def __post_init__(self) -> None:
        if reason := why_not(self):
            raise ValueError(reason)
        if not np.isfinite(self.parameters).all():
            raise ValueError("the network has parameters that are not finite numbers")

    @classmethod
    def of(cls, net: Net, machine: Machine) -> System:
        """A network that reads the symbols of a machine; a ValueError if it does not fit the machine."""
        if not isinstance(machine, Machine):
            raise ValueError(
                f"a network is proved to do what a Machine does, got {type(machine).__name__}; say task.machine"
            )
        s = net.specification
        if s.inputs != machine.symbols.shape[1]:
            raise ValueError(
                f"the network reads {s.inputs} features, a symbol of the machine has {machine.symbols.shape[1]}"
            )
        if s.outputs != machine.outputs.shape[2]:
            raise ValueError(f"the network has {s.outputs} outputs, the machine has {machine.outputs.shape[2]}")
        found = cls(s, np.array(net.parameters, s.dtype), machine.symbols.astype(s.dtype), ends_of(machine, s.dtype))
        if not (np.isfinite(found.lo) & np.isfinite(found.hi)).all() or meeting(found.lo, found.hi) is not None:
            raise ValueError(f"the machine's symbols must be finite and differ in {s.dtype}")
        return found

    @property
    def lo(self) -> Array:
        """The least inputs of each symbol, (A, I)."""
        return self.symbols if self.ends is None else self.ends[0]

    @property
    def hi(self) -> Array:
        """The greatest, (A, I)."""
        return self.symbols if self.ends is None else self.ends[1]

    @property
    def graph(self) -> Graph:
        """A layer's computation at one step."""
        return self.specification.graph

    @property
    def parts(self) -> int:
        """State vectors of a layer, such as h and C."""
        return len(self.graph.states)

    @property
    def width(self) -> int:
        """n, the number of state coordinates."""
        return self.specification.layers * self.parts * self.specification.hidden

    def columns(self, layer: int, part: int = 0) -> slice:
        """Where in the state h of a layer lies; with a part from 1 on, its other states."""
        H = self.specification.hidden
        at = (layer * self.parts + part) * H
        return slice(at, at + H)

    @cached_property
    def layers(self) -> list[Layer]:
        """The parameters of every layer."""
        s, H, laid = self.specification, self.specification.hidden, layout(self.graph)
        packed = iter([block.of(self.parameters) for block in blocks(s) if block.layer is not None])
        found = []
        for _ in range(s.layers):
            of = dict.fromkeys(laid.biases, np.zeros(H, self.parameters.dtype))
            products = {}
            for block in laid.kept(s.bias):
                whole = next(packed)
                of |= {name: whole[..., k * H : (k + 1) * H] for k, name in enumerate(block.names)}
                if block.source is not None:
                    products[block.source] = whole.astype(np.float64), np.zeros(whole.shape[1])
            for net in reading(self.graph).nets.values():
                if net.bias is not None:
                    last = net.products[-1]
                    products[last.source][1][reading(self.graph).columns(last, H)] = of[net.bias]
            found.append(Layer(of, products))
        return found

    @cached_property
    def readout(self) -> tuple[Array, Array]:
        """W (H, O) and b_y (O), in the network's dtype."""
        views = Views(self.specification, self.parameters)
        zero = np.zeros(self.specification.outputs, self.parameters.dtype)
        return views["W"], views["b_y"] if self.specification.bias else zero

    @cached_property
    def work(self) -> int:
        """Multiplications of one step of one state; a value that is no product counts as FUNCTION."""
        s = self.specification
        values = s.layers * s.hidden * len(reading(self.graph).order)
        products = sum(M.size for layer in self.layers for M, _ in layer.products.values())
        return FUNCTION * values + products + s.hidden * s.outputs

    def start(self, batch: int) -> Array:
        """The state before the first step, (batch, n)."""
        return np.zeros((batch, self.width), self.parameters.dtype)

    def embedded(self, state: Array) -> Array:
        """States (B,n) as points whose distance tells how alike they are: tanh C in the place of C, and so of all but
        h.
        """
        point = state.astype(np.float64)
        for layer in range(self.specification.layers):
            for part in range(1, self.parts):
                at = self.columns(layer, part)
                point[:, at] = np.tanh(point[:, at])
        return point

    def step(self, state: Array, symbol: Array) -> tuple[Array, Array]:
        """One step in NumPy: states (B,n), symbols' numbers (B,) → next states (B,n), outputs y (B,O)."""
        x = self.symbols[symbol]
        after = np.empty_like(state)
        with np.errstate(all="ignore"):
            for layer, parameters in enumerate(self.layers):
                before = [state[:, self.columns(layer, part)] for part in range(self.parts)]
                found = computed(self.graph, x, before, parameters.of.__getitem__, float, applied)
                for part, value in enumerate(found):
                    after[:, self.columns(layer, part)] = value
                x = found[0]
            W, b_y = self.readout
            net_y = x @ W + b_y
        return after, sigmoid(net_y) if self.specification.readout == "sigmoid" else net_y

    def step_by_all(self, state: Array) -> tuple[Array, Array]:
        """One step of states (B,n) by every symbol → next states (B,A,n), outputs y (B,A,O)."""
        B, A = len(state), len(self.symbols)
        after, y = self.step(np.repeat(state, A, axis=0), np.tile(np.arange(A), B))
        return after.reshape(B, A, -1), y.reshape(B, A, -1)


def ends_of(machine: Machine, dtype: str) -> Array | None:
    """The ends of a machine's boxes, rounded outward to a dtype: rounding takes no input out of its box then."""
    if machine.ends is None:
        return None
    lo, hi = machine.ends.astype(dtype)
    least, most = np.array([-np.inf, np.inf], dtype)
    lo = np.where(lo > machine.lo, np.nextafter(lo, least), lo)
    return np.stack([lo, np.where(hi < machine.hi, np.nextafter(hi, most), hi)])
