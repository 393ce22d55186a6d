"""A sweep on a real dask.distributed cluster, of which one worker is killed in the middle."""

import os
import re
import signal
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from throughtime.experiments.sweeps.run import sweep
from throughtime.experiments.sweeps.trial import run

pytest.importorskip("joblib", reason="sweeps need joblib: pip install 'throughtime[sweep]'")
distributed = pytest.importorskip("distributed", reason="a cluster needs dask: pip install 'throughtime[sweep]'")

HERE = str(Path(__file__).parent)
SEEDS = 10
KILLED_AT = 20  # of the times that a trial asks whether to go on


def started(module, *arguments, until):
    """A process of the cluster, and what the line of its log that is waited for says."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": os.pathsep.join([HERE, *sys.path])},
    )  # fmt: skip
    for line in process.stderr:
        found = re.search(until, line)
        if found:
            return process, found[1]
    raise AssertionError(f"{module} ended with {process.wait()}")


@pytest.fixture
def cluster():
    """The address of a scheduler on loopback, and its two workers."""
    processes = []
    try:
        scheduler, address = started(
            "dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            until=r"Scheduler at:\s+(tcp://\S+)",
        )
        processes.append(scheduler)
        for _ in range(2):
            worker, _name = started(
                "dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
                until=r"Registered to:\s+(tcp://\S+)",
            )  # fmt: skip
            processes.append(worker)
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()
            process.stderr.close()


@pytest.fixture
def watch():
    """A port where trials ask, and the list of the processes that did.

    The one that is the KILLED_AT-th is killed then.
    """
    asked = []

    class Answer(socketserver.StreamRequestHandler):
        def handle(self):
            asked.append(int(self.rfile.readline()))
            if len(asked) == KILLED_AT:
                os.kill(asked[-1], signal.SIGKILL)
            else:
                self.wfile.write(b"+")

    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], asked
        server.shutdown()
        thread.join()


@pytest.mark.long
def test_a_worker_is_killed_in_the_middle_of_a_trial_and_nothing_is_lost_or_there_twice(
    cluster, watch, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(HERE)
    (scheduler, workers), (port, asked) = cluster, watch
    options = {"cell": ["elman", "lstm"], "gap": [1, 5], "steps": 20, "batch": 8, "port": port}
    seen = []
    store = sweep(
        "watched_task:Watched", options, seeds=SEEDS, out=tmp_path / "s.sqlite", scheduler=scheduler,
        progress=lambda trial, result, done, of: seen.append((trial.number, done, of)),
    )  # fmt: skip
    killed, alive = sorted(workers, key=lambda worker: worker.pid != asked[KILLED_AT - 1])
    assert (killed.wait(), alive.poll()) == (-signal.SIGKILL, None)
    assert asked[KILLED_AT:] == [alive.pid] * len(asked[KILLED_AT:])
    assert [done for _, done, _ in seen] == list(range(1, 4 * SEEDS + 1))
    assert sorted(number for number, _, _ in seen) == [r.trial for r in store.results()] == list(range(4 * SEEDS))
    assert store.missing() == []
    for place in (0, 17, 39):
        here, there = run("watched_task:Watched", store.space.runs()[place]), store.results()[place]
        assert (here.exact, here.loss) == (there.exact, there.loss)


def test_no_scheduler(tmp_path, monkeypatch):
    def refused(*arguments, **options):
        raise OSError("timed out")

    monkeypatch.setattr(distributed, "Client", refused)
    with pytest.raises(ValueError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1: timed out"):
        sweep("recall", {"steps": 1}, out=tmp_path / "s.sqlite", scheduler="tcp://127.0.0.1:1")
