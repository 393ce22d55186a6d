"""The options of `throughtime train` as a task, a network and settings; options that have no effect together are refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughtime import recipes
from throughtime.cli import datafile
from throughtime.cli.models import find_task
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_values
from throughtime.network import Network
from throughtime.training.settings import Settings

Given = dict[str, Any]
"""The options that were given, by name."""

ALWAYS = {"task", "threads", "out", "plot", "quiet", "json"}
CLASSIC = {
    "cell": "elman", "activation": "sigmoid", "layers": 1, "dtype": "float64", "bits": recipes.CLASSIC_BITS, "batch": 1,
    "optimizer": "gradient-descent", "schedule": "constant", "clip": 0.0, "noise": 0.0, "weight_decay": 0.0,
    "cell_penalty": 0.0,
}  # fmt: skip
"""What the classic recipe leaves no choice of."""
_CLASSIC_CHOICES = ALWAYS | {"recipe", "hidden", "steps", "learning_rate", "seed", "update"}
_RESUME_CHOICES = (ALWAYS - {"out"}) | {"resume", "option", "steps"}


@dataclass(frozen=True)
class Plan:
    """What to train, from where, and how; `name` is for the run's folder."""

    task: Any
    network: Network
    settings: dict[str, Any]
    name: str


def find(given: Given) -> Any:
    """The task, or the data file, that TASK means."""
    word, options = given["task"], list(given.get("option", []))
    if datafile.is_data(word):
        if "bits" in given:
            raise Failure("a data file has its own lengths: leave out --bits")
        return datafile.read(Path(word), options, "no_standardise" not in given, given.get("dtype", "float64"))
    if "no_standardise" in given:
        raise Failure("--no-standardise is for data files: leave it out")
    values = named_values(options)
    if "bits" in given:
        if "bits" in values:
            raise Failure("give --bits or --option bits, not both")
        values["bits"] = given["bits"]
    return find_task(word, values)


def plan(given: Given) -> Plan:
    """For the default recipe and what was changed of it."""
    task = find(given)
    seed = given.get("seed", 0)
    try:
        recipe = recipes.changed(task, **_taken(given, *recipes.OPTIONS))
    except ValueError as error:
        raise Failure(f"--{error}" if str(error).startswith("schedule") else str(error)) from None
    fields, settings = recipe.network, recipe.settings | {"seed": seed}
    Settings(**settings)  # refused here, before a folder is made
    stem = Path(given["task"]).stem if datafile.is_data(given["task"]) else task.name
    return Plan(task, Network(**fields, init=recipe.init, seed=seed), settings, f"{stem}-{fields['cell']}-{seed}")


def _taken(given: Given, *names: str) -> Given:
    return {name: given[name] for name in names if name in given}


def check_classic(given: Given) -> None:
    """Refuse what the classic recipe does not let one choose."""
    if given.get("task") != "addition":
        raise Failure("the classic recipe is for addition: throughtime train addition --recipe classic")
    for name, value in given.items():
        if name in CLASSIC and value != CLASSIC[name]:
            raise Failure(f"the classic recipe has {_option(name)} {CLASSIC[name]}: leave out {_option(name)} {value}")
        if name not in CLASSIC and name not in _CLASSIC_CHOICES:
            raise Failure(f"{_option(name)} has no effect on the classic recipe: leave it out")


def check_resume(given: Given) -> None:
    """Refuse what cannot change when a run goes on."""
    for name in given:
        if name not in _RESUME_CHOICES:
            raise Failure(f"a run goes on as it was begun: leave out {_option(name)}, or begin a new run")
    if "option" in given and "task" not in given:
        raise Failure("--option is for the task or data file: give that too")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
