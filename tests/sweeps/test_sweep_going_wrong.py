"""Ctrl-C at every moment, runs that fail, processes that are killed: the others' rows stay, and the file continues."""

import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.experiments.sweeps import run as running
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.trial import Result
from throughtime.support.memory import TooLarge

HERE = str(Path(__file__).parent)
FEW = {"steps": 2, "batch": 2}


@pytest.fixture
def quick(monkeypatch):
    """Trials that are not trained, threads in place of processes, and files that need not outlast a power cut."""
    connect = sqlite3.connect

    def made(task, trial):
        return Result(trial.number, trial.seed, 0.5, None, 1.0, 2, 3.0, "steps")

    @contextmanager
    def threads(processes):
        with ThreadPoolExecutor(processes) as pool:
            yield pool

    def hasty(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    monkeypatch.setattr(sqlite3, "connect", hasty)
    monkeypatch.setattr(running, "run", made)
    monkeypatch.setattr(running, "_here", threads)
    monkeypatch.setattr(running, "planned", lambda task, options: None)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupted_before_every_fifth_line_it_goes_on(interrupted_at, quick, tmp_path, jobs):
    """Of this package, of SQLite's, of the pool's and of the queues'."""
    interrupted = 0
    for moment in range(1, 9000, 5):
        out = tmp_path / f"{moment}.sqlite"

        def work(out=out):
            return len(tt.sweep("recall", {"gap": [1, 2]}, out=out, jobs=jobs).results())

        found, taken = interrupted_at(moment, work)
        if taken < moment:
            break
        interrupted += found == "interrupted"
        assert found in ("interrupted", 2)
        if moment % 4 == 1:
            assert work() == 2
        elif out.exists() and out.stat().st_size:
            assert len(Store(out).results()) <= 2
    assert found == 2
    assert interrupted > 60


def test_a_run_that_fails_is_a_row_and_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    seen = []
    options = FEW | {"gap": [1, 2, 3]}
    store = tt.sweep(
        "deadly_task:Wrong", options, out=tmp_path / "s.sqlite", jobs=1, progress=lambda *message: seen.append(message)
    )
    assert [row["stopped"] for row in store.rows()] == ["steps", "failed", "steps"]
    assert store.results()[1].error == "LookupError: nothing to draw"
    assert [(message[1].trial, message[2]) for message in seen] == [(0, 1), (1, 2), (2, 3)]
    tt.sweep(
        "deadly_task:Wrong", options, out=tmp_path / "s.sqlite", jobs=1, progress=lambda *message: seen.append(message)
    )
    assert [message[1].trial for message in seen[3:]] == [1]


@pytest.mark.long
def test_a_process_that_is_killed_is_said_so_and_what_is_done_is_kept(tmp_path, monkeypatch):
    pytest.importorskip("joblib", reason="sweeps need joblib: pip install 'throughtime[sweep]'")
    monkeypatch.syspath_prepend(HERE)
    out = tmp_path / "s.sqlite"
    with pytest.raises(ValueError, match=r"a process of the sweep was killed.*what is done is in .*s\.sqlite"):
        tt.sweep("deadly_task:Deadly", FEW | {"gap": [1, 3, 4, 5, 2]}, seeds=2, out=out, jobs=2)
    assert {result.stopped for result in Store(out).results()} <= {"steps"}
    store = tt.sweep("deadly_task:Deadly", FEW | {"gap": [1, 3, 4, 5, 2]}, seeds=2, out=out, jobs=1)
    assert len(store.results()) == 10


def test_what_would_be_too_many_is_counted_before_it_is_made(tmp_path):
    out = tmp_path / "s.sqlite"
    for options, more, message in [
        ({"gap": {"from": 1, "to": 10**6}, "steps": {"from": 1, "to": 10**6}}, {}, "1,000,000 runs.*1,000,000,000,000"),
        ({}, {"seeds": 10**7}, "seeds must be a whole number from 1 to 1000000, got 10000000"),
        ({}, {"seeds": range(10**15)}, "at most 1,000,000 seeds"),
        ({}, {"search": "random", "trials": 10**7}, "trials must be a whole number from 1 to 1000000"),
        ({}, {"search": "random", "trials": 10**6, "seeds": 2}, "2,000,000"),
        ({"gap": range(10**12)}, {}, "at most 1,000,000 values"),
    ]:
        with pytest.raises(ValueError, match=message):
            tt.sweep("recall", options, out=out, **more)
    with pytest.raises(TooLarge, match="100,000,000 processes needs"):
        tt.sweep("recall", {"gap": [1, 2]}, out=out, jobs=10**8)
    assert not out.exists()


def test_numbers_of_numpy_are_numbers(quick, tmp_path):
    options = {
        "gap": np.arange(1, 3),
        "learning-rate": np.float32(0.5),
        "cell": np.str_("lstm"),
        "bidirectional": np.True_,
    }
    store = tt.sweep("recall", options, seeds=np.int64(2), out=tmp_path / "s.sqlite", jobs=np.int8(1))
    plain = {"gap": [1, 2], "learning_rate": 0.5, "cell": "lstm", "bidirectional": True}
    again = tt.sweep("recall", plain, seeds=np.array([0, 1]), out=tmp_path / "s.sqlite", jobs=1)
    assert store.rows() == again.rows()
    assert [type(value) for value in store.rows()[0].values()][:5] == [int, int, float, str, bool]
    for options, more, message in [
        ({"gap": np.nan}, {}, "gap must be a number, got nan"),
        ({"gap": None}, {}, "gap must be a number, got None"),
        ({"gap": [1, 1]}, {}, "gap: a grid needs each value once"),
        ({"a-b": 1, "a_b": 2}, {}, "a_b is given twice"),
        ({}, {"seeds": 1.5}, "seeds must be a whole number"),
        ({}, {"seeds": [True]}, "a seed must be a whole number"),
        ({}, {"jobs": 0}, "jobs must be a whole number of at least 1"),
        ({}, {"search_seed": -1}, "search_seed must be a whole number"),
    ]:
        with pytest.raises(ValueError, match=message):
            tt.sweep("recall", options, out=tmp_path / "t.sqlite", **more)


@pytest.mark.skipif(os.name != "posix", reason="killed processes")
def test_a_worker_ends_when_its_parent_is_killed():
    """It holds the parent's standard output, so whoever reads that would wait for ever."""
    child = """if True:
        import os, time
        from throughtime.experiments.sweeps.run import end_with
        end_with(os.getppid())
        print(1, flush=True)
        time.sleep(600)
    """
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"1\n"
        process.kill()
        assert process.stdout.read() == b""  # at the child's end
