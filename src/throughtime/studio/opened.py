"""Files that are opened or uploaded, as plans."""

from __future__ import annotations

import json
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from throughtime import tasks
from throughtime.batch import Array, Batch
from throughtime.cells import NAMES
from throughtime.network import Network, load
from throughtime.studio.answers import HistoryEntry
from throughtime.studio.plan import check_size
from throughtime.tasks import Addition
from throughtime.tasks.columns import Columns
from throughtime.tasks.from_file import DataFile
from throughtime.tasks.standardisation import Standardisation
from throughtime.tasks.task import Described
from throughtime.training import recipes
from throughtime.training.checkpoint import fingerprint, load_run
from throughtime.training.plan import Plan
from throughtime.training.run import Run
from throughtime.training.settings import Settings
from throughtime.weights.files import RUN, load_tensors
from throughtime.weights.network_specification import NetworkSpecification

MODEL = ".safetensors"
STEPS = 8
MOST_NAMES = 12
MOST_TIMES = 8
"""How often a run of the classic recipe may have been through its pairs and still be known for one."""

UNKNOWN, OF_DATA = "unknown", "data file"
"""The names of what a network was trained for that is not there."""


@dataclass(frozen=True)
class Unknown(Described):
    """The task of a network whose own task or data is not there: random inputs, and no step is scored.

    columns : of the data that it was trained on, as it reads them now, if that is known
    scale : the mean and the deviation of its inputs in that data; where they were not measured, 0 and 1
    """

    network: NetworkSpecification
    name: str = UNKNOWN
    machine: ClassVar[None] = None
    _: KW_ONLY
    columns: Columns | None = None
    scale: Standardisation | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("inputs", "outputs", "readout", "loss", "output"):
            return getattr(self.network, name)
        raise AttributeError(name)

    @property
    def options(self) -> dict[str, Any]:
        """None that could make it again."""
        return {}

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Gaussian inputs, as they are spread in the data where that is known; the mask is 0."""
        s = self.network
        outputs = (batch, STEPS) if s.output == "every step" else (batch,)
        x = rng.standard_normal((batch, STEPS, s.inputs))
        if self.columns is not None and self.scale is not None:
            x = self.columns.x.apply(self.scale.mean + self.scale.deviation * x)
        return Batch(x, np.zeros((*outputs, s.outputs)), mask=np.zeros(outputs))

    def render(self, x: Array, y: Array) -> str:
        """The inputs, and the columns that they stand for where these are known."""
        columns, scale = self.columns, self.scale
        if columns is None or scale is None:
            return f"  {self.drawn}"
        inputs = [_plain(name) for name in columns.inputs]
        if _measured(scale):
            each = zip(inputs, scale.mean, scale.deviation, strict=True)
            inputs = [f"{name}: mean {mean:.5g}, deviation {deviation:.4g}" for name, mean, deviation in each]
        outputs = [_plain(name) for name in columns.classes or columns.outputs]
        lines = [
            *self.drawn.replace("; ", ";\n").splitlines(),
            *_numbered("input", inputs),
            *_numbered("output", outputs),
        ]
        return "\n".join(f"  {line}" for line in lines)

    @property
    def drawn(self) -> str:
        """The distribution of the inputs, in a sentence."""
        if self.columns is None or self.scale is None:
            return "random inputs: the file does not say what the network was trained for"
        if not _measured(self.scale):
            return "random inputs: the network was trained on a data file; give the file to see its sequences"
        standardised = ", standardised as in training" if _measured(self.columns.x) else ""
        return f"inputs drawn at random about the mean of each column{standardised}; give the file to see its sequences"

    @property
    def waiting(self) -> str:
        """Why it cannot be trained, in a sentence."""
        if self.columns is None:
            return "the file does not say what this network was trained for: upload its data to train it"
        return "this network was trained on a data file, which is not here: upload that file to train it on"


def _numbered(kind: str, texts: list[str]) -> list[str]:
    lines = [f"{kind} {k}  {text}" for k, text in enumerate(texts[:MOST_NAMES])]
    return lines if len(texts) <= MOST_NAMES else [*lines, f"… {len(texts)} {kind}s in all"]


def _plain(name: str) -> str:
    return " ".join(name.split())[:60]


def _measured(scale: Standardisation) -> bool:
    return bool((scale.mean != 0).any() or (scale.deviation != 1).any())


def of_network(network: Network, task: Any, settings: Settings | None = None, columns: Columns | None = None) -> Plan:
    """A network with its task, if that is known.

    An adder is known by its shape, if it was trained on no file's columns.
    """
    s = network.specification
    check_size(s)
    if (
        task is None
        and columns is None
        and (s.outputs, s.output, s.readout) == (1, "every step", "sigmoid")
        and 2 <= s.inputs <= 10
    ):
        task = Addition(operands=s.inputs)
    if task is None:
        own = None if columns is None else columns.in_own_units()
        return _unknown(network, settings or Settings(), own, None if columns is None else columns.x)
    if (task.inputs, task.outputs, task.output) != (s.inputs, s.outputs, s.output):
        raise ValueError(
            f"{task.name} has {task.inputs} inputs and {task.outputs} outputs at {task.output}, but the network "
            f"{s.inputs} and {s.outputs} at {s.output}"
        )
    if settings is None:
        settings = Settings(**recipes.default(task, s.cell if s.cell in NAMES else s.step, s.activation).settings)
    return Plan(task, s, "glorot", settings, network)


def _unknown(network: Network, settings: Settings, columns: Columns | None, scale: Standardisation | None) -> Plan:
    s = network.specification
    name = UNKNOWN if columns is None else OF_DATA
    task = Unknown(s, name, columns=columns, scale=scale)  # type: ignore[abstract]  # the rest is the network's
    return Plan(task, s, "glorot", settings, network)


def of_model(path: Path) -> Plan:
    """A model file. What it names as its task is used if it is one of ours, since no file may decide what code runs."""
    network = load(path)
    _, metadata = load_tensors(path, "network")
    s = network.specification
    try:
        columns = Columns.from_dict(metadata["columns"], s.inputs, s.outputs) if "columns" in metadata else None
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    return of_network(network, _named(metadata), columns=columns)


def _named(metadata: dict[str, Any]) -> Any:
    """The task that a file names, if it is one of ours."""
    name = metadata.get("task")
    return tasks.find(name) if isinstance(name, str) and name in tasks.names else None


@dataclass(frozen=True, eq=False)
class Opened:
    """The content of a path.

    plan : Plan
    folder : where training goes on, if it is a run; one on data waits until that is uploaded
    step : training steps taken, as far as is known
    history : the records, as the history's JSON objects
    """

    plan: Plan
    folder: Path | None = None
    step: int = 0
    history: tuple[HistoryEntry, ...] = ()


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
    if (task := _named(metadata)) is not None:  # trained on sequences: the classic recipe's are known
        plan, pairs = of_network(run.network, task, run.settings), _classic_pairs(run)
        if pairs is None:
            return Opened(plan, None, run.step, history)
        return Opened(replace(plan, init="classic", data=pairs), folder, run.step, history)
    check_size(run.network.specification)
    scale = None if run.columns is None else run.columns.x
    return Opened(_unknown(run.network, run.settings, run.columns, scale), folder, run.step, history)


def _classic_pairs(run: Run) -> Batch | None:
    """What a run of the classic recipe is trained on, whose pairs follow from its seed; None for any other run."""
    s, settings = run.network.specification, run.settings
    if s != recipes.classic_network(s.hidden).specification or settings.seed >= 2**32:
        return None
    for times in range(1, MOST_TIMES + 1):
        if settings.steps % times == 0:
            pairs = recipes.classic_pairs(run.network, settings.seed, settings.steps // times)[1]
            if fingerprint(pairs) == run.data:
                return pairs
    return None


def with_data(plan: Plan, path: Path, name: str) -> Plan:
    """A network of no known task with the data that it waits for; a ValueError if that does not fit it.

    Parameters
    ----------
    plan : Plan
        One that is waiting.
    path : where the data lies
    name : what it is called
    """
    s, columns = plan.specification, plan.task.columns
    if columns is not None:  # the data that it was trained on, or such as has the same columns
        return replace(plan, task=replace(DataFile.like(path, columns), name=name))
    data = DataFile.read(path, standardise=False, output=s.output)
    if (data.inputs, data.outputs) != (s.inputs, s.outputs):
        raise ValueError(
            f"{name} has {data.inputs} inputs and {data.outputs} outputs, but the network {s.inputs} and {s.outputs}"
        )
    return replace(plan, task=replace(data, name=name))


def of_upload(path: Path, name: str, present: Plan, settings: Any) -> tuple[Plan, DataFile | None]:
    """An upload: a model, or sequences; these train the present network if it waits for its data.

    Parameters
    ----------
    path : where the upload lies
    name : what its sender calls it
    present : the plan so far
    settings : function of a DataFile that gives the plan to train on it
    """
    if path.suffix == MODEL:
        return of_model(path), None
    if present.task.waiting:
        try:
            ready = with_data(present, path, name)
        except ValueError:
            if present.task.columns is not None:
                raise  # a network goes on with the columns that it was trained on
        else:  # where it does not fit, it is read for another network
            return ready, ready.task
    data = replace(DataFile.read(path), name=name)
    return settings(data), data
