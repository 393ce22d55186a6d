"""Things for a network to learn, one file each; `find` gives the one of a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from throughtime.support.checks import nearest, only_known

if TYPE_CHECKING:
    from throughtime.tasks.adding_problem import AddingProblem
    from throughtime.tasks.addition import Addition
    from throughtime.tasks.comparison import Comparison
    from throughtime.tasks.copy_memory import CopyMemory
    from throughtime.tasks.counter import Counter
    from throughtime.tasks.data import Data
    from throughtime.tasks.datafile import read
    from throughtime.tasks.from_file import DataFile
    from throughtime.tasks.machine_task import MachineTask
    from throughtime.tasks.multiplication import Multiplication
    from throughtime.tasks.parity import Parity
    from throughtime.tasks.reber import Reber
    from throughtime.tasks.recall import Recall
    from throughtime.tasks.subtraction import Subtraction
    from throughtime.tasks.task import Evaluation, Task, sampled
    from throughtime.tasks.tomita import Tomita

_HOMES = {
    "AddingProblem": "adding_problem",
    "Addition": "addition",
    "Comparison": "comparison",
    "CopyMemory": "copy_memory",
    "Counter": "counter",
    "Data": "data",
    "DataFile": "from_file",
    "Evaluation": "task",
    "MachineTask": "machine_task",
    "Multiplication": "multiplication",
    "Parity": "parity",
    "Reber": "reber",
    "Recall": "recall",
    "Subtraction": "subtraction",
    "Task": "task",
    "Tomita": "tomita",
    "read": "datafile",
    "sampled": "task",
}

__all__ = [
    "AddingProblem",
    "Addition",
    "Comparison",
    "CopyMemory",
    "Counter",
    "Data",
    "DataFile",
    "Evaluation",
    "MachineTask",
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
    "of_table",
    "read",
    "sampled",
]


_CLASSES = {
    "addition": "Addition",
    "subtraction": "Subtraction",
    "multiplication": "Multiplication",
    "comparison": "Comparison",
    "parity": "Parity",
    "counter": "Counter",
    "tomita": "Tomita",
    "reber": "Reber",
    "adding-problem": "AddingProblem",
    "copy-memory": "CopyMemory",
    "recall": "Recall",
}

if not TYPE_CHECKING:  # a name that is not there is an error to type checkers too

    def __getattr__(name: str) -> Any:
        """Import a task when it is first used: whoever adds numbers must not wait for the others and for data files."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = _imported(name)
        return value


def __dir__() -> list[str]:
    return __all__


def _imported(name: str) -> Any:
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


class _Names(Mapping[str, type[Any]]):
    """The classes of the tasks by their names; one is imported when it is looked up."""

    def __getitem__(self, name: str) -> type[Any]:
        return _imported(_CLASSES[name])  # type: ignore[no-any-return]

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


ENDINGS = (".csv", ".tsv", ".txt", ".jsonl", ".npz")
"""Of the names of data files, in small letters or capitals."""

names: Mapping[str, type[Any]] = _Names()
"""The tasks by what they are called on the command line."""


def find(name: str, **options: Any) -> Any:
    """The task of a name, made with its options; a user's own, named `module:object`; or a data file.

    Raises
    ------
    ValueError
        In one sentence, with the nearest name that is known.
    """
    if is_data(name):
        from throughtime.tasks.from_file import DataFile

        only_known("a data file has no option", options, [option.name for option in DataFile.choices()])
        return DataFile.read(Path(name), **options)
    if ":" in name:
        from throughtime.tasks import custom

        return custom.load(name, options)
    return _named(name, options)


def _named(name: str, options: dict[str, Any]) -> Any:
    if name not in names:
        hint = nearest(name, names)
        own = f"{' A' if hint.endswith('?') else '; a'} task of your own is named module:object"
        raise ValueError(f'there is no task "{name}"{hint}{own}')
    only_known(f"{name} has no option", options, [option.name for option in names[name].choices()])
    return names[name](**options)


def of_table(table: Any) -> Any:
    """The task that a file describes: one of ours only, since a file must not decide what code runs, or what is read.

    Raises
    ------
    ValueError
        In one sentence, if it describes none.
    """
    if not isinstance(table, dict) or not isinstance(table.get("name"), str):
        raise ValueError("its task must be a table with a name")
    name = table["name"]
    if ":" in name:
        raise ValueError(f"its task {name} is not one of ours, give it again")
    return _named(name, {option: value for option, value in table.items() if option != "name"})


def is_data(name: str) -> bool:
    """Whether a name is that of a data file."""
    if Path(name).suffix.lower() in ENDINGS:
        return True
    return name not in names and ":" not in name and ("." in name or Path(name).is_file())
