"""The search by Optuna: each trial is chosen by what came of those before it, and one that falls behind is ended.

The study is a SQLite file of Optuna's own beside that of the results, for its dashboard. Rows are written first, and
the study is told then; so a search that was killed at any moment goes on from them, to the trials that it would have
had.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import isfinite
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.experiments.sweeps.space import Range, Space, Trial, Value
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.trial import PRUNED, Result, planned, run
from throughtime.tasks.task import options as options_of
from throughtime.training.loop import Run

_PARTS = 10
"""Parts of a training after each of which its loss is compared: records lie at other steps in larger networks."""

_OF_THE_WAY = {
    "steps", "batch", "optimizer", "schedule", "clip", "weight_decay", "window", "update", "shuffle", "patience",
    "log_every", "seed",
}  # fmt: skip
"""Settings that say how the least loss is sought; all others say what it is."""


def require_optuna() -> Any:
    """The library; a ValueError that says how to install it if it is not there."""
    try:
        import optuna
    except ModuleNotFoundError:
        raise ValueError("a search by Optuna needs optuna: pip install 'throughtime[sweep]'") from None
    return optuna


def study_path(results: Path) -> Path:
    """Where the study of a sweep is, beside its results."""
    return results.with_suffix(".optuna.db")


def searched(space: Space, store: Store) -> Generator[list[tuple[Trial, Result]]]:
    """The runs of the trials that are not done yet, trial by trial, each to be stored before the next is asked for.

    A trial's value is the mean over its seeds of the share of sequences that are wrong, or of the root mean square
    error. It is ended where no loss of its first seed is as low as the median of the others at the same part of
    training, unless options that are searched change what a loss means: those of the task, noise, dropout and the
    penalty.

    Raises
    ------
    ValueError
        If the study is not the one of these results, another program searches here, or its file cannot be used.
    """
    optuna = require_optuna()
    with _opened(store, space) as study:
        trials = _continued(study, store, space)
        ends = _losses_compare(space)
        for number in range(trials, space.trials or 0):
            # of its own for each trial, so that a search that goes on suggests what one without a break does
            seed = np.random.SeedSequence((space.search_seed, number)).generate_state(1)[0]
            study.sampler = optuna.samplers.TPESampler(seed=int(seed))
            trial = study.ask()
            trial.set_user_attr("trial", number)
            runs = space.runs_of(number, {name: _suggested(trial, name, of) for name, of in space.options.items()})
            results = list(_run(space.task, runs, _pruner(trial) if ends else None))
            yield list(zip(runs, results, strict=True))
            study.tell(trial.number, **_told(results))


def _run(task: str, runs: list[Trial], prune: Any) -> Iterator[Result]:
    first = run(task, runs[0], prune)
    yield first
    for other in runs[1:]:
        yield Result.pruned(other) if first.stopped == PRUNED else run(task, other)


def _suggested(trial: Any, name: str, of: list[Value] | Range) -> Value:
    if not isinstance(of, Range):
        value: Value = trial.suggest_categorical(name, of)
        return value
    suggest = trial.suggest_int if of.whole else trial.suggest_float
    return of.rounded(suggest(name, of.least, of.greatest, log=of.scale == "log"))


def _pruner(trial: Any) -> Any:
    last = 0

    def prune(run: Run) -> bool:
        nonlocal last
        part = _PARTS * run.step // run.settings.steps
        if part in (last, _PARTS):  # what is trained to its end is measured
            return False
        last = part
        trial.report(float(run.history.last.loss), part)
        return bool(trial.should_prune())

    return prune


def _losses_compare(space: Space) -> bool:
    plans = [planned(space.task, options) for options in space.corners()]
    kinds = {
        repr((
            options_of(plan.task),
            plan.specification.loss,
            {name: value for name, value in vars(plan.settings).items() if name not in _OF_THE_WAY},
        ))
        for plan in plans
    }  # fmt: skip
    return len(kinds) == 1


def _told(results: Iterable[Result]) -> dict[str, Any]:
    """What a study is told of a trial."""
    from optuna.trial import TrialState

    results = list(results)
    if any(result.stopped == PRUNED for result in results):
        return {"state": TrialState.PRUNED}
    errors = [result.root_mean_square if result.exact is None else 1 - result.exact for result in results]
    known = [error for error in errors if error is not None]
    mean = float(np.mean(known)) if known else np.nan
    return {"values": mean} if isfinite(mean) else {"state": TrialState.FAIL}


@contextmanager
def _opened(store: Store, space: Space) -> Iterator[Any]:
    """The study, which is this program's alone."""
    import optuna
    from filelock import FileLock, Timeout
    from sqlalchemy.exc import SQLAlchemyError

    path, storage = study_path(store.path), None
    said = optuna.logging.get_verbosity()
    try:
        with FileLock(f"{path}.lock", timeout=0):
            optuna.logging.set_verbosity(optuna.logging.ERROR)
            # connected by ourselves, since a name such as a?b is no file in an address
            connect = partial(sqlite3.connect, path, check_same_thread=False, timeout=60)
            storage = optuna.storages.RDBStorage("sqlite:///study", engine_kwargs={"creator": connect})
            yield optuna.create_study(
                study_name=Path(space.task).stem, storage=storage, load_if_exists=True,
                pruner=optuna.pruners.MedianPruner(),
            )  # fmt: skip
    except Timeout:
        raise ValueError(f"another program searches in {store.path}: wait for it, or write to another file") from None
    except (SQLAlchemyError, optuna.exceptions.OptunaError, RuntimeError, LookupError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())[:300]
        raise ValueError(f"{path} cannot be used as a study of Optuna: {reason}") from None
    finally:
        optuna.logging.set_verbosity(said)
        if storage is not None:
            storage.engine.dispose()


def _continued(study: Any, store: Store, space: Space) -> int:
    """How many trials are done. One that the study believes to be running was cut off: it is told what the rows say."""
    done: dict[int, list[tuple[Trial, Result]]] = {}
    for row in store.done():
        done.setdefault(row[0].number // len(space.seeds), []).append(row)
    try:
        same = set(done) == set(range(len(done))) and _is_of(study, space, done)
    except (LookupError, TypeError, ValueError):  # what lies in the file is no trial
        same = False
    if not same:
        raise ValueError(
            f"{study_path(store.path)} is not the study of the results in {store.path}: remove both, or write to "
            "another file with --out FILE (out= in Python)"
        )
    return len(done)


def _is_of(study: Any, space: Space, done: Mapping[int, list[tuple[Trial, Result]]]) -> bool:
    """Whether a study knows what rows say and nothing else, once its cut off trials are told."""
    from optuna.study import StudyDirection
    from optuna.trial import TrialState

    told = {number: _told(result for _, result in rows) for number, rows in done.items()}
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, **told.get(trial.user_attrs.get("trial"), {"state": TrialState.FAIL}))
    known = [
        (
            trial.user_attrs["trial"],
            {
                n: of.rounded(trial.params[n]) if isinstance(of, Range) else trial.params[n]
                for n, of in space.options.items()
            },
            {"values": trial.value} if trial.state == TrialState.COMPLETE else {"state": trial.state},
        )
        for trial in study.get_trials(deepcopy=False)
        if trial.state != TrialState.FAIL
    ]
    rows = [
        (number, done[number][0][0].options, said)
        for number, said in sorted(told.items())
        if said.get("state") != TrialState.FAIL
    ]
    return study.directions == [StudyDirection.MINIMIZE] and sorted(known, key=itemgetter(0)) == rows
