"""The results of a sweep in one SQLite file: a row for each trial, written as it arrives, never twice.

The file is ours if it says so itself (application_id, user_version, the tables and their columns); no other is written
to. Each change is one transaction, so that a reader, another sweep or a crash at any moment finds all of it or nothing.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, fields
from math import inf
from pathlib import Path
from typing import Any

from throughtime.experiments.sweeps.space import Space, Trial
from throughtime.experiments.sweeps.trial import FAILED, Result
from throughtime.support.checks import number, whole_number
from throughtime.support.disk import write_atomically
from throughtime.support.documents import json_object

_APPLICATION = int.from_bytes(b"ttsw", "big")
_VERSION = 2
_COLUMNS = [field.name for field in fields(Result)]
_TABLES = {
    "sweep": "CREATE TABLE sweep (space TEXT NOT NULL)",
    "results": (
        "CREATE TABLE results (trial INTEGER PRIMARY KEY, seed INTEGER NOT NULL, exact REAL, root_mean_square REAL, "
        "loss REAL, steps_taken INTEGER NOT NULL, seconds REAL NOT NULL, stopped TEXT NOT NULL, options TEXT NOT NULL, "
        "error TEXT) WITHOUT ROWID"
    ),
}
_COLUMNS_OF = {
    "sweep": ["space"],
    "results": ["trial", "seed", "exact", "root_mean_square", "loss", "steps_taken", "seconds", "stopped", "options"],
}
"""Of version 1; version 2 has an error too."""
_SECONDS = 60
"""That a transaction waits for another program's."""
_LONGEST = 2**28
"""Bytes of a text in the file: a damaged or hostile one may declare more than there is memory."""


