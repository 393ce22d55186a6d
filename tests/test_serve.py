"""examples/serve.py over its socket: right answers, and hostile requests."""

import http.client
import json
import re
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from examples import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import throughtime as tt
from throughtime.bridges.exported import Exported

NET = tt.Network(cell="gru", inputs=2, hidden=4, outputs=3, readout="softmax", loss="cross_entropy")
CLASSES = ("walks", "runs", "stands")


@contextmanager
def served(model):
    """The port of a server in a thread."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(serve.configuration(model, 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        try:
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(60)


@pytest.fixture(scope="module")
def port():
    with served(Exported(NET, classes=CLASSES)) as port:
        yield port


def request(port, method, path, body=None, **headers):
    """Status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def stream(port):
    return connect(f"ws://127.0.0.1:{port}/stream", open_timeout=60)


def test_sequences(port):
    x = [np.random.default_rng(n).normal(size=(n, 2)) for n in (5, 1, 9)]
    status, text = request(port, "POST", "/predict", json.dumps({"x": [one.tolist() for one in x]}))
    assert status == 200
    for answer, y in zip(json.loads(text)["answers"], NET.predict(x), strict=True):
        np.testing.assert_array_equal(answer["y"], y)
        assert answer["label"] == [CLASSES[k] for k in y.argmax(axis=1)]


def test_a_stream(port):
    x = np.random.default_rng(0).normal(size=(6, 2))
    with stream(port) as one, stream(port) as other:
        for x_t, y in zip(x, NET.predict(x[None])[0], strict=True):
            for refused in ("[NaN, 1]", "[1]", "{", '["1", "2"]', b"\xff", "[1e999, 1]"):
                one.send(refused)
                assert set(json.loads(one.recv(timeout=60))) == {"error"}  # and the state stays
            one.send(json.dumps(x_t.tolist()))
            answer = json.loads(one.recv(timeout=60))
            np.testing.assert_allclose(answer["y"], y, rtol=1e-12)
            assert answer["label"] == CLASSES[y.argmax()]
        other.send(json.dumps(x[0].tolist()))  # has a state of its own
        np.testing.assert_allclose(json.loads(other.recv(timeout=60))["y"], NET.predict(x[None, :1])[0, 0], rtol=1e-12)


