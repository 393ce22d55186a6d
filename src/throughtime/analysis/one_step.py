"""One step of a whole network as a map of its state, s_t = F(s_{t-1}, x_t), with its derivative.

The state s (S) is all that a network carries on: the first state of the cell in each layer, then the second in each
layer, and so on; for LSTM the h of each layer, then the C of each. With J = ∂s_t/∂s_{t-1}, J[j,i] the derivative of the
j-th number after by the i-th before, the δ's of docs/math.md go back as row vectors from the left: ∂E/∂s_{t-1} =
∂E/∂s_t J. For one Elman layer J is diag(f'(net_h)) Uᵀ [docs/math.md §2].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.cells.derivation import derivation
from throughtime.cells.interpreted import evaluated, leaves
from throughtime.cells.layout import layout
from throughtime.support.checks import whole_number
from throughtime.trace import Trace
from throughtime.trace.layer import names_of, products_of
from throughtime.weights.parameters import DIRECTIONS, of_layer
from throughtime.weights.weights import Weights


@dataclass(frozen=True)
class OneStep:
    """F and ∂F/∂s of a network that reads forward, in plain NumPy.

    Parameters
    ----------
    network : Network, or its Weights

    Raises
    ------
    ValueError
        If the network reads in both directions: what it carries back is no function of what it carried before.
    """

    network: Weights

    def __post_init__(self) -> None:
        if self.network.specification.bidirectional:
            raise ValueError(
                "a bidirectional network has no map from one state to the next: use one that reads forward"
            )

    @property
    def size(self) -> int:
        """S, the numbers in a state."""
        s = self.network.specification
        return s.layers * s.hidden * len(s.graph.states)

    def __call__(self, states: npt.ArrayLike, x: npt.ArrayLike) -> Array:
        """States (N,S) and inputs (N,I) or (I,) → the states after the step (N,S)."""
        states, x = self._checked(states, x)
        s = self.network.specification
        after = np.empty((len(states), len(s.graph.states), s.layers, s.hidden))
        for layer, before in enumerate(self._by_layer(states)):
            known = evaluated(s.graph.operations, leaves(s.graph, self._parameters(layer), before, x), s.graph.after)
            for n, place in enumerate(s.graph.after):
                after[:, n, layer] = known[place]
            x = after[:, 0, layer]
        return after.reshape(states.shape)

    def jacobian(self, states: npt.ArrayLike, x: npt.ArrayLike) -> Array:
        """States (N,S) and inputs (N,I) or (I,) → ∂s_t/∂s_{t-1} (N,S,S)."""
        states, x = self._checked(states, x)
        s, N = self.network.specification, len(states)
        H, layers, parts = s.hidden, s.layers, len(s.graph.states)
        whole = np.zeros((N, parts, layers, H, parts, layers, H))
        below: Any = None  # the derivative of the layer's input by the whole state before
        for layer, before in enumerate(self._by_layer(states)):
            after, by_input, by_state = self._derivatives(layer, before, x)
            own = whole[:, :, layer]
            own[:, :, :, :, layer] = by_state.reshape(N, parts, H, parts, H)
            if below is not None:
                own += (by_input @ below).reshape(own.shape)
            below, x = own[:, 0].reshape(N, H, self.size), after
        return whole.reshape(N, self.size, self.size)

    def _derivatives(self, layer: int, before: Array, x: Array) -> tuple[Array, Array, Array]:
        """The first state after a step (N,H), and the derivatives of all states after it by x (N,n·H,K) and by those
        before it.

        Every number after the step is sent back alone, as if it were the error: (N,n·H,H).
        """
        graph, parameters = self.network.specification.graph, self._parameters(layer)
        derived, laid, (parts, N, H) = derivation(graph), layout(graph), before.shape
        known = leaves(graph, parameters, before[:, :, None], x[:, None])
        alone = np.eye(parts * H).reshape(1, parts * H, parts, H)
        for place, o in enumerate(derived.operations):
            if o.op == "given":
                known[place] = alone[:, :, graph.states.index(o.name)]
        products = products_of(graph, "x")
        nets: list[Any] = [laid.slots[product.slot].net for product in products]
        by_net = [derived.by[net] for net in nets]
        by_state_before = [derived.by[place] for place in graph.before]
        values = evaluated(derived.operations, known, [graph.after[0], *by_net, *by_state_before])
        rows = N, parts * H
        by_input = np.zeros((*rows, x.shape[1]))
        for product, place in zip(products, by_net, strict=True):
            by_input += values[place] @ parameters[product.parameter].T
        by_state = np.concatenate([np.broadcast_to(values[place], (*rows, H)) for place in by_state_before], axis=2)
        return np.broadcast_to(values[graph.after[0]], (N, 1, H))[:, 0], by_input, by_state

    def _parameters(self, layer: int) -> dict[str, Array]:
        return of_layer(self.network.specification, self.network.views, layer, DIRECTIONS[0])

    def _by_layer(self, states: Array) -> Array:
        """(N,S) → for each layer the states of its cell (n,N,H)."""
        s = self.network.specification
        return states.reshape(len(states), -1, s.layers, s.hidden).transpose(2, 1, 0, 3)

    def _checked(self, states: npt.ArrayLike, x: npt.ArrayLike) -> tuple[Array, Array]:
        states, x = np.asarray(states, float), np.asarray(x, float)
        if states.ndim != 2 or states.shape[1] != self.size:
            raise ValueError(f"states must be (N, {self.size}) for this network, got {states.shape}")
        inputs = self.network.specification.inputs
        if x.shape not in ((inputs,), (len(states), inputs)):
            raise ValueError(f"x must be ({inputs},) or ({len(states)}, {inputs}), got {x.shape}")
        return states, np.broadcast_to(x, (len(states), inputs))


def states(trace: Trace, sequence: int = 0) -> Array:
    """The states s_0 … s_n of a sequence of n steps, (n+1, S)."""
    OneStep(trace.network)  # refuses both directions
    sequence = whole_number("sequence", sequence, 0, len(trace.x) - 1)
    n = int(trace.lengths[sequence])
    names = names_of(trace.specification.graph)
    return np.concatenate(
        [
            np.concatenate([of.arrays[first][sequence, None], of.arrays[state][sequence, :n]])
            for first, state in zip(names.firsts, names.states, strict=True)
            for of in trace.layers
        ],
        axis=1,
    )
