"""Serve a network over HTTP: whole sequences by POST, endless ones step by step over a websocket.

    python serve.py MODEL.safetensors [PORT]

Only this machine reaches it. See docs/serving.md.
"""

import asyncio
import sys
import time
from collections import Counter
from typing import Any

import numpy as np
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

import throughtime as tt
from throughtime.bridges.exported import exported

BYTES, SEQUENCES, STEPS = 1_000_000, 64, 10_000  # of a request: in all, at once, of each sequence
PREDICTIONS, STREAMS = 8, 32  # that may be at work at once
SECONDS = 10.0  # for a request to arrive
HOSTS = ("127.0.0.1", "localhost", "[::1]")  # names in the address; another's page cannot lead here


class Refused(Exception):
    """A status, and the reason in one sentence."""


class Server:
    """A network, or a fitted estimator of sequences, that answers."""

    def __init__(self, model: Any) -> None:
        what = exported(model)
        if what.horizon or what.table:
            raise ValueError(
                "forecasters and models of tables are not served: their sequences are no steps of features"
            )
        if what.pooled or what.function:
            raise ValueError("models that pool over time, or of counts, are not served: y would be their network's")
        self.net, self.classes = what.network, what.classes
        self.counted: Counter[str] = Counter()
        self.seconds = 0.0
        self.predictions = self.streams = 0

    def array(self, given: Any, what: str, dimensions: int) -> Any:
        """Finite numbers of a step (I) or a sequence (T,I)."""
        s = self.net.specification
        try:
            array = np.array(given)
        except ValueError:  # lists of different lengths
            array = np.array(None)
        if array.dtype.kind not in "iuf" or array.ndim != dimensions or array.shape[-1] != s.inputs or not array.size:
            form = f"a list of {s.inputs} numbers"
            raise Refused(400, f"{what} must be {form if dimensions == 1 else f'a list of steps, each {form}'}")
        with np.errstate(over="ignore"):
            array = array.astype(s.dtype)
        if not np.isfinite(array).all():
            raise Refused(400, f"the numbers of {what} must be within {s.dtype}")
        return array

    def answer(self, y: Any) -> dict[str, Any]:
        """Outputs (…,O) as JSON, with the likeliest classes if there are any."""
        if not np.isfinite(y).all():
            raise Refused(400, "the network's outputs are not finite for these numbers")
        labels = {"label": np.array(self.classes)[y.argmax(axis=-1)].tolist()} if self.classes else {}
        return {"y": y.tolist()} | labels

    async def predict(self, request: Request) -> Response:
        """{"x": [sequence, …]} → {"answers": [{"y": …, "label": …}, …]}"""
        if self.predictions >= PREDICTIONS:
            raise Refused(429, f"{PREDICTIONS} requests are at work already, try again later")
        self.predictions += 1
        try:
            body = parsed(await read(request))
            x = body.get("x") if isinstance(body, dict) else None
            if not isinstance(x, list) or not 1 <= len(x) <= SEQUENCES:
                raise Refused(400, f'the body must be {{"x": [sequence, …]}} with 1 to {SEQUENCES} sequences')
            if any(isinstance(sequence, list) and len(sequence) > STEPS for sequence in x):
                raise Refused(413, f"a sequence may have {STEPS} steps")
            sequences = [self.array(sequence, f"sequence {n}", 2) for n, sequence in enumerate(x)]
            began = time.perf_counter()
            found = await run_in_threadpool(self.net.predict, sequences)
            self.seconds += time.perf_counter() - began
            self.counted["sequences"] += len(x)
            return JSON({"answers": [self.answer(y) for y in found]})
        finally:
            self.predictions -= 1

    async def stream(self, websocket: WebSocket) -> None:
        """A step in, an answer out; what is refused leaves the state as it was."""
        if self.net.specification.bidirectional:
            refusal = plain(409, "a network that reads in both directions has no steps: POST whole sequences")
            return await websocket.send_denial_response(refusal)
        if self.streams >= STREAMS:
            refusal = plain(429, f"{STREAMS} streams are open already, try again later")
            return await websocket.send_denial_response(refusal)
        self.streams += 1
        try:
            await websocket.accept()
            state = self.net.initial_state(1)
            while True:
                try:
                    received = await websocket.receive()
                    if received["type"] == "websocket.disconnect":
                        return None
                    step = self.array(parsed(received.get("text") or received.get("bytes") or ""), "a step", 1)
                    y, after = self.net.step(step[None], state)
                    answer, state = self.answer(y[0]), after
                    self.counted["steps"] += 1
                except Refused as error:
                    answer = {"error": error.args[1]}
                await websocket.send_bytes(orjson.dumps(answer))
        except WebSocketDisconnect:
            return None
        finally:
            self.streams -= 1

    async def health(self, request: Request) -> Response:
        """Whether it is there, and what it is."""
        s = self.net.specification
        return JSON({"status": "ok", "network": repr(self.net), "inputs": s.inputs, "outputs": s.outputs})

    async def metrics(self, request: Request) -> Response:
        """Counters in Prometheus's text format."""
        lines = ["# TYPE throughtime_requests_total counter"]
        for name, count in sorted(self.counted.items()):
            if name.startswith("status "):
                lines.append(f'throughtime_requests_total{{status="{name[7:]}"}} {count}')
        of_work: dict[str, float] = {
            "sequences": self.counted["sequences"],
            "steps": self.counted["steps"],
            "seconds": self.seconds,
        }
        for name, total in of_work.items():
            lines += [f"# TYPE throughtime_{name}_total counter", f"throughtime_{name}_total {total}"]
        lines += ["# TYPE throughtime_streams gauge", f"throughtime_streams {self.streams}"]
        return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")


