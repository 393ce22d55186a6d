"""What a sweep costs beside its trainings: a scheduler and two Dask workers on this machine."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator

import throughtime as tt
from benchmarks.measure import Context
from benchmarks.rows import Figure

TRIALS = 1000
WORKERS = 2


def measured(context: Context) -> Iterator[Figure]:
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory() as folder, LocalCluster(
        n_workers=WORKERS, threads_per_worker=1, dashboard_address=None
    ) as cluster:  # fmt: skip
        options = {"cell": "elman", "hidden": 4, "steps": 50, "batch": 8, "bits": 3}

        def sweep(trials: int, name: str) -> tt.sweeps.Store:
            return tt.sweep(
                "addition", options, seeds=trials, out=f"{folder}/{name}.sqlite", scheduler=cluster.scheduler_address
            )

        sweep(2 * WORKERS, "first")  # the workers import
        start, used = time.perf_counter(), time.process_time()
        store = sweep(TRIALS, "measured")
        seconds, used = time.perf_counter() - start, time.process_time() - used
        training = sum(result.seconds for result in store.results())
        busy = min(WORKERS, os.cpu_count() or 1)
        yield Figure(
            f"a sweep of {TRIALS:,} trials on {WORKERS} Dask workers, beside its trainings",
            1e3 * (seconds - training / busy) / TRIALS, "ms a trial", 20.0,
            f"of which {1e3 * used / TRIALS:.1f} ms in the process that sweeps and schedules",
        )  # fmt: skip
