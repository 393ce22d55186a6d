"""A user's own sequences, read from a file: a table in long format, a NumPy archive, or JSON lines.

A malformed file is refused with one line that names the file, the row, the column and what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from throughtime.support.checks import nearest, one_of
from throughtime.tasks import ENDINGS
from throughtime.tasks.columns import Targets
from throughtime.tasks.data import Data
from throughtime.tasks.datafile import reading as limits
from throughtime.tasks.datafile.reading import LARGEST, Reading
from throughtime.tasks.task import Output

__all__ = ["read"]


def read(
    path: str | Path,
    *,
    sequence: str | None = None,
    time: str | None = None,
    inputs: Sequence[str] | str | None = None,
    outputs: Sequence[str] | str | None = None,
    output: Output | None = None,
    targets: Targets | None = None,
    classes: Sequence[str] | str | None = None,
    dtype: str = "float64",
) -> Data:
    """Read sequences from a file; the ending of its name says which kind it is, in small letters or capitals.

    `.csv`, `.tsv`, `.txt`
        Long format: a header, then a row for each step of each sequence, separated by commas, or semicolons or tabs
        (numbers may then have a decimal comma). The column `sequence` says which sequence a row belongs to; without
        one, the file is one series. The column `time` holds what grows within a sequence: numbers, dates as ISO 8601
        writes them (2024-01-31 10:05), or times of the day.
    `.npz`
        Arrays `x` (B,T,I); `y` (B,T,O), (B,O), (B,T) for one target at each step, or (B,) for one at the last; and,
        where lengths differ, `lengths` (B,).
    `.jsonl`
        A line for each sequence: {"x": [[…], …], "y": [[…], …]} with a row for each step, "y": […] with one target for
        each step, or else the targets of the sequence, or "y": … with its one target.

    Parameters
    ----------
    sequence, time : str, optional
        The names of these columns of a table, if they are not "sequence" and "time".
    inputs, outputs : strings, or one of names separated by commas, optional
        Which columns of a table are inputs and which are targets; else those called x or y, alone or followed by
        anything but a letter (x1, x_a).
    output : "every step" or "last step", optional
        Where the targets are: of a table at every step if it is not said, else in the last row of a sequence (its other
        rows may leave them empty); of other files as their shape says, unless it says both.
    targets : "numbers", "classes" or "yes or no", optional
        Their kind. Names are classes; numbers are numbers unless this says that they are classes. Dates, and
        numbers in other spellings (50%), are classes only if that is said.
    classes : strings, or one of names separated by commas, optional
        The classes that there may be, in order; "none", "NaN" and their like are classes only if they are among these.
    dtype : "float64" or "float32"
        The network's: larger numbers are refused.

    Raises
    ------
    ValueError
        In one line, for anything about the file that is not as described.

    Returns
    -------
    Data : `data.x`, `data.y` and `data.lengths` are the file's own numbers, `data.columns` says what they stand for.
        `tt.train` takes it, as it is or `standardised`.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in ENDINGS:
        raise ValueError(f"{path}: expected a name that ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")
    reading = Reading(
        sequence, time, _names("inputs", inputs), _names("outputs", outputs),
        _choice("output", output, get_args(Output)), _choice("targets", targets, get_args(Targets)),
        _names("classes", classes), _choice("dtype", dtype, tuple(LARGEST)),
    )  # fmt: skip
    try:
        if not path.is_file():
            if not path.exists():
                raise ValueError(f"there is no file {path}")
            found = "a directory" if path.is_dir() else "a device or a pipe"
            raise ValueError(f"{path}: expected a file, got {found}")
        if kind != ".npz" and path.stat().st_size > limits.MOST_BYTES:
            raise ValueError(
                f"{path}: expected at most {limits.MOST_BYTES} bytes of text (an NPZ may hold more), got "
                f"{path.stat().st_size}"
            )
        return _reader(kind)(path, reading)
    except UnicodeDecodeError:
        raise ValueError(_not_utf_8(path)) from None
    except OSError as error:
        raise ValueError(f"{path}: expected a file that can be read, got {error.strerror or error}") from error


def _reader(kind: str) -> Callable[[Path, Reading], Data]:
    """What reads this kind of files: imported with its libraries, such as orjson, by who has such a file."""
    if kind == ".npz":
        from throughtime.tasks.datafile.arrays import read_npz

        return read_npz
    if kind == ".jsonl":
        from throughtime.tasks.datafile.json_lines import read_json_lines

        return read_json_lines
    from throughtime.tasks.datafile.table import read_table

    return read_table


def _names(option: str, given: Sequence[str] | str | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    names = tuple(name.strip() for name in (given.split(",") if isinstance(given, str) else given))
    if not names or not all(names):
        raise ValueError(f"{option} must be names, such as A,B, got {given!r:.60}")
    return names


def _choice(option: str, given: Any, choices: tuple[str, ...]) -> Any:
    if given is not None and given not in choices:
        advice = nearest(str(given), choices)
        raise ValueError(
            f"{option} must be {one_of(choices)}, got {given!r:.60}{advice if advice.endswith('?') else ''}"
        )
    return given


def _not_utf_8(path: Path) -> str:
    """Where a file is not UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return f"{path}, line {number}: expected text in UTF-8, got the byte 0x{line[error.start]:02x}"
    return f"{path}: expected text in UTF-8"
