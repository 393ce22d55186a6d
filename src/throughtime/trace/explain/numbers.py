"""The numbers of a Trace with their names, as formulas show them: h_3[5], δ_f_4[0], layer1.backward.U_C[:,2].

A name has the layer and the direction before it where there are several, then docs/math.md's symbol, the step from 1,
and the unit from 0. h_0 is the initial state; of a layer that reads backward the initial state is h_{T+1}.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from throughtime.batch import Array
from throughtime.cells.letters import letter, of_name
from throughtime.trace.explain.formula import Dot, Number, Source, Term
from throughtime.trace.layer import LayerTrace, names_of
from throughtime.trace.letters import taken_apart
from throughtime.weights.parameters import view_name

if TYPE_CHECKING:
    from throughtime.trace import Trace


@dataclass(frozen=True)
class Vector:
    """Several numbers under one name."""

    symbol: str
    latex: str
    numbers: tuple[Number, ...]


class NamedNumbers:
    """The numbers of one sequence of a trace.

    Parameters
    ----------
    trace : Trace
    sequence : int
    home : LayerTrace, optional
        The layer and direction whose names are written without them.
    """

    def __init__(self, trace: Trace, sequence: int, home: LayerTrace | None = None) -> None:
        self.trace, self.sequence, self.home = trace, sequence, home
        self.steps = int(trace.lengths[sequence])
        self._views = trace.network.views

    def layer(self, of: LayerTrace, name: str, t: int, unit: int) -> Number:
        """A number of a layer at step t, such as h_3[5].

        Before the first step stands the initial state, behind it 0.
        """
        symbol, latex = self._state_name(of, name, t)
        value, source = self._recorded(of, name, t, unit)
        return Number(f"{symbol}[{unit}]", f"{latex}[{unit}]", value, source)

    def layer_vector(self, of: LayerTrace, name: str, t: int) -> Vector:
        """All units at step t, such as h_3."""
        units = range(self.trace.specification.hidden)
        return Vector(*self._state_name(of, name, t), tuple(self.layer(of, name, t, unit) for unit in units))

    def state_vector(self, of: LayerTrace, t: int) -> Vector:
        """The states that the layer above or the readout sees, such as h_3."""
        return self.layer_vector(of, names_of(of.graph).states[0], t)

    def outer(self, name: str, t: int, k: int | None = None) -> Number:
        """A number of the trace itself at step t: x, d, net_y, y, delta_y of feature k; error or mask without one."""
        symbol, latex = self._outer_name(name, t)
        array, timeless = getattr(self.trace, name), self._timeless(name)
        at: Array = array[self.sequence] if timeless else array[self.sequence, t - 1]
        index = () if k is None else (k,)
        unit = "" if k is None else f"[{k}]"
        source = Source(name, "trace", index, None if timeless else t)
        return Number(symbol + unit, latex + unit, float(at[index]), source)

    def outer_vector(self, name: str, t: int) -> Vector:
        """All features at step t, such as x_3."""
        width = getattr(self.trace, name).shape[-1]
        return Vector(*self._outer_name(name, t), tuple(self.outer(name, t, k) for k in range(width)))

    def inputs(self, of: LayerTrace, t: int) -> list[tuple[Vector, slice]]:
        """The inputs of a layer at step t, each part with the rows of V that it meets."""
        if of.layer == 0:
            return [(self.outer_vector("x", t), slice(0, self.trace.specification.inputs))]
        return [(self.state_vector(below, t), rows) for below, rows in self.directions(of.layer - 1)]

    def directions(self, layer: int) -> list[tuple[LayerTrace, slice]]:
        """The directions of a layer, each with its place among the layer's states."""
        s = self.trace.specification
        return [
            (of, slice(d * s.hidden, (d + 1) * s.hidden))
            for d, of in enumerate(self.trace.layers[layer * s.directions : (layer + 1) * s.directions])
        ]

    def has(self, of: LayerTrace, name: str) -> bool:
        """Whether the network has this parameter: one without biases lacks them."""
        return self._parameter_name(of, name)[0] in self._views

    def parameter(self, of: LayerTrace | None, name: str, index: tuple[int, ...]) -> Number:
        """A parameter, by its name in the step of the cell, such as U_f[2,5]; `of` is None for the readout's."""
        view, short, latex = self._parameter_name(of, name)
        at = ",".join(map(str, index))
        value = float(self._views[view][index])
        return Number(f"{short}[{at}]", f"{latex}[{at}]", value, Source(view, "parameter", index))

    def column(
        self, vector: Vector, of: LayerTrace | None, name: str, rows: slice, column: int, collapsed: bool = False
    ) -> Dot:
        """vector·M[rows,column]: what a net input gets."""
        view, short, latex = self._parameter_name(of, name)
        whole = rows == slice(0, len(self._views[view]))
        some = ":" if whole else f":{rows.stop}" if rows.start == 0 else f"{rows.start}:"
        numbers = [self.parameter(of, name, (row, column)) for row in range(rows.start, rows.stop)]
        return _dot(vector, f"{short}[{some},{column}]", f"{latex}[{some},{column}]", numbers, collapsed)

    def row(self, vector: Vector, of: LayerTrace | None, name: str, row: int, collapsed: bool = False) -> Dot:
        """vector·M[row,:]: what comes back through a matrix."""
        view, short, latex = self._parameter_name(of, name)
        numbers = [self.parameter(of, name, (row, column)) for column in range(self._views[view].shape[1])]
        return _dot(vector, f"{short}[{row},:]", f"{latex}[{row},:]", numbers, collapsed)

    def place(self, of: LayerTrace) -> str:
        """ "layer1.backward", or what of it distinguishes something."""
        return self._prefix(of).rstrip(".")

    # Names

    def _timeless(self, name: str) -> bool:
        return self.trace.specification.output == "last step" and name != "x"

    def _state_name(self, of: LayerTrace, name: str, t: int) -> tuple[str, str]:
        sign, value = taken_apart(of.graph, name)
        written = of_name(value) if sign else letter(of.graph, value)
        below = f"{written.below},{t}" if written.below else str(t)
        latex = f"{self._arrow(of, written.line)}{self._latex_layer(of)}_{{{below}}}"
        if sign == "δ":
            return f"{self._short_prefix(of)}δ_{written.text}_{t}", rf"\delta_{{{latex}}}"
        if sign == "∂":
            return f"{self._short_prefix(of)}∂{written.text}_{t}", rf"\partial {latex}"
        return f"{self._short_prefix(of)}{written.text}_{t}", latex

    def _outer_name(self, name: str, t: int) -> tuple[str, str]:
        short = {"delta_y": "δ_y", "error": "E"}.get(name, name)
        step, latex_step = ("", "") if self._timeless(name) else (f"_{t}", f"_{{{t}}}")
        latex = {
            "net_y": rf"\mathrm{{net}}_{{y{latex_step}}}",
            "delta_y": rf"\delta_{{y{latex_step}}}",
            "mask": rf"\mathrm{{mask}}{latex_step}",
        }.get(name, short + latex_step)
        return short + step, latex

    def _parameter_name(self, of: LayerTrace | None, name: str) -> tuple[str, str, str]:
        """The name among the network's views, and the one in formulas."""
        if of is None:
            return name, name, name
        written = of_name(name)
        latex = (
            self._arrow(of, written.line) + self._latex_layer(of) + (f"_{{{written.below}}}" if written.below else "")
        )
        return self._prefix(of) + view_name(of.graph, name), self._short_prefix(of) + written.text, latex

    def _arrow(self, of: LayerTrace, latex: str) -> str:
        """With an arrow in the direction of reading, where there are two."""
        if not self.trace.specification.bidirectional:
            return latex
        return rf"\over{'left' if of.direction == 'backward' else 'right'}arrow{{{latex}}}"

    def _prefix(self, of: LayerTrace) -> str:
        s = self.trace.specification
        layer = f"layer{of.layer}." if s.layers > 1 else ""
        return layer + (f"{of.direction}." if s.bidirectional else "")

    def _short_prefix(self, of: LayerTrace) -> str:
        return "" if of is self.home else self._prefix(of)

    def _latex_layer(self, of: LayerTrace) -> str:
        return f"^{{({of.layer})}}" if self.trace.specification.layers > 1 else ""

    # Values

    def _recorded(self, of: LayerTrace, name: str, t: int, unit: int) -> tuple[float, Source | None]:
        if 1 <= t <= self.steps:
            array = of.arrays[name][self.sequence, t - 1]
            return float(array[unit]), Source(name, "layer", (unit,), t, of.layer, of.direction)
        names = names_of(of.graph)
        if t == (0 if of.direction == "forward" else self.steps + 1) and name in names.states:
            first = names.firsts[names.states.index(name)]
            return float(of.arrays[first][self.sequence][unit]), Source(
                first, "layer", (unit,), None, of.layer, of.direction
            )
        return 0.0, None


def _dot(vector: Vector, symbol: str, latex: str, numbers: Sequence[Number], collapsed: bool) -> Dot:
    terms = tuple(Term((a, b)) for a, b in zip(vector.numbers, numbers, strict=True))
    nothing = collapsed and not np.any([a.value for a in vector.numbers])
    return Dot(f"{vector.symbol}·{symbol}", rf"{vector.latex} \cdot {latex}", terms, nothing)
