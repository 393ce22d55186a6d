"""The history of training: a record of every few steps."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.support.checks import number, whole_number
from throughtime.support.documents import json_object


@dataclass(frozen=True)
class Record:
    """The means over the training steps since the record before; `log_every` of `train` says how many.

    With noise or dropout, all of them are measured on the states that training sees. The network without,
    as it is used, is better than `exact` and `loss` say; so is it after dozens of steps than in their mean.

    step : steps taken so far
    loss : of one sequence, summed over its steps
    exact : share of sequences in which every output was right, 0..1; NaN where outputs are real numbers
    bits : share of outputs that were right, 0..1; NaN likewise
    gradient_norm : Euclidean norm of the gradient, before it was clipped
    learning_rate : of the last step
    seconds : since training began, over all resumed parts
    validation_loss, validation_exact : on the validation data, where it was measured; else None
    """

    step: int
    loss: float
    exact: float
    bits: float
    gradient_norm: float
    learning_rate: float
    seconds: float
    validation_loss: float | None = None
    validation_exact: float | None = None

    def to_json(self) -> str:
        """One line of JSON; NaN is written as null."""
        values = {name: None if value != value else value for name, value in asdict(self).items()}
        return json.dumps(values)

    @classmethod
    def from_json(cls, line: str | bytes) -> Record:
        """The record that `to_json` wrote; a ValueError if it is none."""
        values = json_object(line, "a record")
        names = {f.name for f in fields(cls)}
        measured = {f.name for f in fields(cls) if f.default is MISSING}
        if not measured <= set(values) <= names:
            raise ValueError(
                f"a record must have {', '.join(sorted(measured))}, got {', '.join(sorted(values)) or 'none'}"
            )
        whole_number("step", values["step"])
        for name, value in values.items():
            if value is not None:
                number(name, value)
        named: dict[str, Any] = {k: float("nan") if v is None and k in measured else v for k, v in values.items()}
        return cls(**named)


def records_of(
    measured: Array,
    first: int,
    ends: list[int],
    rates: Array,
    *,
    batch: int,
    real_numbers: bool,
    seconds: tuple[float, float],
) -> list[Record]:
    """The records of a block of steps.

    Parameters
    ----------
    measured : (N,5) array
        Of each step what `kernels.loop.train_block` measures.
    first : int
        Steps taken before the block.
    ends : ints
        Steps taken at the end of each record, ascending; the last one is first + N.
    rates : (N,) array
        Learning rates.
    batch : sequences in a step
    real_numbers : whether outputs are numbers, of which none is exactly right
    seconds : since training began, at the beginning of the block and at its end
    """
    records, begin = [], 0
    for end in ends:
        steps = measured[begin : end - first]
        loss, norm, right, scored, exact = steps.sum(axis=0).tolist()
        count, share = len(steps), (end - first) / len(measured)
        records.append(
            Record(
                step=end,
                loss=loss / count,
                exact=float("nan") if real_numbers else exact / (count * batch),
                bits=float("nan") if real_numbers or not scored else right / scored,
                gradient_norm=norm / count,
                learning_rate=float(rates[end - first - 1]),
                seconds=seconds[0] + share * (seconds[1] - seconds[0]),
            )
        )
        begin = end - first
    return records


@dataclass
class History:
    """All records of a run, in order: iterate over it, or take a column by name."""

    records: list[Record] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __getitem__(self, column: str) -> Array:
        """A column as a float array, NaN where nothing was measured: history["loss"]."""
        names = [f.name for f in fields(Record)]
        if column not in names:
            raise KeyError(f"history has no column {column!r}; there are {', '.join(names)}")
        return np.array([getattr(record, column) for record in self.records], dtype=float)

    @property
    def last(self) -> Record:
        """The newest record."""
        return self.records[-1]

    @classmethod
    def load(cls, path: Path, up_to_step: int) -> History:
        """Read JSON lines; records after `up_to_step`, and a last line that was cut off, are left out.

        A damaged line in between is left out too, with a warning that names it: training does not need it to go on.
        """
        records: list[Record] = []
        if not path.is_file():
            return cls(records)
        with path.open("rb") as file:
            for place, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    record = Record.from_json(line)
                    if records and record.step <= records[-1].step:
                        raise ValueError(f"step {record.step} follows step {records[-1].step}")
                except ValueError as error:
                    warnings.warn(f"{path}, line {place} is left out: {error}", stacklevel=2)
                    continue
                if record.step > up_to_step:
                    break
                records.append(record)
        return cls(records)
