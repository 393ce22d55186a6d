"""The studio's application: the page's files, a websocket for each open page, uploads, and the export."""

from __future__ import annotations

import asyncio
import re
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from throughtime.studio import export
from throughtime.studio.aside import aside
from throughtime.studio.client import Client, TooSlow
from throughtime.studio.guard import Guard, Proxy
from throughtime.studio.lesson import lesson
from throughtime.studio.messages import LARGEST_UPLOAD
from throughtime.studio.process import Lost
from throughtime.studio.session import Session
from throughtime.tasks import ENDINGS

PAGE = Path(__file__).parent / "page"
SECONDS_FOR_A_PIECE = 30
"""The longest pause of an upload."""

AT_ONCE = 16
"""Pages that may be open."""

UPLOADS = (*ENDINGS, ".safetensors")


class TooLarge(Exception):
    """An upload has more bytes than it may."""


def application(session: Session, token: str, host: str, port: int, proxy: Proxy | None = None) -> Starlette:
    """The guarded application; who starts the session also ends it."""
    return Starlette(
        routes=[
            Route("/", _index),
            WebSocketRoute("/ws", partial(_page, session)),
            Route("/upload", partial(_upload, session), methods=["POST"]),
            Route("/export", partial(_export, session)),
            Route("/lesson", _lesson),
            Mount("/", StaticFiles(directory=PAGE)),
        ],
        middleware=[Middleware(Guard, token=token, host=host, port=port, proxy=proxy)],
    )


async def _index(request: Request) -> Response:
    return FileResponse(PAGE / "index.html")


async def _lesson(request: Request) -> Response:
    # its one script is allowed by the policy that the page itself has
    headers = {"content-security-policy": "frame-ancestors 'self'"}
    return Response(await aside(lesson), media_type="text/html", headers=headers)


async def _page(session: Session, websocket: WebSocket) -> None:
    await websocket.accept()
    await session.begun.wait()
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
        with suppress(RuntimeError, OSError, TimeoutError):
            async with asyncio.timeout(1):  # a page that takes nothing does not take this either
                await websocket.close()


async def _listen(session: Session, client: Client, websocket: WebSocket) -> None:
    while True:
        received = await websocket.receive()
        if received["type"] == "websocket.disconnect":
            return
        await session.handle(client, received.get("text") or received.get("bytes") or "")


async def _upload(session: Session, request: Request) -> Response:
    name = re.sub(r"[\x00-\x1f\x7f/\\\\]+", " ", Path(unquote(request.headers.get("x-file-name", ""))).name)[
        -100:
    ].strip()
    ending = Path(name).suffix.lower()
    if ending not in UPLOADS:
        return PlainTextResponse(f"a file must end in {', '.join(UPLOADS)}", 400)
    with tempfile.TemporaryDirectory(prefix="throughtime-", ignore_cleanup_errors=True) as folder:
        path = Path(folder, f"upload{ending}")
        try:
            await _store(request, path)
            await session.begun.wait()
            return PlainTextResponse(await session.upload(path, name))
        except TooLarge as error:
            return PlainTextResponse(str(error), 413)
        except TimeoutError:
            return PlainTextResponse("the file did not arrive", 408)
        except (ClientDisconnect, asyncio.CancelledError):
            raise
        except Exception as error:  # whatever a file from outside makes of its reader is the file's fault
            reason = " ".join(str(error).replace(str(path), name).split())[:500]
            if not isinstance(error, ValueError | OSError):
                reason = f"{name} cannot be read: {type(error).__name__} {reason}".strip()
            return PlainTextResponse(reason, 400)


async def _store(request: Request, path: Path) -> None:
    size = 0
    pieces = request.stream()
    with path.open("wb") as file:
        while True:
            async with asyncio.timeout(SECONDS_FOR_A_PIECE):
                piece = await anext(pieces, None)
            if piece is None:
                return
            size += len(piece)
            if size > LARGEST_UPLOAD:
                raise TooLarge(f"a file may have {LARGEST_UPLOAD} bytes")
            file.write(piece)


async def _export(session: Session, request: Request) -> Response:
    await session.begun.wait()
    try:
        frames, rest = await session.recorded()
        page = await aside(partial(export.page, frames, **rest))
    except (ValueError, Lost) as error:
        return PlainTextResponse(str(error), 409)
    headers = {"content-disposition": f'attachment; filename="{export.file_name(session.plan.name)}"'}
    return Response(page, media_type="text/html", headers=headers)
