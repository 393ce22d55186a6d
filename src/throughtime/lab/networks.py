"""The networks that the laboratory compares: about as many parameters each, and one budget of training for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from throughtime.interrupts import on_threads
from throughtime.memory import require
from throughtime.network import Network
from throughtime.network_specification import InitName
from throughtime.recipes import ends
from throughtime.tasks.task import Task
from throughtime.training.loop import NotFinite, Run, proceed
from throughtime.training.settings import Settings

MOST_SEEDS = 1_000_000
"""Networks of a kind."""
CHECK_EVERY = 100
"""Steps of training after which it is asked whether that is enough."""


@dataclass(frozen=True)
class Contestant:
    """A kind of network.

    name : as tables and figures call it
    fields : of its specification, apart from what the task decides
    init : how its parameters are drawn
    remember : bias of the gate that keeps the state, forget or update, if not what `init` gives
    """

    name: str
    fields: dict[str, Any]
    init: InitName = "glorot"
    remember: float | None = None

    def begin(self, task: Task, seed: int) -> Network:
        """Such a network for a task, not yet trained."""
        net = Network(**self.fields, **ends(task), init=self.init, seed=seed)
        if self.remember is not None:
            net["forget.b" if net.specification.cell == "lstm" else "update.b"] = self.remember
        return net


ELMAN = Contestant("Elman, sigmoid", {"cell": "elman", "hidden": 32})
ELMAN_TANH = Contestant("Elman, tanh, small weights", {"cell": "elman", "hidden": 32, "activation": "tanh"}, "uniform")
ELMAN_ORTHOGONAL = Contestant("Elman, tanh, orthogonal U", {"cell": "elman", "hidden": 32, "activation": "tanh"})
LSTM = Contestant("LSTM, forget bias 1", {"cell": "lstm", "hidden": 16})
LSTM_OPEN = Contestant("LSTM, forget bias 5", {"cell": "lstm", "hidden": 16}, remember=5.0)
GRU = Contestant("GRU, update bias 0", {"cell": "gru", "hidden": 18})
GRU_OPEN = Contestant("GRU, update bias 5", {"cell": "gru", "hidden": 18}, remember=5.0)

ALL = (ELMAN, ELMAN_TANH, ELMAN_ORTHOGONAL, LSTM, LSTM_OPEN, GRU, GRU_OPEN)
"""About 1,100 parameters each on a task with one input and one output."""


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

    With `enough`, a run ends when it says so; it is asked after every CHECK_EVERY steps, and `run.stopped` is then
    "enough". A run that came upon numbers that are not finite is used as it was before that. Ctrl-C ends them all.
    """

    def one(seed: int, stop: Callable[[], bool]) -> Any:
        net = contestant.begin(task, seed)
        run = Run(net.copy(), Settings(steps=steps, seed=seed, **settings), task)
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
        return use(seed, net, run)

    return on_threads(one, seeds)
