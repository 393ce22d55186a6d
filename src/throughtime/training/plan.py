"""A plan of training: a task, a network, how its parameters are drawn, and the settings of its training.

Every part that trains makes a Plan, from the same options with the same checks: the command line, the studio, sweeps,
estimators and the laboratory. `run.toml` says the same of a run that was saved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from throughtime import tasks
from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.support.checks import checked, only_known
from throughtime.tasks.custom import known
from throughtime.tasks.data import Data
from throughtime.tasks.task import Task
from throughtime.training import recipes, schedules
from throughtime.training.kinds import name_of
from throughtime.training.loop import Run
from throughtime.training.optimisers import OPTIMISERS
from throughtime.training.options import OPTIONS
from throughtime.training.settings import Settings
from throughtime.training.trainer import check_fit
from throughtime.weights.network_specification import InitName, NetworkSpecification


@dataclass(frozen=True)
class Plan:
    """A task, its network, and how it is trained.

    Parameters
    ----------
    task : Task
    specification : NetworkSpecification
    init : how parameters are drawn at step 0
    settings : Settings
    network : Network, optional
        Where training begins, if not with parameters that are drawn.
    data : Batch, optional
        What it is trained on, if not what the task draws.

    Raises
    ------
    ValueError
        If the settings do not fit the network.
    """

    task: Any
    specification: NetworkSpecification
    init: InitName
    settings: Settings
    network: Network | None = field(default=None, compare=False)
    data: Batch | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        check_fit(self.specification, self.settings)

    @property
    def name(self) -> str:
        """For the folder of its run."""
        stem = self.task.name if self.task.columns is None else Path(self.task.name).stem
        stem = re.sub(r"[^\w.-]+", "-", stem)[:40].strip(".-") or "data"
        return f"{stem}-{self.specification.cell}-{self.settings.seed}"

    @property
    def sequences(self) -> Any:
        """What the engine trains on: the task, the Data that it holds, or other sequences."""
        return self.task.sequences if self.data is None else self.data

    def begin(self) -> Network:
        """The network at step 0."""
        if self.network is not None:
            return self.network.copy()
        return Network(self.specification, init=self.init, seed=self.settings.seed)

    def run(self) -> Run:
        """The run at step 0."""
        kept = None if self.task.waiting or isinstance(self.sequences, Data | Batch) else self.task
        named = None if self.data is None else self.task.name
        return Run(self.begin(), self.settings, kept, columns=self.task.columns, named=named)

    def options(self) -> dict[str, Any]:
        """The options that make it again: `plan(**options) == self`, where its settings are all chosen by options."""
        s, settings = self.specification, self.settings
        chosen = {option.name: getattr(s, option.name) for option in OPTIONS.values() if option.of == "network"}
        chosen |= {name: getattr(settings, name) for name in OPTIONS if hasattr(settings, name)}
        return {
            "task": self.task.name,
            **{own(name): value for name, value in self.task.options.items()},
            **chosen,
            "optimizer": name_of(OPTIMISERS, settings.optimizer),
            "learning_rate": settings.optimizer.learning_rate,
            "schedule": schedules.spelled(settings.schedule),
            "update": settings.update.replace(" ", "-"),
            "clip": settings.clip or 0,
        }

    def takes(self, **options: Any) -> bool:
        """Whether these options could be other than they are: an activation, say, by an Elman cell alone."""
        try:
            plan(self.task, **{name: v for name, v in self.options().items() if name in OPTIONS} | options)
        except ValueError:
            return False
        return True


def plan(task: Any = "addition", **options: Any) -> Plan:
    """The plan that options describe; what is not among them, or None, is taken from the recipe of the task and cell.

    Parameters
    ----------
    task : Task or str
        A task, or what `tasks.find` finds: a name, `module:object`, or a data file.
    **options
        Those of `OPTIONS`. An optimizer is named as in `OPTIMISERS`, a schedule as in `schedules.named`. Where the task
        is found by its name, all others are its own: `gap=50`; one that is called as one of these is `task_noise`, see
        `own`.

    Raises
    ------
    ValueError
        In one sentence, if there is no such option, a value is not what it may be, or two do not go together.
    """
    given = {name: _checked(name, value) for name, value in options.items() if value is not None}
    of_task = {_plain(name): value for name, value in given.items() if name not in OPTIONS}
    task = _found(task, of_task, given.get("dtype", "float64"))
    recipe = recipes.default(task, given.pop("cell", None), given.get("activation"))
    network, settings = dict(recipe.network), dict(recipe.settings)
    for name, option in OPTIONS.items():
        if name in given:
            (network if option.of == "network" else settings)[name] = given[name]
    if "optimizer" in given:
        settings["optimizer"] = OPTIMISERS[given["optimizer"]]()
    if "learning_rate" in given:
        settings["optimizer"] = replace(settings["optimizer"], learning_rate=settings.pop("learning_rate"))
    if "schedule" in given:
        settings["schedule"] = schedules.named(given["schedule"])
    if "update" in given:
        settings["update"] = given["update"].replace("-", " ")
    settings["clip"] = settings.get("clip") or None
    return Plan(task, NetworkSpecification(**network), recipe.init, Settings(**settings))


def own(name: str) -> str:
    """The name of a task's option beside those of networks and training: `gap`, but `task_noise`."""
    return f"task_{name}" if name in OPTIONS else name


def _checked(name: str, value: Any) -> Any:
    """A value as it may be; of cells the specification knows, and of a task's options the task."""
    return checked(OPTIONS[name], value) if name in OPTIONS and name != "cell" else value


def _plain(name: str) -> str:
    return plain if own(plain := name.removeprefix("task_")) == name else name


def _found(task: Task | str, options: dict[str, Any], dtype: str) -> Any:
    if not isinstance(task, str):
        only_known("training has no option", options, OPTIONS)
        return known(task)
    if task in tasks.names:
        only_known(
            f"{task} has no option", options, [*(option.name for option in tasks.names[task].choices()), *OPTIONS]
        )
    return tasks.find(task, **options, **({"dtype": dtype} if tasks.is_data(task) else {}))
