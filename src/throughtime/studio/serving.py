"""The socket that the studio listens at, and how it is served from its start to Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import uvicorn

from throughtime.studio.door import BACKLOG, Door, Doorkeeper
from throughtime.studio.guard import Proxy
from throughtime.studio.messages import LARGEST_MESSAGE
from throughtime.studio.server import application
from throughtime.studio.session import Session

PORTS_TRIED = 50
SECONDS_TO_CLOSE = 2
TO_END = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that end the studio; no system has all of them."""


def listen(host: str, port: int, tried: int = PORTS_TRIED) -> socket.socket:
    """A socket at this port, or the next one of so many that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + tried, 65536)):
        bound = socket.socket(family, socket.SOCK_STREAM)
        try:
            _claim(bound)
            bound.bind((host, candidate))
            bound.listen()
        except OSError as error:
            bound.close()
            if not _is_taken(error):
                raise
            continue
        return bound
    which = f"port {port} is taken" if tried == 1 else f"the ports {port} to {port + tried - 1} are all taken"
    raise ValueError(f"{which}: choose another with --port")


def _claim(bound: socket.socket) -> None:
    """Let a port be used that nobody else listens at, though a connection of the last server may still be closing.

    That is what SO_REUSEADDR means, but not on Windows: there it lets two programs listen at one port, and
    SO_EXCLUSIVEADDRUSE refuses that.
    """
    exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if exclusive is None else exclusive, 1)


def _is_taken(error: OSError) -> bool:
    """Whether somebody listens at a port; Windows says so with EACCES where that one wants it alone."""
    windows = hasattr(socket, "SO_EXCLUSIVEADDRUSE")
    return error.errno == errno.EADDRINUSE or (windows and error.errno == errno.EACCES)


def address(host: str, port: int, token: str) -> str:
    """The address to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/?token={token}"


def serve(
    make_session: Callable[[], Session],
    bound: socket.socket,
    token: str,
    ready: Callable[[Callable[[], None]], None],
    proxy: Proxy | None = None,
) -> Path | None:
    """Serve until Ctrl-C; returns where the run was saved, or None.

    Ctrl-C and its like raise nothing: at any moment, also while all this starts or ends, they request the end.

    Parameters
    ----------
    make_session : called in the event loop
    bound : from `listen`
    token : str
    ready : called when the page can be opened, with a function that does what Ctrl-C does
    proxy : that shows the studio under another address

    Raises
    ------
    ValueError, OSError
        If training cannot be started.
    """
    end = _End()
    with _signals_to(end):
        return asyncio.run(_until(end, make_session, bound, token, ready, proxy))


class _End:
    """A request to end, which may come from a signal or another thread, before the event loop runs or after."""

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, *_: Any) -> None:
        if self.loop is None:
            self.requested.set()
        else:
            with suppress(RuntimeError):  # the loop is closed: all has ended
                self.loop.call_soon_threadsafe(self.requested.set)


@contextmanager
def _signals_to(end: _End) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in TO_END if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """Uvicorn's server, which leaves the signals to us."""

    def capture_signals(self) -> Any:
        """Take none."""
        return nullcontext()


async def _until(
    end: _End,
    make_session: Callable[[], Session],
    bound: socket.socket,
    token: str,
    ready: Callable[[Callable[[], None]], None],
    proxy: Proxy | None,
) -> Path | None:
    end.loop = asyncio.get_running_loop()
    end.loop.set_exception_handler(_Complaints())
    session = make_session()
    server = _Server(_configuration(session, bound, token, proxy))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    keeping = asyncio.create_task(Doorkeeper().keep(server.server_state.connections))
    starting, requested = asyncio.create_task(session.start()), asyncio.create_task(end.requested.wait())
    try:
        await asyncio.wait((serving, starting, requested), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            ready(end)
            await asyncio.wait((serving, requested), return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        for task in (starting, requested, keeping):
            task.cancel()
        try:
            await serving
        finally:
            saved = await session.end()
    return saved


def _configuration(session: Session, bound: socket.socket, token: str, proxy: Proxy | None) -> uvicorn.Config:
    host, port = bound.getsockname()[:2]
    return uvicorn.Config(
        application(session, token, host, port, proxy),
        http=Door,
        backlog=BACKLOG,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=16 * LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        server_header=False,
        timeout_graceful_shutdown=SECONDS_TO_CLOSE,
    )


class _Complaints:
    """Errors of the event loop, once each, in a line: a flood of connections must not become one of
    tracebacks.
    """

    def __init__(self) -> None:
        self.printed: set[str] = set()

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        found = f"{context.get('message', '')}: {context.get('exception', '')}".strip(": ")
        if found not in self.printed and len(self.printed) < 20:
            self.printed.add(found)
            print(f"studio: {' '.join(found.split())[:300]}", file=sys.stderr)
