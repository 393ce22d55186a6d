"""Reading files: a table of a million rows beside pandas and pyarrow, which check nothing; a mapped archive."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import throughtime as tt
from benchmarks.measure import Context
from benchmarks.rows import Figure, Ratio, compare

ROWS, STEPS = 1_000_000, 100
ARCHIVE = (2500, 1000, 100)
"""B, T, I of 1 GB in float32."""


def measured(context: Context) -> Iterator[Ratio | Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _table(Path(folder) / "table.csv")
        yield from _archive(Path(folder) / "archive.npz")


def _table(path: Path) -> Iterator[Ratio | Figure]:
    values = table(path, ROWS)
    found = tt.tasks.read(path)
    np.testing.assert_array_equal(found.x.reshape(ROWS, -1), values[:, :3])
    size = f"{ROWS:,} rows, {path.stat().st_size / 1e6:.0f} MB"
    start = time.perf_counter()
    tt.tasks.read(path)
    yield Figure(
        "CSV of 1,000,000 rows", time.perf_counter() - start, "s", 2.0, "3 inputs, 1 target, every cell checked"
    )
    for name, read in readers():
        read(path)
        yield Ratio("CSV", size, name, **compare(lambda: tt.tasks.read(path), lambda read=read: read(path), pairs=3))


def readers():
    """Of other libraries that are installed: into columns, without any check."""
    try:
        import pandas
    except ModuleNotFoundError:
        pass
    else:
        yield "pandas.read_csv", pandas.read_csv
        yield "pandas, exact numbers", lambda path: pandas.read_csv(path, float_precision="round_trip")
    try:
        from pyarrow import csv
    except ModuleNotFoundError:
        pass
    else:
        one = csv.ReadOptions(use_threads=False)
        yield "pyarrow.csv", lambda path: csv.read_csv(path, read_options=one)
    yield "numpy.loadtxt", lambda path: np.loadtxt(path, delimiter=",", skiprows=1)


def table(path: Path, rows: int) -> np.ndarray:
    """Write a table of sequences of STEPS rows → its numbers (rows, 4)."""
    values = np.random.default_rng(0).normal(size=(rows, 4)).round(6)
    with path.open("w") as file:
        file.write("sequence,time,x1,x2,x3,y\n")
        file.writelines(f"{i // STEPS},{i % STEPS},{a},{b},{c},{d}\n" for i, (a, b, c, d) in enumerate(values.tolist()))
    return values


def _archive(path: Path) -> Iterator[Figure]:
    B, T, inputs = ARCHIVE
    rng = np.random.default_rng(0)
    np.savez(path, x=rng.random((B, T, inputs), np.float32), y=rng.random((B, 1), np.float32))
    size = path.stat().st_size
    start = time.perf_counter()
    data = tt.tasks.DataFile.read(path, dtype="float32")
    seconds = time.perf_counter() - start
    yield Figure(
        f"NPZ of {size / 1e9:.1f} GB, checked and standardised", seconds, "s", note="its numbers stay in the file"
    )
    net = tt.Network(
        cell="gru", inputs=inputs, hidden=16, outputs=1, readout="identity", output="last step", dtype="float32"
    )
    tracemalloc.start()
    data = tt.tasks.DataFile.read(path, dtype="float32")
    tt.train(net, data, steps=5, batch=32)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    yield Figure(
        "memory to read it and to train from it", taken / size, "of its size", 0.5, note="at the peak, in arrays"
    )
