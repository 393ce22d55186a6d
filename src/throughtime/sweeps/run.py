"""Run a sweep: what is not done yet, here or on a cluster, each result stored as it arrives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

from throughtime.sweeps.space import Space, Trial
from throughtime.sweeps.store import Store
from throughtime.sweeps.trial import Result, planned, run

Progress = Callable[[Trial, Result, int, int], Any]


def sweep(
    task: str,
    options: Mapping[str, Any],
    *,
    out: Any,
    seeds: Any = 1,
    random: int | None = None,
    random_seed: int = 0,
    jobs: int | None = None,
    scheduler: str | None = None,
    progress: Progress = lambda trial, result, done, of: None,
) -> Store:
    """Train a network for each combination of options and each seed.

    Parameters
    ----------
    task : str
        A task's name, a data file, or your own task as `module:object`.
    options : by name a value, a list of values, or a range {"from": 0.001, "to": 0.1, "scale": "log"}
        Options of `throughtime train`, and of the task: {"cell": ["elman", "lstm"], "gap": [1, 10], "steps": 500}.
    out : path
        The SQLite file of the results. If it holds the beginning of the same sweep, that is continued.
    seeds : int or ints
        How many, from 0 on, or which.
    random : int ≥ 1, optional
        Draw so many combinations at random; without it all are tried.
    random_seed : int ≥ 0
        Decides which are drawn.
    jobs : int ≥ 1, optional
        Processes on this machine; as many as there are processors if not given.
    scheduler : str, optional
        Address of a dask.distributed scheduler such as "tcp://10.0.0.1:8786": the trials run on its workers, which need the
        same throughtime, and data files at the same paths. What a worker was doing when it died is done again by another.
    progress : function of a trial, its result, how many trials are done, and how many there are

    Returns
    -------
    Store : its `rows()`, `results()` and `export(path)`; see also `summary.summary`.

    Raises
    ------
    ValueError
        Before anything is trained, if options do not go together, or `out` holds another sweep.
    """
    space = Space.of(task, options, seeds, random, random_seed)
    for combination in space.combinations():
        planned(task, combination)
    store = Store(out, space)
    missing = store.missing()
    trials = {trial.number: trial for trial in missing}
    total = len(space.trials())
    done = total - len(missing)
    if missing:
        with _results(task, missing, jobs, scheduler) as results:
            for result in results:
                trial = trials[result.trial]
                if store.add(trial, result):
                    done += 1
                    progress(trial, result, done, total)
    return store


@contextmanager
def _results(task: str, trials: list[Trial], jobs: int | None, scheduler: str | None) -> Iterator[Iterator[Result]]:
    """The results in the order in which they come."""
    try:
        import joblib
    except ModuleNotFoundError:
        raise ValueError("a sweep needs joblib: pip install 'throughtime[sweep]'") from None
    # Processes, not the threads of train_many: trials differ in more than seeds, and checking them holds Python's lock.
    cluster = nullcontext() if scheduler is None else _client(scheduler)
    with cluster as client, _backend(joblib, client):
        parallel = joblib.Parallel(n_jobs=jobs or -1, batch_size=1, return_as="generator_unordered")
        results = parallel(joblib.delayed(run)(task, trial) for trial in trials)
        try:
            yield results
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that a sweep which is stopped leaves trials undone
                results.close()


def _backend(joblib: Any, client: Any) -> Any:
    return joblib.parallel_config("loky") if client is None else joblib.parallel_config("dask", client=client)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ValueError("a sweep on a cluster needs dask.distributed: pip install 'throughtime[sweep]'") from None
    try:
        client: Any = Client(scheduler, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise ValueError(f"no scheduler answers at {scheduler}: {error}") from None
    with client:
        yield client
