"""A user's own task, named `module:object`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from throughtime.tasks.task import Task

MEMBERS = tuple(member for member in vars(Task) if not member.startswith("_"))


def load(reference: str, options: dict[str, Any]) -> Task:
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
            found = found(**options)
        except Exception as error:
            raise ValueError(f"{reference} could not make a task: {_said(error)}") from error
    elif options:
        raise ValueError(f"{reference} is a task already and takes no options, got {', '.join(options)}")
    missing = [member for member in MEMBERS if not hasattr(found, member)]
    if missing:
        raise ValueError(f"{reference} is no task: it has no {', '.join(missing)}")
    task: Task = found
    return task


def _said(error: Exception) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
