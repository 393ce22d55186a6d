"""One step of a whole network as a map of its state, s_t = F(s_{t-1}, x_t), with its derivative.

The state s (S) is all that a network carries on: the h of each layer, then, for LSTM, the C of each layer. With
J = ∂s_t/∂s_{t-1}, J[j,i] the derivative of the j-th number after by the i-th before, docs/math.md's δ's go back as row
vectors from the left: ∂E/∂s_{t-1} = ∂E/∂s_t J. For one Elman layer J is diag(f'(net_h)) Uᵀ [docs/math.md#elman].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.cells import elman, gru, lstm, named_cell
from throughtime.cells.activations import ACTIVATIONS
from throughtime.checks import whole_number
from throughtime.network import Network
from throughtime.trace import Trace


@dataclass(frozen=True)
class OneStep:
    """F and ∂F/∂s of a network that reads forward, in plain NumPy.

    Parameters
    ----------
    network : Network

    Raises
    ------
    ValueError
        If the network reads in both directions: what it carries back is no function of what it carried before.
    """

    network: Network

    def __post_init__(self) -> None:
        self.network.specification.only_shipped("this analysis is there")
        if self.network.specification.bidirectional:
            raise ValueError(
                "a bidirectional network has no map from one state to the next: use one that reads forward"
            )

    @property
    def size(self) -> int:
        """S, the numbers in a state."""
        s = self.network.specification
        return s.layers * s.hidden * (2 if s.cell == "lstm" else 1)

    def __call__(self, states: npt.ArrayLike, x: npt.ArrayLike) -> Array:
        """States (N,S) and inputs (N,I) or (I,) → the states after the step (N,S)."""
        states, x = self._checked(states, x)
        return self._join([tape for tape, _, _ in self._layers(states, x)])

    def jacobian(self, states: npt.ArrayLike, x: npt.ArrayLike) -> Array:
        """States (N,S) and inputs (N,I) or (I,) → ∂s_t/∂s_{t-1} (N,S,S)."""
        states, x = self._checked(states, x)
        s = self.network.specification
        H, layers, parts = s.hidden, s.layers, self.size // (s.layers * s.hidden)
        whole = np.zeros((len(states), parts, layers, H, parts, layers, H))
        below: Any = None  # the derivative of the layer's input by the whole state before
        for layer, (tape, p, before) in enumerate(self._layers(states, x)):
            by_input, by_state = _JACOBIANS[s.cell](p, tape, before)
            own = whole[:, :, layer]
            own[:, :, :, :, layer] = by_state.reshape(len(states), parts, H, parts, H)
            if below is not None:
                own += (by_input @ below).reshape(own.shape)
            below = own[:, 0].reshape(len(states), H, self.size)
        return whole.reshape(len(states), self.size, self.size)

    def _checked(self, states: npt.ArrayLike, x: npt.ArrayLike) -> tuple[Array, Array]:
        states, x = np.asarray(states, float), np.asarray(x, float)
        if states.ndim != 2 or states.shape[1] != self.size:
            raise ValueError(f"states must be (N, {self.size}) for this network, got {states.shape}")
        inputs = self.network.specification.inputs
        if x.shape not in ((inputs,), (len(states), inputs)):
            raise ValueError(f"x must be ({inputs},) or ({len(states)}, {inputs}), got {x.shape}")
        return states, np.broadcast_to(x, (len(states), inputs))

    def _layers(self, states: Array, x: Array) -> list[tuple[Any, Any, Any]]:
        """Of each layer the tape of the step, its cell and its state before, each array (N,H)."""
        s, found = self.network.specification, []
        parts = states.reshape(len(states), -1, s.layers, s.hidden)
        twin: Any = {"elman": elman, "lstm": lstm, "gru": gru}[s.cell]
        for layer in range(s.layers):
            p = named_cell(s.cell, self.network.views, f"layer{layer}.", s.activation)
            before = parts[:, :, layer].transpose(1, 0, 2)
            tape = twin.forward(p, x[:, None], *before)
            found.append((tape, p, before))
            x = tape.h[:, 0]
        return found

    def _join(self, tapes: list[Any]) -> Array:
        names = ("h", "C") if self.network.specification.cell == "lstm" else ("h",)
        return np.concatenate([getattr(tape, name)[:, 0] for name in names for tape in tapes], axis=1)


def _elman(p: Any, tape: Any, before: Array) -> tuple[Array, Array]:
    f_prime = ACTIVATIONS[p.activation].f_prime(tape.h[:, 0])[..., None]
    return f_prime * p.V.T, f_prime * p.U.T


def _lstm(p: Any, tape: Any, before: Array) -> tuple[Array, Array]:
    i, f, C_tilde, o, C = (getattr(tape, name)[:, 0] for name in ("i", "f", "C_tilde", "o", "C"))
    tanh_C, C_before = np.tanh(C), before[1]

    def through(M_i: Array, M_f: Array, M_C: Array, M_o: Array) -> tuple[Array, Array]:
        """∂C_t and ∂h_t by what these matrices turn into net inputs."""
        d_C = (
            _rows(C_tilde * i * (1 - i), M_i)
            + _rows(C_before * f * (1 - f), M_f)
            + _rows(i * (1 - C_tilde**2), M_C)
        )  # fmt: skip
        return d_C, _rows(tanh_C * o * (1 - o), M_o) + (o * (1 - tanh_C**2))[..., None] * d_C

    by_x = through(p.V_i, p.V_f, p.V_C, p.V_o)
    by_h = through(p.U_i, p.U_f, p.U_C, p.U_o)
    by_C = _diagonal(f), _diagonal(o * (1 - tanh_C**2) * f)
    return (
        np.concatenate([by_x[1], by_x[0]], axis=1),
        np.concatenate(
            [np.concatenate([by_h[1], by_C[1]], axis=2), np.concatenate([by_h[0], by_C[0]], axis=2)], axis=1
        ),
    )


def _gru(p: Any, tape: Any, before: Array) -> tuple[Array, Array]:
    r, z, n, q = (getattr(tape, name)[:, 0] for name in ("r", "z", "n", "q"))

    def through(M_r: Array, M_z: Array, d_candidate: Array) -> Array:
        d_n = (1 - n**2)[..., None] * (d_candidate + _rows(q * r * (1 - r), M_r))
        return np.asarray((1 - z)[..., None] * d_n + _rows((before[0] - n) * z * (1 - z), M_z))

    by_x = through(p.V_r, p.V_z, np.broadcast_to(p.V_n.T, (len(r), *p.V_n.T.shape)))
    return by_x, through(p.U_r, p.U_z, _rows(r, p.U_n)) + _diagonal(z)


_JACOBIANS = {"elman": _elman, "lstm": _lstm, "gru": _gru}
"""cell, tape and state before → the derivatives of a layer's state after a step by its input and by its state before."""


def _rows(factors: Array, M: Array) -> Array:
    """diag(factors) Mᵀ for each row of factors (N,H)."""
    return factors[..., None] * M.T


def _diagonal(values: Array) -> Array:
    """(N,H) → (N,H,H)."""
    return values[..., None] * np.eye(values.shape[1])


def states(trace: Trace, sequence: int = 0) -> Array:
    """The states s_0 … s_n of a sequence of n steps, (n+1, S)."""
    OneStep(trace.network)  # refuses both directions
    sequence = whole_number("sequence", sequence, 0, len(trace.x) - 1)
    n = int(trace.lengths[sequence])
    names = ("h", "C") if trace.specification.cell == "lstm" else ("h",)
    return np.concatenate(
        [
            np.concatenate([of.arrays[f"{name}_0"][sequence, None], of.arrays[name][sequence, :n]])
            for name in names
            for of in trace.layers
        ],
        axis=1,
    )