HOSTILE = {
    "NaN": ('{"x": [[[NaN, 1]]]}', 400, "not JSON"),
    "a number beyond float64": ('{"x": [[[1e999, 1]]]}', 400, ""),
    "not JSON": ("x", 400, "not JSON"),
    "nothing": ("", 400, "not JSON"),
    "not text": (b"\xff\xfe", 400, "not JSON"),
    "deep": ("[" * 100_000, 400, "not JSON"),
    "deep below x": ('{"x": [' + "[" * 500 + "]" * 500 + "]}", 400, "sequence 0 must be"),
    "no x": ("{}", 400, "the body must be"),
    "a list": ("[1]", 400, "the body must be"),
    "no sequence": ('{"x": []}', 400, "1 to 64 sequences"),
    "many sequences": (json.dumps({"x": [[[1, 2]]] * 65}), 400, "1 to 64 sequences"),
    "no step": ('{"x": [[]]}', 400, "sequence 0 must be"),
    "other features": ('{"x": [[[1, 2]], [[1, 2, 3]]]}', 400, "sequence 1 must be a list of steps, each a list of 2"),
    "ragged": ('{"x": [[[1, 2], [1]]]}', 400, "sequence 0 must be"),
    "text": ('{"x": [[["1", "2"]]]}', 400, "sequence 0 must be"),
    "true": ('{"x": [[[true, false]]]}', 400, "sequence 0 must be"),
    "null": ('{"x": [[[null, 1]]]}', 400, "sequence 0 must be"),
    "an object": ('{"x": {"a": 1}}', 400, "the body must be"),
    "a whole number of 100 digits": ('{"x": [[[1' + "0" * 400 + ", 1]]]}", 400, ""),
    "a long sequence": (json.dumps({"x": [[[1, 2]] * 10_001]}), 413, "10000 steps"),
    "a large body": (b" " * 1_000_001, 413, "1000000 bytes"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_in_one_sentence(port, name):
    body, expected, sentence = HOSTILE[name]
    status, text = request(port, "POST", "/predict", body)
    assert (status, text.count("\n")) == (expected, 1)
    assert sentence in text
    assert len(text) < 200


def test_the_guide(port):
    guide = (Path(__file__).parent.parent / "docs/serving.md").read_text()
    (text,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", text.replace("8000", str(port))], capture_output=True, text=True)
    assert not done.stderr


def test_other_addresses(port):
    assert request(port, "GET", "/predict")[0] == 405
    assert request(port, "GET", "/")[0] == 404
    assert request(port, "GET", "/health", Host="evil.example")[0] == 400


def test_a_request_that_never_arrives(port, monkeypatch):
    monkeypatch.setattr(serve, "SECONDS", 0.0)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
        slow.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n")
        assert slow.recv(1000).startswith(b"HTTP/1.1 408")


def test_too_many(monkeypatch):
    monkeypatch.setattr(serve, "STREAMS", 2)
    with served(NET) as port, ExitStack() as streams:
        for _ in range(2):
            streams.enter_context(stream(port))
        with pytest.raises(InvalidStatus) as found:
            stream(port)
        assert found.value.response.status_code == 429
        assert found.value.response.body == b"2 streams are open already, try again later\n"
        monkeypatch.setattr(serve, "PREDICTIONS", 0)
        assert request(port, "POST", "/predict", '{"x": [[[1, 2]]]}')[0] == 429


def test_a_message_that_is_too_long_ends_its_stream_only(port):
    with stream(port) as one, stream(port) as other:
        # the frame's header alone: who is still sending what is refused might not see why
        one.socket.sendall(b"\x81\xff" + (65_537).to_bytes(8, "big") + b"mask")
        with pytest.raises(ConnectionClosed) as closed:
            one.recv(timeout=60)
        assert closed.value.rcvd.code == 1009
        other.send("[1, 2]")
        assert "y" in json.loads(other.recv(timeout=60))


def test_health_and_metrics():
    with served(NET) as port:
        assert request(port, "GET", "/health")[0] == 200
        status, text = request(port, "POST", "/predict", '{"x": [[[1, 2]], [[3, 4], [5, 6]]]}')
        assert status == 200
        assert "label" not in text  # it has no classes
        request(port, "POST", "/predict", "x")
        with stream(port) as one:
            one.send("[1, 2]")
            one.recv(timeout=60)
            found = dict(line.rsplit(" ", 1) for line in metrics(port) if not line.startswith("#"))
        assert float(found.pop("throughtime_seconds_total")) > 0
        assert found == {
            'throughtime_requests_total{status="200"}': "2",
            'throughtime_requests_total{status="400"}': "1",
            "throughtime_sequences_total": "2",
            "throughtime_steps_total": "1",
            "throughtime_streams": "1",
        }


def metrics(port):
    return request(port, "GET", "/metrics")[1].splitlines()


def test_other_networks():
    both = tt.Network(inputs=2, hidden=3, outputs=1, bidirectional=True)
    with served(both) as port:
        status, text = request(port, "POST", "/predict", '{"x": [[[1, 2], [3, 4]]]}')
        np.testing.assert_array_equal(
            json.loads(text)["answers"][0]["y"], both.predict(np.array([[[1, 2], [3, 4.0]]]))[0]
        )
        with pytest.raises(InvalidStatus) as found:
            stream(port)
        assert (status, found.value.response.status_code) == (200, 409)
    with pytest.raises(ValueError, match="forecasters"):
        serve.Server(Exported(NET, horizon=2))
    for more in ({"pooled": True}, {"function": "exp"}):
        with pytest.raises(ValueError, match="models that pool over time, or of counts, are not served"):
            serve.Server(Exported(NET, **more))
