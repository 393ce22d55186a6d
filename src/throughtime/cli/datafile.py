"""A data file and its options, as they were typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from throughtime import tasks
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_values
from throughtime.tasks.from_file import KINDS, DataFile
from throughtime.tasks.task import Readout

__all__ = ["KINDS", "DataFile", "read"]


def read(path: Path, options: list[str], readout: Readout | None = None) -> DataFile:
    """Read a file; the options are those of `tasks.read`. The readout follows from the targets if it is not given."""
    values = {name: str(value) for name, value in named_values(options).items()}
    known = ("sequence", "time", "inputs", "outputs", "output")
    for name in values:
        if name not in known:
            raise Failure(f'a data file has no option "{name}", there are {", ".join(known)}')
    arguments: dict[str, Any] = values | {
        name: values[name].split(",") for name in ("inputs", "outputs") if name in values
    }
    if arguments.get("output", "every step") not in ("every step", "last step"):
        raise Failure(f'--option output must be "every step" or "last step", got "{arguments["output"]}"')
    return DataFile.of(path, tasks.read(path, **arguments).batch, readout)
