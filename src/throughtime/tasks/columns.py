"""The meaning of a network's numbers: the columns of the file that it learned from.

Kept with every run and model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, get_args

import numpy as np

from throughtime.support.checks import flag, number
from throughtime.tasks.standardisation import Standardisation

Targets = Literal["numbers", "classes", "yes or no"]
"""Kinds of targets: any numbers; one of several classes; 0 or 1, each for itself."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of a data file, as a network reads them.

    Parameters
    ----------
    inputs, outputs : tuples of str
        The names of the columns, in the order in which the network reads and writes them.
    named : bool
        Whether the file named them; if not, their places count.
    targets : "numbers", "classes" or "yes or no"
    classes : tuple of str
        For classes: what each of the network's outputs stands for.
    output : "every step" or "last step"
    sequence, time : str
        The columns that say which sequence a row belongs to, and when it was.
    x, y : Standardisation
        Of the inputs and the targets, as training sees them. `in_own_units` undoes them in the network that is saved.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    named: bool
    targets: Targets
    classes: tuple[str, ...]
    output: str
    sequence: str
    time: str
    x: Standardisation
    y: Standardisation

    def in_own_units(self) -> Columns:
        """These columns for a network that takes and gives numbers as they are."""
        return replace(self, x=Standardisation.none(len(self.x.mean)), y=Standardisation.none(len(self.y.mean)))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for TOML and JSON."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple)
            else {"mean": value.mean.tolist(), "deviation": value.deviation.tolist()}
            if isinstance(value, Standardisation)
            else value
            for name, value in values.items()
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: Any, inputs: int, outputs: int) -> Columns:
        """The columns that `as_dict` described, for a network of so many inputs and outputs.

        A ValueError for anything else.
        """
        if not isinstance(values, Mapping) or set(values) != {field.name for field in fields(cls)}:
            raise ValueError(f"columns must be a table of {', '.join(field.name for field in fields(cls))}")
        texts = {name: _text(name, values[name]) for name in ("targets", "output", "sequence", "time")}
        if texts["targets"] not in get_args(Targets):
            raise ValueError(f"columns.targets must be one of {', '.join(get_args(Targets))}, got {texts['targets']!r}")
        if texts["output"] not in ("every step", "last step"):
            raise ValueError(f'columns.output must be "every step" or "last step", got {texts["output"]!r}')
        found = cls(
            inputs=_texts("inputs", values["inputs"]),
            outputs=_texts("outputs", values["outputs"]),
            named=flag("columns.named", values["named"]),
            classes=_texts("classes", values["classes"]),
            x=_standardisation("x", values["x"]),
            y=_standardisation("y", values["y"]),
            **texts,  # type: ignore[arg-type]
        )
        named = len(found.classes) if found.targets == "classes" else len(found.outputs)
        sizes = (len(found.inputs), len(found.x.mean), named, len(found.y.mean))
        if sizes != (inputs, inputs, outputs, outputs):
            raise ValueError(f"columns must name {inputs} inputs and {outputs} outputs, as its network has them")
        return found


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"columns.{name} must be text, got {value!r:.60}")
    return value


def _texts(name: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise ValueError(f"columns.{name} must be a list of texts, got {values!r:.60}")
    return tuple(_text(f"{name}[{i}]", value) for i, value in enumerate(values))


def _standardisation(name: str, values: Any) -> Standardisation:
    if not isinstance(values, Mapping) or set(values) != {"mean", "deviation"}:
        raise ValueError(f"columns.{name} must be a table of mean and deviation")
    lists = [values["mean"], values["deviation"]]
    if not all(isinstance(one, list) for one in lists) or len(lists[0]) != len(lists[1]):
        raise ValueError(f"columns.{name}.mean and columns.{name}.deviation must be lists of as many numbers")
    mean = [number(f"columns.{name}.mean", one) for one in lists[0]]
    deviation = [number(f"columns.{name}.deviation", one, least=0) for one in lists[1]]
    return Standardisation(np.array(mean, np.float64), np.array(deviation, np.float64))
