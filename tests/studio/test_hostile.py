"""Whatever is sent to the studio is answered in a sentence, and the session goes on; see hostile.py."""

import asyncio
import http.client
import json
import socket
from contextlib import closing, suppress
from urllib.parse import quote

import hostile
import pytest
from running import PATIENCE, at_rest, receive, send, studio_here

from throughtime.studio import client, door
from throughtime.studio.door import Door, Doorkeeper


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with studio_here(tmp_path_factory.mktemp("studio")) as running:
        yield running


@pytest.fixture(autouse=True)
def the_session_goes_on(running, capfd):
    yield
    with running.page() as page:
        receive(page, "frame")
        send(page, "configure", settings={"seed": 1})
        receive(page, "frame", lambda frame: frame["step"] == 0)
        send(page, "step", count=1)
        assert at_rest(receive(page, "frame", lambda frame: frame["step"] == 1))
    assert "Traceback" not in capfd.readouterr().err


def cookie(running):
    return f"throughtime-{running.host.split(':')[1]}={running.token}"


def raw(running, content):
    """All that a server answers to some bytes, until it closes, which it may do before it has read them all."""
    host, port = running.host.split(":")
    answer = b""
    with socket.create_connection((host, int(port)), PATIENCE) as connection:
        with suppress(ConnectionError):
            connection.sendall(content)
        with suppress(ConnectionError):
            while piece := connection.recv(2**16):
                answer += piece
    return answer


@pytest.mark.long
def test_messages(running):
    """Some of them; 4,100 others were tried by hand."""
    sentences = 0
    with running.page() as page:
        receive(page, "frame")
        for message in hostile.messages(seed=3, count=80):
            page.send(message)
            page.send('{"type": "that is all"}')
            while (answer := json.loads(page.recv(PATIENCE))).get("message", "").count("that is all") == 0:
                if answer["type"] == "error":
                    sentences += 1
                    assert 10 < len(answer["message"]) < 600
                    assert "\n" not in answer["message"]
                    assert "fault of throughtime" not in answer["message"]
    assert sentences > 50


def test_uploads(running):
    for name, content in hostile.uploads():
        with closing(http.client.HTTPConnection(running.host, timeout=PATIENCE)) as connection:
            connection.request("POST", "/upload", content, {"Cookie": cookie(running), "X-File-Name": quote(name)})
            with connection.getresponse() as answer:
                sentence = answer.read().decode()
        assert answer.status == 400, (name, sentence)
        assert 10 < len(sentence) < 700
        assert "\n" not in sentence
        assert "/tmp" not in sentence


def test_a_name_that_is_no_name_is_refused_as_well(running):
    for name in (b"%", b"%00.csv", b"%ff%fe.csv", b"\xff.csv", b"a" * 3000 + b".csv", b"..%2f..%2fa.csv"):
        request = (
            b"POST /upload HTTP/1.1\r\nHost: %b\r\nCookie: %b\r\nX-File-Name: %b\r\n"
            b"Connection: close\r\nContent-Length: 1\r\n\r\nx" % (running.host.encode(), cookie(running).encode(), name)
        )
        answer = raw(running, request)
        assert answer.startswith(b"HTTP/1.1 400 "), (name, answer)


GAMES = {
    "no host": "GET / HTTP/1.1\r\nCookie: COOKIE\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "a foreign host": "GET / HTTP/1.1\r\nHost: evil.example\r\nCookie: COOKIE\r\n\r\n",
    "a host with a name before": "GET / HTTP/1.1\r\nHost: evil@HOST\r\nCookie: COOKIE\r\n\r\n",
    "a host behind": "GET / HTTP/1.1\r\nHost: HOST.evil.example\r\nCookie: COOKIE\r\n\r\n",
    "a host that is no host": "GET / HTTP/1.1\r\nHost: [::1\r\nCookie: COOKIE\r\n\r\n",
    "another port": "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nCookie: COOKIE\r\n\r\n",
    "an absolute address": "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nCookie: COOKIE\r\n\r\n",
    "a foreign origin": "GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: http://evil.example\r\nCookie: COOKIE\r\n\r\n",
    "no origin": "GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: null\r\nCookie: COOKIE\r\n\r\n",
    "an origin of another scheme": "GET / HTTP/1.1\r\nHost: HOST\r\nOrigin: https://HOST\r\nCookie: COOKIE\r\n\r\n",
    "no token": "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "an empty token": "GET /?token= HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a longer token": "GET /?token=TOKENx HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "half a token": "GET /?token=TOK HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "no text as a token": "GET /?token=%ff%fe HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a cookie of another name": "GET / HTTP/1.1\r\nHost: HOST\r\nCookie: token=TOKEN\r\n\r\n",
    "no text as a cookie": "GET / HTTP/1.1\r\nHost: HOST\r\nCookie: throughtime=\xff;;=;\r\n\r\n",
    "out of the folder": "GET /../server.py HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "out of the folder, hidden": "GET /%2e%2e%2fserver.py HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "out of the folder, as on Windows": "GET /..%5cserver.py HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "a drive": "GET /c:%5cwindows%5cwin.ini HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "two slashes": "GET //etc/passwd HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "an end of text": "GET /main.js%00 HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "a long path": "GET /" + "a" * 5000 + " HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "a folder": "GET /nothing/ HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "another method": "POST / HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nContent-Length: 0\r\n\r\n",
    "a method of its own": "BREW / HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "an upload to be got": "GET /upload HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "no websocket": "GET /ws HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n\r\n",
    "a websocket without a key": "GET /ws HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\n"
    "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    "no request": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "many headers": "GET / HTTP/1.1\r\n" + "X: y\r\n" * 20_000 + "\r\n",
    "a wrong length": "POST /upload HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nContent-Length: -1\r\n\r\n",
    "two lengths": "POST /upload HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a chunk that is none": "POST /upload HTTP/1.1\r\nHost: HOST\r\nCookie: COOKIE\r\nX-File-Name: a.csv\r\n"
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}  # fmt: skip


