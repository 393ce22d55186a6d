"""Networks that write, on disk: safetensors with JSON metadata, like all models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from throughtime.cells.graph import Graph
from throughtime.generation.generator import Generator
from throughtime.generation.models import EncoderDecoder, LanguageModel, OneToMany
from throughtime.generation.vocabulary import Vocabulary
from throughtime.support.checks import whole_number
from throughtime.weights.files import FORMAT, load_tensors, require_finite, save_tensors

_KINDS: dict[str, Any] = {kind.kind: kind for kind in (LanguageModel, OneToMany, EncoderDecoder)}


def save(model: Generator, path: Any) -> None:
    """Write a model to a `.safetensors` file, atomically; a ValueError if its parameters are not finite."""
    require_finite(model.views)
    metadata = {"holds": "generator", "format": FORMAT, "generator": {"kind": model.kind, **model.fields}}
    save_tensors(Path(path), model.views, metadata)


def load(path: Any) -> Generator:
    """Read a model that `save` wrote.

    Raises
    ------
    ValueError
        In one sentence, if there is no such model in the file.
    """
    path = Path(path)
    tensors, metadata = load_tensors(path, "generator")
    size = sum(array.size for array in tensors.values())
    try:
        fields = dict(metadata["generator"])
        kind = _KINDS[fields.pop("kind")]
        for name in {"vocabulary", "source"} & set(fields):
            fields[name] = Vocabulary(fields[name])
        if isinstance(fields["cell"], dict):
            fields["cell"] = Graph.from_dict(fields["cell"])
        _check_sizes(fields, size)
        model: Generator = kind(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} describes no network that writes: {error}") from None
    views = model.views
    if set(views) != set(tensors):
        raise ValueError(f"{path} holds the parameters {', '.join(tensors)}; its network needs {', '.join(views)}")
    for name, view in views.items():
        stored = tensors[name]
        if stored.shape != view.shape or stored.dtype != view.dtype or not np.isfinite(stored).all():
            raise ValueError(
                f"{path}: {name} must be finite {view.dtype} of shape {view.shape}, got {stored.dtype} of "
                f"{stored.shape}"
            )
        view[...] = stored
    return model


def _check_sizes(fields: dict[str, Any], size: int) -> None:
    """A ValueError if parts that every such model has are larger than all arrays, before any is made."""
    hidden, layers, embedding = (whole_number(name, fields[name], 1) for name in ("hidden", "layers", "embedding"))
    features = whole_number("features", fields.get("features", 1), 1)
    symbols, source = len(fields["vocabulary"]), len(fields.get("source", ""))
    parts = ((symbols, hidden), (symbols, embedding), (source, embedding), (features, hidden), (embedding, hidden))
    if max(layers * hidden * hidden, *(rows * columns for rows, columns in parts)) > size:
        raise ValueError("its sizes are larger than its arrays")
