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
from throughtime.tasks.datafile import KINDS, Dataset, read
from throughtime.tasks.datafile.dataset import Places, listed, short
from throughtime.tasks.standardisation import Standardisation
from throughtime.tasks.task import Described, Evaluation, Loss, Net, Output, Readout

__all__ = ["KINDS", "DataFile"]

_CHUNK = 250
_FEW = 20
"""Whole numbers of so few kinds might be meant as classes; they are not taken for them, but it is said."""

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
    Option("targets", "choice", "What the targets are.", choices=get_args(Targets)),
    Option("classes", "word", "The classes that there may be, as A,B."),
    Option("standardise", "yes or no", "Whether numbers are standardised."),
    Option("dtype", "word", "What will be computed with."),
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
        Targets that were asked for, at every step or one a sequence, and those that were predicted right.
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
    batch : Batch
        As a network learns from them: standardised by `columns.x` and `columns.y`.
    columns : Columns
    unused, notes, places
        As in a Dataset.
    """

    name: str
    batch: Batch
    columns: Columns
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    places: Places | None = None

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
        targets = _targets(path, found, options.get("targets"))
        x, y = Standardisation.none(found.x.shape[-1]), Standardisation.none(found.y.shape[-1])
        if standardise:
            x = Standardisation.of(found.x, _real_steps(found))
            if targets == "numbers":
                y = Standardisation.of(found.y, _real_steps(found) if found.y.ndim == 3 else None)
        dtype = options.get("dtype", "float64")
        for scale, names in ((x, found.inputs), (y, found.outputs)):
            scale.check_distinct(dtype, [f'{path}, column "{short(name)}"' for name in names])
        columns = Columns(
            found.inputs, found.outputs, found.named, targets,
            () if targets != "classes" else found.classes or found.outputs,
            "every step" if found.y.ndim == 3 else "last step", found.sequence, found.time, x, y,
        )  # fmt: skip
        made = cls._of(path, found, columns)
        if targets == "numbers" and "targets" not in options:
            made = replace(made, notes=(*made.notes, *_maybe_classes(found)))
        return made

    @classmethod
    def like(cls, path: Path, columns: Columns, **options: Any) -> DataFile:
        """Read a file with the columns of another: by their names, and with its standardisation.

        Parameters
        ----------
        path : Path
        columns : Columns
            Of the file that a network learned from.
        **options : of `tasks.read`
            What differs in this file: the columns `sequence` and `time`, and the `dtype`.
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
        for kind, names, had in (("inputs", found.inputs, columns.inputs), ("targets", found.outputs, columns.outputs)):
            if len(names) != len(had) or (columns.named == found.named and names != had):
                raise ValueError(
                    f"{path}: expected the {kind} {', '.join(had)}, as in what the network learned from, got "
                    f"{', '.join(names)}"
                )
        _targets(path, found, columns.targets)
        return cls._of(path, found, columns)

    @classmethod
    def _of(cls, path: Path, found: Dataset, columns: Columns) -> DataFile:
        real = _real_steps(found)
        x = columns.x.apply(found.x)
        x[~real] = 0
        y = found.y
        if columns.targets == "numbers":
            y = columns.y.apply(y)
            if y.ndim == 3:
                y[~real] = 0
        return cls(path.name, Batch(x, y, found.lengths), columns, found.unused, found.notes, found.places)

    @property
    def readout(self) -> Readout:
        """The readout that suits the targets."""
        return READOUTS[self.columns.targets]

    @property
    def inputs(self) -> int:
        """I."""
        return int(self.batch.x.shape[2])

    @property
    def outputs(self) -> int:
        """O."""
        return int(self.batch.y.shape[-1])

    @property
    def loss(self) -> Loss:
        """The loss that suits the readout."""
        return LOSSES[self.readout]

    @property
    def output(self) -> Output:
        """Whether there is a target at every step or one for each sequence."""
        return "every step" if self.batch.y.ndim == 3 else "last step"

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
        """What there is to learn, in a sentence."""
        return "Your own sequences."

    @property
    def sequences(self) -> Batch:
        """What a network is trained on."""
        return self.batch

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences of the file."""
        return self.batch[rng.integers(len(self.batch), size=batch)]

    def render(self, x: Array, y: Array) -> str:
        """How long the sequence is, and what was predicted last."""
        predicted = ", ".join(f"{number:.3g}" for number in np.atleast_2d(y)[-1])
        return f"  {len(x)} steps of {self.name}: predicted {predicted} at the end"

    def position(self, name: str) -> int:
        """Where the sequence of a name, or else of a number from 1, stands among the sequences."""
        names = list(dict.fromkeys(name for name, _ in self.places() if name)) if self.places else []
        if name in names:
            return names.index(name)
        if names:
            raise ValueError(f'there is no sequence "{short(name)}" in {self.name}: there are {listed(names)}')
        if name.isascii() and name.isdigit() and len(name) < 10 and 1 <= int(name) <= len(self.batch):
            return int(name) - 1
        raise ValueError(f'a sequence of {self.name} must be a number from 1 to {len(self.batch)}, got "{short(name)}"')

    def _place(self, position: int, step: int) -> tuple[str, int | None]:
        """What the file calls a sequence, and the line of one of its steps, from 0."""
        seen: dict[str, int] = {}
        for name, line in self.places() if self.places else ():
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
            asked = _weights(rows) > 0
            bad = ~self.right_steps(y, rows) & asked
            in_sequence = bad.reshape(len(bad), -1)
            if first is None and bad.any():
                row = int(in_sequence.any(axis=1).argmax())
                first = self._wrong_step(rows, y, checked, row, int(in_sequence[row].argmax()))
            checked, wrong = checked + len(bad), wrong + int(in_sequence.any(axis=1).sum())
            steps, right_steps = steps + int(asked.sum()), right_steps + int((asked & ~bad).sum())
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
        mean = Standardisation.of(self.batch.y, _weights(self.batch)).mean
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
        for start in range(0, len(self.batch), _CHUNK):
            yield self.batch[start : start + _CHUNK]


def _targets(path: Path, found: Dataset, said: Targets | None) -> Targets:
    """What the targets are: as is said, if that fits them, or else as they look."""
    y = found.y[_real_steps(found)] if found.y.ndim == 3 else found.y
    only_0_and_1 = bool(((y == 0) | (y == 1)).all())
    one_of_several = bool(found.classes) or (only_0_and_1 and y.shape[-1] > 1 and bool((y.sum(axis=-1) == 1).all()))
    if said == "yes or no" and not only_0_and_1:
        odd = y[(y != 0) & (y != 1)][0]
        raise ValueError(f'{path}: expected targets that are 0 or 1 (targets="yes or no"), got {odd:g}')
    if said == "classes" and not one_of_several:
        raise ValueError(
            f"{path}: expected a target that names the class, or a 1 in the column of the class and 0 in the others "
            f"(targets=classes), got {', '.join(found.outputs)} of other values"
        )
    return said or ("classes" if one_of_several else "yes or no" if only_0_and_1 else "numbers")


def _maybe_classes(found: Dataset) -> Iterator[str]:
    """Say that numbers might be meant as classes."""
    y = found.y[_real_steps(found)] if found.y.ndim == 3 else found.y
    if y.shape[-1] > 1 or (y != np.round(y)).any():
        return
    kinds = np.unique(y)
    if len(kinds) <= _FEW:
        shown = ", ".join(f"{kind:g}" for kind in kinds[:5]) + (", …" if len(kinds) > 5 else "")
        kinds_shown = f"whole numbers of {len(kinds)} kinds ({shown})"
        yield f"the targets are {kinds_shown}; if they name classes, say targets=classes"


def _real_steps(found: Dataset) -> Array:
    """Which steps are real, (B,T)."""
    return np.asarray(np.arange(found.x.shape[1]) < found.lengths[:, None])


def _weights(batch: Batch) -> Array:
    """1 for targets that are real, 0 for the others, (B,T) or (B,)."""
    if batch.y.ndim == 2 or batch.lengths is None:
        return np.ones(batch.y.shape[:-1])
    return np.asarray(np.arange(batch.y.shape[1]) < batch.lengths[:, None], np.float64)


def _renamed(columns: Columns, name: str) -> bool:
    """Whether a file's `sequence` or `time` column has another name than it mostly has."""
    return getattr(columns, name) not in ("", name)
