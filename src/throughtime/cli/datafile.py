"""A data file and its options, as they were typed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from throughtime.cli.models import Model
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_texts
from throughtime.support.checks import only_known
from throughtime.support.documents import printable
from throughtime.tasks.columns import Columns
from throughtime.tasks.from_file import LOSSES, READOUTS, DataFile


def read(
    path: Path, options: list[str], standardise: bool = True, dtype: str = "float64", readout: str | None = None
) -> DataFile:
    """Read a file to learn from; the options are those of `tasks.read`.

    The kind of the targets follows from a readout, if given.
    """
    values = _values(options)
    if readout is not None:
        values.setdefault("targets", next(targets for targets, its in READOUTS.items() if its == readout))
    return DataFile.read(path, standardise=standardise, dtype=dtype, **values)


def read_like(path: Path, options: list[str], columns: Columns, dtype: str) -> DataFile:
    """Read a file with the columns that a network learned from."""
    return DataFile.like(path, columns, dtype=dtype, **_values(options))


def read_for(model: Model, path: Path, options: list[str]) -> DataFile:
    """Read a file of sequences for a network: by the columns that it learned from, if it did from any."""
    s = model.network.specification
    if model.columns is not None:
        data = read_like(path, options, model.columns.in_own_units(), s.dtype)
    else:
        data = read(path, options, False, s.dtype, s.readout)
    if (data.inputs, data.outputs, data.output) != (s.inputs, s.outputs, s.output):
        raise Failure(
            f"{path} has {data.inputs} inputs and {data.outputs} outputs, predicted at {data.output}; the network "
            f"in {model.path} has {s.inputs} and {s.outputs}, predicted at {s.output}"
        )
    return data


def _values(options: list[str]) -> dict[str, Any]:
    values = named_texts(options)
    only_known("a data file has no option", values, [option.name for option in DataFile.choices()])
    return values


def described(columns: Columns, data: DataFile | None = None) -> Iterator[tuple[str, str]]:
    """Lines that say what is read as what: labels and texts."""
    scaled = [", standardised" * bool((s.mean != 0).any() or (s.deviation != 1).any()) for s in (columns.x, columns.y)]
    readout = READOUTS[columns.targets]
    kinds = {
        "numbers": f"numbers{scaled[1]}",
        "classes": f"one of {len(columns.classes)} classes ({_names(columns.classes)})",
        "yes or no": "0 or 1",
    }
    yield "inputs", f"{_names(columns.inputs)}{scaled[0]}"
    yield "targets", f"{_names(columns.outputs)}: {kinds[columns.targets]}, at {columns.output}"
    yield "", f"{readout} readout, {LOSSES[readout].replace('_', ' ')} loss"
    constant = [name for name, same in zip(columns.inputs, columns.x.constant, strict=True) if same]
    if constant:
        yield "note", f"always the same, so it is not learned from: {_names(constant)}"
    if data is None:
        return
    if data.data.unused:
        yield "not read", _names(data.data.unused)
    for note in data.data.notes:
        yield "note", note


def _names(names: Any) -> str:
    shown = printable(", ".join(" ".join(name.split()) for name in names[:12]))
    return f"{shown}, … ({len(names)} in all)" if len(names) > 12 else shown
