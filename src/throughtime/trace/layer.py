"""LayerTrace: what happened in one layer and direction of a network, in the names of docs/math.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from throughtime.batch import Array
from throughtime.cells import step_of
from throughtime.cells.layout import layout
from throughtime.network import Network
from throughtime.network_specification import CHOICES
from throughtime.parameters import DIRECTIONS, GATES, blocks

if TYPE_CHECKING:
    from throughtime.kernels.tape import TapeArrays

TAPE_NAMES = {cell: layout(step_of(cell)).names for cell in CHOICES["cell"]}
"""The arrays that a cell leaves on the tape, in that order."""
DELTA_NAMES = {cell: layout(step_of(cell)).delta_names for cell in CHOICES["cell"]}
"""Their δ's, in the same order; the first ones belong to the gates of `parameters.GATES`."""


def array_names(cell: str) -> tuple[str, ...]:
    """The names of a LayerTrace's arrays, each (B,T,H); but h_0 and C_0, which are (B,H)."""
    C_0, C, d_C = (("C_0",), ("C",), ("d_C",)) if cell == "lstm" else ((), (), ())
    return ("h_0", *C_0, *TAPE_NAMES[cell], *C, "h", "d_h", *d_C, *DELTA_NAMES[cell])


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace:
    """What happened in one layer and direction.

    The arrays are attributes, (B,T,H) but for the initial states, in the names of docs/math.md; d_h is the whole
    derivative ∂E/∂h_t, from the readout or the layer above and from the next step, and d_C is ∂E/∂C_t.

        elman    h_0, net_h, h, d_h, delta_h
        lstm     h_0, C_0, i, f, C_tilde, o, C, h, d_h, d_C, delta_i, delta_f, delta_C_tilde, delta_o
        gru      h_0, r, z, n, q, h, d_h, delta_r, delta_z, delta_n, delta_q        (q_t = h_{t-1} U_n + c_n)

    Parameters
    ----------
    cell : "elman", "lstm" or "gru"
    layer : int
    direction : "forward" or "backward"
        A layer that reads backward has its h_0 behind the last step, and reads the steps from T to 1.
    arrays : mapping of these names to arrays
    """

    cell: str
    layer: int
    direction: str
    arrays: Mapping[str, Array]

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name == "arrays":
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
    def delta(self) -> Array:
        """The δ's of all gates side by side (B,T,G·H), in the order of the parameters' columns."""
        return np.concatenate([self.arrays[name] for name in DELTA_NAMES[self.cell][: len(GATES[self.cell])]], axis=2)

    def before(self, name: str, lengths: Array) -> Array:
        """h or C one step earlier in the order of reading, (B,T,H); 0 behind each sequence's end."""
        states, first = self.arrays[name], self.arrays[f"{name}_0"]
        moved = np.zeros_like(states)
        if self.direction == "forward":
            moved[:, 0], moved[:, 1:] = first, states[:, :-1]
            moved[padding(states.shape[1], lengths)] = 0
        else:
            moved[:, :-1] = states[:, 1:]
            moved[np.arange(len(states)), lengths - 1] = first
        return moved


def layer_trace(
    network: Network,
    tape: TapeArrays,
    layer: int,
    direction: int,
    lengths: Array,
    delta_y: Array,
    above: Sequence[LayerTrace],
) -> LayerTrace:
    """What the kernels left on the tape of a layer and direction; `above` is the layer above, if there is one."""
    s = network.specification
    first = 0 if direction == 0 else -1
    arrays = {"h_0": tape.h[layer, direction, first].copy()}
    if s.cell == "lstm":
        arrays["C_0"] = tape.C[layer, direction, first].copy()
    gates = public(tape.gates[layer, direction], lengths)
    arrays |= dict(zip(TAPE_NAMES[s.cell], np.split(gates, len(TAPE_NAMES[s.cell]), axis=2), strict=True))
    if s.cell == "lstm":
        arrays["C"] = public(tape.C[layer, direction, 1:-1], lengths)
    arrays["h"] = public(tape.h[layer, direction, 1:-1], lengths)
    delta = public(tape.delta[layer, direction], lengths)
    deltas = dict(zip(DELTA_NAMES[s.cell], np.split(delta, len(DELTA_NAMES[s.cell]), axis=2), strict=True))
    from_above = _from_above(network, layer, direction, lengths, delta_y, above)
    arrays |= _errors_of_states(network, layer, direction, lengths, arrays, deltas, from_above)
    ordered = {name: frozen((arrays | deltas)[name]) for name in array_names(s.cell)}
    return LayerTrace(s.cell, layer, DIRECTIONS[direction], MappingProxyType(ordered))


