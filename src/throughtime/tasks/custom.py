"""A user's own task, named `module:object`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from throughtime.batch import Array, Batch
from throughtime.tasks.task import Described, Net, Task, options

MEMBERS = tuple(member for member in vars(Task) if not member.startswith("_"))


def load(reference: str, given: dict[str, Any]) -> Any:
    """Import `module:object`: a class or function is called with the options, anything else is the task.

    Raises
    ------
    ValueError
        One sentence: what could not be imported or made, or which members of a task are missing.
    """
    module, _, path = reference.partition(":")
    try:
        found: Any = import_module(module)
    except Exception as error:
        raise ValueError(f"{module} could not be imported for the task {reference}: {_said(error)}") from error
    try:
        for part in path.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        raise ValueError(f"{module} has no {path} to be the task {reference}") from error
    if callable(found):
        try:
            found = found(**given)
        except Exception as error:
            raise ValueError(f"{reference} could not make a task: {_said(error)}") from error
    elif given:
        raise ValueError(f"{reference} is a task already and takes no options, got {', '.join(given)}")
    missing = [member for member in MEMBERS if not hasattr(found, member)]
    if missing:
        raise ValueError(f"{reference} is no task: it has no {', '.join(missing)}")
    return known(found)


class Own(Described):
    """A task that is made of what training needs alone."""

    def __init__(self, task: Any) -> None:
        self.task = task
        self.bits = getattr(task, "bits", None)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.task, name)

    @property
    def options(self) -> dict[str, Any]:
        """The fields of its dataclass, if it is one."""
        return options(self.task)

    def right(self, y: Array, batch: Batch) -> Array:
        """As it says itself."""
        right: Array = self.task.right(y, batch)
        return right

    def evaluate(self, net: Net, *how: Any) -> Any:
        """As it does itself."""
        return self.task.evaluate(net, *how)


def known(task: Any) -> Any:
    """Any task as one that has all members of `Described`."""
    return task if isinstance(task, Described) else Own(task)  # type: ignore[abstract]  # its task has the others


def _said(error: Exception) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
