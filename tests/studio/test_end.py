"""Ctrl-C, a signal, or the death of the server, at any moment: all ends, and the run is saved and goes on to the same
bits.
"""

import asyncio
import json
import os
import select
import signal
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest
from numba.core import event
from running import PATIENCE, Requester, receive, send, studio

from throughtime.studio import child, serving
from throughtime.studio.client import Client
from throughtime.studio.plan import plan
from throughtime.studio.session import Session
from throughtime.studio.trainer import Request, Trainer
from throughtime.training.checkpoint import load_run
from throughtime.training.loop import proceed

SETTINGS = {"hidden": 3, "steps": 10_000_000, "batch": 4, "seed": 5}
STUDIO = str(Path(serving.__file__).parent)


class InAThread:
    """A trainer's process, but in this one, so that hundreds of them can be started."""

    def __init__(self, here, there):
        self.here, self.trainer = here, Trainer(there)
        self.thread = threading.Thread(target=self.trainer.serve, daemon=True)
        self.thread.start()

    def join(self, seconds):
        self.thread.join(max(seconds, 0.001))

    def is_alive(self):
        return self.thread.is_alive()

    def kill(self):
        self.here.send(Request(-1, "quit"))


@pytest.fixture
def trainers(monkeypatch):
    started = []

    def start(target, name):
        here, there = Pipe()
        started.append(InAThread(here, there))
        return started[-1], here

    monkeypatch.setattr(child, "start", start)
    return started


class Learning(Session):
    """A session that trains as soon as it has begun, before the eyes of a page."""

    def __init__(self, folder):
        super().__init__(plan(SETTINGS), None, lambda name: folder)
        self.page = Client()

    async def start(self):
        await super().start()
        self.enter(self.page)
        await self.handle(self.page, '{"type": "train"}')
        self._in_background(self.look())

    async def look(self):
        async def take(text):
            pass

        await self.page.send_all(take)


def serve_until(call, number, folder):
    """Serve, and send this process a signal at a call of a function of the studio's, counted from the first that may
    get one.
    """
    calls = 0

    def count(frame, event, _):
        nonlocal calls
        if event == "call" and frame.f_code.co_filename.startswith(STUDIO):
            calls += isinstance(signal.getsignal(number), serving._End)
            if calls == call:
                signal.raise_signal(number)

    with serving.listen("127.0.0.1", 18100) as bound:
        sys.setprofile(count)
        try:
            return serving.serve(lambda: Learning(folder), bound, "token", lambda stop: None)
        finally:
            sys.setprofile(None)


def same_bits(folder):
    """Whether a run that was saved is what training without a pause comes to, wherever it was ended."""
    saved, planned = load_run(folder), plan(SETTINGS)
    begun = Requester()
    begun.found(("begin", planned, None))
    run = begun.trainer.run
    proceed(run, planned.task, until=saved.step)
    return np.array_equal(run.network.parameters, saved.network.parameters) and np.array_equal(
        run.moments, saved.moments
    )


def check_calls(calls, trainers, tmp_path):
    for k, call in enumerate(calls):
        number = (signal.SIGINT, signal.SIGTERM)[k % 2]
        before = signal.getsignal(number)
        folder = tmp_path / str(call)
        saved = serve_until(call, number, folder)
        assert signal.getsignal(number) is before
        assert not any(trainer.is_alive() for trainer in trainers), call
        assert saved in (folder, None), call
        assert folder.exists() == (saved is not None), call
        if saved:
            assert same_bits(folder), call


def test_ended_at_many_moments(trainers, tmp_path):
    check_calls([1, 5, 30, 80, 200, 500], trainers, tmp_path)


@pytest.mark.long
def test_ended_at_hundreds_of_moments(trainers, tmp_path):
    check_calls(range(3, 600, 3), trainers, tmp_path)


def test_ended_before_it_began_and_after(trainers, tmp_path):
    end = serving._End()
    end()
    end()
    assert end.requested.is_set()
    with serving.listen("127.0.0.1", 18100) as bound:
        stops = []
        assert (
            serving.serve(lambda: Session(plan(SETTINGS)), bound, "token", lambda stop: (stops.append(stop), stop()))
            is None
        )
        stops[0]()  # the loop is closed


def test_a_start_that_fails_ends_all(monkeypatch, tmp_path):
    def nothing(*_):
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(child, "start", nothing)
    with serving.listen("127.0.0.1", 18100) as bound, pytest.raises(OSError, match="temporarily"):
        serving.serve(lambda: Session(plan(SETTINGS)), bound, "token", lambda stop: None)


class Reading(Client):
    """A page that keeps what it is sent."""

    def __init__(self):
        super().__init__()
        self.received = []

    def send(self, message):
        self.received.append(json.loads(message))

    def show(self, frame, *, passing=False):
        self.received.append(json.loads(frame))

    def all(self, kind):
        return [message for message in self.received if message["type"] == kind]


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), ValueError("runs is a file, not a folder")]
)
def test_where_no_folder_can_be_made_the_page_is_sent_the_reason_and_training_continues(trainers, error):
    def refuse(name):
        raise error

    async def use():
        session, page = Session(plan(SETTINGS), None, refuse), Reading()
        await session.start()
        session.enter(page)
        await session.handle(page, '{"type": "step", "count": 2}')
        await session.handle(page, '{"type": "step", "count": 2}')
        assert await session.end() is None
        return page

    page = asyncio.run(use())
    (error,) = page.all("error")  # once
    assert error["message"].startswith("the run is trained and not kept: ")
    assert error["message"].endswith(("Permission denied", "not a folder"))
    assert [frame["step"] for frame in page.all("frame")] == [0, 2, 4]


