"""A reverse proxy: it shows a server on this machine under another name, below a path, as JupyterHub and nginx do."""

import asyncio
import http.client
import threading
from contextlib import closing, contextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

OF_A_CONNECTION = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}


class Forwarder:
    """What comes for the prefix goes to the port.

    Parameters
    ----------
    prefix : taken away from the path, unless `whole`
    port : of the server
    whole : whether the server sees the path as the browser wrote it
    names_itself : whether the server sees the name that the browser asked for; else its own, as nginx has it untold
    """

    def __init__(self, prefix, port, *, whole=False, names_itself=True):
        self.prefix, self.port, self.whole, self.names_itself = prefix, port, whole, names_itself
        self.app = Starlette(
            routes=[
                WebSocketRoute(f"{prefix}/{{path:path}}", self.stream),
                Route(f"{prefix}/{{path:path}}", self.request, methods=["GET", "POST"]),
            ]
        )

    def target(self, connection):
        path = f"{self.prefix if self.whole else ''}/{connection.path_params['path']}"
        return f"{path}?{connection.url.query}" if connection.url.query else path

    def host(self, connection):
        return connection.headers["host"] if self.names_itself else f"127.0.0.1:{self.port}"

    async def request(self, request):
        headers = {name: value for name, value in request.headers.items() if name not in OF_A_CONNECTION}
        headers["Host"], body = self.host(request), await request.body()

        def ask():
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)) as connection:
                connection.request(request.method, self.target(request), body or None, headers)
                with connection.getresponse() as answer:
                    return answer.status, answer.read(), answer.getheaders()

        status, content, found = await asyncio.to_thread(ask)
        return Response(content, status, {k.lower(): v for k, v in found if k.lower() not in OF_A_CONNECTION})

    async def stream(self, browser):
        headers = {name: browser.headers[name] for name in ("cookie", "origin") if name in browser.headers}
        address, server_is = (
            f"ws://{self.host(browser)}{self.target(browser)}",
            {"host": "127.0.0.1", "port": self.port},
        )
        async with connect(address, additional_headers=headers, max_size=None, **server_is) as server:
            await browser.accept()

            async def back():
                async for message in server:
                    await browser.send_text(message)

            async def there():
                while (message := await browser.receive())["type"] != "websocket.disconnect":
                    await server.send(message["text"])

            ways = [asyncio.create_task(back()), asyncio.create_task(there())]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed, RuntimeError):
                    await way


@contextmanager
def served(app, bound):
    """An application in a thread, at a socket that listens."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(60)
