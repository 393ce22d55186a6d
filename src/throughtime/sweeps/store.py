"""The results of a sweep in one SQLite file: a row for each trial, written as it arrives, never twice."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, astuple, fields
from pathlib import Path
from typing import Any

from throughtime.disk import write_atomically
from throughtime.sweeps.space import Space, Trial
from throughtime.sweeps.trial import Result

_COLUMNS = [field.name for field in fields(Result)]
_SCHEMA = """
CREATE TABLE sweep (space TEXT NOT NULL);
CREATE TABLE results (
    trial INTEGER PRIMARY KEY, seed INTEGER NOT NULL, exact REAL, root_mean_square REAL, loss REAL,
    steps_taken INTEGER NOT NULL, seconds REAL NOT NULL, stopped TEXT NOT NULL, options TEXT NOT NULL
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


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
        If the file holds no sweep, or another one.
    """

    def __init__(self, path: Any, space: Space | None = None) -> None:
        self.path = Path(path)
        if space is None and not self.path.exists():
            raise ValueError(f"there is no sweep in {path}: there is no such file")
        try:
            with closing(self._connect()) as connection, connection:
                if space is not None and not connection.execute("PRAGMA user_version").fetchone()[0]:
                    connection.executescript(_SCHEMA)
                    connection.execute("INSERT INTO sweep VALUES (?)", (space.to_json(),))
                stored = connection.execute("SELECT space FROM sweep").fetchone()[0]
        except (sqlite3.Error, TypeError) as error:
            raise ValueError(f"{path} holds no sweep: {error}") from None
        self.space = Space.from_json(stored)
        if space is not None and self.space != space:
            raise ValueError(f"{path} holds another sweep, of other options or seeds: write to another file")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=60)

    def add(self, trial: Trial, result: Result) -> bool:
        """Write a row, and say whether it is new."""
        marks = ", ".join("?" * (len(_COLUMNS) + 1))
        with closing(self._connect()) as connection, connection:
            done = connection.execute(
                f"INSERT OR IGNORE INTO results ({', '.join(_COLUMNS)}, options) VALUES ({marks})",
                (*astuple(result), json.dumps(trial.options)),
            )
            return done.rowcount == 1

    def results(self) -> list[Result]:
        """All rows so far, in the order of their trials."""
        with closing(self._connect()) as connection:
            return [
                Result(*row) for row in connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM results ORDER BY trial")
            ]

    def missing(self) -> list[Trial]:
        """The trials that have no row yet."""
        done = {result.trial for result in self.results()}
        return [trial for trial in self.space.trials() if trial.number not in done]

    def rows(self) -> list[dict[str, Any]]:
        """The results with their options, as flat rows."""
        trials = self.space.trials()
        return [
            {"trial": r.trial} | trials[r.trial].options | {k: v for k, v in asdict(r).items() if k != "trial"}
            for r in self.results()
        ]

    def export(self, path: Any) -> None:
        """Write the rows to a .csv or .parquet file."""
        path = Path(path)
        rows = self.rows()
        if path.suffix == ".csv":
            text = io.StringIO(newline="")
            names = list(rows[0]) if rows else _COLUMNS
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
            raise ValueError(f"rows are written to a file that ends in .csv or .parquet, got {path.name}")
