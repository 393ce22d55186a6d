"""Files that are opened or uploaded, as plans."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from throughtime import recipes, tasks
from throughtime.batch import Array, Batch
from throughtime.columns import Columns
from throughtime.files import RUN, load, load_tensors
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.studio.plan import Plan, check_size
from throughtime.tasks import Addition
from throughtime.tasks.from_file import DataFile
from throughtime.training.checkpoint import load_run
from throughtime.training.settings import Settings

MODEL = ".safetensors"
STEPS = 8


@dataclass(frozen=True)
class Unknown:
    """What a network does whose file does not say what it was trained for: random inputs, and nothing is asked.

    columns : of the data that its run waits for, if that is known
    """

    network: NetworkSpecification
    name: str = "unknown"
    specification: ClassVar[None] = None
    _: KW_ONLY
    columns: Columns | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("inputs", "outputs", "readout", "loss", "output"):
            return getattr(self.network, name)
        raise AttributeError(name)

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Gaussian inputs; the mask is 0."""
        s = self.network
        outputs = (batch, STEPS) if s.output == "every step" else (batch,)
        x = rng.standard_normal((batch, STEPS, s.inputs))
        return Batch(x, np.zeros((*outputs, s.outputs)), mask=np.zeros(outputs))

    def right(self, y: Array, batch: Batch) -> Array:
        """Nothing is asked, so nothing is right."""
        return np.zeros(len(batch.x), bool)

    def render(self, x: Array, y: Array) -> str:
        """That nothing is known."""
        return "  random inputs: the file does not say what the network was trained for"


def of_network(network: Network, task: Any, settings: Settings | None = None) -> Plan:
    """A network with its task, if that is known; an adder is known by its shape."""
    s = network.specification
    check_size(s)
    if task is None and (s.outputs, s.output, s.readout) == (1, "every step", "sigmoid") and 2 <= s.inputs <= 10:
        task = Addition(operands=s.inputs)
    if task is None:
        return _unknown(network, settings or Settings())
    if (task.inputs, task.outputs, task.output) != (s.inputs, s.outputs, s.output):
        raise ValueError(
            f"{task.name} has {task.inputs} inputs and {task.outputs} outputs at {task.output}, but the network "
            f"{s.inputs} and {s.outputs} at {s.output}"
        )
    if settings is None:
        settings = Settings(**recipes.default(task, s.cell, s.activation if s.cell == "elman" else None).settings)
    return Plan(task, s, "glorot", settings, network)


def _unknown(network: Network, settings: Settings, columns: Columns | None = None) -> Plan:
    s = network.specification
    return Plan(Unknown(s, columns=columns), s, "glorot", settings, network, known=False)


def of_model(path: Path) -> Plan:
    """A model file. What it names as its task is used if it is one of ours, since no file may decide what code runs."""
    network = load(path)
    _, metadata = load_tensors(path, "network")
    return of_network(network, _named(metadata))


def _named(metadata: dict[str, Any]) -> Any:
    """The task that a file names, if it is one of ours."""
    name = metadata.get("task")
    return tasks.find(name) if isinstance(name, str) and name in tasks.names else None


@dataclass(frozen=True, eq=False)
class Opened:
    """What stands at a path.

    plan : Plan
    folder : where training goes on, if it is a run; one on data waits until that is uploaded
    step : training steps taken, as far as is known
    history : the records, as the history's JSON objects
    """

    plan: Plan
    folder: Path | None = None
    step: int = 0
    history: tuple[dict[str, Any], ...] = ()


def of_path(path: Path) -> Opened:
    """A run's folder, or a model file."""
    folder = path if path.is_dir() else path.parent
    if not (folder / RUN).is_file() or (path.is_file() and path.name != f"model{MODEL}"):
        if path.is_dir():
            raise ValueError(f"{path} holds no run: it has no {RUN}")
        return Opened(of_model(path))
    run = load_run(folder)
    history = tuple(json.loads(record.to_json()) for record in run.history)
    if run.task is not None:
        return Opened(of_network(run.network, run.task, run.settings), folder, run.step, history)
    _, metadata = load_tensors(folder / f"model{MODEL}", "network")
    if (task := _named(metadata)) is not None:  # the classic recipe is trained on data, and names it in the model alone
        return Opened(of_network(run.network, task, run.settings), None, run.step, history)
    check_size(run.network.specification)
    return Opened(_unknown(run.network, run.settings, run.columns), folder, run.step, history)


def of_upload(path: Path, name: str, present: Plan, settings: Any) -> tuple[Plan, DataFile | None]:
    """What was uploaded: a model, or sequences; these train the present network if it waits for what it was made for.

    Parameters
    ----------
    path : where the upload lies
    name : what its sender calls it
    present : the plan so far
    settings : function of a DataFile that gives the plan to train on it
    """
    if path.suffix == MODEL:
        return of_model(path), None
    s = present.specification
    columns = getattr(present.task, "columns", None)
    if not present.known and columns is not None:  # a run goes on with the data that it began with
        data = replace(DataFile.like(path, columns), name=name)
        return replace(present, task=data, known=True), data
    if not present.known:
        with suppress(ValueError):  # it may still be read for another network
            data = replace(DataFile.read(path, standardise=False, output=s.output), name=name)
            if (data.inputs, data.outputs) == (s.inputs, s.outputs):
                return replace(present, task=data, known=True), data
    data = replace(DataFile.read(path), name=name)
    return settings(data), data
