"""Models on disk: safetensors with JSON metadata, which can run no code; alone in a file, or in the folder of a run.

The files of a run's folder, each written atomically:

    checkpoint.safetensors   parameters, the optimiser's memory, the step, the best so far: the whole run at one moment
    history.jsonl            a record a line
    run.toml                 the task, the network, the settings and the version: what is needed to repeat the run
    model.safetensors        the network alone, for other programs

A folder is read from its checkpoint, so that it is one state of the run, also while training goes on
or after it was killed: `model.safetensors` follows each checkpoint, and may be one behind it. Records after the
checkpoint are passed over.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.support.disk import StrPath, write_atomically
from throughtime.support.documents import json_object, text_of, toml_table
from throughtime.tasks.columns import Columns
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.own_units import in_own_units
from throughtime.weights.parameters import count
from throughtime.weights.weights import Weights

RUN, MODEL, CHECKPOINT, HISTORY = "run.toml", "model.safetensors", "checkpoint.safetensors", "history.jsonl"
LESSONS = "lessons.safetensors"
"""What rounds of training until a network is proved begin with, beside a run."""
FORMAT = 1
LARGEST_FILE = 4 * 2**30


def save_tensors(path: Path, tensors: Mapping[str, Array], metadata: Mapping[str, Any]) -> None:
    """Write arrays, and metadata and their checksum as JSON under the key "throughtime", to a safetensors file."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    described = json.dumps({**metadata, "sha256": _checksum(arrays)})
    write_atomically(path, save(arrays, {"throughtime": described}))


def _checksum(tensors: Mapping[str, Array]) -> str:
    """The SHA-256 of arrays with their names, dtypes and shapes."""
    found = hashlib.sha256()
    for name, array in sorted(tensors.items()):
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def load_tensors(path: Path, holds: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays and the metadata that `save_tensors` wrote.

    Parameters
    ----------
    path : Path
    holds : what the file ought to hold, for the error: "network" or "checkpoint"

    Raises
    ------
    ValueError
        In one sentence, if there is no such file, or it was not written by throughtime, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if path.is_dir():
            raise ValueError(f"{path} is a directory; give the .safetensors file in it")
        if not path.exists():
            raise ValueError(f"there is no file {path}")
        if not path.is_file():
            raise ValueError(f"{path} is not a file; give a .safetensors file")
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path} has more than {LARGEST_FILE // 2**30} GiB; a {holds} has less")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a mapping
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror or error}") from None
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        reason = "it is empty" if path.stat().st_size == 0 else f"damaged, or not a safetensors file ({error})"
        raise ValueError(f"{path} holds no {holds}: {reason}") from None
    if "throughtime" not in metadata:
        raise ValueError(
            f'{path} holds no throughtime {holds}: its metadata has no "throughtime" entry. '
            "Was it saved by another program? See: throughtime info --help"
        )
    try:
        described = json_object(metadata["throughtime"], "its metadata")
    except ValueError as error:
        raise ValueError(f"{path} holds no throughtime {holds}: {error}") from None
    if described.get("holds") != holds:
        raise ValueError(f"{path} holds no throughtime {holds}")
    if described.get("format") != FORMAT:
        raise ValueError(f"{path} has format {described.get('format')!r}; this version of throughtime reads {FORMAT}")
    checksum = described.pop("sha256", None)  # not there in files of the version before
    if checksum is not None and checksum != _checksum(tensors):
        raise ValueError(
            f"{path} is damaged: its numbers are not those that were saved; use a copy of it, or train again"
        )
    return tensors, described


def save_network(net: Weights, path: StrPath, task: str | None = None, columns: Columns | None = None) -> None:
    """Write a network to a `.safetensors` file, with the name of the task it was trained for, or the columns of the
    data.

    Raises
    ------
    ValueError
        If a parameter is not a finite number: nobody could use such a file.
    """
    require_finite(net.views)
    metadata: dict[str, Any] = {"holds": "network", "format": FORMAT, "network": net.specification.as_dict()}
    if task is not None:
        metadata["task"] = task
    if columns is not None:
        metadata["columns"] = columns.as_dict()
    save_tensors(Path(path), dict(net.views), metadata)


def require_finite(tensors: Mapping[str, Array]) -> None:
    """Refuse to save parameters that are not finite."""
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds numbers that are not finite: such a network is not saved")


