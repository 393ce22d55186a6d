"""`throughtime tasks`: the tasks, with their options."""

from __future__ import annotations

from typing import Any

from throughtime.cli.shell import Json, document

EPILOG = """\b
Example:
  throughtime tasks
  throughtime train tomita --option language=5"""


def tasks(json: Json = False) -> None:
    """List the tasks with their options and default values."""
    from throughtime import tasks

    listed = [_described(kind) for kind in tasks.names.values()]
    if json:
        document(listed)
        return
    width = max(len(one["name"]) for one in listed)
    for one in listed:
        options = ", ".join(f"{name}={value}" for name, value in one["options"].items()).lower()
        print(f"  {one['name']:<{width}}   {one['summary']}\n  {'':<{width}}   {options}")
    print("Your own: a Python object, as module:object, or a data file that ends in .csv, .tsv, .txt, .npz or .jsonl")


def _described(kind: type[Any]) -> dict[str, Any]:
    task = kind()
    machine = task.machine
    return {
        "name": task.name,
        "summary": task.summary,
        "options": task.options,
        "inputs": task.inputs,
        "outputs": task.outputs,
        "states": None if machine is None else len(machine.state_names),
    }
