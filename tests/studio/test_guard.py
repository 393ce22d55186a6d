"""Only the browser that was given the address is answered, and only under the server's own name."""

import asyncio

import pytest

from throughtime.studio.guard import PATHS, Guard, Proxy, is_loopback, stored_token
from throughtime.studio.server import PAGE, application

TOKEN, PORT = "the token", 8765


async def _inside(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})
    else:
        await send({"type": "websocket.accept"})


def answer(kind="http", query="token=the%20token", listening="127.0.0.1", proxy=None, inside=_inside, **headers):
    headers = {"host": f"127.0.0.1:{PORT}"} | headers
    scope = {
        "type": kind, "method": "GET", "path": headers.pop("path", "/"), "query_string": query.encode(), "scheme": kind,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value is not None],
    }  # fmt: skip
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "websocket.connect"}

    asyncio.run(Guard(inside, TOKEN, listening, PORT, proxy)(scope, receive, send))
    return sent[0]


def test_the_token_is_exchanged_for_a_cookie():
    entered = answer()
    headers = {name.decode(): value.decode() for name, value in entered["headers"]}
    assert entered["status"] == 200
    assert headers["set-cookie"] == f"throughtime-{PORT}=the token; HttpOnly; SameSite=Strict; Path=/"
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert policy.endswith("frame-ancestors 'self'")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    again = answer(query="", cookie=f"throughtime-{PORT}=the token")
    assert again["status"] == 200
    assert b"set-cookie" not in dict(again["headers"])


@pytest.mark.parametrize("host", [f"localhost:{PORT}", f"[::1]:{PORT}", f"127.0.0.1:{PORT}"])
def test_its_own_names(host):
    assert answer(host=host, origin=f"http://{host}")["status"] == 200
    assert answer("websocket", host=host, origin=f"http://{host}")["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "headers",
    [
        {"query": ""},
        {"query": "token="},
        {"query": "token=the"},
        {"query": "token=t%C3%B6ken"},
        {"query": "", "cookie": f"throughtime-{PORT}=wrong"},
        {"query": "", "cookie": "throughtime-1=the token"},
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:1"},
        {"host": f"a[::1]:{PORT}"},
        {"host": f"[::1]a:{PORT}"},
        {"host": f"127.0.0.1::{PORT}"},
        {"host": f"127.0.0.1:{PORT}@evil.example"},
        {"host": f"evil@127.0.0.1:{PORT}"},
        {"host": f"127.0.0.1:{PORT}/x"},
        {"host": "127.0.0.1:port"},
        {"host": "192.168.0.1:8765"},
        {"host": None},
        {"origin": "http://evil.example"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"origin": "file://"},
    ],
    ids=str,
)
def test_the_rest_is_refused(headers):
    assert answer(**headers)["status"] == 403
    refused = answer("websocket", **headers)
    assert (refused["type"], refused["code"]) == ("websocket.close", 1008)


def test_a_host_that_others_reach_answers_addresses_and_no_foreign_names():
    assert answer(listening="0.0.0.0", host=f"192.168.0.7:{PORT}")["status"] == 200
    assert answer(listening="0.0.0.0", host=f"evil.example:{PORT}")["status"] == 403
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("example.org")
    assert is_loopback("127.0.0.2")
    assert is_loopback("::1")


HUB = Proxy.at("https://Hub.example/user/me%40work/proxy/8765/")


@pytest.mark.parametrize("host", ["hub.example", "HUB.example:443", f"127.0.0.1:{PORT}", f"localhost:{PORT}"])
def test_behind_a_proxy_its_name_is_one_more(host):
    entered = answer(proxy=HUB, host=host, origin="https://hub.example")
    assert entered["status"] == 200
    cookie = dict(entered["headers"])[b"set-cookie"].decode()
    assert cookie.endswith("HttpOnly; SameSite=Strict; Path=/user/me%40work/proxy/8765/; Secure")
    assert answer("websocket", proxy=HUB, host=host, origin="https://hub.example")["type"] == "websocket.accept"


@pytest.mark.parametrize(
    "headers",
    [
        {"query": "", "host": "hub.example"},
        {"query": "token=wrong", "host": "hub.example"},
        {"host": "hub.example:80"},
        {"host": f"hub.example:{PORT}"},
        {"host": "evil.hub.example"},
        {"host": "hub.example.evil"},
        {"host": "hub.example/user"},
        {"host": "evil@hub.example"},
        {"host": "hub.example?"},
        {"host": "hub.example:0"},
        {"host": "hub.example."},
        {"host": "hub.example", "origin": "http://hub.example"},
        {"host": "hub.example", "origin": "https://hub.example:8443"},
        {"host": "hub.example", "origin": "https://evil.example"},
        {"host": "hub.example", "origin": "null"},
    ],
    ids=str,
)
def test_behind_a_proxy_the_rest_is_refused(headers):
    assert answer(proxy=HUB, **headers)["status"] == 403
    assert answer("websocket", proxy=HUB, **headers)["code"] == 1008


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/", None),
        ("/main.js", None),
        ("/user/me@work/proxy/8765/main.js", "/user/me@work/proxy/8765"),
        ("/user/me@work/proxy/8765/", "/user/me@work/proxy/8765"),
        ("/user/me@work/proxy/87655/main.js", None),
    ],
)
def test_a_proxy_may_leave_the_path_as_it_is(path, root):
    found = []

    async def inside(scope, receive, send):
        found.append(scope.get("root_path"))
        await _inside(scope, receive, send)

    answer(proxy=HUB, host="hub.example", path=path, inside=inside)
    assert found == [root]