def test_a_fault_of_ours_is_said_and_the_session_continues(trainers, monkeypatch):
    async def use():
        session, page = Session(plan(SETTINGS)), Reading()
        await session.start()
        session.enter(page)
        with monkeypatch.context() as broken:
            broken.setattr(session.framer, "frame", lambda *_: {}["missing"])
            await session.handle(page, '{"type": "step"}')
        await session.handle(page, '{"type": "step"}')
        await session.end()
        return page

    page = asyncio.run(use())
    assert ["fault of throughtime: KeyError" in error["message"] for error in page.all("error")] == [True]
    assert [frame["step"] for frame in page.all("frame")] == [0, 2]


def test_pages_are_sent_that_kernels_are_compiled_and_when_that_is_over(trainers, monkeypatch):
    async def use():
        session, page = Session(plan(SETTINGS)), Reading()
        await session.start()
        session.enter(page)
        frame = session.framer.frame

        def compile_first(*arguments):
            event.start_event("numba:compile")
            event.end_event("numba:compile")
            return frame(*arguments)

        monkeypatch.setattr(session.framer, "frame", compile_first)
        await session.handle(page, '{"type": "step"}')
        monkeypatch.setattr(session.framer, "frame", frame)
        await session.handle(page, '{"type": "step"}')
        await session.end()
        event.start_event("numba:compile")  # nobody listens any more
        return page

    states = asyncio.run(use()).all("state")
    assert [(state["step"], state["preparing"]) for state in states] == [(1, True), (1, False), (2, False)]


@pytest.fixture
def requester():
    return Requester()


def test_a_signal_ends_a_trainer_that_trains(requester, tmp_path):
    requester.train(plan(SETTINGS), tmp_path)
    requester.trainer.interrupted()
    requester.trainer.serve()
    assert load_run(tmp_path).step == requester.trainer.run.step


def test_a_signal_ends_a_trainer_that_waits(requester, tmp_path, monkeypatch):
    requester.answer("begin", plan(SETTINGS), None)
    requester.answer("step", 3, tmp_path)

    def receive():
        assert requester.trainer.at_rest
        requester.trainer.interrupted()
        raise AssertionError("it still waits")

    monkeypatch.setattr(requester.trainer, "connection", type("", (), {"recv": staticmethod(receive), "send": print})())
    requester.trainer.serve()
    assert load_run(tmp_path).step == 3


def test_many_steps_give_way_to_the_end(requester, tmp_path):
    requester.here.send(Request(1, "begin", (plan(SETTINGS), None)))
    requester.here.send(Request(2, "step", (1_000_000, tmp_path)))
    requester.here.send(Request(3, "quit"))
    requester.trainer.serve()
    assert 0 < load_run(tmp_path).step < 1_000_000
    assert same_bits(tmp_path)


def test_where_the_server_dies_the_trainer_saves(requester, tmp_path):
    requester.train(plan(SETTINGS), tmp_path)
    requester.here.close()
    requester.trainer.serve()
    assert load_run(tmp_path).step == requester.trainer.run.step > 0


@pytest.mark.long
def test_processes_are_started_with_ctrl_c_held_back():
    process, connection = child.start(send_signals, "a test")
    ignored, blocked = connection.recv()
    process.join(PATIENCE)
    assert ignored == signal.SIG_IGN
    assert signal.SIGINT not in blocked
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


@pytest.mark.long
def test_processes_are_started_where_signals_cannot_be_held_back(monkeypatch):
    """As on Windows."""
    monkeypatch.delattr(signal, "pthread_sigmask")
    process, connection = child.start(send_environment, "a test")
    assert connection.recv() == "1"
    process.join(PATIENCE)


def send_signals(connection):
    connection.send((signal.getsignal(signal.SIGINT), signal.pthread_sigmask(signal.SIG_BLOCK, ())))


def send_environment(connection):
    connection.send(os.environ["OPENBLAS_NUM_THREADS"])


def test_signals_that_a_system_lacks(monkeypatch, trainers, tmp_path):
    """Windows has no SIGHUP and no fork."""
    for module in (signal, os):
        for name in ("SIGHUP", "fork"):
            monkeypatch.delattr(module, name, raising=False)
    folder = tmp_path / "a run"

    class Interrupted(Learning):
        async def look(self):  # when it trains
            signal.raise_signal(signal.SIGINT)

    with serving.listen("127.0.0.1", 18100) as bound:
        assert serving.serve(lambda: Interrupted(folder), bound, "token", lambda stop: None) == folder
    assert same_bits(folder)


def children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in listed] + [two for one in listed for two in children(one)]


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_nothing_is_left_of_a_server_that_is_killed(tmp_path):
    with studio(tmp_path) as running:
        with running.page() as page:
            send(page, "configure", settings=SETTINGS)
            send(page, "train")
            receive(page, "frame", lambda frame: frame["running"] and frame["step"] > 100)
            left = children(running.process.pid)
            assert left
            running.process.kill()
        running.process.communicate(timeout=PATIENCE)
        for pid in left:
            with suppress(ProcessLookupError), open(os.pidfd_open(pid)) as ends:
                assert select.select([ends], [], [], PATIENCE)[0], pid
    assert load_run(tmp_path / "runs" / "addition-elman-5").step > 100
