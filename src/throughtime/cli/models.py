"""Which model is meant, and what it was trained for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throughtime.cli.shell import Failure, note
from throughtime.support.documents import text_of, toml_table

if TYPE_CHECKING:
    from throughtime.network import Network
    from throughtime.tasks.columns import Columns

RUNS = Path("runs")

ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="PATH", help="A run's folder or a .safetensors file.  [default: the newest run in ./runs]"
    ),
]
ModelArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[PATH]", help="A run's folder or a .safetensors file.  [default: the newest run in ./runs]"
    ),
]


class UnknownTask(Failure):
    """A file names a task that is not one of ours."""


@dataclass(frozen=True)
class Model:
    """A network from disk.

    path : the folder of its run, or its file
    run : its run's folder, if it has one
    task_name : what it says it was trained for, if it does
    columns : of the data file that it learned from, if it did
    noise : what its run's settings say of noise in training, if it has a run
    """

    path: Path
    network: Network
    run: Path | None
    task_name: str | None
    columns: Columns | None = None
    noise: Any = None

    @property
    def past(self) -> str:
        """The end of a sentence about a model without a task."""
        return "does not say what it was trained for" if self.columns is None else "was trained on a data file"

    def task(self, given: str | None = None) -> Any:
        """The task it was trained for, with the options of its run, or the one that is given.

        None if neither is known.
        """
        found = find_task(given, {}) if given else stored_task(self.run) if self.run else None
        if found is None and self.task_name is not None:
            found = find_known_task(self.task_name, {}, str(self.path))
        s = self.network.specification
        if found is not None and (found.inputs, found.outputs, found.output) != (s.inputs, s.outputs, s.output):
            raise Failure(
                f"{found.name} has {found.inputs} inputs and {found.outputs} outputs, answered at {found.output}; the "
                f"network in {self.path} has {s.inputs} and {s.outputs}, answered at {s.output}"
            )
        return found


def open_model(path: Path | None, option: Path | None = None, *, quick: bool = False) -> Model:
    """The model at a path, be it PATH or --model, or that of the newest run; its network may be `Network.quick`."""
    model = _model(path, option)
    return replace(model, network=model.network.quick()) if quick else model


def _model(path: Path | None, option: Path | None) -> Model:
    from throughtime.network import Network, load
    from throughtime.tasks import ENDINGS
    from throughtime.tasks.columns import Columns
    from throughtime.weights.files import MODEL, Stored, holds_run, load_tensors

    if path is not None and option is not None:
        raise Failure("PATH and --model both say which model: give one of them")
    path = path or option or newest_run()
    if path.suffix.lower() in ENDINGS and path.is_file():
        raise Failure(
            f"{path} is a data file, not a model: train on it first, with: throughtime train {quote(str(path))}"
        )
    folder = path.parent if path.name == MODEL and path.is_file() else path
    if folder.is_dir() and holds_run(folder):
        stored = Stored.read(folder)
        if stored.unfinished:
            note(f"the run in {folder} is not finished: its network is that of {stored.unfinished}")
        task = stored.described.get("task")
        name = task.get("name") if isinstance(task, dict) else None
        if name is None and (folder / MODEL).is_file():  # the classic recipe is trained on data
            name = load_tensors(folder / MODEL, "network")[1].get("task")
        settings = stored.described.get("settings")
        noise = settings.get("noise") if isinstance(settings, dict) else None
        network = Network.of(stored.specification, stored.weights.parameters, copy=False)
        return Model(path, network, folder, name if isinstance(name, str) else None, stored.columns, noise)
    file = path / MODEL if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise Failure(f"{path} holds no run: there is no {MODEL} in it")
    network = load(file)
    metadata = load_tensors(file, "network")[1]
    name, columns, s = metadata.get("task"), None, network.specification
    if "columns" in metadata:
        try:
            columns = Columns.from_dict(metadata["columns"], s.inputs, s.outputs)
        except ValueError as error:
            raise Failure(f"{file} is damaged: {error}") from None
    return Model(path, network, None, name if isinstance(name, str) else None, columns)


def newest_run() -> Path:
    """The run in ./runs whose model was written last."""
    models = [(file.stat().st_mtime_ns, file.parent) for file in RUNS.rglob("model.safetensors")]
    if not models:
        raise Failure(
            f"there is no run in ./{RUNS}; train one with: throughtime train addition, or say where a model is"
        )
    return max(models)[1]


def stored_task(folder: Path) -> Any:
    """The task that a run's folder names, None if it was trained on data. It runs no code that is not ours."""
    path = folder / "run.toml"
    try:
        described = toml_table(text_of(path), str(path))
    except OSError:
        raise Failure(f"there is no run in {folder}: it has no run.toml") from None
    if "task" not in described:
        return None
    options = described["task"]
    if not isinstance(options, dict) or not isinstance(options.get("name"), str):
        raise Failure(f"{path} is damaged: its task must be a table with a name")
    return find_known_task(options.pop("name"), options, str(path))


def find_known_task(name: str, options: dict[str, Any], where: str) -> Any:
    """The task of a name that stands in a file: one of ours only, since a file must not decide what code runs."""
    from throughtime import tasks

    if name not in tasks.names:
        raise UnknownTask(
            f'{where} names the task "{name}", which is not one of ours: say where it is, as module:object'
        )
    try:
        return tasks.find(name, **options)
    except (Failure, ValueError, OverflowError) as error:
        raise Failure(f"{where} describes no task that can be made: {error}") from None


def find_task(name: str, options: dict[str, Any]) -> Any:
    """The task of a name that was typed, or of a user's own `module:object` in the current folder."""
    import sys

    from throughtime import tasks

    if ":" in name and "" not in sys.path:
        sys.path.insert(0, "")
    return tasks.find(name, **options)


def new_run_folder(name: str) -> Path:
    """A new folder runs/NAME, or NAME-2, NAME-3, … if that is taken."""
    number = 1
    while True:
        folder = RUNS / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not RUNS.is_dir():
                raise Failure(f"{RUNS} is a file, not a folder; choose a folder with --out") from None
            number += 1
        except OSError as error:
            raise Failure(f"cannot make the folder {folder}: {error.strerror}; choose another one with --out") from None
        else:
            return folder
