"""The studio's server: the page's files, a websocket for each open page, uploads, and the export."""

from __future__ import annotations

import asyncio
import errno
import socket
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from throughtime.studio import export
from throughtime.studio.client import Client, TooSlow
from throughtime.studio.guard import Guard
from throughtime.studio.messages import LARGEST_MESSAGE, LARGEST_UPLOAD
from throughtime.studio.session import Session
from throughtime.tasks.from_file import KINDS

PAGE = Path(__file__).parent / "page"
PORT = 8765
PORTS_TRIED = 50
SECONDS_TO_CLOSE = 2
AT_ONCE = 16
"""Pages that may be open."""

UPLOADS = (*KINDS, ".safetensors")


def application(session: Session, token: str, host: str, port: int) -> Starlette:
    """The guarded application; it starts and ends its session."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await session.start()
        try:
            yield
        finally:
            app.state.saved = await session.end()

    return Starlette(
        routes=[
            Route("/", _index),
            WebSocketRoute("/ws", partial(_page, session)),
            Route("/upload", partial(_upload, session), methods=["POST"]),
            Route("/export", partial(_export, session)),
            Mount("/", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(Guard, token=token, host=host, port=port)],
        lifespan=lifespan,
    )


async def _index(request: Request) -> Response:
    return FileResponse(PAGE / "index.html")


async def _page(session: Session, websocket: WebSocket) -> None:
    await websocket.accept()
    if len(session.clients) >= AT_ONCE:
        await websocket.close(1013, f"{AT_ONCE} pages are open already")
        return
    client = Client()
    session.enter(client)
    sending = asyncio.create_task(client.send_all(websocket.send_text))
    listening = asyncio.create_task(_listen(session, client, websocket))
    try:
        await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        session.leave(client)
        for task in (sending, listening):
            task.cancel()
            with suppress(asyncio.CancelledError, WebSocketDisconnect, TooSlow, RuntimeError, OSError):
                await task
        with suppress(RuntimeError, OSError):
            await websocket.close()


async def _listen(session: Session, client: Client, websocket: WebSocket) -> None:
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            return
        await session.handle(client, received.get("text") or received.get("bytes") or "")


async def _upload(session: Session, request: Request) -> Response:
    name = Path(unquote(request.headers.get("x-file-name", ""))).name[:100]
    if Path(name).suffix not in UPLOADS:
        return PlainTextResponse(f"a file must end in {', '.join(UPLOADS)}", 400)
    with tempfile.TemporaryDirectory(prefix="throughtime-") as folder:
        path = Path(folder, f"upload{Path(name).suffix}")
        size = 0
        with path.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > LARGEST_UPLOAD:
                    return PlainTextResponse(f"a file may have {LARGEST_UPLOAD} bytes", 413)
                file.write(piece)
        try:
            return PlainTextResponse(await session.upload(path, name))
        except (ValueError, OSError) as error:
            return PlainTextResponse(str(error).replace(str(path), name), 400)


async def _export(session: Session, request: Request) -> Response:
    frames, rest = await session.recorded()
    page = await asyncio.to_thread(partial(export.page, frames, title=session.plan.name, **rest))
    headers = {"content-disposition": f'attachment; filename="{export.file_name(session.plan.name)}"'}
    return Response(page, media_type="text/html", headers=headers)


def listen(host: str, port: int) -> socket.socket:
    """A socket at this port, or the next one that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # On Windows, SO_REUSEADDR would let two programs have one port.
    alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", None)
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if alone is None else alone, 1)
        try:
            bound.bind((host, candidate))
            bound.listen()
        except OSError as error:
            bound.close()
            taken = (errno.EADDRINUSE,) if alone is None else (errno.EADDRINUSE, errno.EACCES)
            if error.errno not in taken:
                raise
            continue
        return bound
    raise ValueError(f"the ports {port} to {port + PORTS_TRIED - 1} are all taken: choose another with --port")


def address(host: str, port: int, token: str) -> str:
    """What to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/?token={token}"


def serve(
    make_session: Callable[[], Session], bound: socket.socket, token: str, ready: Callable[[Callable[[], None]], None]
) -> Path | None:
    """Serve until Ctrl-C; returns where the run was saved, or None.

    Parameters
    ----------
    make_session : called in the event loop
    bound : from `listen`
    token : str
    ready : called when the page can be opened, with a function that does what Ctrl-C does
    """

    saved: list[Path | None] = [None]

    async def run() -> None:
        host, port = bound.getsockname()[:2]
        app = application(make_session(), token, host, port)
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=16 * LARGEST_MESSAGE,
            ws_per_message_deflate=False,
            server_header=False,
            timeout_graceful_shutdown=SECONDS_TO_CLOSE,
        )
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve(sockets=[bound]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            loop = asyncio.get_running_loop()

            def stop() -> None:
                loop.call_soon_threadsafe(setattr, server, "should_exit", True)

            ready(stop)
        try:
            await serving
        finally:
            saved[0] = getattr(app.state, "saved", None)

    with suppress(KeyboardInterrupt):  # uvicorn raises it again after it has ended
        asyncio.run(run())
    return saved[0]
