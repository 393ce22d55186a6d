"""The meaning of a network's numbers: the columns of the file that it learned from.

Kept with every run and model.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from throughtime.support import schema
from throughtime.support.checks import number
from throughtime.tasks.standardisation import Standardisation

Targets = Literal["numbers", "classes", "yes or no"]
"""Kinds of targets: any numbers; one of several classes; 0 or 1, each for itself."""


def _standardisation(name: str, values: Any) -> Standardisation:
    lists = schema.with_keys(values, name, ("mean", "deviation"))
    mean = schema.read(list[float], lists["mean"], f"{name}.mean")
    deviation = schema.read(list[Annotated[float, partial(number, least=0)]], lists["deviation"], f"{name}.deviation")
    if len(mean) != len(deviation):
        raise ValueError(f"{name}.mean and {name}.deviation must be lists of as many numbers")
    return Standardisation(np.array(mean, np.float64), np.array(deviation, np.float64))


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
    output: Literal["every step", "last step"]
    sequence: str
    time: str
    x: Annotated[Standardisation, _standardisation]
    y: Annotated[Standardisation, _standardisation]

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
        found: Columns = schema.read(cls, values, "columns")
        named = len(found.classes) if found.targets == "classes" else len(found.outputs)
        sizes = (len(found.inputs), len(found.x.mean), named, len(found.y.mean))
        if sizes != (inputs, inputs, outputs, outputs):
            raise ValueError(f"columns must name {inputs} inputs and {outputs} outputs, as its network has them")
        return found
