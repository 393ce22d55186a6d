"""The table of an unrolled network: time runs to the right, quantities run down."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.cells.layout import layout
from throughtime.cells.letters import letter
from throughtime.cli.datafile import read_for
from throughtime.cli.models import Model
from throughtime.cli.shell import Failure
from throughtime.tasks import Addition
from throughtime.trace import Trace
from throughtime.trace.layer import names_of
from throughtime.trace.letters import taken_apart

_LABEL, _CELL = 12, 8
_SIGNS = {"δ": "δ_", "∂": "∂"}


def sequence(model: Model, task: Any, operands: list[int], seed: int) -> tuple[Array, Array, Array | None]:
    """The sequence to trace: numbers to add, or one that the task draws → x (1,T,I), y, lengths."""
    if operands and model.columns is not None:
        raise Failure(f"{model.path} {model.past}: give --data FILE instead of numbers")
    if operands:
        inputs = model.network.specification.inputs
        if task is None:
            task = Addition(operands=max(2, inputs))
        if not task.reads_numbers:
            raise Failure(f"the network in {model.path} was trained for {task.name}: give no numbers, or another model")
        if len(operands) != task.inputs:
            raise Failure(f"the network in {model.path} reads {task.inputs} numbers at once, got {len(operands)}")
        return *task.encode(*operands), None
    if task is None:
        instead = "numbers to add, --data FILE or --task NAME" if model.columns is None else "--data FILE"
        raise Failure(f"{model.path} {model.past}: give {instead}")
    batch = task.sample(np.random.default_rng(seed), 1)
    return batch.x, batch.y, batch.lengths


def sequence_of(model: Model, path: Path, name: str | None, options: list[str]) -> tuple[Array, Array, Array | None]:
    """A sequence of a data file, by its name, or its number if the file names none; the first if neither is given."""
    data = read_for(model, path, options)
    position = 0 if name is None else data.position(name)
    batch = data.sequences[position : position + 1]
    return batch.x, batch.y, batch.lengths


def check(trace: Trace, step: int | None, unit: int | None, output: int | None) -> None:
    """Refuse, by the names of the options, what is not there."""
    s = trace.specification
    for name, value, least, most in (
        ("step", step, 1, int(trace.lengths[0])),
        ("unit", unit, 0, s.hidden - 1),
        ("output", output, 0, s.outputs - 1),
    ):
        if value is not None and not least <= value <= most:
            raise Failure(f"--{name} must be from {least} to {most}, got {value}")


def table(trace: Trace, task: Any, step: int | None, unit: int | None, layer: int | None, direction: str | None) -> str:
    """The table, or what of it belongs to one step and one unit."""
    steps = int(trace.lengths[0])
    rows = _rows(trace, task, unit, layer, direction)
    chosen = list(range(steps)) if step is None else [step - 1]
    columns = max(1, (shutil.get_terminal_size((80, 24)).columns - _LABEL - 2) // _CELL)
    blocks = []
    for start in range(0, len(chosen), columns):
        shown = chosen[start : start + columns]
        lines = [f"  {'step':<{_LABEL}}" + "".join(f"{t + 1:>{_CELL}}" for t in shown)]
        for label, cells in rows:
            lines.append(f"  {label:<{_LABEL}}" + "".join(f"{cells[t]:>{_CELL}}" for t in shown) if label else "")
        blocks.append("\n".join(lines))
    return "\n\n\n".join(blocks)


def _rows(
    trace: Trace, task: Any, unit: int | None, layer: int | None, direction: str | None
) -> list[tuple[str, list[str]]]:
    """The label and the cells of each row; an empty label for an empty line."""
    graph, of = trace.specification.graph, trace.layer(layer, direction)
    names = names_of(graph)
    units = range(trace.specification.hidden) if unit is None else [unit]
    nets = [name for name, slot in zip(names.slots, layout(graph).slots, strict=True) if slot.kept == slot.net]
    hidden = {*names.firsts, *names.d_states, *names.deltas, *(nets if unit is None else ())} - {*names.states}
    forward = [name for name in of.arrays if name not in hidden]
    blank: list[tuple[str, list[str]]] = [("", [])]
    rows = _values("x", trace.x[0]) + _memory(trace, task)
    for name in forward:
        rows += blank + _values(letter(graph, name).text, of.arrays[name][0], units)
    outputs = [("y", trace.y), ("d", trace.d), ("E", trace.error[..., None]), ("δ_y", trace.delta_y)]
    for name, array in outputs:
        wide = trace.specification.outputs > 1 and name != "E"
        rows += (blank if wide or name == "y" else []) + _values(name, _every_step(trace, array))
    for name in names.deltas:
        sign, value = taken_apart(graph, name)
        rows += blank + _values(_SIGNS[sign] + letter(graph, value).text, of.arrays[name][0], units)
    return rows


def _every_step(trace: Trace, array: Array) -> Array:
    """(1,T,O), or (1,O) that belongs to the last step, as (T,O) with NaN where there is nothing."""
    if trace.specification.output == "every step":
        return np.asarray(array[0])
    array = array.reshape(1, -1)
    out = np.full((int(trace.lengths[0]), array.shape[1]), np.nan)
    out[-1] = array[0]
    return out


def _memory(trace: Trace, task: Any) -> list[tuple[str, list[str]]]:
    """The memory of the task's machine before each step."""
    states = None if task is None else task.states(trace.x[0])
    return [] if task is None or states is None else [(task.memory, [str(state) for state in states[:-1]])]


def _values(name: str, array: Array, features: Any = None) -> list[tuple[str, list[str]]]:
    """A row for each feature of (T,F)."""
    features = range(array.shape[1]) if features is None else features
    whole = bool(np.all((array == np.round(array)) | np.isnan(array)))
    return [
        (name if name == "E" else f"{name}[{i}]", [_number(value, whole) for value in array[:, i]]) for i in features
    ]


def _number(value: float, whole: bool) -> str:
    if value != value:
        return ""
    value += 0.0  # −0 is 0
    if whole:
        return f"{value:.0f}"
    text = f"{value:z.3f}"
    if len(text) >= _CELL or (value != 0 and float(text) == 0):
        text = f"{value:.0e}"
    return text.replace("-", "−")
