"""Things for a network to learn, one file each; `find` gives the one of a name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from throughtime.checks import nearest, only_known
from throughtime.tasks import custom
from throughtime.tasks.adding_problem import AddingProblem
from throughtime.tasks.addition import Addition
from throughtime.tasks.comparison import Comparison
from throughtime.tasks.copy_memory import CopyMemory
from throughtime.tasks.counter import Counter
from throughtime.tasks.datafile import KINDS, Dataset, read
from throughtime.tasks.from_file import DataFile
from throughtime.tasks.machine import Machine
from throughtime.tasks.multiplication import Multiplication
from throughtime.tasks.parity import Parity
from throughtime.tasks.reber import Reber
from throughtime.tasks.recall import Recall
from throughtime.tasks.subtraction import Subtraction
from throughtime.tasks.task import Evaluation, Task, sampled
from throughtime.tasks.tomita import Tomita

__all__ = [
    "AddingProblem",
    "Addition",
    "Comparison",
    "CopyMemory",
    "Counter",
    "Dataset",
    "Evaluation",
    "Machine",
    "Multiplication",
    "Parity",
    "Reber",
    "Recall",
    "Subtraction",
    "Task",
    "Tomita",
    "find",
    "is_data",
    "names",
    "read",
    "sampled",
]

names: dict[str, type[Any]] = {
    task.name: task
    for task in (
        Addition,
        Subtraction,
        Multiplication,
        Comparison,
        Parity,
        Counter,
        Tomita,
        Reber,
        AddingProblem,
        CopyMemory,
        Recall,
    )
}
"""The tasks by what they are called on the command line."""


def find(name: str, **options: Any) -> Any:
    """The task of a name, made with its options; a user's own, named `module:object`; or a data file.

    Raises
    ------
    ValueError
        In one sentence, with the nearest name that is known.
    """
    if is_data(name):
        only_known("a data file has no option", options, [option.name for option in DataFile.choices()])
        return DataFile.read(Path(name), **options)
    if ":" in name:
        return custom.load(name, options)
    if name not in names:
        raise ValueError(f'there is no task "{name}"{nearest(name, names)}; a task of your own is named module:object')
    only_known(f"{name} has no option", options, [option.name for option in names[name].choices()])
    return names[name](**options)


def is_data(name: str) -> bool:
    """Whether a name is that of a data file."""
    if Path(name).suffix.lower() in KINDS:
        return True
    return name not in names and ":" not in name and ("." in name or Path(name).is_file())
