"""Files that are opened or uploaded, as plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from throughtime import recipes, tasks
from throughtime.batch import Array, Batch
from throughtime.files import load, load_tensors
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.studio.plan import Plan, check_size
from throughtime.tasks import Addition
from throughtime.tasks.from_file import DataFile
from throughtime.training.checkpoint import RUN, load_run
from throughtime.training.settings import Settings

MODEL = ".safetensors"
STEPS = 8


@dataclass(frozen=True)
class Unknown:
    """What a network does whose file does not say what it was trained for: random inputs, and nothing is asked."""

    network: NetworkSpecification
    name: str = "unknown"
    specification: ClassVar[None] = None

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
        return Plan(Unknown(s), s, "glorot", settings or Settings(), network, known=False)
    if (task.inputs, task.outputs, task.output) != (s.inputs, s.outputs, s.output):
        raise ValueError(
            f"{task.name} has {task.inputs} inputs and {task.outputs} outputs at {task.output}, but the network "
            f"{s.inputs} and {s.outputs} at {s.output}"
        )
    if settings is None:
        settings = Settings(**recipes.default(task, s.cell, s.activation if s.cell == "elman" else None).settings)
    return Plan(task, s, "glorot", settings, network)


def of_model(path: Path) -> Plan:
    """A model file. What it names as its task is used if it is one of ours, since no file may decide what code runs."""
    network = load(path)
    _, metadata = load_tensors(path, "network")
    name = metadata.get("task")
    return of_network(network, tasks.find(name) if name in tasks.names else None)


def of_run(folder: Path) -> Plan:
    """A run's folder, to go on where it stands."""
    run = load_run(folder)
    if run.task is None:
        return of_network(run.network, None, run.settings)
    return of_network(run.network, run.task, run.settings)


def of_path(path: Path) -> tuple[Plan, Path | None]:
    """What stands at a path, and the folder in which training goes on, if it is that of a run with a task."""
    folder = path if path.is_dir() else path.parent
    if (folder / RUN).is_file() and (path.is_dir() or path.name == f"model{MODEL}"):
        plan = of_run(folder)
        if plan.known and not isinstance(plan.task, DataFile) and load_run(folder).task is not None:
            return plan, folder
        named = of_model(folder / f"model{MODEL}")
        return (replace(named, training=plan.training) if named.known else plan), None
    if path.is_dir():
        raise ValueError(f"{path} holds no run: it has no {RUN}")
    return of_model(path), None


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
    data = DataFile.of(Path(name), tasks.read(path).batch)
    s = present.specification
    if not present.known and (data.inputs, data.outputs, data.output) == (s.inputs, s.outputs, s.output):
        return replace(present, task=data, known=True), data
    return settings(data), data
