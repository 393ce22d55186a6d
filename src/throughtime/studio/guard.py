"""The one client of the server: the browser that was given the printed address, and no other page that is open in it.

The token of that address is exchanged for a cookie. `Host` must be this server's own name, or that of the one reverse
proxy that was named, so that no foreign name that was made to lead here (DNS rebinding) is answered; `Origin`, where a
browser sends one, must be one of these too.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import stat
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse

from throughtime.support.disk import WINDOWS, cache_folder, is_private
from throughtime.support.documents import printable

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def stored_token() -> str:
    """The user's token. It stays the same, so that a page that is open goes on when the server is started again."""
    path = cache_folder() / "studio-token"
    fresh = secrets.token_urlsafe(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(fresh)
    except FileExistsError:
        with suppress(OSError, ValueError):
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and is_private(status) and (WINDOWS or not status.st_mode & 0o077):
                stored = path.read_text().strip()
                return stored if len(stored) >= len(fresh) else fresh
    except OSError:
        pass
    return fresh


Origin = tuple[str, str, int]
"""Scheme, name and port."""

USUAL = {"http": 80, "https": 443}
"""Ports that are not written."""

PATHS = {"ws", "upload", "export", "lesson", "engine"}
"""What paths of the application begin with, but for files at its root."""

_LONGEST = 1000
"""Characters of a proxy's address: browsers take no longer path of a cookie."""


def origin_of(text: str) -> Origin | None:
    """The origin that scheme://host:port writes; None if it is anything more or else."""
    found = re.fullmatch(r"(https?)://(?:([\w-]+(?:\.[\w-]+)*)|\[([\da-fA-F:.]+)\])(?::(\d{1,5}))?", text, re.ASCII)
    if found is None:
        return None
    scheme, name, address, given = found.groups()
    port = USUAL[scheme] if given is None else int(given)
    if not 0 < port < 65536:
        return None
    try:
        return scheme, name.lower() if name else IPv6Address(address).compressed, port
    except ValueError:
        return None


@dataclass(frozen=True)
class Proxy:
    """A reverse proxy that shows the studio to browsers under another address.

    origin : of the address
    prefix : its path, without a slash at the end; the proxy may take it away from the requests, or leave it
    """

    origin: Origin
    prefix: str

    @classmethod
    def at(cls, address: str) -> Proxy:
        """The proxy at an address such as https://hub.example/user/me/proxy/8765/; a ValueError for anything else."""
        found = re.fullmatch(r"(https?://[^/?#]+)((?:/(?:[\w.~@:+-]|%[\da-fA-F]{2})+)*)/*", address, re.ASCII)
        origin = None if found is None else origin_of(found[1])
        names = [] if found is None else [unquote(name) for name in found[2].split("/")[1:]]
        if found is None or origin is None or len(address) > _LONGEST or not all(map(_is_name, names)):
            raise ValueError(
                "--behind must be the address of a reverse proxy as a browser sees it, such as "
                f'https://hub.example/user/me/proxy/8765/, got "{printable(address[:80])}"'
            )
        if names and names[0] in PATHS:
            raise ValueError(
                f"--behind must have a path that does not begin with /{names[0]}, which is one of the studio's own: "
                "whether the proxy takes it away could not be known"
            )
        return cls(origin, found[2])

    @property
    def address(self) -> str:
        """The address of the page."""
        scheme, name, port = self.origin
        host = f"[{name}]" if ":" in name else name
        return f"{scheme}://{host}{'' if port == USUAL[scheme] else f':{port}'}{self.prefix}/"


class Guard:
    """Answers what must not pass with 403, and puts the security headers on the rest.

    Parameters
    ----------
    app : what is guarded
    token : str
    host, port : where the server listens
    proxy : that shows it under another address
    """

    def __init__(self, app: Any, token: str, host: str, port: int, proxy: Proxy | None = None) -> None:
        self.app, self.token, self.port, self.proxy = app, token, port, proxy
        self.cookie = f"throughtime-{port}"
        self.open_to_others = not is_loopback(host)
        self.names = {*LOOPBACK, host.lower(), *({socket.gethostname().lower()} if self.open_to_others else ())}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        reason = self._reason_against(connection)
        prefix = "" if self.proxy is None else unquote(self.proxy.prefix)
        if reason is None and self.proxy is not None and scope["type"] == "http" and scope["path"] == prefix:
            # without scheme and name: the token would go to http, or to the name by which the proxy calls this server
            there = RedirectResponse(f"{self.proxy.prefix}/?{connection.url.query}".removesuffix("?"))
            await there(scope, receive, self._with_headers(None, send))
        elif reason is None:
            if scope["path"].startswith(f"{prefix}/"):
                scope["root_path"] = prefix
            await self.app(scope, receive, self._with_headers(connection, send))
        elif scope["type"] == "http":
            # whatever else it sends is not read
            refusal = PlainTextResponse(f"{reason}\n", 403, {"connection": "close"})
            await refusal(scope, receive, self._with_headers(None, send))
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": reason})

    def _reason_against(self, connection: HTTPConnection) -> str | None:
        hosts = connection.headers.getlist("host")
        if len(hosts) != 1 or not any(self._is_own(f"{scheme}://{hosts[0]}") for scheme in ("http", "https")):
            return "this server answers only under its own address; throughtime studio --behind adds that of a proxy"
        if any(not self._is_own(origin) for origin in connection.headers.getlist("origin")):
            return "this server answers only its own pages"
        if not self._knows(connection.query_params.get("token")) and not self._knows(
            connection.cookies.get(self.cookie)
        ):
            return "open the address that throughtime studio printed: it holds a token"
        return None

    def _is_own(self, origin: str) -> bool:
        """Whether an origin, scheme://host:port, is this server, or its proxy."""
        found = origin_of(origin)
        if found is None:
            return False
        if self.proxy is not None and found == self.proxy.origin:
            return True
        scheme, name, port = found
        if scheme != "http" or port != self.port:
            return False
        return name in self.names or (self.open_to_others and _is_address(name))

    def _knows(self, given: str | None) -> bool:
        return given is not None and secrets.compare_digest(given.encode(), self.token.encode())

    def _with_headers(self, connection: HTTPConnection | None, send: Send) -> Send:
        entering = connection is not None and self._knows(connection.query_params.get("token"))

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                if entering:
                    # behind a proxy, others may have paths of the same name: they are not sent the token
                    prefix, scheme = ("", "http") if self.proxy is None else (self.proxy.prefix, self.proxy.origin[0])
                    cookie = f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path={prefix}/"
                    cookie += "; Secure" if scheme == "https" else ""
                    headers.append((b"set-cookie", cookie.encode()))
                given = {name for name, _ in message.get("headers", [])}
                message["headers"] = [*message.get("headers", []), *(h for h in headers if h[0] not in given)]
            await send(message)

        return sending


def _is_name(part: str) -> bool:
    """Whether a part of a path, as it is meant, is a name, which no browser or proxy makes another one of."""
    return part not in (".", "..") and part.isprintable() and not {"/", "\\"} & set(part)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
