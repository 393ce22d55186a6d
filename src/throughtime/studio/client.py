"""What waits to be sent to one open page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

MOST_WAITING = 256
"""Messages that may wait for a slow page before it is given up."""


class TooSlow(ConnectionError):
    """The page does not take its messages."""


class Client:
    """Messages in order, and one frame at most: a newer frame takes the place of one that was not sent yet."""

    def __init__(self) -> None:
        self.messages: deque[str] = deque()
        self.newest: str | None = None
        self.frames_per_second = 20.0
        self.changed = asyncio.Event()
        self.given_up = False

    @property
    def idle(self) -> bool:
        """Whether a frame given now would be sent at once."""
        return self.newest is None

    def tell(self, message: str) -> None:
        """A message that must arrive."""
        if len(self.messages) >= MOST_WAITING:
            self.given_up = True
        else:
            self.messages.append(message)
        self.changed.set()

    def show(self, frame: str) -> None:
        """A frame that may be left out if a newer one comes first."""
        self.newest = frame
        self.changed.set()

    async def send_all(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what comes, until cancelled; TooSlow where too much is waiting."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            while self.messages or self.newest is not None:
                if self.given_up:
                    raise TooSlow("the page does not take its messages")
                if self.messages:
                    await send(self.messages.popleft())
                else:
                    assert self.newest is not None
                    frame = self.newest
                    await send(frame)
                    if self.newest is frame:
                        self.newest = None
