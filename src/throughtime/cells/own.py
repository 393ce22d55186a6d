"""A cell of a user's own, in a file of theirs, named FILE.py:NAME."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from traceback import extract_tb
from typing import Any

from throughtime.cells.graph import Graph
from throughtime.support.checks import nearest


def is_own(word: str) -> bool:
    """Whether a word is FILE.py:NAME rather than the name of a cell."""
    return ":" in word or word.endswith(".py")


def cell_of(word: str) -> str | Graph:
    """The cell that FILE.py:NAME means; any other word as it is, which is to be a cell's name."""
    return read(word) if is_own(word) else word


def read(word: str) -> Graph:
    """Run the file and give the cell of that name: FILE.py:NAME, or FILE.py of a file with but one.

    Raises
    ------
    ValueError
        In one sentence, if there is no such file, it ends with an exception, or holds no such cell.
    """
    file, colon, name = word.rpartition(":") if ":" in word else (word, "", "")
    found = _run(Path(file), word)
    cells = {key: value for key, value in found.items() if isinstance(value, Graph)}
    if not cells:
        raise ValueError(f"{file} holds no cell: put @throughtime.cell above the function of one time step")
    if not name and not colon and len(cells) == 1:
        return next(iter(cells.values()))
    if not name:
        raise ValueError(f"{file} holds the cells {', '.join(cells)}: say which, as in {file}:{next(iter(cells))}")
    if name in found and name not in cells:
        kind = type(found[name]).__name__
        raise ValueError(f"{name} in {file} is no cell, it is of type {kind}: put @throughtime.cell above a function")
    if name not in cells:
        raise ValueError(f"{file} holds no cell {name}{nearest(name, cells)}")
    return cells[name]


def _run(file: Path, word: str) -> dict[str, Any]:
    """The names of a file that has been run, as if from its own folder."""
    if file.suffix != ".py":
        raise ValueError(f"a cell of your own is named FILE.py:NAME, got {word!r:.200}")
    if not file.is_file():
        raise ValueError(f"there is no file {file} to read a cell from")
    path = list(sys.path)
    sys.path.insert(0, str(file.resolve().parent))
    try:
        return runpy.run_path(str(file), run_name=file.stem)
    except (Exception, SystemExit) as error:
        line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
        for frame in extract_tb(error.__traceback__):
            line = frame.lineno if frame.filename == str(file) else line
        said = " ".join(str(error).split()) or "no more is said"
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        raise ValueError(f"{file}{f', line {line}' * bool(line)}: {kind}{said}") from None
    finally:
        sys.path[:] = path
