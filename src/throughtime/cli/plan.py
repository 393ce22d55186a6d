"""The options of `throughtime train` as a Plan; options that have no effect together are refused."""

from __future__ import annotations

import sys
from typing import Any

from throughtime import tasks
from throughtime.cli.shell import Failure
from throughtime.cli.values import named_texts, named_values
from throughtime.training import recipes
from throughtime.training.options import OPTIONS
from throughtime.training.plan import Plan, own
from throughtime.training.plan import plan as planned

Given = dict[str, Any]
"""The options that were given, by name."""

ALWAYS = {"task", "threads", "out", "plot", "quiet", "json"}
CLASSIC = {
    "cell": "elman", "activation": "sigmoid", "layers": 1, "dtype": "float64", "bits": recipes.CLASSIC_BITS, "batch": 1,
    "optimizer": "gradient-descent", "schedule": "constant", "clip": 0.0, "noise": 0.0, "input_noise": 0.0,
    "dropout": 0.0, "recurrent_dropout": 0.0, "weight_decay": 0.0, "cell_penalty": 0.0,
}  # fmt: skip
"""Options that the classic recipe decides."""
_CLASSIC_CHOICES = ALWAYS | {"recipe", "hidden", "steps", "learning_rate", "seed", "update", "article_log"}
_RESUME_CHOICES = (ALWAYS - {"out"}) | {"resume", "option", "steps", "until_proved"}


def of_task(given: Given) -> dict[str, Any]:
    """The options of TASK, as they were typed."""
    options, is_data = given.get("option", []), tasks.is_data(given["task"])
    if is_data and "bits" in given:
        raise Failure("a data file has its own lengths: leave out --bits")
    if not is_data and "no_standardise" in given:
        raise Failure("--no-standardise is for data files: leave it out")
    values: dict[str, Any] = named_texts(options) if is_data else named_values(options)
    for name, value in (("bits", given.get("bits")), ("standardise", False if "no_standardise" in given else None)):
        if value is not None and values.setdefault(name, value) != value:
            raise Failure(f"give {_option(name)} or --option {name}, not both")
    return values


def plan(given: Given) -> Plan:
    """For the default recipe and what was changed of it."""
    if "article_log" in given:
        raise Failure("--article-log is for the classic recipe: add --recipe classic, or leave it out")
    if "" not in sys.path:
        sys.path.insert(0, "")  # where a task of one's own is
    chosen = {own(name): value for name, value in of_task(given).items()}
    return planned(given["task"], **chosen, **{name: given[name] for name in OPTIONS if name in given})


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
    """Refuse what cannot change when a run continues."""
    for name in given:
        if name not in _RESUME_CHOICES:
            raise Failure(f"a run continues as it was begun: leave out {_option(name)}, or begin a new run")
    if "until_proved" in given and "steps" in given:
        raise Failure("rounds of --until-proved have as many steps as the run: leave out --steps")
    if "option" in given and "task" not in given:
        raise Failure("--option is for the task or data file: give that too")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
