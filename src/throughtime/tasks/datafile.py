"""A user's own sequences, read from a file: CSV in long format, NPZ, or JSON lines.

A malformed file is refused with one line that names the file, the row, the column and what was expected.
"""

from __future__ import annotations

import csv
import io
import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from sys import float_info
from typing import Any, NoReturn
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, Batch, pad
from throughtime.tasks.task import Output

MOST_BYTES = 2**29
"""The largest text file that is read."""

MOST_VALUES = 2**27
"""The most numbers (1 GiB) that the arrays, padded, may hold."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Sequences with their targets, and what their columns are called.

    Parameters
    ----------
    x : (B, T, I) float array
    y : (B, T, O) or (B, O) float array
    lengths : (B,) int array
    inputs : I strings
    outputs : O strings
    """

    x: Array
    y: Array
    lengths: npt.NDArray[np.int64]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.x)

    @property
    def batch(self) -> Batch:
        """All of it, as a network reads it."""
        return Batch(self.x, self.y, self.lengths)


def read(
    path: str | Path,
    *,
    sequence: str = "sequence",
    time: str = "time",
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    output: Output = "every step",
) -> Dataset:
    """Read sequences from a file; the ending of its name says which kind it is.

    `.csv`
        Long format: a header, then a row for each step of each sequence. The column `sequence` says which
        sequence a row belongs to, the column `time` holds a number that grows within a sequence. Inputs are
        the columns named in `inputs`, or those whose names start with x; targets those named in `outputs`, or
        whose names start with y. With `output="last step"` a sequence has one target, in its last row; its
        other rows may leave it empty.
    `.npz`
        Arrays `x` (B,T,I), `y` (B,T,O) or (B,O) and, where lengths differ, `lengths` (B,).
    `.jsonl`
        A line for each sequence: {"x": [[…], …], "y": [[…], …]} with a row for each step, or "y": […] with
        one target for the sequence.

    The options after `path` are for CSV only.

    Raises
    ------
    ValueError
        In one line, for anything about the file that is not as described.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".npz", ".jsonl"):
        raise ValueError(f"{path}: expected a name that ends in .csv, .npz or .jsonl")
    try:
        if not path.is_file():
            raise ValueError(f"{path}: expected a file, got {'a directory' if path.is_dir() else 'nothing there'}")
        if path.suffix == ".npz":
            return _read_npz(path)
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(
                f"{path}: expected at most {MOST_BYTES} bytes of text (an NPZ may hold more), got {path.stat().st_size}"
            )
        text = _text(path)
    except OSError as error:
        raise ValueError(f"{path}: expected a file that can be read, got {error.strerror or error}") from error
    if path.suffix == ".jsonl":
        return _read_json_lines(path, text)
    return _read_csv(path, text, sequence, time, inputs, outputs, output)


def _read_csv(
    path: Path,
    text: str,
    sequence: str,
    time: str,
    inputs: Sequence[str] | None,
    outputs: Sequence[str] | None,
    output: Output,
) -> Dataset:
    records = _records(path, text)
    line, header = next(records, ("", []))
    if not header:
        raise ValueError(f"{path}: expected a header and rows, got an empty file")
    header = [name.strip() for name in header]
    _check_header(line, header, [sequence, time, *(inputs or ()), *(outputs or ())])
    others = [name for name in header if name not in (sequence, time)]
    x_names = tuple(inputs or _starting("x", "inputs", line, others))
    y_names = tuple(outputs or _starting("y", "targets", line, others))
    series: dict[str, _Series] = {}
    for line, record in records:
        if len(record) != len(header):
            raise ValueError(f"{line}: expected {len(header)} cells as in the header, got {len(record)}")
        row = _Row(line, dict(zip(header, record, strict=True)))
        name = row.cells[sequence].strip() or row.refuse(sequence, "the name of a sequence")
        one = series.setdefault(name, _Series())
        now = row.number(time)
        if now <= one.now:
            row.refuse(time, f'a time after {one.now:g}, the one before it in sequence "{_short(name)}"')
        one.now, one.last = now, row
        one.x.extend(row.number(column) for column in x_names)
        if output == "every step":
            one.y.extend(row.number(column) for column in y_names)
    if not series:
        raise ValueError(f"{path}: expected rows under the header, got none")
    x = [np.array(one.x).reshape(-1, len(x_names)) for one in series.values()]
    if output == "every step":
        y = [np.array(one.y).reshape(-1, len(y_names)) for one in series.values()]
    else:
        y = [np.array([one.last.number(column) for column in y_names]) for one in series.values() if one.last]
    return _dataset(path, x, y, x_names, y_names)


@dataclass
class _Row:
    """A row of a CSV file, and where it stands."""

    line: str
    cells: dict[str, str]

    def number(self, column: str) -> float:
        try:
            value = float(self.cells[column].replace("_", "?"))
        except ValueError:
            self.refuse(column, "a number")
        if not isfinite(value):
            self.refuse(column, "a finite number")
        return value

    def refuse(self, column: str, expected: str) -> NoReturn:
        got = _short(self.cells[column])
        raise ValueError(f'{self.line}, column "{column}": expected {expected}, got "{got}"') from None


@dataclass
class _Series:
    """A sequence of a CSV file as far as it has been read."""

    now: float = -np.inf
    last: _Row | None = None
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))


def _records(path: Path, text: str) -> Iterator[tuple[str, list[str]]]:
    """Each line that is not empty: where it stands, and its cells."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            if record:
                yield f"{path}, line {reader.line_num}", record
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: expected well-formed CSV, got: {error}") from error