class Store:
    """A sweep's file.

    Parameters
    ----------
    path : of the SQLite file
    space : Space, optional
        Makes the file if there is none; if there is one, it must hold the same sweep.

    Raises
    ------
    ValueError
        If the file holds no sweep, or another one, or cannot be read or written.
    """

    def __init__(self, path: Any, space: Space | None = None) -> None:
        self.path = Path(path)
        if self.path.exists() and not self.path.is_file():
            raise ValueError(f"{path} holds no sweep: it is no regular file")
        if space is None and not self.path.exists():
            raise ValueError(f"there is no sweep in {path}: there is no such file")
        with self._connected("rw" if space is None else "rwc") as connection:
            if space is not None and _is_empty(connection):
                _create(connection, space)
            self._check(connection)
            stored = connection.execute("SELECT space FROM sweep").fetchall()
        try:
            if len(stored) != 1 or not isinstance(stored[0][0], str):
                raise ValueError("it does not say which")
            self.space = Space.from_json(stored[0][0])
        except ValueError as error:
            raise ValueError(f"{path} holds no sweep: {error}") from None
        if space is not None and self.space != space:
            raise ValueError(
                f"{path} holds another sweep, of other options, seeds or trials: write to another file with --out FILE "
                "(out= in Python)"
            )
        if space is not None and None not in (space.data, self.space.data) and self.space.data != space.data:
            raise ValueError(
                f"{path} holds a sweep of other data: {space.task} has changed since: write to another file with --out "
                "FILE (out= in Python)"
            )

    @contextmanager
    def _connected(self, mode: str = "rw") -> Iterator[sqlite3.Connection]:
        """The file, opened; what SQLite says against it is a ValueError."""
        try:
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            with closing(sqlite3.connect(uri, timeout=_SECONDS, isolation_level=None, uri=True)) as connection:
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
                connection.execute("PRAGMA trusted_schema = OFF")
                yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise ValueError(self._told(error)) from None

    def _told(self, error: Exception) -> str:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            return f"{self.path} cannot be written: {error}; make room or choose another file; what is in it is kept"
        if code == sqlite3.SQLITE_CANTOPEN:
            return f"{self.path} cannot be opened: {error}; is there such a folder, and may it be written to?"
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return f"{self.path} is held by another program: {error}; try again when that has ended"
        return f"{self.path} holds no sweep: {error}"

    def _check(self, connection: sqlite3.Connection) -> None:
        """A ValueError if the file is not ours, or damaged; one of version 1 is brought to version 2."""
        if _is_empty(connection):
            raise ValueError(f"{self.path} holds no sweep: it is empty")
        application, version = (connection.execute(f"PRAGMA {of}").fetchone()[0] for of in _IDENTITY)
        if (application, version) not in ((0, 1), (_APPLICATION, _VERSION)):
            newer = application == _APPLICATION and version > _VERSION
            raise ValueError(
                f"{self.path} holds no sweep: {'its format is newer' if newer else 'another program made it'}"
            )
        tables = connection.execute("SELECT type, name FROM sqlite_master ORDER BY name DESC").fetchall()
        columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_xinfo({name})")] for name in _COLUMNS_OF}
        expected = _COLUMNS_OF if version == 1 else _COLUMNS_OF | {"results": [*_COLUMNS_OF["results"], "error"]}
        if tables != [("table", name) for name in _COLUMNS_OF] or columns != expected:
            raise ValueError(f"{self.path} holds no sweep: its tables are others")
        damage = connection.execute("PRAGMA quick_check(1)").fetchone()
        if damage != ("ok",):
            raise ValueError(f"{self.path} is damaged: {' '.join(str(damage[0]).split())}")
        if version == 1:
            with _transaction(connection):
                if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
                    connection.execute("ALTER TABLE results ADD COLUMN error TEXT")
                    _identify(connection)

    def add(self, results: Iterable[tuple[Trial, Result]]) -> list[tuple[Trial, Result]]:
        """Write rows, all or none of them, and give those that are new; that of a trial which failed is replaced.

        The time of a transaction is that of the disk, a hundred times that of a row.
        """
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        new = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)
        insert = (
            f"INSERT INTO results ({', '.join(_COLUMNS)}, options) VALUES ({marks}) "
            f"ON CONFLICT (trial) DO UPDATE SET {new} WHERE stopped = '{FAILED}'"
        )
        with self._connected() as connection, _transaction(connection):
            return [
                (trial, result)
                for trial, result in results
                if connection.execute(insert, (*astuple(result), json.dumps(trial.options))).rowcount == 1
            ]

    def results(self) -> list[Result]:
        """All rows so far, in the order of their trials."""
        return [result for _, result in self.done()]

    def done(self) -> list[tuple[Trial, Result]]:
        """The runs so far with their results, in the order of their numbers."""
        with self._connected() as connection:
            rows = connection.execute(f"SELECT {', '.join(_COLUMNS)}, options FROM results ORDER BY trial").fetchall()
        holds = self.space.holds()
        return [self._done(row, holds) for row in rows]

    def _done(self, row: tuple[Any, ...], holds: Callable[[Mapping[str, Any]], bool]) -> tuple[Trial, Result]:
        """A row as a run and its Result; a ValueError if it cannot be one of this sweep."""
        try:
            result, options = Result(*row[:-1]), json_object(row[-1], "the options of a row")
            trial = whole_number("trial", result.trial, 0, len(self.space) - 1)
            if result.seed != self.space.seeds[trial % len(self.space.seeds)]:
                raise ValueError(f"trial {trial} has another seed")
            whole_number("steps_taken", result.steps_taken)
            number("seconds", result.seconds, 0)
            for name, least, most in (("exact", 0, 1), ("root_mean_square", 0, None), ("loss", None, None)):
                if getattr(result, name) not in (None, inf):
                    number(name, getattr(result, name), least, most)
            if not isinstance(result.stopped, str) or not isinstance(result.error, str | None):
                raise ValueError(f"trial {trial} does not say why it ended")
            if (result.stopped == FAILED) != (result.error is not None):
                raise ValueError(f"trial {trial} does not say whether it failed")
            if not holds(options):
                raise ValueError(f"trial {trial} has other options than the sweep")
        except ValueError as error:
            raise ValueError(f"{self.path} is damaged: {error}") from None
        return Trial(trial, options, result.seed), result

    def missing(self) -> list[Trial]:
        """The trials that have no row yet, and those that failed."""
        done = {result.trial for result in self.results() if result.stopped != FAILED}
        return [trial for trial in self.space.runs() if trial.number not in done]

    def rows(self) -> list[dict[str, Any]]:
        """The results with their options, as flat rows."""
        return [
            {"run": trial.number} | trial.options | {k: v for k, v in asdict(result).items() if k != "trial"}
            for trial, result in self.done()
        ]

    def export(self, path: Any) -> None:
        """Write the rows to a .csv or .parquet file."""
        path = Path(path)
        rows = self.rows()
        if path.suffix == ".csv":
            text = io.StringIO(newline="")
            names = list(rows[0]) if rows else ["run", *self.space.options, *_COLUMNS[1:]]
            writer = csv.DictWriter(text, names)
            writer.writeheader()
            writer.writerows(rows)
            write_atomically(path, text.getvalue().encode())
        elif path.suffix == ".parquet":
            try:
                import pyarrow as pa
                from pyarrow import parquet
            except ModuleNotFoundError:
                raise ValueError("Parquet needs pyarrow: pip install 'throughtime[sweep]'") from None
            content = io.BytesIO()
            parquet.write_table(pa.Table.from_pylist(rows), content)
            write_atomically(path, content.getvalue())
        else:
            raise ValueError(f"rows are written to a file that ends in .csv or .parquet, got {path}")


_IDENTITY = ("application_id", "user_version")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of what is done within, or nothing; it begins when no other program writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing in the file, as in a new one, or where the transaction that made it was killed."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return (*tables, *(connection.execute(f"PRAGMA {of}").fetchone()[0] for of in _IDENTITY)) == (0, 0, 0)


def _create(connection: sqlite3.Connection, space: Space) -> None:
    with _transaction(connection):
        if _is_empty(connection):  # still, now that nobody else writes
            for statement in _TABLES.values():
                connection.execute(statement)
            connection.execute("INSERT INTO sweep VALUES (?)", (space.to_json(),))
            _identify(connection)


def _identify(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
