"""A run on disk: a folder that is whole at every moment, from which training continues to the same bits.

Which files are in it, and what each is for, stands in `throughtime.weights.files`. A random state is not among them:
what a step draws depends on the seed and its number, see `training.source`.
"""

from __future__ import annotations

import hashlib
import time
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

import throughtime
from throughtime.batch import Array, Batch
from throughtime.network import Network
from throughtime.passes.state import State
from throughtime.support.disk import StrPath, remove_leftovers, write_atomically
from throughtime.tasks.data import Data
from throughtime.training.folder import held, locked, make, refuse_lessons, refuse_taken, take
from throughtime.training.history import History
from throughtime.training.loop import SECONDS_BETWEEN_CHECKPOINTS, Best, Callback, Run, proceed
from throughtime.training.settings import Settings
from throughtime.weights.files import (
    CHECKPOINT,
    FORMAT,
    HISTORY,
    MODEL,
    RUN,
    Stored,
    for_columns,
    require_finite,
    save_network,
    save_tensors,
)
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import count

if TYPE_CHECKING:
    from filelock import FileLock

    from throughtime.tasks.task import Task


def save_run(run: Run, folder: Path, lock: FileLock | None = None) -> None:
    """Write all of a run to a folder, whose lock may be held already."""
    make(folder)
    with nullcontext() if lock is not None else locked(folder):
        refuse_taken(folder)
        _save(run, folder)


def _save(run: Run, folder: Path) -> None:
    # The history goes ahead of the checkpoint, since what is behind it is dropped. run.toml says: this is a run; before
    # it stands, there is no model that could be taken for a trained one.
    write_atomically(folder / HISTORY, "".join(f"{record.to_json()}\n" for record in run.history).encode())
    _save_checkpoint(run, folder)
    write_atomically(folder / RUN, tomli_w.dumps(_describe(run)).encode())
    _save_model(run, folder)


def _save_checkpoint(run: Run, folder: Path) -> None:
    """Write what the run is continued from."""
    ended = run.latest is not None
    tensors = {"parameters": run.network.parameters if run.latest is None else run.latest, "moments": run.moments}
    metadata: dict[str, Any] = {"holds": "checkpoint", "format": FORMAT, "step": run.step, "ended": ended}
    metadata["stopped"] = run.stopped
    if run.carried is not None:
        tensors |= {f"carried.{name}": array for name, array in zip(run.carried.names, run.carried.arrays, strict=True)}
    if run.best:
        tensors["best"] = run.best.parameters
        metadata |= {"best_loss": run.best.loss, "waited": run.best.waited}
    require_finite({name: array for name, array in tensors.items() if name != "moments"})
    save_tensors(folder / CHECKPOINT, tensors, metadata)


def _save_model(run: Run, folder: Path) -> None:
    save_network(
        for_columns(run.network, run.columns), folder / MODEL, run.task.name if run.task else run.named, run.columns
    )


class Writer:
    """Keeps a run's folder up to date while it trains, and keeps others from writing to it until it is closed.

    Parameters
    ----------
    run : Run
    folder : Path
    new : bool
        Whether the folder must not hold a run yet.
    lock : FileLock, optional
        The lock on the folder, where it is held already; it is not released here then.

    Raises
    ------
    ValueError
        If the folder cannot be made, holds something else, or another process trains in it.
    """

    def __init__(self, run: Run, folder: Path, new: bool, lock: FileLock | None = None) -> None:
        self.folder = folder
        make(folder)
        refuse_taken(folder, new)
        self.lock = take(folder) if lock is None else None
        try:
            refuse_taken(folder, new)  # again: another process may just have ended
            remove_leftovers(folder)
            self.saved = time.monotonic()
            _save(run, folder)
        except BaseException:
            self.close()
            raise
        self.written = len(run.history)

    def after_block(self, run: Run) -> None:
        """Append to the history, and from time to time write a checkpoint."""
        if time.monotonic() - self.saved >= SECONDS_BETWEEN_CHECKPOINTS:
            path = self.folder / HISTORY
            try:
                with path.open("ab") as file:
                    for record in run.history.records[self.written :]:
                        file.write(f"{record.to_json()}\n".encode())
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from None
            self.written = len(run.history)
            _save_checkpoint(run, self.folder)
            _save_model(run, self.folder)
            self.saved = time.monotonic()

    def save(self, run: Run) -> None:
        """Write the run as it is."""
        _save(run, self.folder)

    def close(self) -> None:
        """Let others write to the folder."""
        if self.lock is not None:
            self.lock.release()


