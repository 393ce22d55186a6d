"""`throughtime info`: what a model or a run is, and what it would be computed with."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Annotated, Any

import typer

import throughtime
from throughtime.cli.models import Model, ModelArgument, ModelOption, UnknownTask, open_model, stored_task
from throughtime.cli.shell import Failure, Json, document, line, say

EPILOG = """\b
Example:
  throughtime info
  throughtime info runs/addition-elman-0
  throughtime info --engine

A model is a .safetensors file that throughtime wrote, or the folder of a run."""


def info(
    path: ModelArgument = None,
    model_path: ModelOption = None,
    engine: Annotated[
        bool, typer.Option("--engine", help="Describe the engine: versions, processor, cache folder.")
    ] = False,
    json: Json = False,
) -> None:
    """Describe a model and its training."""
    if engine and (path or model_path) is not None:
        raise Failure("--engine is about this computer, not about a model: leave the model out")
    if engine:
        values = _engine()
        if json:
            document(values)
        else:
            for name, value in values.items():
                line(name.replace("_", " "), str(value))
        return
    model = open_model(path, model_path)
    values = _model(model)
    if json:
        document(values)
    else:
        _tell(model, values)


def _engine() -> dict[str, Any]:
    from importlib.metadata import version

    from llvmlite.binding import get_host_cpu_name

    from throughtime.kernels.cache import cache_directory
    from throughtime.kernels.machine import ENGINE
    from throughtime.support.threads import processors

    return {
        "throughtime": throughtime.__version__,
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "processor": get_host_cpu_name(),
        "vectors": f"{ENGINE.name}, {8 * ENGINE.vector_bytes} bits"
        if ENGINE.vector_bytes
        else "none: NumPy's products",
        "threads": processors(),
        "cache": str(cache_directory()),
    }


def _model(model: Model) -> dict[str, Any]:
    net = model.network
    values: dict[str, Any] = {
        "path": str(model.path),
        "task": model.task_name,
        "data": model.columns and model.columns.as_dict(),
        "network": net.specification.as_dict(),
        "parameters": len(net.parameters),
        "arrays": {name: list(view.shape) for name, view in net.views.items()},
        "training": None,
    }
    if model.run is None:
        return values
    from throughtime.tasks import Addition
    from throughtime.training.checkpoint import load_run

    task = _stored_task_of_ours(model.run)
    run = load_run(model.run, task or Addition())  # some task, so that a user's own need not be found
    last = run.history.last if len(run.history) else None
    values["training"] = {
        "options": task.options if task is not None else {},
        "step": run.step,
        "settings": run.settings.as_dict(),
        "loss": last and last.loss,
        "exact": last and last.exact,
        "seconds": last and last.seconds,
    }
    return values


def _stored_task_of_ours(folder: Path) -> Any:
    try:
        return stored_task(folder)
    except UnknownTask:
        return None


def _tell(model: Model, values: dict[str, Any]) -> None:
    from throughtime.cli import describe

    s = model.network.specification
    say(str(model.path))
    line("network", f"{describe.network(model.network)}, {s.dtype}")
    line("sizes", f"inputs: {s.inputs} · outputs: {s.outputs}, {s.readout}, at {s.output}")
    if model.columns is not None:
        from throughtime.cli.datafile import described

        for label, text in described(model.columns):
            line(label, text)
    arrays = " · ".join(f"{name} {'×'.join(map(str, shape))}" for name, shape in values["arrays"].items())
    line("arrays", arrays)
    training = values["training"]
    options = "".join(f" · {name} {value}" for name, value in (training or {}).get("options", {}).items())
    task = values["task"] or ("not known" if model.columns is None else "a data file")
    line("task", f"{task}{options}")
    if training is None:
        return
    settings = dict(training["settings"])
    steps, batch = settings.pop("steps"), settings.pop("batch")
    line("training", f"{training['step']} of {steps} steps of {batch} sequences")
    if training["loss"] is not None:
        exact = "" if training["exact"] != training["exact"] else f", exact {int(100 * training['exact'])} %"
        line("", f"loss {training['loss']:.3g}{exact}, {training['seconds']:.1f} s")
    line("settings", " · ".join(_setting(name, value) for name, value in settings.items()))


def _setting(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return " ".join([value["name"], *(f"{n} {v}" for n, v in value.items() if n != "name")])
    return f"{name.replace('_', ' ')} {value}"
