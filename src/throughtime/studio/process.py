"""The server's end of the connection to the process that trains."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from queue import SimpleQueue
from typing import Any

from throughtime.studio import child, trainer
from throughtime.studio.aside import aside
from throughtime.studio.trainer import Answer, Event, Request

SECONDS_TO_END = 10.0


class Lost(ConnectionError):
    """The process has ended unexpectedly."""


class TrainingProcess:
    """Sends requests to the trainer from an event loop. Two threads wait for the pipe, so that the loop never does.

    Parameters
    ----------
    happened : function of an Event, called in the loop
    lost : function called in the loop when the process is gone
    """

    def __init__(self, happened: Callable[[Event], None], lost: Callable[[], None]) -> None:
        self.loop = asyncio.get_running_loop()
        self.happened, self.lost = happened, lost
        self.process, self.connection = child.start(trainer.serve, "throughtime training")
        self.awaited: dict[int, asyncio.Future[Any]] = {}
        self.numbers = count()
        self.requests: SimpleQueue[Any] = SimpleQueue()
        self.gone = False
        threading.Thread(target=self._read, name="from the trainer", daemon=True).start()
        threading.Thread(target=self._write, name="to the trainer", daemon=True).start()

    async def request(self, what: str, *arguments: Any) -> Any:
        """The answer to a request; a ValueError if it could not be done, Lost if the process is gone."""
        if self.gone:
            raise Lost("the training process has ended")
        number = next(self.numbers)
        self.awaited[number] = self.loop.create_future()
        self.requests.put(Request(number, what, arguments))
        answer: Answer = await self.awaited[number]
        if answer.failed is not None:
            raise ValueError(answer.failed)
        return answer.found

    async def end(self) -> Any:
        """Let it save the run and end; returns where it was saved, or None."""
        saved = None
        with suppress(Lost, TimeoutError, ValueError):
            saved = await asyncio.wait_for(self.request("quit"), SECONDS_TO_END)
        await self.give_up(SECONDS_TO_END)
        return saved

    async def give_up(self, patience: float = 0.0) -> None:
        """Kill it, unless it ends by itself in so many seconds."""
        self.gone = True
        self.requests.put(None)
        await aside(self.process.join, patience)
        if self.process.is_alive():
            self.process.kill()
            await aside(self.process.join, SECONDS_TO_END)

    def _read(self) -> None:
        while True:
            try:
                message = self.connection.recv()
            except (EOFError, OSError):
                self._in_loop(self._ended)
                return
            self._in_loop(self._received, message)

    def _write(self) -> None:
        while (request := self.requests.get()) is not None:
            try:
                self.connection.send(request)
            except OSError:
                return  # the reader finds out too

    def _in_loop(self, function: Callable[..., None], *arguments: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(function, *arguments)

    def _received(self, message: Event | Answer) -> None:
        if isinstance(message, Event):
            self.happened(message)
            return
        answer = self.awaited.pop(message.number, None)
        if answer is not None and not answer.cancelled():
            answer.set_result(message)

    def _ended(self) -> None:
        expected, self.gone = self.gone, True
        for answer in self.awaited.values():
            if not answer.done():
                answer.set_exception(Lost("the training process has ended"))
                answer.exception()  # it is no news to who does not wait any more
        self.awaited.clear()
        if not expected:
            self.lost()