class JSON(Response):
    """An answer."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Its bytes."""
        return orjson.dumps(content)


async def read(request: Request) -> bytes:
    """The body, of at most `BYTES` that arrive in `SECONDS`."""
    pieces = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for piece in request.stream():
                pieces += piece
                if len(pieces) > BYTES:
                    raise Refused(413, f"a request may have {BYTES} bytes")
    except TimeoutError:
        raise Refused(408, f"the request did not arrive in {SECONDS} seconds") from None
    except ClientDisconnect:
        raise Refused(400, "the request ended early") from None
    return bytes(pieces)


def parsed(text: Any) -> Any:
    """What a text in JSON says."""
    try:
        return orjson.loads(text)
    except ValueError:
        raise Refused(400, "what was sent is not JSON (which has no NaN and no infinity)") from None


def plain(status: int, sentence: str) -> Response:
    """A refusal; whatever else the request holds is not read."""
    return PlainTextResponse(f"{sentence}\n", status, {"connection": "close"})


async def refused(request: Request, error: Exception) -> Response:
    """What `Refused` becomes."""
    return plain(*error.args)


class Counted:
    """Counts the status of every answer."""

    def __init__(self, app: Any, counted: Counter[str]) -> None:
        self.app, self.counted = app, counted

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""

        async def sending(message: Any) -> None:
            if message["type"].endswith("http.response.start"):
                self.counted[f"status {message['status']}"] += 1
            await send(message)

        await self.app(scope, receive, sending)


def application(model: Any) -> Counted:
    """What a server runs, of a network or a fitted estimator."""
    server = Server(model)
    app = Starlette(
        routes=[
            Route("/predict", server.predict, methods=["POST"]),
            WebSocketRoute("/stream", server.stream),
            Route("/health", server.health),
            Route("/metrics", server.metrics),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)],
        exception_handlers={Refused: refused},
    )
    return Counted(app, server.counted)


def configuration(model: Any, port: int) -> uvicorn.Config:
    """On this machine alone; more than 100 connections are answered 503."""
    return uvicorn.Config(
        application(model), host="127.0.0.1", port=port, limit_concurrency=100, ws="websockets-sansio",
        ws_max_size=65_536, ws_per_message_deflate=False, access_log=False, server_header=False,
        timeout_graceful_shutdown=2,
    )  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__)
    else:
        uvicorn.Server(configuration(tt.load(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 8000)).run()