def public(array: Array, lengths: Array) -> Array:
    """(T,B,F) → a new array (B,T,F), 0 behind each sequence's end."""
    out = np.array(array.transpose(1, 0, 2) if array.ndim == 3 else array.T, order="C")
    out[padding(out.shape[1], lengths)] = 0
    return out


def padding(time: int, lengths: Array) -> Array:
    """Which steps lie behind the sequences' ends, (B,T)."""
    return np.asarray(np.arange(time) >= lengths[:, None])


def frozen(array: Array) -> Array:
    """The array, contiguous and read-only."""
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _block(network: Network, symbol: str, layer: int, direction: int) -> Array:
    """The matrix of all gates."""
    found = next(
        block
        for block in blocks(network.specification)
        if (block.symbol, block.layer, block.direction) == (symbol, layer, direction)
    )
    return found.of(network.parameters)


def _from_above(
    network: Network, layer: int, direction: int, lengths: Array, delta_y: Array, above: Sequence[LayerTrace]
) -> Array:
    """∂E/∂h (B,T,H) from the readout or the layer above."""
    s = network.specification
    own = slice(direction * s.hidden, (direction + 1) * s.hidden)
    if above:
        parts = [of.delta @ _block(network, "V", layer + 1, d)[own].T for d, of in enumerate(above)]
        return np.asarray(sum(parts[1:], parts[0]))
    from_readout = delta_y @ network["W"][own].T
    if s.output == "every step":
        return from_readout
    d_h = np.zeros((len(lengths), int(lengths.max()), s.hidden), delta_y.dtype)
    d_h[np.arange(len(lengths)), lengths - 1 if direction == 0 else 0] = from_readout
    return d_h


def _errors_of_states(
    network: Network,
    layer: int,
    direction: int,
    lengths: Array,
    arrays: Mapping[str, Array],
    deltas: Mapping[str, Array],
    from_above: Array,
) -> dict[str, Array]:
    """The whole ∂E/∂h, and ∂E/∂C of an LSTM: what comes from above, and from the step that is read next."""
    U, cell = _block(network, "U", layer, direction), network.specification.cell
    recurrent = [deltas[name] for name in DELTA_NAMES[cell] if name != "delta_n"]  # δ_n reaches h_{t-1} as δ_q
    time = arrays["h"].shape[1]
    d_h = np.zeros_like(arrays["h"])
    d_h[:, : from_above.shape[1]] = from_above
    step_back = np.concatenate(recurrent, axis=2) @ U.T
    steps = list(range(time)) if direction else list(reversed(range(time)))
    for after, t in pairwise(steps):
        d_h[:, t] += step_back[:, after]
        if cell == "gru":
            d_h[:, t] += d_h[:, after] * arrays["z"][:, after]
    d_h[padding(time, lengths)] = 0
    if cell != "lstm":
        return {"d_h": d_h}
    d_C = d_h * arrays["o"] * (1 - np.tanh(arrays["C"]) ** 2)
    for after, t in pairwise(steps):
        d_C[:, t] += d_C[:, after] * arrays["f"][:, after]
    d_C[padding(time, lengths)] = 0
    return {"d_h": d_h, "d_C": d_C}
