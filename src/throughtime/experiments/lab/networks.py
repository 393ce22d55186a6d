"""The networks that the laboratory compares: about as many parameters each, and one budget of training for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from throughtime.cells.catalogue import entry
from throughtime.network import Network
from throughtime.support.memory import require
from throughtime.support.threads import on_threads
from throughtime.tasks.task import Task
from throughtime.training.loop import NotFinite, Run, proceed
from throughtime.training.plan import Plan
from throughtime.training.recipes import ends
from throughtime.training.settings import Settings
from throughtime.weights.network_specification import InitName, NetworkSpecification, cell_named
from throughtime.weights.parameters import count

MOST_SEEDS = 1_000_000
"""Networks of a kind."""
CHECK_EVERY = 100
"""Steps of training between two checks whether the network has learned enough."""


@dataclass(frozen=True)
class Contestant:
    """A kind of network.

    name : as tables and figures call it
    fields : of its specification, apart from what the task decides
    init : how its parameters are drawn
    biases : by name those of the gate that keeps the state, where they are not what `init` gives
    """

    name: str
    fields: dict[str, Any]
    init: InitName = "glorot"
    biases: dict[str, float] = field(default_factory=dict)

    def plan(self, task: Any, seed: int, **settings: Any) -> Plan:
        """Such a network for a task, and how it is trained."""
        specification = NetworkSpecification(**self.fields, **ends(task))
        made = Plan(task, specification, self.init, Settings(seed=seed, **settings))
        net = made.begin()
        for name, value in self.biases.items():
            net[name] = value
        return replace(made, network=net)


ELMAN = Contestant("Elman, sigmoid", {"cell": "elman", "hidden": 32})
ELMAN_TANH = Contestant("Elman, tanh, small weights", {"cell": "elman", "hidden": 32, "activation": "tanh"}, "uniform")
ELMAN_ORTHOGONAL = Contestant("Elman, tanh, orthogonal U", {"cell": "elman", "hidden": 32, "activation": "tanh"})
LSTM = Contestant("LSTM, forget bias 1", {"cell": "lstm", "hidden": 16})
LSTM_OPEN = Contestant("LSTM, forget bias 5", {"cell": "lstm", "hidden": 16}, biases={"forget.b": 5.0})
GRU = Contestant("GRU, update bias 0", {"cell": "gru", "hidden": 18})
GRU_OPEN = Contestant("GRU, update bias 5", {"cell": "gru", "hidden": 18}, biases={"update.b": 5.0})

ALL = (ELMAN, ELMAN_TANH, ELMAN_ORTHOGONAL, LSTM, LSTM_OPEN, GRU, GRU_OPEN)
"""About 1,100 parameters each on a task with one input and one output."""


def of_cell(cell: str) -> Contestant:
    """Networks of a cell, by its name, as large as the others."""
    name, sizes = cell_named(cell), range(1, 500)
    fields: dict[str, Any] = {"cell": name, "inputs": 1, "outputs": 1}
    hidden = min(sizes, key=lambda hidden: abs(count(NetworkSpecification(**fields, hidden=hidden)) - 1100))
    return Contestant(entry(name).title, {"cell": name, "hidden": hidden})


def require_steps(steps: int, batch: int, what: str) -> None:
    """Refuse sequences of so many steps that the tape of a batch of them is larger than memory."""
    width = min(contestant.fields["hidden"] for contestant in ALL)
    require(8 * 4 * width * steps * batch, f"{what} of {steps:,} steps", "choose a shorter one")


def trained(
    contestant: Contestant,
    task: Task,
    seeds: Iterable[int],
    use: Callable[[int, Network, Run], Any],
    *,
    steps: int,
    enough: Callable[[Run], bool] | None = None,
    **settings: Any,
) -> list[Any]:
    """Train a network for each seed, on all processors, and give what `use` makes of (seed, network before, run).

    With `enough`, called after every CHECK_EVERY steps, a run ends when it returns True, and `run.stopped` is then
    "enough". A run that came upon numbers that are not finite is used as it was before that. Ctrl-C ends them all.
    """

    def one(seed: int, stop: Callable[[], bool]) -> Any:
        made = contestant.plan(task, seed, steps=steps, **settings)
        run = made.run()
        checks = range(CHECK_EVERY, steps, CHECK_EVERY) if enough else ()
        try:
            for until in (*checks, steps):
                proceed(run, task, callbacks=(lambda run: stop(),), until=until)
                if stop():
                    return None
                if enough and enough(run):
                    run.stopped = "enough"
                    break
        except NotFinite as overflow:
            run = overflow.run
        return use(seed, made.begin(), run)

    return on_threads(one, seeds)