def load(path: StrPath) -> Weights:
    """The weights in a `.safetensors` file, or in the folder of a run.

    Raises
    ------
    ValueError
        In one sentence, if there is no network in it.
    """
    path = Path(path)
    if holds_run(path):
        return Stored.read(path).weights
    if os.path.isfile(path / MODEL):
        path = path / MODEL
    tensors, metadata = load_tensors(path, "network")
    try:
        specification = NetworkSpecification.from_dict(metadata.get("network"))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} describes no network: {error}") from None
    return weights_of(path, specification, tensors)


def holds_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return os.path.isfile(folder / RUN) and os.path.isfile(folder / CHECKPOINT)


@dataclass(frozen=True, eq=False)
class Stored:
    """A run as its folder holds it.

    folder : Path
    described : what stands in run.toml
    specification : of its network
    tensors, metadata : what stands in its checkpoint
    columns : of the data file that it learns from, if it does
    """

    folder: Path
    described: dict[str, Any]
    specification: NetworkSpecification
    tensors: dict[str, Array]
    metadata: dict[str, Any]
    columns: Columns | None

    @classmethod
    def read(cls, folder: Path) -> Stored:
        """Read it; a ValueError in one sentence if there is no run, or a damaged one."""
        path = folder / RUN
        try:
            described = toml_table(text_of(path), str(path))
        except OSError:
            raise ValueError(f"there is no run in {folder}: it has no {RUN}") from None
        tensors, metadata = load_tensors(folder / CHECKPOINT, "checkpoint")
        try:
            s = NetworkSpecification.from_dict(described.get("network"))
            columns = Columns.from_dict(described["columns"], s.inputs, s.outputs) if "columns" in described else None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} describes no run that can be read: {error}") from None
        return cls(folder, described, s, tensors, metadata, columns)

    @property
    def weights(self) -> Weights:
        """Those at the checkpoint; of a run that ended with validation data, those that did best there.

        One that learns from a data file takes and gives that file's numbers as they are.
        """
        best = "best" in self.tensors and self.metadata.get("ended") is True
        s, flat = self.specification, self.tensors.get("best" if best else "parameters", np.zeros(0))
        if s.layers > flat.size or flat.shape != (count(s),) or flat.dtype != s.dtype or not np.isfinite(flat).all():
            raise self.misfit()
        return for_columns(Weights.of(s, flat), self.columns)

    @property
    def unfinished(self) -> str | None:
        """Where it stands, if it has not taken all of its steps and not ended otherwise: "step 700 of 2000"."""
        settings = self.described.get("settings")
        steps = settings.get("steps") if isinstance(settings, dict) else None
        step = self.metadata.get("step")
        if self.metadata.get("stopped") in ("patience", "callback") or not isinstance(step, int):
            return None
        return f"step {step} of {steps}" if isinstance(steps, int) and step < steps else None

    def misfit(self) -> ValueError:
        """The error where the files of the folder do not go together."""
        return ValueError(f"{self.folder / CHECKPOINT} does not fit the run in {self.folder / RUN}")


def for_columns(net: Weights, columns: Columns | None) -> Weights:
    """A network in training as it is saved: for the numbers of its data file as they are."""
    return net if columns is None else in_own_units(net, columns.x, columns.y if columns.targets == "numbers" else None)


def weights_of(path: Path, specification: NetworkSpecification, tensors: Mapping[str, Array]) -> Weights:
    """The weights whose named parameters were read from `path`; a ValueError if one is missing or does not fit."""
    size = sum(array.size for array in tensors.values())
    if specification.layers > size or count(specification) != size:
        raise ValueError(f"{path} holds other parameters than its network needs")
    net = Weights.of(specification, np.zeros(count(specification)))
    views = net.views
    if set(views) != set(tensors):
        raise ValueError(f"{path} holds the parameters {', '.join(tensors)}; its network needs {', '.join(views)}")
    for name, view in views.items():
        stored = tensors[name]
        if stored.shape != view.shape or stored.dtype != view.dtype:
            raise ValueError(
                f"{path}: {name} must be {view.dtype} of shape {view.shape}, got {stored.dtype} of {stored.shape}"
            )
        if not np.isfinite(stored).all():
            raise ValueError(f"{path}: {name} holds numbers that are not finite")
        view[...] = stored
    return net
