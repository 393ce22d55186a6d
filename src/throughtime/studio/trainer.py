"""Training in a process of its own, so that no page can slow it down.

The process answers requests in order, between two blocks of steps while it trains; a snapshot is answered at once. Each
answer has the number of its request. What it sends unasked is an `Event`.

    begin PLAN FOLDER       a run at step 0, or the one in a folder    → Snapshot
    train FOLDER            continue; what is learned is kept in the folder → Snapshot
    pause                                                             → Snapshot
    step COUNT FOLDER       so many updates                             → Snapshot
    restore STEP            back to a checkpoint                        → Snapshot
    snapshot                                                          → Snapshot
    set_pace UPDATES        a second; None for full speed               → None
    checkpoints                                                       → list of Snapshot
    quit                    save and end                                → None
"""

from __future__ import annotations

import json
import signal
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from throughtime.batch import Array
from throughtime.studio import compiling
from throughtime.studio.answers import HistoryEntry
from throughtime.studio.checkpoints import Checkpoints
from throughtime.studio.snapshot import Snapshot
from throughtime.training.checkpoint import Writer, load_run
from throughtime.training.folder import has_lessons
from throughtime.training.history import Record
from throughtime.training.loop import NotFinite, Run, proceed
from throughtime.training.plan import Plan

PACED_BLOCKS = 30
"""Blocks a second, where training is slowed down."""

TO_END = ("SIGTERM", "SIGHUP")
"""Signals that end the process by itself; Windows has no SIGHUP."""

CANNOT_BE_DONE = (ValueError, OSError, ArithmeticError, MemoryError)


@dataclass(frozen=True)
class Request:
    """Something to do: its number, which the answer has too, one of the names above, and what follows it there."""

    number: int
    what: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Answer:
    """The outcome of a request; failed: why it could not be done, in a sentence."""

    number: int
    found: Any = None
    failed: str | None = None


@dataclass(frozen=True)
class Event:
    """News: where the run was saved, what went wrong, that training ended, that kernels are compiled."""

    saved: Path | None = None
    error: str | None = None
    ended: bool = False
    compiling: bool = False


def serve(connection: Connection) -> None:
    """Run the process; a signal to end has it save and end."""
    trainer = Trainer(connection)
    for name in TO_END:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), trainer.interrupted)
    with compiling.noted(lambda: connection.send(Event(compiling=True))):
        trainer.serve()


