"""Connections before it is known who is there: few at once, and none for long.

Whoever can reach the server's port can open connections, with no token. One that does not send a whole request in time
is closed, and so is one that does not take what it is closed with; where too many wait, the one that has waited longest
goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_WAITING = 48
"""Connections that have not sent a request, or none since the last."""

MOST_CONNECTIONS = 96
"""Connections in all; a process may have 256 files and sockets on macOS."""

BACKLOG = 32
"""Connections that the system accepts ahead of us."""

SECONDS_FOR_A_REQUEST = 10.0
SECONDS_TO_CLOSE = 5.0
SECONDS_BETWEEN_LOOKS = 1.0


class Door(H11Protocol):
    """An HTTP connection of uvicorn's that knows since when it waits for a request."""

    since = 0.0

    def connection_made(self, transport: Any) -> None:
        """Let it in, and close another one, or itself, where there are too many."""
        super().connection_made(transport)
        self.since = self.loop.time()
        waiting: list[Any] = [one for one in self.connections if _waits(one)]
        if len(waiting) > MOST_WAITING or len(self.connections) > MOST_CONNECTIONS:
            min(waiting, key=lambda one: one.since).transport.abort()

    def on_response_complete(self) -> None:
        """From now on it waits for another request."""
        self.since = self.loop.time()
        super().on_response_complete()


def _waits(connection: Any) -> bool:
    """Whether no request of it is being answered."""
    return (
        isinstance(connection, Door)
        and not connection.transport.is_closing()
        and (connection.cycle is None or connection.cycle.response_complete)
    )


class Doorkeeper:
    """Closes connections for which it is time."""

    def __init__(self) -> None:
        self.closing: dict[Any, float] = {}

    def look(self, connections: Iterable[Any], now: float) -> None:
        """Close what has waited too long at the time `now`, and cut off what was closed long ago and is still there."""
        still = [one.transport for one in connections if one.transport.is_closing()]
        self.closing = {transport: self.closing.get(transport, now) for transport in still}
        for transport, since in self.closing.items():
            if now - since >= SECONDS_TO_CLOSE:
                transport.abort()
        for one in connections:
            if _waits(one) and now - one.since >= SECONDS_FOR_A_REQUEST:
                one.transport.abort()

    async def keep(self, connections: set[Any]) -> None:
        """Look from time to time, until cancelled."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            self.look(list(connections), asyncio.get_running_loop().time())
