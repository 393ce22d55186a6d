"""A page that trains in its reader's browser: the scripts that stand in it, and all that may be chosen there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypedDict

import throughtime
from throughtime.bridges.javascript import name_of, to_javascript
from throughtime.proof.certificate import step_of
from throughtime.studio import messages
from throughtime.studio.answers import OptionInfo, Settings, TaskInfo, Unable
from throughtime.studio.modules import Modules
from throughtime.studio.plan import MOST_PARAMETERS, SETTINGS, chosen, described, options
from throughtime.trace.json_form import SpecificationJSON
from throughtime.training.plan import Plan
from throughtime.weights.network_specification import NetworkSpecification

PAGE = Path(__file__).parent / "page"
CELLS = "engine/cells.js"
"""The module of the cells that are written for a page."""

TASKS = ("addition", "subtraction", "multiplication", "comparison", "parity", "counter")
"""The tasks that `engine/tasks.js` has too."""

_NOT_THERE: dict[str, tuple[Any, str]] = {
    "bidirectional": (False, "both directions"),
    "layer_norm": (False, "layer normalisation"),
    "dtype": ("float64", "float32"),
    "dropout": (0, "dropout"),
    "recurrent_dropout": (0, "dropout of states"),
    "input_noise": (0, "noise on inputs"),
    "window": (None, "a window"),
}
"""Options that the engine has not: the value that each has there, and what another value would be."""
_MISSING = [called for name, (_, called) in _NOT_THERE.items() if name in SETTINGS]

UNABLE = Unable(
    open="files are opened by the studio on your own machine: throughtime studio",
    export="this page is a file already: save it as it is",
    choose=f"{', '.join(_MISSING[:-1])} and {_MISSING[-1]} are for the studio on your own machine",
)


class NetworkChoice(TypedDict):
    """A cell for a task: its recipe's settings and network, and the options that it has not."""

    settings: Settings
    specification: SpecificationJSON
    init: str
    disabled: list[str]


class TaskChoice(TypedDict):
    """A task, its own options, and its networks by their cells."""

    info: TaskInfo
    options: list[OptionInfo]
    networks: dict[str, NetworkChoice]


class Kit(TypedDict):
    """All that may be chosen in a page.

    steps : of the cells, as certificates have them
    unable : see `answers.Hello`
    """

    version: str
    limits: dict[str, int]
    options: list[OptionInfo]
    tasks: list[TaskChoice]
    steps: dict[str, Any]
    unable: Unable


class Scripts(NamedTuple):
    """The scripts of a page: the engine, the page's own, which uses it, and those of workers, by their names."""

    engine: str
    page: str
    workers: dict[str, str]


def scripts(entry: str, workers: Sequence[str], specifications: Iterable[NetworkSpecification]) -> Scripts:
    """The scripts of the page that begins with the module `entry`, and of workers that begin with others."""
    modules = Modules(PAGE, {CELLS: to_javascript(*specifications)} if workers else {})
    engine = modules.below(*workers)
    return Scripts(engine, modules.script(entry), {Path(name).stem: modules.script(name) for name in workers})


def why_not_here(plan: Plan) -> str | None:
    """Why a browser cannot train the network of a plan, in a sentence; None if it can."""
    if plan.task.waiting:
        return str(plan.task.waiting)
    if plan.task.name not in TASKS:
        return f"a browser does not learn {plan.task.name}: the studio on your own machine does"
    chosen = plan.options()
    others = [called for name, (value, called) in _NOT_THERE.items() if chosen[name] != value]
    return f"a browser trains no network with {' and '.join(others)}" if others else None


def kit(plans: Iterable[Plan], specifications: Iterable[NetworkSpecification]) -> Kit:
    """The choices between these plans, of which each has another task or cell, with the cells of `specifications`."""
    specifications = list(specifications)
    activations: list[str] = list(dict.fromkeys(s.activation for s in specifications))
    tasks: dict[str, TaskChoice] = {}
    network: list[OptionInfo] = []
    cells: list[str] = []
    for plan in plans:
        shown = [option for option in options(plan) if option["name"] not in _NOT_THERE]
        network = [option for option in shown if option["of"] != "task"]
        name, cell = plan.task.name, str(plan.specification.cell)
        cells += [cell] * (cell not in cells)
        own = [option for option in shown if option["of"] == "task"]
        choice = tasks.setdefault(name, TaskChoice(info=described(plan.task), options=own, networks={}))
        choice["networks"][cell] = NetworkChoice(
            settings=chosen(plan),
            specification=SpecificationJSON(plan.specification.as_dict()),
            init=plan.init,
            disabled=[option["name"] for option in network if not option["enabled"]],
        )
    for option in network:
        if option["name"] == "cell":
            option["choices"] = cells
        if option["name"] == "activation":
            option["choices"] = activations
    return Kit(
        version=throughtime.__version__,
        limits={**messages.LIMITS, "parameters": MOST_PARAMETERS},
        options=network,
        tasks=list(tasks.values()),
        steps={name_of(s): step_of(s) for s in specifications},
        unable=UNABLE,
    )
