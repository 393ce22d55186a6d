"""One run of a sweep: from its options to a row of results."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from throughtime import tasks
from throughtime.cells.own import cell_of
from throughtime.experiments.sweeps.space import Trial, Value
from throughtime.training.loop import Callback, NotFinite, Run, proceed
from throughtime.training.plan import Plan, plan

FAILED, PRUNED = "failed", "pruned"


@dataclass(frozen=True)
class Result:
    """The result of a trial.

    trial : its number
    seed : int
    exact : share of sequences that are answered right, 0..1; None where targets are real numbers
    root_mean_square : of the errors, where targets are real numbers; else None
    loss : the mean of the last block of steps; None if there was none
    steps_taken : of training
    seconds : of training
    stopped : "steps", or "not finite" where numbers overflowed, "pruned" where its search ended it, or would not begin
        it, or "failed" where nothing came of it
    error : why it failed, in a sentence; else None
    """

    trial: int
    seed: int
    exact: float | None
    root_mean_square: float | None
    loss: float | None
    steps_taken: int
    seconds: float
    stopped: str
    error: str | None = None

    @classmethod
    def failed(cls, trial: Trial, error: BaseException) -> Result:
        """The result of a trial that ended with an exception."""
        said = " ".join(str(error).split()) or "without a word"
        if not isinstance(error, ValueError | ArithmeticError):
            said = f"{type(error).__name__}: {said}"
        return cls(trial.number, trial.seed, None, None, None, 0, 0.0, FAILED, said[:1000])

    @classmethod
    def pruned(cls, trial: Trial, run: Run | None = None, seconds: float = 0.0) -> Result:
        """The result of a trial that its search ended, or did not begin."""
        loss, steps = (None, 0) if run is None else (float(run.history.last.loss), run.step)
        return cls(trial.number, trial.seed, None, None, loss, steps, seconds, PRUNED)


def planned(task_name: str, options: Mapping[str, Value], seed: int = 0) -> Plan:
    """The plan that options mean; a ValueError if they do not go together."""
    if ":" in task_name and "" not in sys.path:
        sys.path.insert(0, "")  # a task of one's own in the current folder, in other processes too
    cell = {"cell": cell_of(str(options["cell"]))} if "cell" in options else {}
    return plan(task_name, **{**options, **cell}, seed=seed)


def fingerprint(task_name: str) -> str | None:
    """The SHA-256 of a data file; None for other tasks."""
    if not tasks.is_data(task_name):
        return None
    with open(task_name, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(task_name: str, trial: Trial, prune: Callback | None = None) -> Result:
    """Train and check the network of a trial. It is called in other processes, and on other computers.

    A trial that ends with an exception, in a task of one's own too, has it as its result; only Ctrl-C comes through.
    `prune` is called after every record of the history, and ends the trial when it returns True.
    """
    try:
        return _run(task_name, trial, prune)
    except Exception as error:
        return Result.failed(trial, error)


def _run(task_name: str, trial: Trial, prune: Callback | None) -> Result:
    made = planned(task_name, trial.options, trial.seed)
    task = made.task
    started = time.perf_counter()
    try:
        trained = proceed(made.run(), made.sequences, callbacks=[] if prune is None else [prune])
        stopped = trained.stopped or "steps"
    except NotFinite as overflow:
        trained, stopped = overflow.run, "not finite"
    if stopped == "interrupted":
        raise KeyboardInterrupt
    seconds = time.perf_counter() - started
    if stopped == "callback":
        return Result.pruned(trial, trained, seconds)
    found = task.evaluate(trained.network)
    return Result(
        trial=trial.number,
        seed=trial.seed,
        exact=None if found is None else 1 - found.wrong / found.checked,
        root_mean_square=float(task.root_mean_square(trained.network)) if found is None else None,
        loss=float(trained.history.last.loss) if len(trained.history) else None,
        steps_taken=trained.step,
        seconds=seconds,
        stopped=stopped,
    )
