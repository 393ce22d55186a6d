"""JSON lines: an object {"x": …, "y": …} for each sequence, read a row at a time, so that a long line takes little
memory.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.data import Data
from throughtime.tasks.datafile.labels import Labels, Unexpected
from throughtime.tasks.datafile.reading import ONE_A_STEP, Reading, data_of, laid_out, named, one_of, rows_of, short

_SCAN: Any = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[ \t\n\r]*")


class _NotJson(Exception):
    """The text is no JSON object of x and y."""


def read_json_lines(path: Path, reading: Reading) -> Data:
    """Read JSON lines; see `read`."""
    file = _Lines(path, reading)
    file.read()
    lengths = np.frombuffer(file.lengths, np.int64)
    x = laid_out(path, rows_of(file.x, file.features), lengths)
    y, every, notes = file.every_step(lengths)
    classes: tuple[str, ...] = ()
    if not file.labels.numbers:
        y, classes = file.labels.of_columns(path, y)
    outputs = y.shape[1]
    y = laid_out(path, y, lengths) if every else y
    return data_of(
        path, reading, x, one_of(path, y[..., 0], len(classes)) if classes else y, lengths, named("x", file.features),
        named("y", outputs), classes, notes=notes,
    )  # fmt: skip


class _Lines:
    """The part of a file that has been read.

    form : of the targets: "rows" (a list of rows), "list" (a list of single values) or "one" (a single value)
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self.path, self.reading = path, reading
        self.x, self.y = array("d"), array("d")
        self.lengths, self.targets = array("q"), array("q")
        self.features, self.outputs, self.form = 0, 0, ""
        self.labels = Labels(reading.targets, reading.classes, reading.largest)

    def read(self) -> None:
        """Read all lines."""
        with self.path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                self.line = f"{self.path}, line {number}"
                try:
                    seen = self._object(text)
                except _NotJson:
                    raise ValueError(f"{self.line}: expected JSON, got {short(text)}") from None
                if seen != {"x", "y"}:
                    raise ValueError(f'{self.line}: expected {{"x": …, "y": …}}, got {short(text)}')
                if self.form == "rows" and self.targets[-1] != self.lengths[-1]:
                    raise ValueError(
                        f'{self.line}, column "y": expected {self.lengths[-1]} rows as in x, got {self.targets[-1]}'
                    )
        if not self.lengths:
            raise ValueError(f"{self.path}: expected a line for each sequence, got an empty file")

    def every_step(self, lengths: Array) -> tuple[Array, bool, tuple[str, ...]]:
        """The targets (rows, outputs), whether there is a row of them for each step, and what people should know about
        it.
        """
        wanted, counts = self.reading.output, np.frombuffer(self.targets, np.int64)
        y = rows_of(self.y, self.outputs)
        every = self.form == "rows"
        if self.form == "list":
            every = bool((counts == lengths).all()) and wanted != "last step"
            if not every and (counts != counts[0]).any():
                row = int(np.flatnonzero(counts != (lengths if counts[0] == lengths[0] else counts[0]))[0])
                raise ValueError(
                    f'{self.path}, sequence {row + 1}, column "y": expected a target for each of its {lengths[row]} '
                    "steps, or "
                    f"as many as every other sequence has, got {counts[row]}"
                )
            if every:
                return y, True, (ONE_A_STEP,)
            y = y.reshape(len(lengths), -1)
        if wanted not in (None, "every step" if every else "last step"):
            found = "every step" if every else "last step"
            raise ValueError(f"{self.path}: expected targets at {wanted}, as output= says, got them at {found}")
        return y, every, ()

    def _object(self, text: str) -> set[str]:
        """Read {"x": …, "y": …}; the names that were seen, or none if it is JSON of another kind."""
        at = _skip(text, 0)
        if text[at : at + 1] != "{":
            _value(text, at)
            return set()
        seen: set[str] = set()
        at = _after(text, at, "{")
        while text[at : at + 1] != "}":
            name, at = _value(text, at)
            at = _after(text, _skip(text, at), ":")
            if name not in ("x", "y") or name in seen:
                return set()
            seen.add(name)
            at = self._inputs(text, at) if name == "x" else self._targets(text, at)
            if text[at : at + 1] != ",":
                break
            at = _after(text, at, ",")
        if _after(text, at, "}") != len(text):
            raise _NotJson
        return seen

    def _inputs(self, text: str, at: int) -> int:
        """Read the rows of x; the place after them."""
        count = 0
        if text[at : at + 1] != "[":
            self._expected("x", "a list of rows", _value(text, at)[0])
        for end, row in _elements(text, at):
            at = end
            if row is not _END:
                self.features = self._check_row(f"x[{count}]", row, self.features)
                self.x.extend([self._number(f"x[{count}]", i, value) for i, value in enumerate(row)])
                count += 1
        if not count:
            self._expected("x", "a list of rows", [])
        self.lengths.append(count)
        return at

    def _targets(self, text: str, at: int) -> int:
        """Read y; the place after it."""
        count, form, outputs = 0, "", 0
        if text[at : at + 1] != "[":
            form, count, outputs = "one", 1, 1
            value, at = _value(text, at)
            at = _skip(text, at)
            self.y.append(self._target("y", value))
        else:
            for end, element in _elements(text, at):
                at = end
                if element is _END:
                    break
                form = form or ("rows" if isinstance(element, list) else "list")
                if form == "rows":
                    outputs = self._check_row(f"y[{count}]", element, outputs)
                    self.y.extend([self._target(f"y[{count}][{i}]", value) for i, value in enumerate(element)])
                else:
                    outputs = 1
                    self.y.append(self._target(f"y[{count}]", element))
                count += 1
            if not count:
                self._expected("y", "a list of numbers", [])
        if self.form and (self.form, self.outputs) != (form, outputs):
            shape = _shape(form, outputs)
            raise ValueError(
                f'{self.line}, column "y": expected {_shape(self.form, self.outputs)} as before, got {shape}'
            )
        self.form, self.outputs = form, outputs
        self.targets.append(count)
        return at

    def _check_row(self, place: str, row: Any, features: int) -> int:
        if not isinstance(row, list) or not row or (features and len(row) != features):
            expected = f"a list of {features} numbers" if features else "a list of numbers"
            plain = isinstance(row, int | float) and not isinstance(row, bool) and place.startswith("x")
            advice = f"; a row for each step, also of one feature: [[{row}], …]" if plain and features < 2 else ""
            self._expected(place, expected, row, advice)
        return len(row)

    def _number(self, place: str, i: int | None, value: Any) -> float:
        largest = self.reading.largest
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not -largest <= value <= largest:
            expected = "a finite number"
            if isinstance(value, float) and isfinite(value):
                expected = f"a number that {self.reading.dtype} can compute with (up to {largest:g})"
            self._expected(place if i is None else f"{place}[{i}]", expected, value)
        return float(value)

    def _target(self, place: str, value: Any) -> float:
        try:
            if isinstance(value, str):
                found = self.labels.of_text(value, None)
            else:
                number = self._number(place, None, value)
                found = self.labels.of_number(value if isinstance(value, int) else number)
        except Unexpected as error:
            self._expected(place, str(error), value)
        return found

    def _expected(self, place: str, expected: str, got: Any, advice: str = "") -> NoReturn:
        raise ValueError(f'{self.line}, column "{place}": expected {expected}, got {short(json.dumps(got))}{advice}')


def _shape(form: str, outputs: int) -> str:
    return {"rows": f"rows of {outputs}", "list": "one list", "one": "a single value"}[form]


def _elements(text: str, at: int) -> Iterator[tuple[int, Any]]:
    """The elements of the JSON list that begins at a place, each with the place after it.

    Then that after the list, and _END.
    """
    at = _after(text, at, "[")
    while text[at : at + 1] != "]":
        element, at = _value(text, at)
        at = _skip(text, at)
        yield at, element
        if text[at : at + 1] != ",":
            break
        at = _after(text, at, ",")
    yield _after(text, at, "]"), _END


_END = object()


def _value(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins at a place, and the place after it."""
    try:
        value, end = _SCAN(text, at)
    except (ValueError, RecursionError):  # of too many digits, or nested too deeply
        raise _NotJson from None
    return value, end
    return value, end


def _after(text: str, at: int, mark: str) -> int:
    """The place behind a mark and what space follows it."""
    if text[at : at + 1] != mark:
        raise _NotJson
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
