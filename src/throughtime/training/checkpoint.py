"""A run on disk: a folder that is whole at every moment, from which training goes on to the same bits.

    model.safetensors        the network
    checkpoint.safetensors   parameters, the optimiser's memory, the step, what did best: a run is continued from this alone
    history.jsonl            a record a line
    run.toml                 the task, the network, the settings and the version: what is needed to repeat the run

A random state is not among them: what a step draws depends on the seed and its number, see `training.source`.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tomli_w

from throughtime.batch import Array, Batch
from throughtime.disk import write_atomically
from throughtime.files import FORMAT, load_tensors, save_network, save_tensors
from throughtime.forward_pass import State
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.parameters import count
from throughtime.training.history import History
from throughtime.training.loop import SECONDS_BETWEEN_CHECKPOINTS, Best, Callback, Run, proceed
from throughtime.training.settings import Settings

if TYPE_CHECKING:
    from throughtime.tasks.task import Task

RUN, MODEL, CHECKPOINT, HISTORY = "run.toml", "model.safetensors", "checkpoint.safetensors", "history.jsonl"


def save_run(run: Run, folder: Path) -> None:
    """Write all of a run to a folder."""
    _make(folder)
    # The history goes ahead of the checkpoint, since what is behind it is dropped; run.toml comes last and says: this is a run.
    write_atomically(folder / HISTORY, "".join(f"{record.to_json()}\n" for record in run.history).encode())
    save_checkpoint(run, folder)
    save_network(run.network, folder / MODEL, run.task.name if run.task else None)
    write_atomically(folder / RUN, tomli_w.dumps(_describe(run)).encode())


def save_checkpoint(run: Run, folder: Path) -> None:
    """Write what the run is continued from."""
    ended = run.latest is not None
    tensors = {"parameters": run.network.parameters if run.latest is None else run.latest, "moments": run.moments}
    metadata: dict[str, Any] = {"holds": "checkpoint", "format": FORMAT, "step": run.step, "ended": ended}
    if run.carried is not None:
        tensors |= {"carried.h": run.carried.h, "carried.C": run.carried.C}
    if run.best:
        tensors["best"] = run.best.parameters
        metadata |= {"best_loss": run.best.loss, "waited": run.best.waited}
    save_tensors(folder / CHECKPOINT, tensors, metadata)


class Writer:
    """Keeps a run's folder up to date while it trains."""

    def __init__(self, run: Run, folder: Path, new: bool) -> None:
        if new and (folder / RUN).exists():
            raise ValueError(f"{folder} holds a run already: continue it with --resume, or choose another folder")
        self.folder = folder
        self.saved = time.monotonic()
        save_run(run, folder)
        self.written = len(run.history)

    def after_block(self, run: Run) -> None:
        """Append to the history, and from time to time write a checkpoint."""
        if time.monotonic() - self.saved >= SECONDS_BETWEEN_CHECKPOINTS:
            with (self.folder / HISTORY).open("a") as file:
                file.writelines(f"{record.to_json()}\n" for record in run.history.records[self.written :])
            self.written = len(run.history)
            save_checkpoint(run, self.folder)
            self.saved = time.monotonic()

    def save(self, run: Run) -> None:
        """Write the run as it is at its end."""
        save_run(run, self.folder)


def load_run(folder: Any, task: Task | None = None) -> Run:
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
    from throughtime import tasks

    folder = Path(folder)
    try:
        described = tomllib.loads((folder / RUN).read_text())
    except OSError:
        raise ValueError(f"there is no run in {folder}: it has no {RUN}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{folder / RUN} is damaged: {error}") from None
    tensors, metadata = load_tensors(folder / CHECKPOINT, "checkpoint")
    try:
        settings = Settings.from_dict(described.get("settings"))
        specification = NetworkSpecification.from_dict(described.get("network"))
        if task is None and "task" in described:
            options: dict[str, Any] = dict(described["task"])
            name = options.pop("name")
            if ":" in name:  # a file must not decide what code runs
                raise ValueError(f"its task {name} is not one of ours, give it again")
            task = tasks.find(name, **options)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / RUN} describes no run that can be read: {error}") from None
    if not _fits(specification, settings, tensors, metadata):
        raise ValueError(f"{folder / CHECKPOINT} does not fit the run in {folder / RUN}")
    run = Run(Network.of(specification, tensors["parameters"]), settings, task, metadata["step"], tensors["moments"])
    run.history = History.load(folder / HISTORY, run.step)
    if "best" in tensors:
        run.best = Best(metadata["best_loss"], tensors["best"], metadata["waited"])
    if run.best and metadata["ended"]:
        run.latest, run.network = run.network.parameters, Network.of(specification, run.best.parameters)
    if "carried.h" in tensors:
        run.carried = State(tensors["carried.h"], tensors["carried.C"])
    return run


def _fits(
    s: NetworkSpecification, settings: Settings, tensors: Mapping[str, Array], metadata: Mapping[str, Any]
) -> bool:
    """Whether a checkpoint holds what such a run needs, in the right shapes, and numbers that are finite."""
    if "parameters" not in tensors or s.layers > tensors["parameters"].size:  # so that no wild number is counted up to
        return False
    P, state = count(s), (s.layers, settings.batch, s.hidden)
    shapes: dict[str, tuple[int, ...]] = {"parameters": (P,), "moments": (2, P)}
    whole: list[Any] = [metadata.get("step")]
    if "best" in tensors:
        shapes["best"] = (P,)
        whole.append(metadata.get("waited"))
    if "carried.h" in tensors:
        shapes |= {"carried.h": state, "carried.C": state if s.cell == "lstm" else (s.layers, 0, s.hidden)}
    return (
        set(tensors) == set(shapes)
        and all(tensors[name].shape == shape and tensors[name].dtype == s.dtype for name, shape in shapes.items())
        and all(np.isfinite(tensors[name]).all() for name in shapes if name != "moments")
        and all(isinstance(number, int) and number >= 0 for number in whole)
        and isinstance(metadata.get("ended"), bool)
        and ("best" not in tensors or isinstance(metadata.get("best_loss"), float))
    )


def resume(
    folder: Any,
    task_or_data: Task | Batch | None = None,
    *,
    steps: int | None = None,
    validate: Batch | None = None,
    callbacks: Iterable[Callback] = (),
) -> Run:
    """Go on with the run in a folder, to the same bits as if it had never stopped.

    Parameters
    ----------
    folder : path
        It is kept up to date.
    task_or_data : Task or Batch, optional
        Only needed if the run was trained on data, or on a task of the user's own that cannot be found by its name.
    steps : int, optional
        A new total of steps; else the run's own.
    validate, callbacks : as for `train`
    """
    run = load_run(folder, None if isinstance(task_or_data, Batch) else task_or_data)
    if steps is not None:
        run.settings = replace(run.settings, steps=steps)
    what = task_or_data if task_or_data is not None else run.task
    if what is None:
        raise ValueError(f"the run in {folder} was trained on data: give the same data again")
    return proceed(run, what, validate, callbacks, folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the folder {folder}: {error.strerror}") from None


def _describe(run: Run) -> dict[str, Any]:
    described: dict[str, Any] = {"throughtime": version("throughtime")}
    if run.task is not None:
        options: dict[str, Any] = asdict(run.task) if is_dataclass(run.task) else {}
        described["task"] = {"name": run.task.name, **options}
    return described | {"network": run.network.specification.as_dict(), "settings": run.settings.as_dict()}
