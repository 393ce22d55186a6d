"""Run a sweep: what is not done yet, here or on a cluster, each result stored as it arrives."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from throughtime.experiments.sweeps.optuna_search import require_optuna, searched
from throughtime.experiments.sweeps.space import Space, Trial
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.trial import Result, fingerprint, planned, run
from throughtime.support.checks import whole_number
from throughtime.support.disk import StrPath
from throughtime.support.interrupts import as_they_end, deferred, left_to_this_process
from throughtime.support.memory import require

_PROCESS = 150e6
"""Bytes of memory that a process takes at least."""
_SUBMITTED = 10_000
"""Runs that a scheduler is given at a time."""
_THREADS = (
    "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"
)  # fmt: skip

Progress = Callable[[Trial, Result, int, int], Any]


def sweep(
    task: str,
    options: Mapping[str, Any],
    *,
    out: StrPath,
    seeds: int | Iterable[int] = 1,
    search: str = "grid",
    trials: int | None = None,
    search_seed: int = 0,
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
    search : "grid", "random" or "optuna"
        Try all combinations; draw `trials` of them at random; or let Optuna choose `trials` of them one after another,
        each by what came of those before, see `optuna_search`.
    trials : int ≥ 1, optional
        How many combinations a search other than a grid tries.
    search_seed : int ≥ 0
        Decides which are tried.
    jobs : int ≥ 1, optional
        Processes on this computer; as many as there are processors if not given. Optuna's search runs in this one.
    scheduler : str, optional
        Address of a dask.distributed scheduler such as "tcp://10.0.0.1:8786": the networks are trained on its workers,
        which need the same throughtime, and data files at the same paths. The work of a worker that died is done again
        by another.
    progress : function of a run (its number, options and seed), its result, how many runs are done, and of how many

    Returns
    -------
    Store : its `rows()`, `results()` and `export(path)`; see also `summary.summary`.

    Raises
    ------
    ValueError
        Before anything is trained or written, if options do not go together, `out` holds another sweep, or a library is
        missing. Later, if the file cannot be written, or a process was killed; what is done is in the file.
    KeyboardInterrupt
        After Ctrl-C, when the processes have been ended. The same call continues.

    Notes
    -----
    A run that fails, whatever its exception, is a row too, with `stopped` "failed" and its `error`, and the others
    continue. The same call tries it again, except where Optuna chose later trials by it.
    """
    space = Space.of(task, options, seeds, search, trials, search_seed)
    jobs = None if jobs is None else whole_number("jobs", jobs, 1)
    if jobs is not None and scheduler is None:
        require(jobs * _PROCESS, f"a sweep in {jobs:,} processes", "choose fewer jobs")
    by_optuna = search == "optuna"
    if by_optuna and (scheduler is not None or jobs not in (None, 1)):
        raise ValueError("Optuna chooses each trial by those before it, in one process: leave out jobs and a scheduler")
    for combination in space.corners() if by_optuna else space.combinations():
        planned(task, combination)
    processes = min(jobs or os.cpu_count() or 1, len(space))
    if by_optuna:
        require_optuna()
    elif scheduler is not None or processes > 1:
        with _workers(processes, scheduler):  # what is missing is said before there is a file
            pass
    store = Store(out, replace(space, data=fingerprint(task)))
    if by_optuna:
        done, results = len(store.results()), searched(space, store)
    else:
        missing = store.missing()
        done = len(space) - len(missing)
        processes = min(processes, len(missing))
        if scheduler is None and processes <= 1:
            results = ([(trial, run(task, trial))] for trial in missing)
        else:
            results = _elsewhere(task, missing, processes, scheduler, store.path)
    with closing(results):
        for some in results:
            for trial, result in store.add(some):
                done += 1
                progress(trial, result, done, len(space))
    return store


def _elsewhere(
    task: str, trials: list[Trial], processes: int, scheduler: str | None, out: Path
) -> Generator[list[tuple[Trial, Result]]]:
    """The results in the order in which they come from other processes, here or on a cluster.

    Processes, not the threads of train_many: trials differ in more than seeds, and checking them holds Python's lock.
    """
    with deferred() as ctrl_c, _workers(processes, scheduler) as executor:
        at_once = 2 * processes if scheduler is None else _SUBMITTED

        def submit(trial: Trial) -> Future[Result]:
            with left_to_this_process():
                return executor.submit(run, task, trial)

        try:
            for ended in as_they_end(submit, trials, at_once, ctrl_c):
                found, broken = [], None
                for trial, future in ended:
                    try:
                        found.append((trial, _result(trial, future)))
                    except (BrokenExecutor, CancelledError) as error:  # what ended before is kept
                        broken = error
                yield found
                if broken is not None:
                    raise broken
        except BrokenExecutor:
            if ctrl_c.came:  # on Windows it ends the processes too
                return
            raise ValueError(
                f"a process of the sweep was killed, perhaps for want of memory (fewer jobs take less); "
                f"what is done is in {out}, the same command continues"
            ) from None
        except CancelledError:
            raise ValueError(
                f"the scheduler at {scheduler} went away; what is done is in {out}, the same command continues"
            ) from None


def _result(trial: Trial, future: Future[Result]) -> Result:
    try:
        return future.result()
    except (BrokenExecutor, CancelledError):
        raise
    except Exception as error:  # of a worker that died again and again, or that has another throughtime
        return Result.failed(trial, error)


def end_with(parent: int) -> None:
    """Have this process end when its parent does, however that came: it would hold the parent's standard output for
    ever.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    if os.name == "posix":  # elsewhere a process that started Python for another may stand between them
        threading.Thread(target=watch, daemon=True).start()


def _workers(processes: int, scheduler: str | None) -> AbstractContextManager[Executor]:
    return _here(processes) if scheduler is None else _cluster(scheduler)


@contextmanager
def _here(processes: int) -> Iterator[Executor]:
    """Processes on this computer, which are ended behind, whatever they do."""
    try:
        from joblib.externals.loky import ProcessPoolExecutor
    except ModuleNotFoundError:
        raise ValueError(
            "a sweep in several processes needs joblib: pip install 'throughtime[sweep]', or choose 1 job"
        ) from None
    threads = str(max(1, (os.cpu_count() or 1) // processes))  # of a network, and of a library that has its own
    executor = ProcessPoolExecutor(
        processes, env=dict.fromkeys(_THREADS, threads), initializer=end_with, initargs=(os.getpid(),)
    )
    try:
        yield executor
    finally:
        executor.shutdown(kill_workers=True)


@contextmanager
def _cluster(scheduler: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise ValueError("a sweep on a cluster needs dask.distributed: pip install 'throughtime[sweep]'") from None
    try:
        connect: Any = Client  # which has no types, where it is installed
        client = connect(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"no scheduler answers at {scheduler}: {error}") from None
    with client:
        executor = client.get_executor(pure=False)
        try:
            yield executor
        finally:
            executor.shutdown(wait=False)
