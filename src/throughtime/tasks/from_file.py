"""A user's own sequences as something to learn: what the targets are decides the readout, and what right means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.support.option import Option
from throughtime.tasks.columns import Columns, Targets
from throughtime.tasks.data import Data
from throughtime.tasks.datafile import read
from throughtime.tasks.datafile.reading import listed, short
from throughtime.tasks.standardisation import Standardisation
from throughtime.tasks.task import Described, Evaluation, Loss, Net, Output, Readout

_CHUNK = 250

READOUTS: dict[Targets, Readout] = {"numbers": "identity", "classes": "softmax", "yes or no": "sigmoid"}
LOSSES: dict[Readout, Loss] = {
    "sigmoid": "binary_cross_entropy",
    "softmax": "cross_entropy",
    "identity": "squared",
}


OPTIONS = (
    Option("sequence", "word", "The column that tells one sequence from another."),
    Option("time", "word", "The column that grows within a sequence."),
    Option("inputs", "word", "The columns that are inputs, as A,B."),
    Option("outputs", "word", "The columns that are targets, as A,B."),
    Option("output", "choice", "Where the targets are.", choices=get_args(Output)),
    Option("targets", "choice", "The kind of the targets.", choices=get_args(Targets)),
    Option("classes", "word", "The classes that there may be, as A,B."),
    Option("standardise", "yes or no", "Whether numbers are standardised."),
    Option("dtype", "word", "The numbers that are computed with."),
)


@dataclass(frozen=True)
class WrongStep:
    """A step at which a network is wrong.

    Parameters
    ----------
    sequence : str
        Its sequence's name in the file, or number from 1 if the file names none.
    step : int
        From 1.
    line : int or None
        Of a table.
    predicted, target : strings
        The class, or for each column of yes or no the output and 0 or 1.
    """

    sequence: str
    step: int
    line: int | None
    predicted: tuple[str, ...]
    target: tuple[str, ...]

    def __str__(self) -> str:
        line = "" if self.line is None else f" (line {self.line})"
        predicted, target = listed(self.predicted), listed(self.target)
        return f'sequence "{short(self.sequence)}", step {self.step}{line}: predicted {predicted}, is {target}'


@dataclass(frozen=True)
class FileEvaluation(Evaluation):
    """How often a network was wrong on a file.

    Parameters
    ----------
    steps, right_steps : int
        Scored targets, at every step or one a sequence, and those that were predicted right.
    first_wrong_step : WrongStep or None
        Where `first_wrong` is, in parts.
    """

    steps: int = 0
    right_steps: int = 0
    first_wrong_step: WrongStep | None = None


@dataclass(frozen=True, eq=False)
class DataFile(Described):
    """The sequences of a file, with what a network for them needs; it is a Task.

    name : the file's name
    data : Data
        As a network learns from it: standardised by `columns.x` and `columns.y`.
    """

    name: str
    data: Data

    machine: None = None

    @classmethod
    def read(cls, path: Path, *, standardise: bool = True, **options: Any) -> DataFile:
        """Read a file to learn from.

        Parameters
        ----------
        path : Path
        standardise : bool
            Whether numbers are standardised: inputs, and targets that are not classes. Then those are refused that the
            dtype hardly tells apart: the network that is saved, for numbers as they are, would be another than was
            trained.
        **options : of `tasks.read`
        """
        found = read(path, **options)
        if standardise:
            found = found.standardised(options.get("dtype", "float64"), lambda name: f'{path}, column "{short(name)}"')
        return cls(path.name, found)

    @classmethod
    def like(cls, path: Path, columns: Columns, **options: Any) -> DataFile:
        """Read a file with the columns of another: by their names, and with its standardisation.

        Parameters
        ----------
        path : Path
        columns : Columns
            Of the file that a network learned from.
        **options : of `tasks.read`
            Options that differ for this file: the columns `sequence` and `time`, and the `dtype`.
        """
        known: dict[str, Any] = {"output": columns.output, "targets": columns.targets}
        if columns.named and path.suffix.lower() not in (".npz", ".jsonl"):
            known |= {"inputs": columns.inputs, "outputs": columns.outputs}
            known |= {name: getattr(columns, name) for name in ("sequence", "time") if _renamed(columns, name)}
        if columns.targets == "classes" and len(columns.outputs) == 1:
            known["classes"] = columns.classes
        for name in known:
            given = options.get(name, known[name])
            if isinstance(known[name], tuple) and isinstance(given, str):
                given = tuple(part.strip() for part in given.split(","))
            if given != known[name] and name not in ("sequence", "time"):
                raise ValueError(f"{path}: {name} must be {known[name]!r}, as in what the network learned from")
        found = read(path, **known | options)
        theirs = found.columns
        for kind, names, had in (
            ("inputs", theirs.inputs, columns.inputs),
            ("targets", theirs.outputs, columns.outputs),
        ):
            if len(names) != len(had) or (columns.named == theirs.named and names != had):
                raise ValueError(
                    f"{path}: expected the {kind} {', '.join(had)}, as in what the network learned from, got "
                    f"{', '.join(names)}"
                )
        return cls(path.name, replace(found, columns=columns))

    @property
    def columns(self) -> Columns:  # type: ignore[override]
        """What the features stand for."""
        return self.data.columns

    @property
    def readout(self) -> Readout:
        """The readout that suits the targets."""
        return READOUTS[self.columns.targets]

    @property
    def inputs(self) -> int:
        """I."""
        return int(self.data.x.shape[2])

    @property
    def outputs(self) -> int:
        """O."""
        return int(self.data.y.shape[-1])

    @property
    def loss(self) -> Loss:
        """The loss that suits the readout."""
        return LOSSES[self.readout]

    @property
    def output(self) -> Output:
        """Whether there is a target at every step or one for each sequence."""
        return "every step" if self.data.y.ndim == 3 else "last step"

    @classmethod
    def choices(cls) -> tuple[Option, ...]:
        """How a file is read: what `read` takes."""
        return OPTIONS

    def __post_init__(self) -> None:
        """Nothing is to be settled: what was chosen has been read."""

    @property
    def options(self) -> dict[str, Any]:
        """None: a run keeps its columns instead."""
        return {}

    @property
    def summary(self) -> str:
        """The thing to learn, in a sentence."""
        return "Your own sequences."

    @property
    def sequences(self) -> Data:
        """The sequences that a network is trained on."""
        return self.data

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences of the file."""
        return self.data[rng.integers(len(self.data), size=batch)]

    def render(self, x: Array, y: Array) -> str:
        """How long the sequence is, and what was predicted last."""
        predicted = ", ".join(f"{number:.3g}" for number in np.atleast_2d(y)[-1])
        return f"  {len(x)} steps of {self.name}: predicted {predicted} at the end"

    def position(self, name: str) -> int:
        """Where the sequence of a name, or else of a number from 1, stands among the sequences."""
        names = list(dict.fromkeys(name for name, _ in self.data.places() if name)) if self.data.places else []
        if name in names:
            return names.index(name)
        if names:
            raise ValueError(f'there is no sequence "{short(name)}" in {self.name}: there are {listed(names)}')
        if name.isascii() and name.isdigit() and len(name) < 10 and 1 <= int(name) <= len(self.data):
            return int(name) - 1
        raise ValueError(f'a sequence of {self.name} must be a number from 1 to {len(self.data)}, got "{short(name)}"')

    def _place(self, position: int, step: int) -> tuple[str, int | None]:
        """The file's name of a sequence, and the line of one of its steps, from 0."""
        seen: dict[str, int] = {}
        for name, line in self.data.places() if self.data.places else ():
            if seen.setdefault(name, len(seen)) == position:
                if step == 0:
                    return name or str(position + 1), line
                step -= 1
        return str(position + 1), None

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0) -> FileEvaluation | None:  # type: ignore[override]
        """Check all sequences; None for real numbers, where nothing is simply right."""
        if self.readout == "identity":
            return None
        checked = wrong = steps = right_steps = 0
        first = None
        for rows, y in self._predicted(net):
            scored = _weights(rows) > 0
            bad = ~self.right_steps(y, rows) & scored
            in_sequence = bad.reshape(len(bad), -1)
            if first is None and bad.any():
                row = int(in_sequence.any(axis=1).argmax())
                first = self._wrong_step(rows, y, checked, row, int(in_sequence[row].argmax()))
            checked, wrong = checked + len(bad), wrong + int(in_sequence.any(axis=1).sum())
            steps, right_steps = steps + int(scored.sum()), right_steps + int((scored & ~bad).sum())
        return FileEvaluation(checked, wrong, True, None if first is None else str(first), steps, right_steps, first)

    def _wrong_step(self, rows: Batch, y: Array, before: int, row: int, step: int) -> WrongStep:
        """A step of a row of a chunk, `before` sequences into the file.

        Without steps, that of the sequence's target.
        """
        predicted, target = y[row], rows.y[row]
        if self.output == "every step":
            predicted, target = predicted[step], target[step]
        else:
            step = (rows.x.shape[1] if rows.lengths is None else int(rows.lengths[row])) - 1
        sequence, line = self._place(before + row, step)
        return WrongStep(sequence, step + 1, line, self._names(predicted), self._names(target))

    def _names(self, values: Array) -> tuple[str, ...]:
        if self.readout == "softmax":
            return (self.columns.classes[int(values.argmax())],)
        return tuple(f"{value:.3g}" for value in values)

    def root_mean_square(self, net: Net) -> float:
        """The error of real numbers, in the units of the file."""
        return self._root_mean_square((rows, y) for rows, y in self._predicted(net))

    def root_mean_square_of_mean(self) -> float:
        """The error of always predicting the targets' mean: a network that learned something has a smaller one."""
        targets = self.data.y
        real = self.data.real if targets.ndim == 3 else None
        mean = self.columns.y.apply(Standardisation.of(targets, real).mean)
        return self._root_mean_square((rows, mean) for rows in self._chunks())

    def _root_mean_square(self, predicted: Iterator[tuple[Batch, Array]]) -> float:
        squares, count = 0.0, 0
        for rows, y in predicted:
            real = _weights(rows)
            squares += float(((((y - rows.y) * self.columns.y.deviation) ** 2).sum(axis=-1) * real).sum())
            count += int(real.sum()) * self.outputs
        return float(np.sqrt(squares / count))

    def _predicted(self, net: Net) -> Iterator[tuple[Batch, Array]]:
        for rows in self._chunks():
            yield rows, net.predict(rows.x, rows.lengths)

    def _chunks(self) -> Iterator[Batch]:
        for start in range(0, len(self.data), _CHUNK):
            yield self.data[start : start + _CHUNK]


def _weights(batch: Batch) -> Array:
    """1 for targets that are real, 0 for the others, (B,T) or (B,)."""
    if batch.y.ndim == 2 or batch.lengths is None:
        return np.ones(batch.y.shape[:-1])
    return np.asarray(np.arange(batch.y.shape[1]) < batch.lengths[:, None], np.float64)


def _renamed(columns: Columns, name: str) -> bool:
    """Whether a file's `sequence` or `time` column has another name than it mostly has."""
    return getattr(columns, name) not in ("", name)
