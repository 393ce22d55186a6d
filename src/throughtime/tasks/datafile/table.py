"""A table in long format, a row for each step of each sequence: CSV, TSV, and what spreadsheets call text.

Some rows are read at a time, column by column; where a cell is not plain, these rows again, one by one, which knows
every spelling and says what is wrong where. Targets that are not plain numbers are read when the inputs have been, so
that no cell is kept as text: all that is held are the numbers, and of each row its time and a fingerprint of its
sequence's name.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from math import isfinite
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.tasks.data import Data
from throughtime.tasks.datafile.labels import MISSING, Labels, Unexpected
from throughtime.tasks.datafile.reading import Reading, data_of, laid_out, listed, one_of, rows_of, short
from throughtime.tasks.datafile.records import SEPARATORS, Records
from throughtime.tasks.datafile.times import Times
from throughtime.tasks.datafile.words import numbers_of

_DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_COMMA_AT_END = re.compile(r",(?!\d)")
_WHOLE = re.compile(r"[0-9]+")


def read_table(path: Path, reading: Reading) -> Data:
    """Read a table; see `read`."""
    table = _Table(path, reading)
    table.read_inputs()
    lengths, order = _sequences(np.frombuffer(table.ids, np.int64))
    table.ids = array("q")
    table.check_times(lengths, order)
    table.times = array("d")
    x = laid_out(path, rows_of(table.x, len(table.inputs)), lengths, order)
    table.x = array("d")
    ends = np.cumsum(lengths) - 1
    last = (ends if order is None else order[ends]) if reading.output == "last step" else None
    found, classes = table.read_targets(last, int(lengths.sum()))
    y = laid_out(path, found, lengths, order) if last is None else found[np.searchsorted(np.sort(last), last)]
    return data_of(
        path, reading, x, one_of(path, y[..., 0], len(classes)) if classes else y, lengths, table.inputs, table.outputs,
        classes, named=True, sequence=table.sequence, time=table.time, unused=table.unused, notes=tuple(table.notes()),
        places=table.places,
    )  # fmt: skip


class _Table:
    """A table, its header, and what has been read of it."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self.path, self.reading = path, reading
        self.records = Records(path)
        self.separator = self.records.separator
        self.comma_from, self.point_from = 0, 0
        self.rows_end_in_separator = False
        self.header_line, header = next(self.records.one_by_one(), (0, []))
        if not header:
            raise ValueError(f"{path}: expected a header and rows, got an empty file")
        self.header = [name.strip() for name in header]
        self.place = {name: i for i, name in enumerate(self.header) if name}
        self.unnamed = [i for i, name in enumerate(self.header) if not name]
        self._name_columns()
        self.ids, self.times, self.x = array("q"), array("d"), array("d")
        every_step = reading.output != "last step" and reading.targets != "classes"
        self.y = array("d") if every_step else None
        """The targets, as long as all of them are plain numbers."""

    def _name_columns(self) -> None:
        reading, line = self.reading, f"{self.path}, line {self.header_line}"
        seen = set()
        for name in self.header:
            if name and name in seen:
                raise ValueError(f'{line}, column "{short(name)}": expected a name for each column, got this one twice')
            seen.add(name)
        self.sequence = reading.sequence or ("sequence" if "sequence" in self.place else "")
        self.time = reading.time or "time"
        for name in (self.sequence, self.time, *(reading.inputs or ()), *(reading.outputs or ())):
            if name and name not in self.place:
                advice = ""
                if name == self.time and not reading.time:
                    advice = "; name the one that says when with time=NAME, or add one that counts 0, 1, 2, …"
                if len(self.header) == 1:
                    advice = f"; cells are separated by {', '.join(SEPARATORS.values())}"
                raise ValueError(f'{line}: expected a column "{short(name)}", got {listed(self.header)}{advice}')
        others = [name for name in self.header if name and name not in (self.sequence, self.time)]
        named = {*(reading.inputs or ()), *(reading.outputs or ())}
        free = [name for name in others if name not in named]
        self.inputs = reading.inputs or self._starting("x", "inputs", free)
        self.outputs = reading.outputs or self._starting("y", "targets", free)
        for kind, names in (("inputs", self.inputs), ("outputs", self.outputs)):
            if (twice := _twice(names)) is not None:
                raise ValueError(f'{kind} must name each column once, got "{short(twice)}" twice')
        if (both := _twice((*self.inputs, *self.outputs))) is not None:
            raise ValueError(f'{line}, column "{short(both)}": expected an input or a target, got it as both')
        used = {*self.inputs, *self.outputs}
        self.unused = tuple(name for name in others if name not in used)

    def _starting(self, letter: str, kind: str, columns: list[str]) -> tuple[str, ...]:
        """The columns called x, x1, x_a, … ("year" is no y)."""
        pattern = re.compile(rf"[{letter}{letter.upper()}](?![^\W\d_])")
        names = tuple(name for name in columns if pattern.match(name))
        if not names:
            option = "inputs" if letter == "x" else "outputs"
            raise ValueError(
                f"{self.path}, line {self.header_line}: expected {kind} in columns called {letter}, {letter}1, "
                f"{letter}_a, …, or named with {option}=A,B, got {listed(columns) or 'no other column'}"
            )
        return names

    # What is read

    def read_inputs(self) -> None:
        """Read the sequence, the time and the inputs of each row."""
        when, before = Times(), dict.fromkeys(self.unnamed, "")
        for lines, records in self.records.some():
            columns = self._columns(records)
            if columns is None or not self._inputs_of(columns, when):
                self._inputs_one_by_one(lines, records, when, before)
                self.y = None
                continue
            for column in self.unnamed:
                for line, cell in zip(lines, columns[column], strict=True):
                    self._check_unnamed(line, cell.strip(), before[column], column)
                    before[column] = cell.strip()
        if not self.ids:
            raise ValueError(f"{self.path}: expected rows under the header, got none")

    def _columns(self, records: list[list[str]]) -> list[tuple[str, ...]] | None:
        """The columns of some rows; None unless these have as many cells as the header."""
        width, widths = len(self.header), set(map(len, records))
        if widths == {width + 1} and not any(record[width].strip() for record in records):
            self.rows_end_in_separator = True
        elif widths != {width}:
            return None
        return list(zip(*records, strict=True))

    def _inputs_of(self, columns: list[tuple[str, ...]], when: Times) -> bool:
        """Read some rows whose cells are all plain; else nothing, and say so."""
        inputs = self._numbers_of(columns, self.inputs)
        times = when.read_all(columns[self.place[self.time]])
        if inputs is None or times is None:
            return False
        if self.sequence:
            names = [name.strip() for name in columns[self.place[self.sequence]]]
            if not all(names):
                return False
            self.ids.extend(map(hash, names))
        else:
            self.ids.frombytes(bytes(8 * len(times)))
        self.times.frombytes(times.data.cast("B"))
        self.x.frombytes(inputs.data.cast("B"))
        if self.y is not None:
            targets = self._numbers_of(columns, self.outputs)
            self.y = None if targets is None else self.y
            if targets is not None and self.y is not None:
                self.y.frombytes(targets.data.cast("B"))
        return True

    def _inputs_one_by_one(
        self, lines: Sequence[int], records: list[list[str]], when: Times, before: dict[int, str]
    ) -> None:
        width, of_sequence, of_time = len(self.header), self.place.get(self.sequence), self.place[self.time]
        inputs = [self.place[name] for name in self.inputs]
        for line, cells in zip(lines, records, strict=True):
            if len(cells) == width + 1 and not cells[-1].strip():
                self.rows_end_in_separator = True
            elif len(cells) != width:
                raise ValueError(f"{self.path}, line {line}: expected {width} cells as in the header, got {len(cells)}")
            for column in self.unnamed:
                self._check_unnamed(line, cells[column].strip(), before[column], column)
                before[column] = cells[column].strip()
            if of_sequence is not None:
                name = cells[of_sequence].strip()
                if not name:
                    self._refuse(line, cells, of_sequence, "the name of a sequence")
                self.ids.append(hash(name))
            else:
                self.ids.append(0)
            try:
                self.times.append(when.read(cells[of_time]))
            except Unexpected as error:
                self._refuse(line, cells, of_time, str(error))
            for column in inputs:
                value = self._number(line, cells[column])
                if value is None:
                    self._refuse(line, cells, column, "a number")
                if not -self.reading.largest <= value <= self.reading.largest:
                    self._refuse(line, cells, column, self._finite(value))
                self.x.append(value)

    def _check_unnamed(self, line: int, cell: str, before: str, column: int) -> None:
        """Refuse a column without a name that says more than which row this is."""
        if cell and (cell == before or not _WHOLE.fullmatch(cell)):
            raise ValueError(
                f"{self.path}, line {line}: expected a name for column {column + 1}, which does not only number the "
                "rows, "
                f'got "{short(cell)}" under an empty one; name it, or leave it out'
            )

    def read_targets(self, last: Array | None, rows: int) -> tuple[Array, tuple[str, ...]]:
        """The targets of the rows in `last`, or of all, (rows, outputs).

        Of classes one column of codes, with their names.
        """
        if self.y is not None:
            plain, self.y = self.y, None
            return rows_of(plain, len(self.outputs)), ()
        reading = self.reading
        wanted = np.ones(rows, bool)
        if last is not None:
            wanted[:] = False
            wanted[last] = True
        labels = Labels(reading.targets, reading.classes, reading.largest)
        found, start = array("d"), 0
        for lines, records in self.records.some():
            chosen = np.flatnonzero(wanted[start : start + len(records)]).tolist()
            start += len(records)
            some = [records[i] for i in chosen]
            if not self._targets_of(some, labels, found):
                self._targets_one_by_one([lines[i] for i in chosen], some, labels, found, last is None)
        return labels.of_columns(self.path, rows_of(found, len(self.outputs)))

    def _targets_of(self, records: list[list[str]], labels: Labels, found: array[float]) -> bool:
        """Read the targets of some rows if all are plain; else nothing, and say so."""
        columns = list(zip(*records, strict=False))
        if columns and labels.numbers is not False:
            numbers = self._numbers_of(columns, self.outputs)
            if numbers is None:
                return False
            labels.numbers = True
            found.frombytes(numbers.data.cast("B"))
        elif columns:
            codes = labels.of_names(columns[self.place[self.outputs[0]]]) if len(self.outputs) == 1 else None
            if codes is None:
                return False
            found.extend(codes)
        return True

    def _targets_one_by_one(
        self, lines: Sequence[int], records: list[list[str]], labels: Labels, found: array[float], every_step: bool
    ) -> None:
        columns, largest = [self.place[name] for name in self.outputs], self.reading.largest
        for line, cells in zip(lines, records, strict=True):
            for column in columns:
                word = cells[column]
                value = self._number(line, word)
                if value is not None and not -largest <= value <= largest:
                    if isfinite(value) or labels.numbers is not False:
                        self._refuse(line, cells, column, self._finite(value))
                    value = None
                try:
                    found.append(labels.of_text(word, value))
                except Unexpected as error:
                    advice = ""
                    if every_step and not word.strip():
                        advice = '; if each sequence has one target, in its last row, say output="last step"'
                    self._refuse(line, cells, column, str(error), advice)

    def check_times(self, lengths: Array, order: Array | None) -> None:
        """Refuse times that do not grow within a sequence."""
        times = np.frombuffer(self.times, np.float64)
        if order is not None:
            times = times[order]
        later = times[1:] > times[:-1]
        later[np.cumsum(lengths)[:-1] - 1] = True  # from one sequence to the next
        if later.all():
            return
        bad = int(later.argmin())
        before, row = (bad, bad + 1) if order is None else (order[bad], order[bad + 1])
        place = self.place[self.time]
        earlier = next(cells for i, (_, cells) in enumerate(self.records.rows()) if i == before)
        line, cells = next(one for i, one in enumerate(self.records.rows()) if i == row)
        within = f' in sequence "{short(cells[self.place[self.sequence]])}"' if self.sequence else ""
        advice = "" if self.sequence else "; if there are several sequences, say which column names them: sequence=NAME"
        self._refuse(
            line, cells, place, f"a time after {short(earlier[place].strip())}, the one before it{within}", advice
        )

    def notes(self) -> Iterator[str]:
        """Remarks on the file, for people."""
        if not self.sequence:
            yield "one series: there is no column that names sequences"
        if self.separator != ",":
            yield f"cells are separated by a {SEPARATORS[self.separator]}"
        for column in self.unnamed:
            yield f"column {column + 1} has no name: it is left out"
        if self.rows_end_in_separator:
            yield f"rows end in a {SEPARATORS[self.separator]}: it is left out"
        if self.comma_from:
            yield "numbers have a decimal comma"

    def places(self) -> Iterator[tuple[str, int]]:
        """The name of the sequence, empty where none has one, and the line of each row."""
        column = self.place.get(self.sequence)
        for line, cells in self.records.rows():
            yield "" if column is None else cells[column].strip(), line

    # Rows and cells

    def _numbers_of(self, columns: list[tuple[str, ...]], names: Sequence[str]) -> Array | None:
        """The numbers (rows, columns) of some columns; None unless all are plain and not too large."""
        found = np.empty((len(columns[0]), len(names)))
        for i, name in enumerate(names):
            words: Sequence[str] = columns[self.place[name]]
            if self.separator != ",":
                text = "\n".join(words)
                comma, point = "," in text, "." in text
                if comma > bool(self.comma_from) or point > bool(self.point_from) or (comma and point):
                    return None  # where it is for the first time, or both
                if comma:
                    if _COMMA_AT_END.search(text):
                        return None
                    words = [word.replace(",", ".") for word in words]
            numbers = numbers_of(words)
            if numbers is None:
                return None
            found[:, i] = numbers
        largest = self.reading.largest
        return found if found.min() >= -largest and found.max() <= largest else None

    def _number(self, line: int, word: str) -> float | None:
        """The number that a word is, perhaps with a decimal comma; None if it is none."""
        try:
            value = float(word)
        except ValueError:
            if self.separator == "," or not _DECIMAL_COMMA.fullmatch(word):
                return None
            value = float(word.replace(",", "."))
            self.comma_from = self.comma_from or line
        else:
            if "_" in word:
                return None
            if self.separator != "," and "." in word:
                self.point_from = self.point_from or line
        if self.comma_from and self.point_from:
            raise ValueError(
                f"{self.path}, line {line}: expected one way to write numbers, got a decimal comma in line "
                f"{self.comma_from} and a decimal point in line {self.point_from}"
            )
        return value

    def _finite(self, value: float) -> str:
        if not isfinite(value):
            return "a finite number"
        return f"a number that {self.reading.dtype} can compute with (up to {self.reading.largest:g})"

    def _refuse(self, line: int, cells: Sequence[str], column: int, expected: str, advice: str = "") -> NoReturn:
        cell = cells[column]
        if not advice and cell.strip().lower() in MISSING:
            advice = "; fill the gap, or leave the row out"
        place = f'{self.path}, line {line}, column "{short(self.header[column])}"'
        raise ValueError(f'{place}: expected {expected}, got "{short(cell)}"{advice}') from None


def _twice(names: Sequence[str]) -> str | None:
    """The first name that is there a second time."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _sequences(ids: Array) -> tuple[npt.NDArray[np.int64], Array | None]:
    """The lengths of the sequences, in the order in which they first appear, and which row comes where.

    None as the order says that they stand one after the other already. Names are compared by their 64-bit fingerprints.
    """
    starts = np.flatnonzero(np.append(True, ids[1:] != ids[:-1]))
    names = ids[starts]
    names.sort()
    if not (names[1:] == names[:-1]).any():
        return np.diff(starts, append=len(ids)), None
    by_name = np.argsort(ids, kind="stable")
    named = ids[by_name]
    starts = np.flatnonzero(np.append(True, named[1:] != named[:-1]))
    lengths = np.diff(starts, append=len(ids))
    appearance = np.argsort(by_name[starts])
    order, end = np.empty_like(by_name), 0
    for i in appearance:
        begin, end = end, end + lengths[i]
        order[begin:end] = by_name[starts[i] : starts[i] + lengths[i]]
    return lengths[appearance], order
