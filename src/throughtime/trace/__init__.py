"""Trace: everything that happened in one forward and one backward pass, as arrays (batch, time, features)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from throughtime.batch import Array
from throughtime.cells.derivation import derivation
from throughtime.cells.interpreted import evaluated
from throughtime.cells.layout import layout
from throughtime.passes.one_pass import Pass
from throughtime.support.memory import require
from throughtime.trace.itemised import LARGEST, delta_names, itemised_deltas
from throughtime.trace.layer import LayerTrace, frozen, layer_trace, names_of, padding
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import DIRECTIONS, Views, of_layer, view_name
from throughtime.weights.weights import Weights

if TYPE_CHECKING:
    from throughtime.trace.explain import Explanation


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """One forward and one backward pass of a network over a batch; `Network.trace` makes it.

    Every array is read-only and 0 behind each sequence's end. R stands for the T steps of time, and is left out
    (y is (B,O), error (B,)) if the network's output is "last step".

    Parameters
    ----------
    network : Weights
        With the parameters of that pass, its own copy.
    lengths : (B,) int array
    x : (B,T,I) array
    d : (B,R,O) array
        Targets.
    mask : (B,R) array
        Weight of each step in the loss.
    net_y, y, delta_y : (B,R,O) arrays
    error : (B,R) array
        E_t.
    loss : float
        E, the sum of all errors.
    gradient : (P,) array
        ∂E by each parameter; `trace.terms` has its summands.
    layers : tuple of LayerTrace
        Layer by layer, forward before backward.

    Notes
    -----
    An array of the last layer, read forward, is an attribute of the trace itself: `trace.h`, `trace.delta_h`
    (Elman), `trace.f`, `trace.delta_f` (LSTM) and so on, see LayerTrace. For those of another layer or direction, and
    for a state of one's own cell that is called as one of the arrays above, use `trace.layer(0, "backward")`.
    """

    network: Weights
    lengths: Array
    x: Array
    d: Array
    mask: Array
    net_y: Array
    y: Array
    error: Array
    delta_y: Array
    loss: float
    gradient: Array
    layers: tuple[LayerTrace, ...]

    @classmethod
    def of(cls, network: Weights, found: Pass, loss: float, gradient: Array) -> Trace:
        """The trace of a pass forward and back, which may be used again; the weights and the gradient are kept."""
        s, arrays = network.specification, found.recorded()
        layers: list[LayerTrace] = []
        for layer in reversed(range(s.layers)):
            above = layers[: s.directions]
            layers[:0] = [
                layer_trace(
                    network, found.layer(layer, direction), layer, direction, found.lengths, arrays["delta_y"], above
                )
                for direction in range(s.directions)
            ]
        return cls(
            network=network,
            lengths=frozen(found.lengths.copy()),
            **{name: frozen(array) for name, array in arrays.items()},
            loss=loss,
            gradient=frozen(gradient),
            layers=tuple(layers),
        )

    @property
    def specification(self) -> NetworkSpecification:
        """The specification of the network."""
        return self.network.specification

    def layer(self, layer: int | None = None, direction: str | None = None) -> LayerTrace:
        """The trace of a layer and direction; by default of the last layer, read forward."""
        s = self.specification
        layer = s.layers - 1 if layer is None else layer
        direction = DIRECTIONS[0] if direction is None else direction
        if not isinstance(layer, int | np.integer) or not 0 <= layer < s.layers:
            raise ValueError(f"layer must be from 0 to {s.layers - 1}, got {layer!r}")
        if direction not in self._directions():
            only = "" if s.bidirectional else ", since the network reads in one direction"
            names = " or ".join(self._directions())
            raise ValueError(f"direction must be {names}{only}, got {direction!r}")
        return self.layers[layer * s.directions + DIRECTIONS.index(direction)]

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_") or name in ("layers", "network"):
            raise AttributeError(name)
        return getattr(self.layer(), name)  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.layer().arrays]

    def __repr__(self) -> str:
        batch, time, _ = self.x.shape
        return f"Trace({self.network!r}, {batch} × {time} steps, loss {self.loss:.6g})"

    def alone(self, sequence: int) -> Trace:
        """The trace of one sequence without what stands behind its end; its loss and gradient are of this sequence
        alone.
        """
        b = self._sequence(sequence)
        one, n = slice(b, b + 1), int(self.lengths[b])
        firsts = names_of(self.specification.graph).firsts

        def outputs(array: Array) -> Array:
            return frozen(array[one].copy() if self.specification.output == "last step" else array[one, :n].copy())

        def arrays(of: LayerTrace) -> dict[str, Array]:
            cut = {name: array[one] if name in firsts else array[one, :n] for name, array in of.arrays.items()}
            return {name: frozen(array.copy()) for name, array in cut.items()}

        gradient = np.zeros_like(self.gradient)
        for name, view in Views(self.specification, gradient).items():
            view[...] = self.terms(name, b).sum(axis=0)
        return Trace(
            network=self.network,
            lengths=frozen(self.lengths[one].copy()),
            x=frozen(self.x[one, :n].copy()),
            **{name: outputs(getattr(self, name)) for name in ("d", "mask", "net_y", "y", "error", "delta_y")},
            loss=float(self.error[b].sum()),
            gradient=frozen(gradient),
            layers=tuple(replace(of, arrays=MappingProxyType(arrays(of))) for of in self.layers),
        )

    # Gradients, step by step

    def terms(self, name: str, sequence: int | None = None) -> Array:
        """The share of each step in a parameter's gradient, such as h_{t-1}ᵀ δ_h_t for "U".

        Parameters
        ----------
        name : one of `network.names`
        sequence : int, optional
            Of this sequence alone; of all together if not given.

        Returns
        -------
        (T, *shape of the parameter) array; its sum over T is the gradient. If the network's output is
        "last step", the readout's only term stands at the last step of each sequence.
        """
        matrix = self.network[name].ndim == 2  # a KeyError that lists the names
        if name in ("W", "b_y"):
            read, delta = self.read, self.delta_y
            if self.specification.output == "last step":
                read, delta = self._at_last_step(read), self._at_last_step(delta)
        else:
            read, delta = self._factors(name)
        rows = slice(None) if sequence is None else slice(self._sequence(sequence), sequence + 1)
        if matrix:
            return np.asarray(np.einsum("btk,bth->tkh", read[rows], delta[rows]))
        return delta[rows].sum(axis=0)  # type: ignore[no-any-return]

    def inputs(self, layer: int) -> Array:
        """The inputs of a layer: x (B,T,I), or the states of both directions of the layer below (B,T,D·H)."""
        return self.x if layer == 0 else self._states(layer - 1)

    @property
    def read(self) -> Array:
        """The inputs of the readout: the last layer's states of both directions (B,R,D·H)."""
        states = self._states(self.specification.layers - 1)
        if self.specification.output == "every step":
            return states
        H = self.specification.hidden
        ends = np.arange(len(states)), self.lengths - 1
        return np.concatenate([states[ends][:, :H], states[:, 0, H:]], axis=1)

    # How far errors reach

    def itemised(self, *, gate: str | None = None, layer: int | None = None, direction: str | None = None) -> Array:
        """δ_{k→t}: the part of the δ's at step t that the error made at step k is the cause of.

        The backward pass is linear in the errors once the forward pass is recorded: the error of each step k is
        sent through it alone, through the layers above too. So Σ_k δ_{k→t} = δ_t. For Elman cells of the last
        layer these are the δ_{k→t} of docs/math.md#reach. For gated cells a δ_{k→t} is of the same kind, the derivative
        of E_k by the net inputs of all gates at t, side by side in the order of the parameters' columns (LSTM: i, f,
        C̃, o; GRU: r, z, ñ). It is not ∂E_k/∂h_t, which would miss what an LSTM carries back through its cells C.

        Parameters
        ----------
        gate : str, optional
            One gate only, by its δ's name without "delta_", such as "f" or "C_tilde"; for GRU also "q".
        layer, direction : optional
            As for `layer`. Every layer and direction is possible; where a layer reads backward, an error is felt
            at steps t > k too.

        Returns
        -------
        (B, T_k, T_t, G·H) array, or (B, T_k, T_t, H) for one gate. Where the network's output is "last step", its
        error is made at the last step of each sequence, and all other rows k are 0.
        """
        of, names = self.layer(layer, direction), delta_names(self.specification.graph, gate)
        batch, time, _ = self.x.shape
        shape = batch, time, time, len(names) * self.specification.hidden
        if prod(shape) > LARGEST:
            raise ValueError(f"the itemised δ's would be {shape} numbers: trace fewer or shorter sequences")
        items = np.zeros(shape, self.x.dtype)
        for b, n in enumerate(self.lengths):
            items[b, :n, :n] = itemised_deltas(self, b, names, of)
        return items

    def itemised_norms(
        self, *, gate: str | None = None, layer: int | None = None, direction: str | None = None
    ) -> Array:
        """‖δ_{k→t}‖ of each sequence (B, T_k, T_t); arguments as for `itemised`."""
        of, names = self.layer(layer, direction), delta_names(self.specification.graph, gate)
        batch, time, _ = self.x.shape
        require(16.0 * batch * time**2, f"how far errors reach over {time:,} steps", "trace fewer or shorter sequences")
        norms = np.zeros((batch, time, time), self.x.dtype)
        for b, n in enumerate(self.lengths):
            norms[b, :n, :n] = np.sqrt((itemised_deltas(self, b, names, of) ** 2).sum(axis=2))
        return norms

    @cached_property
    def reach(self) -> Array:
        """How far each error reaches back: ‖δ_{k→t}‖ of the last layer, read forward, (T_k, T_t).

        For a batch it is the mean over the sequences that have both steps.
        """
        norms = self.itemised_norms()
        real = ~padding(norms.shape[1], self.lengths)
        both = (real[:, :, None] & real[:, None, :]).sum(axis=0)
        return frozen(norms.sum(axis=0) / np.maximum(both, 1).astype(norms.dtype))

    # In words, and in files: what these are made of is imported by who wants them, since a network needs it for nothing

    def explain(
        self,
        t: int,
        unit: int | None = None,
        *,
        output: int | None = None,
        layer: int | None = None,
        direction: str | None = None,
        sequence: int = 0,
        digits: int = 4,
    ) -> Explanation:
        """The formulas of a unit, or of an output, at a step with the numbers filled in; see `explain.explain`."""
        from throughtime.trace.explain import explain

        return explain(self, t, unit, output=output, layer=layer, direction=direction, sequence=sequence, digits=digits)

    def to_json(self, *, reach: bool = False) -> str:
        """The trace as JSON, see `trace.json_form`; `reach` adds the itemised norms of each sequence."""
        from throughtime.trace import json_form

        return json_form.write(self, reach)

    @classmethod
    def from_json(cls, text: str | bytes) -> Trace:
        """The trace that `to_json` wrote, to the last bit; a ValueError of one line for anything else."""
        from throughtime.trace import json_form

        return cls(**json_form.read(text))

    # Inside

    def _factors(self, name: str) -> tuple[Array, Array]:
        """The rows that a matrix of a layer multiplies (B,T,K), and ∂E by the result.

        For a vector, ∂E by it at each step.
        """
        s, parts = self.specification, name.split(".")
        layer = next((int(part[5:]) for part in parts if part.startswith("layer")), 0)
        of = self.layer(layer, "backward" if "backward" in parts else "forward")
        own = ".".join(part for part in parts if part not in DIRECTIONS and not part.startswith("layer"))
        parameter = next(parameter for parameter in s.graph.parameters if view_name(s.graph, parameter) == own)
        given = of_layer(s, self.network.views, layer, of.direction)
        known = of.recorded(given, self.inputs(layer), self.lengths)
        if product := layout(s.graph).product_of.get(parameter):
            return known[product.source], of.arrays[names_of(s.graph).deltas[product.slot]]
        derived = derivation(s.graph)
        at = derived.by[s.graph.parameter_places[parameter]]
        by_vector = np.where(
            padding(self.x.shape[1], self.lengths)[..., None], 0, evaluated(derived.operations, known, [at])[at]
        )
        return by_vector, by_vector

    def _states(self, layer: int) -> Array:
        return np.concatenate([self.layer(layer, name).states for name in self._directions()], axis=2)

    def _directions(self) -> tuple[str, ...]:
        return DIRECTIONS[: self.specification.directions]

    def _sequence(self, sequence: int) -> int:
        if not isinstance(sequence, int | np.integer) or not 0 <= sequence < len(self.x):
            raise ValueError(f"sequence must be from 0 to {len(self.x) - 1}, got {sequence!r}")
        return sequence

    def _at_last_step(self, array: Array) -> Array:
        out = np.zeros((*self.x.shape[:2], array.shape[1]), array.dtype)
        out[np.arange(len(out)), self.lengths - 1] = array
        return out
