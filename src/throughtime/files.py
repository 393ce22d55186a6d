"""Models on disk: safetensors with JSON metadata, which can run no code. Every file is written atomically."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.disk import write_atomically
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification

FORMAT = 1
LARGEST_FILE = 4 * 2**30


def save_tensors(path: Path, tensors: Mapping[str, Array], metadata: Mapping[str, Any]) -> None:
    """Write arrays, and metadata as JSON under the key "throughtime", to a safetensors file."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    write_atomically(path, save(arrays, {"throughtime": json.dumps(dict(metadata))}))


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
        described = json.loads(metadata["throughtime"])
    except ValueError:
        described = None
    if not isinstance(described, dict) or described.get("holds") != holds:
        raise ValueError(f"{path} holds no throughtime {holds}")
    if described.get("format") != FORMAT:
        raise ValueError(f"{path} has format {described.get('format')!r}; this version of throughtime reads {FORMAT}")
    return tensors, described


def save_network(net: Network, path: Any, task: str | None = None) -> None:
    """Write a network to a `.safetensors` file, with the name of what it was trained for."""
    metadata: dict[str, Any] = {"holds": "network", "format": FORMAT, "network": net.specification.as_dict()}
    if task is not None:
        metadata["task"] = task
    save_tensors(Path(path), dict(net.views), metadata)


def load(path: Any) -> Network:
    """Read a network from a `.safetensors` file, or from the folder of a run.

    Raises
    ------
    ValueError
        In one sentence, if there is no network in it.
    """
    path = Path(path)
    if os.path.isfile(path / "model.safetensors"):
        path = path / "model.safetensors"
    tensors, metadata = load_tensors(path, "network")
    try:
        specification = NetworkSpecification.from_dict(metadata.get("network"))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} describes no network: {error}") from None
    return network_of(path, specification, tensors)


def network_of(path: Path, specification: NetworkSpecification, tensors: Mapping[str, Array]) -> Network:
    """The network whose named parameters were read from `path`; a ValueError if one is missing or does not fit."""
    from throughtime.parameters import count

    size = sum(array.size for array in tensors.values())
    if specification.layers > size or count(specification) != size:
        raise ValueError(f"{path} holds other parameters than its network needs")
    net = Network.of(specification, np.zeros(count(specification)))
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
