"""The messages that wait to be sent to one open page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MOST_WAITING = 256
"""Messages that may wait for a slow page before it is given up."""

MOST_BYTES = 2**24
"""Characters that may wait, the newest frame aside: older frames are left out first, then the page is given up."""

SECONDS_TO_TAKE = 30.0
"""The time that a page may take for one message."""


class TooSlow(ConnectionError):
    """The page does not take its messages."""


@dataclass(frozen=True)
class Waiting:
    """A message. A passing frame is left out when any newer one comes, another frame when too much waits."""

    text: str
    is_frame: bool = False
    passing: bool = False


class Client:
    """Messages in order, among them frames; what a page does not take is bounded in number, size and time."""

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.sending: Waiting | None = None
        self.frames_per_second = 20.0
        self.changed = asyncio.Event()
        self.given_up = False

    @property
    def idle(self) -> bool:
        """Whether a frame given now would be sent at once."""
        return not any(one is not None and one.passing for one in (self.sending, *self.waiting))

    def send(self, message: str) -> None:
        """A message that must arrive."""
        self._add(Waiting(message))

    def show(self, frame: str, *, passing: bool = False) -> None:
        """A frame; a passing one may be left out if a newer one comes first."""
        self.waiting = deque(one for one in self.waiting if not one.passing)
        self._add(Waiting(frame, True, passing))

    def _add(self, new: Waiting) -> None:
        if self.given_up:
            return
        self.waiting.append(new)
        newest = next((one for one in reversed(self.waiting) if one.is_frame), None)
        size = sum(len(one.text) for one in self.waiting if one is not newest)
        kept = []
        for one in self.waiting:
            if size > MOST_BYTES and one.is_frame and one is not newest:
                size -= len(one.text)
            else:
                kept.append(one)
        self.waiting = deque(kept)
        if size > MOST_BYTES or len(self.waiting) > MOST_WAITING:
            self.given_up = True
            self.waiting.clear()
        self.changed.set()

    async def send_all(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what comes, until cancelled; TooSlow where too much is waiting, or for too long."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            while self.waiting:
                self.sending = self.waiting.popleft()
                try:
                    async with asyncio.timeout(SECONDS_TO_TAKE):
                        await send(self.sending.text)
                except TimeoutError:
                    raise TooSlow("the page does not take its messages") from None
                finally:
                    self.sending = None
            if self.given_up:
                raise TooSlow("the page does not take its messages")