class Trainer:
    """The process: one run, and whether it goes on."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.waiting: deque[Request] = deque()
        self.running = self.ended = self.at_rest = False
        self.pace: float | None = None
        self.plan: Plan
        self.run: Run
        self.writer: Writer | None = None
        self.unsaved = False
        self.kept = Checkpoints()
        self.before: Array
        self.update: Array | None
        self.counted = self.updates = self.sent = 0
        self.afresh = True

    def serve(self) -> None:
        """Answer and train until the end is requested, or until nobody is there any more."""
        while not self.ended:
            try:
                if self.running:
                    self._go_on()
                else:
                    self._answer(self.waiting.popleft() if self.waiting else self._next())
            except (EOFError, BrokenPipeError, ConnectionResetError):
                self.ended = True
        with suppress(EOFError, OSError):  # nobody may be there any more
            self._save()

    def interrupted(self, *_: Any) -> None:
        """Take a signal: while a request is awaited nothing is lost; else what is being done comes to its end first."""
        self.ended = True
        if self.at_rest:
            raise EOFError

    def _next(self) -> Request:
        self.at_rest = True
        try:
            request: Request = self.connection.recv()
        finally:
            self.at_rest = False
        return request

    def _answer(self, request: Request) -> None:
        """Do what a request says while training rests, and answer it."""
        try:
            answer = Answer(request.number, getattr(self, request.what)(*request.arguments))
        except CANNOT_BE_DONE as error:
            answer = Answer(request.number, failed=_sentence(error))
        self.connection.send(answer)

    def _between(self, run: Run) -> bool:
        """After each block: note what it changed, and answer; True where training must stop for an answer."""
        self._note(run)
        while self.connection.poll():
            self._take_in(self.connection.recv())
        return self._must_stop()

    def _take_in(self, request: Request) -> None:
        """Answer what training need not stop for; the other requests wait."""
        if request.what == "snapshot":
            self._answer(request)
        else:
            self.waiting.append(request)

    def _must_stop(self) -> bool:
        """Whether training gives way to a request; single steps do so to the end alone."""
        return self.ended or any(self.running or request.what == "quit" for request in self.waiting)

    def _note(self, run: Run) -> None:
        self.update, self.updates = run.network.parameters - self.before, run.step - self.counted
        self.before, self.counted = run.network.parameters.copy(), run.step
        self.kept.keep(run)
        self.unsaved = True
        if self.writer:
            try:
                self.writer.after_block(run)
            except (OSError, ValueError) as error:
                self._cannot_save(error)

    def _go_on(self) -> None:
        """Train to the next checkpoint, or for a moment where training is slowed down."""
        run = self.run
        steps = run.settings.steps
        last = steps - 1 if run.step < steps - 1 else steps  # the last update alone, so that it can be shown
        until = min(self.kept.due(run.step), last)
        began = time.perf_counter()
        if self.pace is not None:
            until = min(until, run.step + max(1, round(self.pace / PACED_BLOCKS)))
        first = run.step
        if not self._take(until):
            return
        if run.step >= steps:
            self._rest(ended=True)
        elif self.pace is not None:
            left = (run.step - first) / self.pace - (time.perf_counter() - began)
            if not self.waiting and left > 0:
                self._wait(left)
        if self.waiting:
            self._attend()

    def _wait(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while not self._must_stop() and self.connection.poll(max(0.0, until - time.perf_counter())):
            self._take_in(self.connection.recv())

    def _attend(self) -> None:
        """Answer the requests that came while training went on."""
        while self.waiting:
            self._answer(self.waiting.popleft())

    def _take(self, until: int) -> bool:
        """Take steps; False if that went wrong, and training is over."""
        try:
            proceed(self.run, self.plan.sequences, callbacks=[self._between], until=until)
        except NotFinite as error:
            self._note(error.run)
            self._rest(ended=True, error=_sentence(error))
        except (BrokenPipeError, ConnectionResetError):
            raise
        except CANNOT_BE_DONE as error:
            self._rest(ended=True, error=f"training cannot go on: {_sentence(error)}")
        else:
            return True
        return False

    def _rest(self, *, ended: bool = False, error: str | None = None) -> None:
        self.running = False
        saved = self._save()
        self.connection.send(Event(saved, error, ended))

    def _save(self) -> Path | None:
        if self.writer is None or not self.unsaved:
            return None
        try:
            self.writer.save(self.run)
        except (OSError, ValueError) as error:
            self._cannot_save(error)
            return None
        self.unsaved = False
        return self.writer.folder

    def _cannot_save(self, error: OSError | ValueError) -> None:
        assert self.writer is not None
        folder = self.writer.folder
        self._close()
        self.connection.send(
            Event(error=f"the run cannot be kept in {folder}: {getattr(error, 'strerror', None) or error}")
        )

    def _close(self) -> None:
        """Let others write to the folder."""
        if self.writer is not None:
            self.writer.close()
        self.writer = None

    # Requests

    def begin(self, plan: Plan, folder: Path | None) -> Snapshot:
        self._save()
        self._close()
        self.running, self.unsaved, self.plan = False, False, plan
        self.run = plan.run()
        self.kept = Checkpoints()
        if folder is not None:
            first = self.run
            self.run = replace(load_run(folder, first.task), named=first.named)
            if self.run.begun == first.begun:  # else it did not begin as its seed says
                self.kept.keep(first)
            if self.run.latest is not None:
                self.run.network.parameters, self.run.latest = self.run.latest, None
            if not has_lessons(folder):  # which the studio only shows
                self._keep_in(folder)
        self._start_from_here()
        self.kept.keep(self.run)
        return self.snapshot()

    def refuse_reset(self) -> None:
        """Refuse to begin the run again where its sequences or the weights that it began with are not there."""
        if self.plan.task.waiting:
            raise ValueError(self.plan.task.waiting)
        if self.run.begun != self.plan.run().begun:
            raise ValueError(
                "the weights that this run began with are not those of its seed, and are not kept: change a setting, "
                "such as the seed, to begin another run"
            )

    def _start_from_here(self) -> None:
        self.before, self.counted = self.run.network.parameters.copy(), self.run.step
        self.update = None
        self.updates = 1
        self.sent, self.afresh = 0, True

    def _keep_in(self, folder: Path | None) -> None:
        if folder is not None and self.writer is None:
            self.writer = Writer(self.run, folder, new=False)

    def train(self, folder: Path | None) -> Snapshot:
        self._keep_in(folder)
        self._make_room(self.plan.settings.steps)
        self.running = True
        return self.snapshot()

    def _make_room(self, steps: int) -> None:
        """Let the run have so many steps more, where it has taken all of its own."""
        if self.run.step >= self.run.settings.steps:
            self.run.settings = replace(self.run.settings, steps=self.run.step + max(1, steps))

    def pause(self) -> Snapshot:
        if self.running:
            self.running = False
            single = self.updates == 1 or self.run.step >= self.run.settings.steps
            if not single and not self._must_stop():  # so that the update shown is one update
                self._take(self.run.step + 1)
            self._rest()
        return self.snapshot()

    def step(self, count: int, folder: Path | None) -> Snapshot:
        self.running = False
        self._keep_in(folder)
        end = self.run.step + count
        if end > self.run.settings.steps:
            self.run.settings = replace(self.run.settings, steps=end)
        if self._take(end - 1) and not self._must_stop():
            self._take(end)
        return self.snapshot()

    def restore(self, step: int) -> Snapshot:
        self.running = False
        self.kept.go_back(self.run, step)
        self._start_from_here()
        self.unsaved = True
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        records = self.run.history.records[self.sent :]
        self.sent += len(records)
        afresh, self.afresh = self.afresh, False
        return Snapshot(
            step=self.run.step,
            parameters=self.run.network.parameters,
            update=self.update,
            updates=self.updates,
            running=self.running,
            records=[_plain(record) for record in records],
            afresh=afresh,
            checkpoints=self.kept.steps,
        )

    def set_pace(self, updates: float | None) -> None:
        self.pace = updates

    def checkpoints(self) -> list[Snapshot]:
        kept = [Snapshot(one.step, one.parameters) for one in self.kept.kept]
        if kept[-1].step != self.run.step:
            kept.append(Snapshot(self.run.step, self.run.network.parameters, self.update, self.updates))
        return kept

    def quit(self) -> Path | None:
        self.running, self.ended = False, True
        saved = self._save()
        self._close()
        return saved


def _sentence(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _plain(record: Record) -> HistoryEntry:
    values: HistoryEntry = json.loads(record.to_json())
    return values
