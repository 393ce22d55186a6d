"""The lines of a table and their cells, some at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import TextIO

MOST_IN_A_LINE = 2**22
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
_CELLS = 2**12
"""That are read at a time."""
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class Records:
    """A table's lines that are not empty, each as its number and its cells; the first is the header."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.separator = _separator(path)
        self.has_long_lines = _has_long_lines(path)

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows under the header."""
        return islice(self.one_by_one(), 1, None)

    def one_by_one(self) -> Iterator[tuple[int, list[str]]]:
        """The header and the rows."""
        for lines, records in self._read():
            yield from zip(lines, records, strict=True)

    def some(self) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The rows under the header, some at a time: their lines, and their cells."""
        return islice(self._read(), 1, None)

    def _read(self) -> Iterator[tuple[Sequence[int], list[list[str]]]]:
        """The header, then some rows at a time."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            lines_of_file = self._bounded(file) if self.has_long_lines else file
            reader = csv.reader(lines_of_file, delimiter=self.separator, strict=True)
            rows, failure = 1, None
            while failure is None:
                before, records = reader.line_num, list[list[str]]()
                try:
                    records.extend(islice(reader, rows))
                except csv.Error as error:  # what came before it is read first
                    failure = ValueError(f"{self.path}, line {reader.line_num}: expected well-formed CSV, got: {error}")
                except ValueError as error:
                    failure = error
                if not records:
                    break
                lines: Sequence[int] = range(before + 1, before + 1 + len(records))
                if failure is not None or reader.line_num != lines[-1]:  # there may be line ends within cells
                    ends = (1 + sum(len(_LINE_ENDS.findall(cell)) for cell in record) for record in records)
                    lines = list(accumulate(ends, initial=before))[1:]
                if not all(map(any, records)):
                    kept = [i for i, record in enumerate(records) if any(record)]
                    lines, records = [lines[i] for i in kept], [records[i] for i in kept]
                if records:
                    rows = max(1, _CELLS // len(records[0]))
                    yield lines, records
            if failure is not None:
                raise failure from None

    def _bounded(self, file: TextIO) -> Iterator[str]:
        """The lines of a file, none of them so long that its cells would fill the memory."""
        while line := file.readline(MOST_IN_A_LINE):
            if len(line) == MOST_IN_A_LINE:
                raise ValueError(
                    f"{self.path}: expected lines of less than {MOST_IN_A_LINE} characters, got a longer one"
                )
            yield line


def _has_long_lines(path: Path) -> bool:
    """Whether a line may be as long as MOST_IN_A_LINE, as far as its bytes say."""
    length = 0
    with path.open("rb") as file:
        while block := file.read(2**16):
            end = max(block.rfind(b"\n"), block.rfind(b"\r"))
            length = length + len(block) if end < 0 else len(block) - 1 - end
            if length >= MOST_IN_A_LINE // 2:
                return True
    return False


def _separator(path: Path) -> str:
    """The separator of cells: of comma, semicolon and tab the most frequent in the first line, outside of quotes."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = "\n"
        while first and not first.strip():
            first = file.readline(MOST_IN_A_LINE)
    plain = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=plain.count)