def load_run(folder: StrPath, task: Task | None = None) -> Run:
    """Read a run from its folder.

    Parameters
    ----------
    folder : path
    task : Task, optional
        Needed if the task is one of the user's own that cannot be found by its name.

    Raises
    ------
    ValueError
        In one sentence, if the folder holds no run or a damaged one.
    """
    return _run_of(Stored.read(Path(folder)), task)


def _run_of(stored: Stored, task: Task | None) -> Run:
    from throughtime import tasks

    folder = stored.folder
    described, specification = stored.described, stored.specification
    tensors, metadata = stored.tensors, stored.metadata
    tensors = {name: array for name, array in tensors.items() if array.size}  # once, an empty one stood for no state
    try:
        settings = Settings.from_dict(described.get("settings"))
        if task is None and "task" in described:
            task = tasks.of_table(described["task"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / RUN} describes no run that can be read: {error}") from None
    if not _fits(specification, settings, tensors, metadata):
        raise stored.misfit()
    run = Run(Network.of(specification, tensors["parameters"]), settings, task, metadata["step"], tensors["moments"])
    run.columns = stored.columns
    run.history = History.load(folder / HISTORY, run.step)
    if "best" in tensors:
        run.best = Best(metadata["best_loss"], tensors["best"], metadata["waited"])
    if run.best and metadata["ended"]:
        run.latest, run.network = run.network.parameters, Network.of(specification, run.best.parameters)
    states = specification.graph.states
    if f"carried.{states[0]}" in tensors:
        run.carried = State(**{name: tensors[f"carried.{name}"] for name in states})
    for name in ("data", "validate", "begun"):
        if isinstance(described.get(name), str):
            setattr(run, name, described[name])
    return run


def _fits(
    s: NetworkSpecification, settings: Settings, tensors: Mapping[str, Array], metadata: Mapping[str, Any]
) -> bool:
    """Whether a checkpoint holds what such a run needs, in the right shapes, and numbers that are finite."""
    if "parameters" not in tensors or s.layers > tensors["parameters"].size:  # so that no wild number is counted up to
        return False
    P, carried = count(s), [f"carried.{name}" for name in s.graph.states]
    shapes: dict[str, tuple[int, ...]] = {"parameters": (P,), "moments": (2, P)}
    whole: list[Any] = [metadata.get("step")]
    if "best" in tensors:
        shapes["best"] = (P,)
        whole.append(metadata.get("waited"))
    if carried[0] in tensors:
        shapes |= dict.fromkeys(carried, (s.layers, settings.batch, s.hidden))
    return (
        set(tensors) == set(shapes)
        and all(tensors[name].shape == shape and tensors[name].dtype == s.dtype for name, shape in shapes.items())
        and all(np.isfinite(tensors[name]).all() for name in shapes if name != "moments")
        and all(isinstance(number, int) and number >= 0 for number in whole)
        and isinstance(metadata.get("ended"), bool)
        and ("best" not in tensors or isinstance(metadata.get("best_loss"), float))
    )


def resume(
    folder: StrPath,
    task_or_data: Task | Batch | Data | None = None,
    *,
    steps: int | None = None,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
    threads: int | None = None,
) -> Run:
    """Continue the run in a folder, to the same bits as if it had never stopped.

    Parameters
    ----------
    folder : path
        It is kept up to date.
    task_or_data : Task, Batch or Data, optional
        Only needed if the run was trained on data, or on a task of the user's own that cannot be found by its name.
    steps : int, optional
        A new total of steps; else the run's own.
    validate : Batch, optional
        The same as in the run's beginning.
    callbacks, threads : as for `train`

    Raises
    ------
    ValueError
        If the folder holds no run or a damaged one, another process trains in it, the run was trained on something
        else, or it is one of `train_until_proved`.
    """
    folder = Path(folder)
    with held(folder) as lock:  # another process may be about to take steps, or to keep lessons
        refuse_lessons(folder)
        stored = Stored.read(folder)
        run = _run_of(stored, None if isinstance(task_or_data, Batch | Data) else task_or_data)
        what = task_or_data if task_or_data is not None else run.task
        if what is None:
            raise ValueError(f"the run in {folder} was trained on data: give the same data again")
        _refuse_other(stored, what, validate)
        if steps is not None:
            run.settings = replace(run.settings, steps=steps)
        return proceed(run, what, validate, callbacks, folder, threads=threads, lock=lock)


def _refuse_other(stored: Stored, what: Task | Batch | Data, validate: Batch | None) -> None:
    """Refuse to continue with another task or other data than those that a run was begun with."""
    described, folder, begun = stored.described, stored.folder, stored.described.get("task")
    if isinstance(what, Batch | Data):
        if begun is not None:
            raise ValueError(f"the run in {folder} was trained on the task {_called(begun)}: give that, or no data")
        if described.get("data") not in (None, fingerprint(what)):
            raise ValueError(
                f"the run in {folder} was trained on other data: give the same data again, or begin a new run"
            )
    elif begun is None:
        raise ValueError(f"the run in {folder} was trained on data: give the same data again")
    else:
        given = _describe_task(what)
        # What is compared went through TOML; an option that the version before did not have is not among those of the
        # run.
        now = tomllib.loads(tomli_w.dumps(given))
        if any(now.get(name) != value for name, value in begun.items()):
            raise ValueError(
                f"the run in {folder} was trained on the task {_called(begun)}, not on {_called(now)}: "
                "give the same task again, or begin a new run"
            )
    validated = described.get("validate")  # not there in runs of the version before, and in those without
    if validated is not None and (validate is None or fingerprint(validate) != validated):
        raise ValueError(f"the run in {folder} was validated on other data: give the same validate again")


def _called(task: Mapping[str, Any]) -> str:
    """A task's name and options, as they stand in run.toml."""
    options = ", ".join(f"{name}={value!r}" for name, value in task.items() if name != "name")
    return f"{task.get('name')}({options})" if options else str(task.get("name"))


def fingerprint(data: Batch | Data) -> str:
    """The SHA-256 of all that a Batch holds, or that of Data would hold."""
    found = hashlib.sha256()
    first = data if isinstance(data, Batch) else data[:1]
    for name in ("x", "y", "lengths", "mask"):
        if getattr(first, name) is not None:
            array = np.asarray(getattr(first, name))
            found.update(f"{name} {array.dtype} {(len(data), *array.shape[1:])}".encode())
            for part in [data] if isinstance(data, Batch) else data.parts():
                found.update(np.ascontiguousarray(getattr(part, name)).data)
    return found.hexdigest()


def _describe_task(task: Task) -> dict[str, Any]:
    from throughtime.tasks.task import options

    return {"name": task.name, **options(task)}


def _describe(run: Run) -> dict[str, Any]:
    described: dict[str, Any] = {"throughtime": throughtime.__version__}
    if run.task is not None:
        described["task"] = _describe_task(run.task)
    described |= {name: value for name in ("data", "validate", "begun") if (value := getattr(run, name)) is not None}
    if run.columns is not None:
        described["columns"] = run.columns.as_dict()
    return described | {"network": run.network.specification.as_dict(), "settings": run.settings.as_dict()}
