"""One run, and the pages that are open on it: what each is sent, and what its messages do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import throughtime
from throughtime.studio import compiling, messages, opened, proving
from throughtime.studio.answers import Considered, Hello, History, HistoryEntry, Saved, State, Verdict, error, write
from throughtime.studio.aside import aside
from throughtime.studio.client import Client
from throughtime.studio.example import Example, first, of_operands, of_sample, of_word
from throughtime.studio.folders import Folders
from throughtime.studio.frame import Framer
from throughtime.studio.plan import CHECKED, chosen, listed, options, plan, unable
from throughtime.studio.process import Lost, TrainingProcess
from throughtime.studio.snapshot import Snapshot
from throughtime.studio.trainer import Event
from throughtime.tasks.from_file import DataFile
from throughtime.training.plan import Plan
from throughtime.weights.files import RUN

MOST_ENTRIES = 2000
"""Entries of the history that pages have; beyond it every second one is left out."""

UPLOADS_AT_ONCE = 2
MOST_LOSSES = 3
"""Times in a row that the training process may end before a run begins in it."""


class Session:
    """One run, served to all pages: the heart of `throughtime studio`.

    Parameters
    ----------
    plan : Plan
    folder : Path, optional
        Of a run to continue.
    new_folder : function of a name, optional
        Makes the folder of a new run when that begins to learn, see `Folders`; pages are sent the reason where it
        cannot, and the run is not kept.
    """

    def __init__(self, plan: Plan, folder: Path | None = None, new_folder: Callable[[str], Path] | None = None) -> None:
        self.plan = plan if folder is None else replace(plan, network=None)  # its weights are in the folder
        self.folder, self.folders = folder, Folders(new_folder)
        self.clients: set[Client] = set()
        self.lock = asyncio.Lock()
        self.watched = asyncio.Event()
        self.data: DataFile | None = None
        self.entries: list[HistoryEntry] = []
        self.verdict: Verdict | None = None
        self.certificate: str | None = None
        self.preparing = False
        self.wanted: Any = None
        self.background: set[asyncio.Task[None]] = set()
        self.uploads = asyncio.Semaphore(UPLOADS_AT_ONCE)
        self.prover: proving.Prover | None = None
        self.ends, self.losses = ExitStack(), 0
        self.begun = asyncio.Event()
        self.trainer: TrainingProcess
        self.framer: Framer
        self.example: Example
        self.snapshot: Snapshot
        self.frame = ""

    async def start(self) -> None:
        """Start the trainer, and show its network; a ValueError or OSError if that cannot be."""
        loop = asyncio.get_running_loop()
        self.ends.enter_context(compiling.noted(lambda: loop.call_soon_threadsafe(self._prepare, True)))
        self.trainer = TrainingProcess(self._happened, self._lost)
        try:
            async with self.lock:
                await self._begin(self.plan, self.folder)
        except Lost:
            raise ValueError("the training process ended as soon as it was started: is there enough memory?") from None
        self.begun.set()
        self._in_background(self._watch())

    async def end(self) -> Path | None:
        """Save the run and end all that was started; returns where it was saved, or None."""
        self.ends.close()
        for task in list(self.background):
            task.cancel()
        if self.prover:
            self.prover.end()
        if not self.begun.is_set():  # there is nothing to save, and the first answer may take as long as compiling does
            if hasattr(self, "trainer"):
                await self.trainer.give_up()
            return None
        saved: Path | None = await self.trainer.end()
        return saved

    # Pages

    def enter(self, client: Client) -> None:
        """Send a page that was opened all there is."""
        client.send(self._hello())
        client.send(self._history(self.entries, reset=True))
        if self.verdict:
            client.send(write(self.verdict))
        client.show(self.frame)
        self.clients.add(client)
        self._look()

    def leave(self, client: Client) -> None:
        """Forget a page that was closed."""
        self.clients.discard(client)
        self._look()

    async def handle(self, client: Client, text: str | bytes) -> None:
        """Do what a page's message says, or answer in one sentence what is wrong with it."""
        try:
            message = messages.read(text)
            if isinstance(message, messages.Prove):
                self._prove(client)
            else:
                async with self.lock:
                    await self._do(client, message)
        except (ValueError, Lost) as wrong:
            client.send(error(str(wrong)))
        except Exception as wrong:  # a mistake of ours: the page stays open
            mistake = " ".join(f"{type(wrong).__name__} {wrong}".split())[:300]
            client.send(error(f"this could not be done, which is a fault of throughtime: {mistake}"))
        finally:
            self._prepare(False)

    async def _do(self, client: Client, message: messages.Message) -> None:
        match message:
            case messages.Configure(settings):
                await self._begin(self._planned(settings), None)
            case messages.Consider(settings):
                planned = self._planned(settings)
                await aside(Framer, planned.task, planned.specification)
                client.send(write(Considered(type="considered")))
            case messages.Train():
                await self._publish(await self.trainer.request("train", self._kept_in()))
            case messages.Pause():
                await self._publish(await self.trainer.request("pause"), client)
            case messages.Step(count):
                await self._publish(await self.trainer.request("step", count, self._kept_in()), client)
            case messages.Reset():
                await self.trainer.request("refuse_reset")
                await self._begin(self.plan, None)
            case messages.Operands(operands):
                await self._show(
                    of_operands(self.plan.task, operands), lambda task: of_operands(task, operands), client
                )
            case messages.Sample(seed):
                await self._show(of_sample(self.plan.task, seed), None, client)
            case messages.CheckProof():
                raise ValueError(CHECKED)
            case messages.Restore(step):
                self._forget_verdict()
                await self._publish(await self.trainer.request("restore", step), client)
            case messages.Pace(frames, updates):
                client.frames_per_second = frames or client.frames_per_second
                if updates != 0:
                    await self.trainer.request("set_pace", updates)

    async def upload(self, path: Path, name: str) -> str:
        """Take a file; returns what was done with it in a sentence, a ValueError if it cannot be used."""
        async with self.uploads:
            present, data = await aside(
                opened.of_upload, path, name, self.plan, lambda data: plan({"task": data.name}, data)
            )
        async with self.lock:
            goes_on = self.plan.task.waiting is not None and present.specification is self.plan.specification
            before, self.data = self.data, data or self.data
            try:
                await self._begin(present, self.folder if goes_on else None)
            except BaseException:
                self.data = before
                raise
        return f"{name} is opened: {len(data.sequences)} sequences" if data else f"{name} is opened"

    async def recorded(self) -> tuple[list[str], dict[str, Any]]:
        """The frames of the recorded checkpoints, and what else an exported page holds."""
        async with self.lock:
            kept = await self.trainer.request("checkpoints")
            framer, example = self.framer, self.example
            frames = await aside(lambda: [framer.frame(snapshot, example) for snapshot in kept])
            frames[-1] = await aside(framer.frame, self.snapshot, example)
        rest = {"history": self.entries, "verdict": self.verdict, "certificate": self.certificate}
        return frames, rest | {"settings": chosen(self.plan), "plan": self.plan, "title": self.plan.name}

    # Frames

    async def _begin(self, plan: Plan, folder: Path | None) -> None:
        framer = await aside(Framer, plan.task, plan.specification)  # which refuses what cannot be shown
        snapshot = await self.trainer.request("begin", plan, folder)
        self.losses = 0
        self.plan, self.folder, self.framer = plan, folder, framer
        self.example = self._first_example()
        self._forget_verdict()
        self._send_all(self._hello())
        await self._publish(snapshot)

    def _first_example(self) -> Example:
        task = self.plan.task
        with suppress(ValueError):
            if self.wanted:
                example: Example = self.wanted(task)
                return example
        return first(task)

    async def _show(self, example: Example, wanted: Any, client: Client | None = None) -> None:
        self.example, self.wanted = example, wanted
        await self._publish(self.snapshot, client)

    async def _publish(self, snapshot: Snapshot, requested_by: Client | None = None) -> None:
        """Send all pages where the run stands; the page that requested it gets this very frame."""
        new = snapshot is not getattr(self, "snapshot", None)
        self.snapshot = snapshot
        if new and (snapshot.records or snapshot.afresh):
            self._append(snapshot)
        try:
            self.frame = await aside(self.framer.frame, snapshot, self.example)
        except ValueError as wrong:
            self._send_all(error(f"the network cannot be shown: {wrong}"))
            return
        self.preparing = False
        self._send_all(self._state())
        for client in self.clients:
            client.show(self.frame, passing=client is not requested_by)
        self._look()

    def _state(self) -> str:
        at = self.snapshot
        return write(State(type="state", running=at.running, step=at.step, preparing=self.preparing))

    def _prepare(self, preparing: bool) -> None:
        """Say to all pages that kernels are compiled, or no longer."""
        if self.preparing is not preparing and self.begun.is_set():
            self.preparing = preparing
            self._send_all(self._state())

    def _append(self, snapshot: Snapshot) -> None:
        entries = snapshot.records if snapshot.afresh else self.entries + snapshot.records
        reset = snapshot.afresh or len(entries) > MOST_ENTRIES
        while len(entries) > MOST_ENTRIES:
            entries = entries[1::2] if len(entries) % 2 == 0 else entries[::2]
        self.entries = entries
        self._send_all(self._history(entries if reset else snapshot.records, reset))

    def _look(self) -> None:
        """Whether there is something to watch: training goes on, and a page is open."""
        if self.clients and self.snapshot.running:
            self.watched.set()
        else:
            self.watched.clear()

    async def _watch(self) -> None:
        """While training goes on, take the newest snapshot as often as the pages want and take frames."""
        while True:
            await self.watched.wait()
            began = self.trainer.loop.time()
            if any(client.idle for client in self.clients):
                with suppress(ValueError, Lost):
                    async with self.lock:
                        if self.snapshot.running:
                            await self._publish(await self.trainer.request("snapshot"))
            pace = max((client.frames_per_second for client in self.clients), default=1.0)
            await asyncio.sleep(max(0.002, began + 1 / pace - self.trainer.loop.time()))

    def _planned(self, settings: dict[str, Any]) -> Plan:
        if self.plan.task.waiting and settings.get("task") == self.plan.task.name:
            raise ValueError(self.plan.task.waiting)
        return plan(settings, self.data, self.plan.specification.step)

    def _kept_in(self) -> Path | None:
        if reason := unable(self.plan, self.folder).get("train"):
            raise ValueError(reason)
        self._forget_verdict()
        if self.folder is None:
            try:
                self.folder = self.folders.of(self.plan.name)
            except ValueError as wrong:
                self._send_all(error(str(wrong)))
            if self.folder is not None:
                self._send_all(self._hello())
        return self.folder

    def _hello(self) -> str:
        hello = Hello(
            type="hello",
            version=throughtime.__version__,
            tasks=listed(self.plan, self.data),
            options=options(self.plan),
            settings=chosen(self.plan),
            limits=messages.LIMITS,
            run=None if self.folder is None else str(self.folder),
            unable=unable(self.plan, self.folder),
        )
        return write(hello)

    def _history(self, entries: list[HistoryEntry], reset: bool) -> str:
        return write(History(type="history", entries=entries, reset=reset, checkpoints=self.snapshot.checkpoints))

    def _send_all(self, text: str) -> None:
        for client in self.clients:
            client.send(text)

    def _happened(self, event: Event) -> None:
        if event.compiling:
            self._prepare(True)
        if event.saved:
            self._send_all(write(Saved(type="saved", path=str(event.saved))))
        if event.error:
            self._send_all(error(event.error))
        if event.ended:
            self._in_background(self._come_to_rest())

    async def _come_to_rest(self) -> None:
        with suppress(Lost, ValueError):
            async with self.lock:
                await self._publish(await self.trainer.request("snapshot"))

    def _lost(self) -> None:
        if not self.begun.is_set():
            return  # start() raises
        self.losses += 1
        if self.losses > MOST_LOSSES:
            self._send_all(error("the training process ends again and again: start the studio anew"))
        else:
            self._in_background(self._start_again())

    async def _start_again(self) -> None:
        async with self.lock:
            with suppress(Lost):
                try:
                    self.trainer = TrainingProcess(self._happened, self._lost)
                    done = await self._begin_again()
                except OSError as wrong:
                    done = f"it cannot be started again ({wrong.strerror or wrong})"
                self._send_all(error(f"the training process ended unexpectedly: {done}"))

    async def _begin_again(self) -> str:
        """Go on from the last checkpoint, or at step 0 where there is none; at rest, since it may end again."""
        unread = ""
        if self.folder is not None and (self.folder / RUN).is_file():
            try:
                await self._begin(self.plan, self.folder)
            except ValueError as wrong:
                unread = f" since its checkpoint cannot be read ({wrong})"
            else:
                return f"the run is back at its last checkpoint, step {self.snapshot.step}"
        await self._begin(self.plan, None)
        return f"the run is back at its beginning{unread}"

    # Proofs

    def _prove(self, client: Client) -> None:
        if reason := unable(self.plan).get("prove"):
            client.send(error(reason))
        elif self.snapshot.running:
            client.send(error("pause the training first, so that one network can be proved"))
        elif self.verdict is None or self.verdict["state"] != "running":
            self._judge(proving.running())
            self._in_background(self._verdict_of(self.snapshot, self.plan))

    async def _verdict_of(self, snapshot: Snapshot, plan: Plan) -> None:
        try:
            self.prover = proving.Prover(plan.specification, snapshot.parameters, plan.task)
            found = await self.prover.found()
        except OSError as wrong:
            found = proving.unknown(f"no process can be started to look for a proof: {wrong.strerror or wrong}")
        finally:
            self.prover = None
        async with self.lock:
            if self.plan is not plan or self.snapshot.step != snapshot.step:
                self._judge(None)  # it speaks of a network that is gone
            elif found.letters is None:
                self._judge(found.verdict, found.certificate)
            else:
                example = of_word(plan.task, found.letters)
                if example.operands is not None:
                    found.verdict["word"]["operands"] = list(map(str, example.operands))
                self._judge(found.verdict)
                await self._show(example, None)

    def _judge(self, verdict: Verdict | None, certificate: str | None = None) -> None:
        self.verdict, self.certificate = verdict, certificate
        self._send_all(write(verdict or proving.unknown("the network has changed since").verdict))

    def _forget_verdict(self) -> None:
        if self.verdict is not None and self.verdict["state"] != "running":
            self._judge(None)

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)
