"""Three classic tasks of long memory, each trained until it is solved, beside the figures that were published.

The count is that of the LSTM paper: the training sequences that a network reads until it solves the task. The
networks and the training are of today (Adam, batches, a forget gate), so the figures show what has become of the task,
and are no repetition of the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from throughtime.experiments.lab.networks import (
    ELMAN,
    ELMAN_ORTHOGONAL,
    ELMAN_TANH,
    GRU_OPEN,
    LSTM,
    LSTM_OPEN,
    MOST_SEEDS,
    Contestant,
    require_steps,
    trained,
)
from throughtime.network import Network
from throughtime.support.checks import whole_number
from throughtime.tasks.adding_problem import AddingProblem
from throughtime.tasks.copy_memory import CopyMemory
from throughtime.tasks.reber import Reber
from throughtime.tasks.task import Task
from throughtime.training.loop import Run
from throughtime.training.optimisers import Adam

CHECKED, TESTED = 256, 2560
PAPER = "paper of 1997"


@dataclass(frozen=True)
class Published:
    """A row of a published table: who, for which size of the task, and the figures as they stand there."""

    who: str
    size: str
    solved: str
    sequences: str
    wrong: str


@dataclass(frozen=True)
class Classic:
    """A task and how it is trained.

    task : function of a size
    size_name : what the size is
    sizes : that are tried
    steps, batch, learning_rate : of training, which ends before if CHECKED new sequences are answered right, but for
        the share `allowed`
    contestants : kinds of networks
    published : what others measured
    """

    task: Callable[[int], Task]
    size_name: str
    sizes: tuple[int, ...]
    steps: int
    batch: int
    learning_rate: float
    contestants: tuple[Contestant, ...]
    published: tuple[Published, ...]
    allowed: float = 0.0


@dataclass(frozen=True)
class Attempt:
    """One network.

    network : name of its kind
    size, seed : int
    solved : whether it solved the task
    sequences : that it had read then, or in all
    wrong : of `tested` new sequences
    loss : on these, summed over the steps of a sequence
    """

    network: str
    size: int
    seed: int
    solved: bool
    sequences: int
    wrong: int
    tested: int
    loss: float


@dataclass(frozen=True)
class Row:
    """The networks of one kind for one size; `sequences` is the median of those that solved the task, if any did."""

    network: str
    size: int
    seeds: int
    solved: int
    sequences: float | None
    wrong: float
    loss: float


def _wide(contestant: Contestant, hidden: int) -> Contestant:
    return replace(contestant, fields=contestant.fields | {"hidden": hidden})


CLASSICS = {
    "adding": Classic(
        lambda steps: AddingProblem(steps=steps), "T", (50, 100, 200, 400), 6000, 20, 0.005,
        (ELMAN_ORTHOGONAL, LSTM_OPEN, GRU_OPEN),
        (
            Published(f"LSTM, {PAPER}, table 7", "100", "", "74,000", "1 of 2560"),
            Published(f"LSTM, {PAPER}, table 7", "500", "", "209,000", "0 of 2560"),
            Published(f"LSTM, {PAPER}, table 7", "1000", "", "853,000", "1 of 2560"),
        ),
        allowed=0.01,
    ),
    "copy": Classic(
        lambda delay: CopyMemory(delay=delay, length=5), "delay", (5, 20, 50), 1500, 32, 0.01,
        (_wide(ELMAN_ORTHOGONAL, 64), _wide(LSTM, 32), _wide(GRU_OPEN, 36)),
        (),
    ),
    "reber": Classic(
        lambda _: Reber(embedded=True), "", (0,), 3000, 8, 0.01,
        (ELMAN, ELMAN_TANH, LSTM, GRU_OPEN),
        (
            Published(f"RTRL, 12 units, {PAPER}, table 1", "", "some fraction", "25,000", ""),
            Published(f"Elman net, 15 units, {PAPER}, table 1", "", "0 %", "> 200,000", ""),
            Published(f"Cascade correlation, {PAPER}, table 1", "", "50 %", "182,000", ""),
            Published(f"LSTM, 3 blocks of 2, rate 0.5, {PAPER}, table 1", "", "100 %", "8,440", ""),
        ),
    ),
}  # fmt: skip
"""The tasks by name; all networks of a task have about as many parameters."""


def baseline(task: CopyMemory) -> float:
    """The loss of copy memory without any memory: blanks predicted right, and symbols guessed [Arjovsky et al.

    2016].
    """
    return task.length * float(np.log(task.symbols))


def measure(
    classic: Classic,
    sizes: Sequence[int] | None = None,
    seeds: int = 3,
    *,
    steps: int | None = None,
    progress: Callable[[Row], Any] = lambda row: None,
) -> list[Attempt]:
    """Train networks of each kind for each size until they solve the task.

    Parameters
    ----------
    classic : one of CLASSICS
    sizes : ints, optional
    seeds : int ≥ 1
        Networks of each kind, with the seeds 0, 1, …
    steps : int ≥ 1, optional
        The most updates of a network.
    progress : function of the Row of each kind and size, called when its networks are trained
    """
    attempts: list[Attempt] = []
    seeds = whole_number("seeds", seeds, 1, MOST_SEEDS)
    budget = classic.steps if steps is None else whole_number("steps", steps, 1)
    sizes = classic.sizes if sizes is None else [whole_number(classic.size_name or "size", size) for size in sizes]
    if not sizes:
        raise ValueError("there must be a size of the task")
    require_steps(max(sizes), classic.batch, "a sequence")
    settings = {"optimizer": Adam(classic.learning_rate), "batch": classic.batch, "clip": 1.0}
    for size in sizes:
        task = classic.task(size)

        def solved(run: Run, task: Task = task) -> bool:
            found = task.evaluate(run.network, CHECKED, seed=1_000_000 + run.step)
            return found.wrong <= classic.allowed * CHECKED

        for contestant in classic.contestants:
            name = contestant.name

            def use(
                seed: int, before: Network, run: Run, task: Task = task, size: int = size, name: str = name
            ) -> Attempt:
                found = task.evaluate(run.network, TESTED, seed=2_000_000 + seed)
                batch = task.sample(np.random.default_rng(seed), CHECKED)
                loss = run.network.loss(batch.x, batch.y, batch.lengths, batch.mask) / CHECKED
                read = run.step * classic.batch
                return Attempt(name, size, seed, run.stopped == "enough", read, found.wrong, found.checked, loss)

            found = trained(contestant, task, range(seeds), use, enough=solved, steps=budget, **settings)
            attempts.extend(found)
            progress(row(found))
    return attempts


def row(attempts: Sequence[Attempt]) -> Row:
    """The common results of attempts of one kind and size."""
    done = [attempt.sequences for attempt in attempts if attempt.solved]
    return Row(
        network=attempts[0].network,
        size=attempts[0].size,
        seeds=len(attempts),
        solved=len(done),
        sequences=float(np.median(done)) if done else None,
        wrong=float(np.mean([attempt.wrong / attempt.tested for attempt in attempts])),
        loss=float(np.mean([attempt.loss for attempt in attempts])),
    )