def test_requests(running):
    for game, text in GAMES.items():
        if "Connection" not in text:
            text = text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
        request = text.replace("COOKIE", cookie(running)).replace("HOST", running.host)
        answer = raw(running, request.replace("TOKEN", running.token).encode("latin-1"))
        assert answer[9:10] == b"4", (game, answer[:200])
        assert b"from __future__" not in answer
        assert b"Traceback" not in answer


def test_idle_connections_lock_nobody_out(running):
    host, port = running.host.split(":")
    idle = []
    try:
        many = range(door.MOST_WAITING + door.MOST_CONNECTIONS)
        idle.extend(socket.create_connection((host, int(port)), PATIENCE) for _ in many)
        with running.page() as page:
            receive(page, "frame")
        assert idle[0].recv(1) == b""  # the oldest had to go
    finally:
        for connection in idle:
            connection.close()


def test_a_request_has_its_time(running, monkeypatch):
    monkeypatch.setattr(door, "SECONDS_FOR_A_REQUEST", 0.0)
    host, port = running.host.split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: ")
        with suppress(ConnectionError):  # where it was closed before what came was read
            assert slow.recv(1) == b""
    monkeypatch.undo()


class Transport:
    def __init__(self, closing=False):
        self.closing, self.aborted = closing, False

    def is_closing(self):
        return self.closing

    def abort(self):
        self.aborted = True


def waiting_since(moment, cycle=None, closing=False):
    connection = Door.__new__(Door)
    connection.since, connection.cycle, connection.transport = moment, cycle, Transport(closing)
    return connection


class Cycle:
    def __init__(self, response_complete):
        self.response_complete = response_complete


def test_the_doorkeeper_closes_what_is_late_and_nothing_else():
    keeper, late = Doorkeeper(), door.SECONDS_FOR_A_REQUEST
    silent, new = waiting_since(0.0), waiting_since(late - 0.1)
    answering, idle = waiting_since(0.0, Cycle(False)), waiting_since(0.0, Cycle(True))
    closing = waiting_since(0.0, closing=True)
    everyone = [silent, new, answering, idle, closing]
    keeper.look(everyone, late)
    assert [one.transport.aborted for one in everyone] == [True, False, False, True, False]
    keeper.look(everyone, late + door.SECONDS_TO_CLOSE)  # the closing message is not taken
    assert [one.transport.aborted for one in everyone] == [True, False, False, True, True]


def test_a_page_that_does_not_read_is_sent_the_newest_frame_only():
    page = client.Client()
    frame = "f" * (client.MOST_BYTES // 4)
    for k in range(100):
        page.show(f"{frame}{k}")
    page.send("the end")
    assert sum(len(one.text) for one in page.waiting) < 1.5 * client.MOST_BYTES
    kept = [one.text.removeprefix(frame) for one in page.waiting]
    assert kept == ["96", "97", "98", "99", "the end"]
    assert not page.given_up
    for _ in range(8):
        page.send(frame)
    assert page.given_up
    assert not page.waiting
    with pytest.raises(client.TooSlow):
        asyncio.run(page.send_all(None))


def test_a_passing_frame_gives_way_and_never_comes_after_a_newer_one():
    page, sent = client.Client(), []

    async def send(text):
        sent.append(text)
        if text == "first":
            assert not page.idle
            page.show("passing", passing=True)
            page.send("message")
            page.show("at rest")
        if len(sent) == 3:
            raise EOFError

    page.show("passed", passing=True)
    page.show("first", passing=True)
    with pytest.raises(EOFError):
        asyncio.run(page.send_all(send))
    assert sent == ["first", "message", "at rest"]
    assert page.idle


@pytest.mark.long
def test_a_page_that_takes_nothing_is_given_up(monkeypatch):
    monkeypatch.setattr(client, "SECONDS_TO_TAKE", 0.0)
    page = client.Client()
    page.send("never taken")

    async def never(text):
        await asyncio.Event().wait()

    with pytest.raises(client.TooSlow):
        asyncio.run(page.send_all(never))