def _check_header(line: str, header: list[str], wanted: list[str]) -> None:
    for name in wanted:
        if name not in header:
            raise ValueError(f'{line}: expected a column "{name}", got {_short(", ".join(header))}')
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f'{line}, column "{name}": expected a name for each column, got this one twice')


def _starting(letter: str, kind: str, line: str, columns: list[str]) -> list[str]:
    """The columns whose names start with a letter."""
    names = [name for name in columns if name.startswith(letter)]
    if not names:
        got = _short(", ".join(columns) or "no other column")
        raise ValueError(f"{line}: expected {kind} in columns that start with {letter}, or named, got {got}")
    return names


def _read_json_lines(path: Path, text: str) -> Dataset:
    x: list[Array] = []
    y: list[Array] = []
    for i, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        line = f"{path}, line {i}"
        try:
            one = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{line}: expected JSON, got {_short(written)}") from error
        if not isinstance(one, dict) or set(one) != {"x", "y"}:
            raise ValueError(f'{line}: expected {{"x": …, "y": …}}, got {_short(written)}')
        steps = _matrix(line, "x", one["x"], x[0].shape[1] if x else None)
        if isinstance(one["y"], list) and one["y"] and isinstance(one["y"][0], list):
            target = _matrix(line, "y", one["y"], None)
            if len(target) != len(steps):
                raise ValueError(f'{line}, column "y": expected {len(steps)} rows as in x, got {len(target)}')
        else:
            target = np.array(_vector(line, "y", one["y"], None))
        if y and _form(target) != _form(y[0]):
            raise ValueError(f'{line}, column "y": expected {_form(y[0])} as before, got {_form(target)}')
        x.append(steps)
        y.append(target)
    if not x:
        raise ValueError(f"{path}: expected a line for each sequence, got an empty file")
    return _dataset(path, x, y)


def _form(target: Array) -> str:
    """What a target is like: all targets of a file must be alike."""
    return f"{'rows' if target.ndim == 2 else 'one list'} of {target.shape[-1]}"


def _matrix(line: str, column: str, value: Any, features: int | None) -> Array:
    if not isinstance(value, list) or not value:
        raise ValueError(f'{line}, column "{column}": expected a list of rows, got {_short(json.dumps(value))}')
    rows: list[list[float]] = []
    for t, row in enumerate(value):
        rows.append(_vector(line, f"{column}[{t}]", row, len(rows[0]) if rows else features))
    return np.array(rows)