def test_a_proxy_s_path_without_its_slash_stays_with_the_name_that_the_browser_knows():
    """An absolute address would be one of http, or of the name by which the proxy calls this server."""
    for host in ("hub.example", f"127.0.0.1:{PORT}"):
        sent = answer(proxy=HUB, host=host, path="/user/me@work/proxy/8765")
        assert sent["status"] == 307
        location = dict(sent["headers"])[b"location"]
        assert location == b"/user/me%40work/proxy/8765/?token=the%20token"
    assert answer(proxy=HUB, query="", path="/user/me@work/proxy/8765")["status"] == 403


def test_paths_that_the_studio_has_itself_are_no_proxy_s():
    """/lesson/ at a proxy that takes its path away is asked for as /lesson/, and its lesson as /lesson."""
    routes = {route.path.strip("/") for route in application(None, TOKEN, "127.0.0.1", PORT).routes}
    folders = {path.name for path in PAGE.iterdir() if path.is_dir()}
    assert (routes | folders) - {""} == PATHS
    for name in PATHS:
        for path in (f"/{name}", f"/{name}/a/", f"/%{ord(name[0]):x}{name[1:]}/"):
            with pytest.raises(ValueError, match=f"does not begin with /{name}, which is one of the studio's own"):
                Proxy.at(f"https://hub.example{path}")
        assert Proxy.at(f"https://hub.example/a/{name}").prefix == f"/a/{name}"


def test_the_address_that_was_listened_at_is_an_own_name():
    assert answer(listening="127.0.0.2", host=f"127.0.0.2:{PORT}")["status"] == 200
    assert answer(listening="127.0.0.2", host=f"127.0.0.3:{PORT}")["status"] == 403


def test_the_address_of_a_proxy():
    for given, address in [
        ("https://hub.example", "https://hub.example/"),
        ("https://hub.example:443/", "https://hub.example/"),
        ("http://hub.example:8080/a/b", "http://hub.example:8080/a/b/"),
        ("http://[::1]:8888/proxy/8765//", "http://[::1]:8888/proxy/8765/"),
        ("https://[2001:DB8:0:0::7]/a%20b", "https://[2001:db8::7]/a%20b/"),  # as browsers write it
    ]:
        assert Proxy.at(given).address == address
    for wrong in (
        "hub.example", "ftp://hub.example/", "https://", "https://me@hub.example/", "https://hub.example/?x=1",
        "https://hub.example/#x", "https://hub.example/a b", "https://hub.example/a;b", "https://hub.example/../b",
        "https://hub.example:x/", "https://hub.example:99999/", "https://hub.example/a//b", "",
        "https://hub.example:0/", "https://hub.example:/", "https://a[::1]/", "https://[::1]a/", "https://[1.2.3.4]/",
        "https://[::1%25eth0]/", "https://hub..example/", "https://./", "https://hub.example/%2e%2E/b",
        "https://hub.example/%zz/", "https://hub.example/%", "https://hub.example/a%2fb", "https://hub.example/a%5cb",
        "https://hub.example/%00", "https://hub.example/a%0d%0ab", "https://h\u00fcb.example/", "https://hub.example/\x1b",
        "https://hub.example/" + "a" * 1000,
    ):  # fmt: skip
        with pytest.raises(ValueError, match="--behind must be the address of a reverse proxy as a browser sees it"):
            Proxy.at(wrong)


def test_the_token_stays_the_same_and_is_nobody_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("THROUGHTIME_CACHE", str(tmp_path / "cache"))
    token = stored_token()
    assert len(token) >= 40
    assert stored_token() == token
    path = tmp_path / "cache" / "studio-token"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)  # another one could have read it
    assert stored_token() != token


def test_the_token_where_there_are_no_user_ids(tmp_path, monkeypatch):
    """Windows: what lies in the user's profile is theirs, whatever its rights look like."""
    monkeypatch.setenv("THROUGHTIME_CACHE", str(tmp_path / "cache"))
    monkeypatch.delattr("os.getuid")
    monkeypatch.setattr("throughtime.studio.guard.WINDOWS", True)
    token = stored_token()
    (tmp_path / "cache" / "studio-token").chmod(0o666)
    assert stored_token() == token


def test_a_token_that_cannot_be_read_or_is_a_link_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("THROUGHTIME_CACHE", str(tmp_path))
    path = tmp_path / "studio-token"
    path.write_bytes(b"\xff" * 60)
    path.chmod(0o600)
    assert len({stored_token(), stored_token()}) == 2
    path.unlink()
    (tmp_path / "mine").write_text("x" * 60)
    (tmp_path / "mine").chmod(0o600)
    path.symlink_to(tmp_path / "mine")
    assert len({stored_token(), stored_token(), "x" * 60}) == 3
