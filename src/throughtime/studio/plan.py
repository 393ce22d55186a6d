"""The page's settings as a task, a network and the settings of its training."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from throughtime import recipes, tasks
from throughtime.cells import TWINS
from throughtime.network import Network
from throughtime.network_specification import CHOICES, InitName, NetworkSpecification
from throughtime.parameters import GATES, count
from throughtime.studio.example import is_calculation
from throughtime.studio.messages import LIMITS
from throughtime.tasks.from_file import DataFile
from throughtime.training.optimisers import OPTIMISERS
from throughtime.training.settings import Settings

LENGTHS = {"adding-problem": "steps", "copy-memory": "delay", "recall": "gap"}
"""What decides how long a task's sequences are, where it is not called bits."""

MOST_PARAMETERS = 200_000
MOST_STEPS_IN_TIME = 1100
"""Numbers of 1024 bits and the steps behind them fit."""

MOST_STATES = 2**19
"""Units of all layers and gates, times steps: what a page is sent of one sequence has about four numbers for each."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What is trained and how.

    task : Task or DataFile
    specification : NetworkSpecification
    init : how parameters are drawn at step 0
    training : Settings
    network : where training begins, if not with parameters that are drawn
    known : whether what the network should do is known, so that it can be trained
    """

    task: Any
    specification: NetworkSpecification
    init: InitName
    training: Settings
    network: Network | None = None
    known: bool = True

    @property
    def waiting(self) -> str | None:
        """Why it cannot be trained, in a sentence; None if it can."""
        return None if self.known else str(self.task.waiting)

    def begin(self) -> Network:
        """The network at step 0."""
        if self.network is not None:
            return self.network.copy()
        return Network(self.specification, init=self.init, seed=self.training.seed)

    @property
    def sequences(self) -> Any:
        """What the engine trains on."""
        return self.task.batch if isinstance(self.task, DataFile) else self.task

    @property
    def name(self) -> str:
        """For the run's folder."""
        stem = re.sub(r"[^\w.-]+", "-", Path(self.task.name).stem)[:40].strip(".-") or "data"
        return f"{stem}-{self.specification.cell}-{self.training.seed}"

    def settings(self) -> dict[str, Any]:
        """As the page shows them."""
        s, training = self.specification, self.training
        return {
            "task": self.task.name,
            "cell": s.cell,
            "activation": s.activation,
            "hidden": s.hidden,
            "layers": s.layers,
            "bits": length(self.task),
            "learning_rate": training.optimizer.learning_rate,
            "optimizer": next(name for name, kind in OPTIMISERS.items() if isinstance(training.optimizer, kind)),
            "noise": training.noise,
            "seed": training.seed,
            "batch": training.batch,
            "steps": training.steps,
        }


def plan(given: dict[str, Any], data: DataFile | None = None) -> Plan:
    """The plan that settings describe; what is not among them is taken from the recipe. A ValueError in one sentence.

    Parameters
    ----------
    given : dict
        As `messages.Configure` has them.
    data : DataFile, optional
        What was uploaded last: its name may be given as the task.
    """
    name = given.get("task", "addition")
    if data is not None and name == data.name:
        task: Any = data
    elif name in tasks.names:
        task = _sized(name, given.get("bits"))
    else:
        raise ValueError(f'there is no task "{name[:40]}", there are {", ".join(tasks.names)}')
    for field, known in (("cell", TWINS), ("activation", CHOICES["activation"])):
        if field in given and given[field] not in known:
            raise ValueError(f"{field} must be one of {', '.join(known)}, got {given[field][:40]!r}")
    cell = given.get("cell")
    recipe = recipes.default(task, cell, given.get("activation"))
    network = recipe.network | {name: given[name] for name in ("hidden", "layers") if name in given}
    training = recipe.settings | {name: given[name] for name in ("noise", "batch", "steps", "seed") if name in given}
    if "optimizer" in given:
        if given["optimizer"] not in OPTIMISERS:
            raise ValueError(f"optimizer must be one of {', '.join(OPTIMISERS)}, got {given['optimizer'][:40]!r}")
        if type(training["optimizer"]) is not OPTIMISERS[given["optimizer"]]:
            training["optimizer"] = OPTIMISERS[given["optimizer"]]()
    if "learning_rate" in given:
        training["optimizer"] = replace(training["optimizer"], learning_rate=given["learning_rate"])
    specification = NetworkSpecification(**network)
    check_size(specification)
    return Plan(task, specification, recipe.init, Settings(**training))


def check_size(specification: NetworkSpecification) -> None:
    """Refuse networks that no page can show."""
    if count(specification) > MOST_PARAMETERS:
        raise ValueError(
            f"the network would have {count(specification)} parameters; the studio shows up to {MOST_PARAMETERS}: "
            "choose fewer hidden units or layers"
        )


def most_steps(specification: NetworkSpecification) -> int:
    """How long a sequence of a network may be, so that a page can show it."""
    s = specification
    return min(MOST_STEPS_IN_TIME, MOST_STATES // (s.layers * s.directions * s.hidden * len(GATES[s.cell])))


def check_length(steps: int, most: int = MOST_STEPS_IN_TIME) -> None:
    """Refuse sequences that no page can show."""
    if steps > most:
        which = "" if most == MOST_STEPS_IN_TIME else " of this network"
        raise ValueError(
            f"a page shows sequences{which} of up to {most:,} steps, got one of {steps:,}: cut it into shorter ones"
        )


def listed(plan: Plan, data: DataFile | None = None) -> list[dict[str, Any]]:
    """What there is to learn, for the page; where that of the plan is not there, its name and why."""
    shown = [_described(kind()) for kind in tasks.names.values()]
    if data is not None:
        shown.append(_described(data))
    return [_described(plan.task) | {"description": f"{plan.waiting}."}, *shown] if plan.waiting else shown


def _described(task: Any) -> dict[str, Any]:
    summary = "Your own sequences." if isinstance(task, DataFile) else (type(task).__doc__ or "").splitlines()[0]
    return {
        "name": task.name,
        "description": re.sub(r"\s*\[.*\]$", "", summary),
        "takes_operands": is_calculation(task),
        "operands": task.inputs if is_calculation(task) else 0,
        "bits": length(task),
    }


def length(task: Any) -> int:
    """What decides how long a task's sequences are; 0 where nothing does."""
    return int(getattr(task, LENGTHS.get(task.name, "bits"), 0))


def _sized(name: str, bits: int | None) -> Any:
    option = LENGTHS.get(name, "bits")
    if bits is None or option not in {field.name for field in fields(tasks.names[name])}:
        return tasks.find(name)
    if bits > LIMITS["bits"]:
        raise ValueError(f"bits must be at most {LIMITS['bits']}, got {bits}")
    return tasks.find(name, **{option: bits})