def _vector(line: str, column: str, value: Any, features: int | None) -> list[float]:
    if not isinstance(value, list) or not value or (features is not None and len(value) != features):
        wanted = "a list of numbers" if features is None else f"a list of {features} numbers"
        raise ValueError(f'{line}, column "{column}": expected {wanted}, got {_short(json.dumps(value))}')
    for i, number in enumerate(value):
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not abs(number) <= float_info.max:
            got = _short(json.dumps(number))
            raise ValueError(f'{line}, column "{column}[{i}]": expected a finite number, got {got}')
    return [float(number) for number in value]


def _read_npz(path: Path) -> Dataset:
    try:
        with ZipFile(path) as packed:
            size = sum(member.file_size for member in packed.infolist())
        if size > 8 * MOST_VALUES:
            raise ValueError(f"{size} bytes when unpacked, more than {8 * MOST_VALUES}")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except Exception as error:  # a damaged archive raises errors of zipfile, zlib, struct and NumPy
        raise ValueError(f"{path}: expected a NumPy archive of plain arrays, got: {_short(str(error))}") from error
    if not {"x", "y"} <= set(arrays) <= {"x", "y", "lengths"}:
        raise ValueError(f"{path}: expected arrays x, y and perhaps lengths, got {_short(', '.join(arrays) or 'none')}")
    for name in ("x", "y"):
        if arrays[name].dtype.kind not in "biuf":
            raise ValueError(f'{path}, array "{name}": expected numbers, got {arrays[name].dtype}')
    _check_size(path, arrays["x"].size + arrays["y"].size)
    x, y = (np.ascontiguousarray(arrays[name], dtype=np.float64) for name in ("x", "y"))
    try:
        lengths = Batch(x, y, arrays.get("lengths")).lengths
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if not x.size or not y.size:
        raise ValueError(f"{path}: expected at least one sequence, step and feature, got x {x.shape}, y {y.shape}")
    lengths = np.full(len(x), x.shape[1]) if lengths is None else lengths.astype(np.int64)
    padding = np.arange(x.shape[1]) >= lengths[:, None]
    for name, values in (("x", x), ("y", y)):
        if values.ndim == 3:
            values[padding] = 0
        if not np.isfinite(values).all():
            place = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
            raise ValueError(f'{path}, array "{name}", entry {place}: expected a finite number, got {values[place]}')
    return _named(x, y, lengths)


def _dataset(
    path: Path, x: list[Array], y: list[Array], inputs: Sequence[str] = (), outputs: Sequence[str] = ()
) -> Dataset:
    """Lay sequences into arrays."""
    longest = max(len(steps) for steps in x)
    _check_size(path, len(x) * longest * (x[0].shape[1] + y[0].shape[-1]))
    padded, lengths = pad(x)
    return _named(padded, np.array(y) if y[0].ndim == 1 else pad(y)[0], lengths, inputs, outputs)


def _check_size(path: Path, values: int) -> None:
    if values > MOST_VALUES:
        raise ValueError(f"{path}: expected at most {MOST_VALUES} numbers, padded, got {values}")


def _named(
    x: Array,
    y: Array,
    lengths: npt.NDArray[np.int64],
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> Dataset:
    """A dataset whose columns are called x0, x1, …, y0, … where the file does not say."""
    return Dataset(
        x,
        y,
        lengths,
        tuple(inputs) or tuple(f"x{i}" for i in range(x.shape[-1])),
        tuple(outputs) or tuple(f"y{i}" for i in range(y.shape[-1])),
    )


def _text(path: Path) -> str:
    octets = path.read_bytes()
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: expected text in UTF-8, got the byte 0x{octets[error.start]:02x}"
        ) from error


def _short(text: str) -> str:
    """Something from a file, in one line and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}…"
