"""The page's settings as a Plan that it can show, and the tasks and options that it offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from throughtime import tasks
from throughtime.cells import NAMES
from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.proof import why_not
from throughtime.studio.answers import OptionInfo, Settings, TaskInfo, Unable
from throughtime.support.checks import checked
from throughtime.support.option import Option
from throughtime.tasks.from_file import DataFile
from throughtime.training.folder import has_lessons
from throughtime.training.options import OPTIONS
from throughtime.training.plan import Plan, own
from throughtime.training.plan import plan as planned
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import count

MOST_PARAMETERS = 200_000
MOST_STEPS_IN_TIME = 1100
"""Numbers of 1024 bits and the steps behind them fit."""

MOST_STATES = 2**19
"""Units of all layers and gates, times steps: what a page is sent of one sequence has about four numbers for each."""

LARGEST_SEED = 2**53
_MOST: dict[str, float] = {
    "hidden": 128, "layers": 4, "batch": 4096, "steps": 10_000_000, "learning_rate": 1e3, "noise": 1e2,
    "input_noise": 1e2, "weight_decay": 1e3, "cell_penalty": 1e3, "clip": 1e6, "seed": LARGEST_SEED,
}  # fmt: skip
_LEAST = {"steps": 1, "learning_rate": 1e-12}
_LARGEST_OF_TASKS = 256
"""Of what a task counts: its sequences are to be drawn."""

CHECKED = "a proof is shown when throughtime.proof.checker has accepted it"

_NOT_DRAWN = ("layer_norm",)
"""Options of networks that no page can show."""


def _offered(option: Option) -> Option:
    """An option as a page may choose it: under its name beside those of training, and no larger than it can show."""
    if option.of != "task":
        most, least = _MOST.get(option.name, option.most), _LEAST.get(option.name, option.least)
        return replace(option, most=most, least=least)
    counts = option.kind == "whole number"
    most = min(option.most or _LARGEST_OF_TASKS, _LARGEST_OF_TASKS) if counts else option.most
    return replace(option, name=own(option.name), most=most)


SETTINGS = {name: _offered(option) for name, option in OPTIONS.items() if name not in _NOT_DRAWN}
SETTINGS["cell"] = replace(SETTINGS["cell"], kind="choice", choices=NAMES)
"""The options of networks and training."""

OF_TASKS = {
    name: {option.name: option for option in map(_offered, kind.choices())} for name, kind in tasks.names.items()
}
"""The options of each task."""


def plan(given: dict[str, Any], data: DataFile | None = None, present: Graph | None = None) -> Plan:
    """The plan that settings describe; what is not among them is taken from the recipe. A ValueError in one sentence.

    Parameters
    ----------
    given : dict
        As `messages.Configure` has them.
    data : DataFile, optional
        What was uploaded last: its name may be given as the task.
    present : Graph, optional
        The step of the network that is shown: where it is a cell of one's own, its name may be given as the cell.
    """
    options = dict(given)
    name = options.pop("task", "addition")
    if "cell" in options:
        is_present = present is not None and present.name not in NAMES and present.name == options["cell"]
        options["cell"] = present if is_present else checked(SETTINGS["cell"], options["cell"])
    if data is not None and name == data.name:
        made = planned(data, **options)
    elif name in tasks.names:  # no page decides what code runs, or which file is read
        settled = {o: checked(OF_TASKS[name][o], v) if o in OF_TASKS[name] else v for o, v in options.items()}
        made = planned(name, **settled)
    else:
        raise ValueError(f'there is no task "{name[:40]}", there are {", ".join(tasks.names)}')
    check_size(made.specification)
    return made


def check_size(specification: NetworkSpecification) -> None:
    """Refuse networks that no page can show."""
    if count(specification) > MOST_PARAMETERS:
        raise ValueError(
            f"the network would have {count(specification)} parameters; the studio shows up to {MOST_PARAMETERS}: "
            "choose fewer hidden units or layers"
        )


def most_steps(specification: NetworkSpecification) -> int:
    """The most steps of a network's sequence that a page can show."""
    s = specification
    return min(MOST_STEPS_IN_TIME, MOST_STATES // (s.layers * s.directions * s.hidden * len(layout(s.graph).slots)))


def check_length(steps: int, most: int = MOST_STEPS_IN_TIME) -> None:
    """Refuse sequences that no page can show."""
    if steps > most:
        which = "" if most == MOST_STEPS_IN_TIME else " of this network"
        raise ValueError(
            f"a page shows sequences{which} of up to {most:,} steps, got one of {steps:,}: cut it into shorter ones"
        )


def listed(plan: Plan, data: DataFile | None = None) -> list[TaskInfo]:
    """The tasks for the page; of one that is not there, its name and the reason."""
    shown = [described(kind()) for kind in tasks.names.values()]
    if data is not None:
        shown.append(described(data))
    return [described(plan.task), *shown] if plan.task.waiting else shown


def described(task: Any) -> TaskInfo:
    return TaskInfo(
        name=task.name,
        description=f"{task.waiting}." if task.waiting else task.summary,
        operands=task.inputs if task.reads_numbers else 0,
        options=list(OF_TASKS.get(task.name, ())),
    )


def options(plan: Plan) -> list[OptionInfo]:
    """The options, for the page to make its controls from; those are enabled that could be chosen otherwise."""
    rows = OF_TASKS.get(plan.task.name, {}) | SETTINGS
    disabled = {name for name, value in _PROBES.items() if not plan.takes(**{name: value})}
    cells = tuple(dict.fromkeys([*NAMES, plan.specification.cell]))
    shown = [replace(row, choices=cells) if row.name == "cell" else row for row in rows.values()]
    return [
        OptionInfo(
            name=row.name,
            kind=row.kind,
            help=row.help,
            least=row.least,
            most=row.most,
            choices=list(row.choices),
            of=row.of,
            enabled=row.name not in disabled,
        )
        for row in shown
    ]


def unable(plan: Plan, folder: Path | None = None) -> Unable:
    """What the studio cannot do with a plan, and with the run that was opened from a folder."""
    found = Unable(check=CHECKED)
    if plan.task.waiting:
        found["train"] = plan.task.waiting
    elif folder is not None and has_lessons(folder):
        found["train"] = (
            f"the run in {folder} learns from its errors until it is proved, and the studio only shows it: "
            f"throughtime train --resume {folder} --until-proved goes on with it"
        )
    if (reason := why_not(plan, plan.task)) is not None:
        found["prove"] = reason
    return found


def chosen(plan: Plan) -> Settings:
    """The values of the options by their names, as the page shows them and gives them back."""
    return Settings({name: value for name, value in plan.options().items() if name not in _NOT_DRAWN})


_PROBES = {"activation": "relu", "cell_penalty": 1.0, "window": 1, "recurrent_dropout": 0.5}
"""Values of the options that not every network can have."""
