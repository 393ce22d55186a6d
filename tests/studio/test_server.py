"""The studio as it is started on the command line, over its socket."""

import http.client
import json
import socket
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path

import pytest
from running import at_rest, receive, send, studio, studio_here
from websockets.exceptions import ConnectionClosed, InvalidStatus

from throughtime.cli.app import app
from throughtime.network import Network
from throughtime.studio.messages import LARGEST_MESSAGE, LARGEST_UPLOAD
from throughtime.training.checkpoint import load_run


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with studio_here(tmp_path_factory.mktemp("studio")) as running:
        yield running


def request(running, method, path, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    cookie = f"throughtime-{running.host.split(':')[1]}={running.token}"
    with closing(http.client.HTTPConnection(running.host, timeout=240)) as connection:
        connection.request(method, path, body, {"Cookie": cookie} | named)
        with connection.getresponse() as answer:
            return answer.status, answer.read().decode(), dict(answer.getheaders())


def test_the_page_is_served(running):
    status, text, headers = request(running, "GET", f"/?token={running.token}", Cookie="")
    assert (status, "<title>throughtime studio</title>" in text) == (200, True)
    assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
    assert request(running, "GET", "/main.js")[0] == 200
    assert request(running, "GET", "/../server.py")[0] == 404
    assert request(running, "GET", "/%2e%2e/server.py")[0] == 404
    for refused in ({"Cookie": ""}, {"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert request(running, "GET", "/", **refused)[0] == 403
        assert request(running, "GET", "/main.js", **refused)[0] == 403
        assert request(running, "GET", "/export", **refused)[0] == 403
        assert request(running, "POST", "/upload", "x", X_File_Name="a.csv", **refused)[0] == 403


def test_foreign_websockets_are_refused(running):
    for refused in ({"origin": "http://evil.example"}, {"additional_headers": {"Host": "evil.example"}}):
        with pytest.raises((InvalidStatus, ConnectionClosed)), running.page(**refused) as page:
            page.recv(timeout=60)
    right, running.token = running.token, "wrong"
    try:
        with pytest.raises(InvalidStatus) as found:
            running.page()
        assert found.value.response.status_code == 403
    finally:
        running.token = right


def test_it_listens_on_loopback_only(running):
    port = int(running.host.split(":")[1])
    with socket.socket() as other:
        other.bind(("127.0.0.2", port))  # the port is free at every other address


def test_malformed_and_large_messages_end_nothing(running):
    with running.page() as page:
        receive(page, "frame")
        for text in (
            "{",
            "[]",
            '{"type": "dance"}',
            '{"type": "step", "count": -1}',
            b"\x00\xff",
            "x" * (LARGEST_MESSAGE + 1),
        ):
            page.send(text)
            assert receive(page, "error")["message"]
        send(page, "configure", settings={"task": "nonsense"})
        assert 'there is no task "nonsense"' in receive(page, "error")["message"]
        send(page, "step", count=1)
        assert at_rest(receive(page, "frame"))


def test_a_message_that_is_far_too_large_is_refused_before_any_of_it_is_read(running):
    with running.page() as page, running.page() as other:
        receive(other, "frame")
        receive(page, "frame")
        # the frame's header alone: a page that were still sending what is refused might not see why
        page.socket.sendall(b"\x81\xff" + (32 * LARGEST_MESSAGE).to_bytes(8, "big") + b"mask")
        with pytest.raises(ConnectionClosed) as closed:
            receive(page, "frame", lambda frame: False)
        assert closed.value.rcvd.code == 1009
        send(other, "step", count=1)
        assert at_rest(receive(other, "frame"))


@pytest.mark.long
def test_a_whole_session(running):
    with running.page() as page, running.page() as other:
        receive(page, "frame")
        send(page, "configure", settings={"seed": 0})
        hello = receive(page, "hello", lambda hello: hello["settings"]["task"] == "addition")
        assert hello["settings"]["steps"] == 2000
        frame = receive(page, "frame", lambda frame: frame["step"] == 0)
        assert frame["update"] is None
        for step in range(1, 6):
            send(page, "step", count=1)
            frame = receive(page, "frame")  # none is left out
            assert (frame["step"], frame["updates"], frame["running"]) == (step, 1, False)
            assert frame["check"]["greatest"] < 1e-8
        send(page, "train")
        frame = receive(page, "frame", lambda frame: at_rest(frame) and frame["step"] == 2000)
        assert frame["exact"]["right"] == frame["exact"]["checked"]
        assert (
            receive(other, "frame", lambda frame: frame["step"] == 2000)["trace"]["parameters"]
            == frame["trace"]["parameters"]
        )
        send(page, "prove")
        verdict = receive(page, "proof", lambda proof: proof["state"] != "running")
        assert verdict["state"] == "proved"
        assert verdict["sets"] > 0
        a, b = 987654321, 123456789
        send(page, "example", operands=[str(a), b])
        frame = receive(page, "frame", lambda frame: frame["example"]["operands"] == [str(a), str(b)])
        predicted = sum(round(y[0]) << t for t, y in enumerate(frame["trace"]["y"][0]))
        assert predicted == a + b
        status, text, headers = request(running, "GET", "/export")
        assert status == 200
        assert headers["content-disposition"] == 'attachment; filename="addition-elman-0.html"'
        record = json.loads(text.split('id="throughtime-record">')[1].split("</script>")[0])
        assert record["frames"][-1]["trace"] == frame["trace"]
        assert [frame["step"] for frame in record["frames"]] == sorted({frame["step"] for frame in record["frames"]})
        assert record["frames"][0]["step"] == 0
        assert record["verdict"]["state"] == "proved"
        send(page, "restore", step=0)
        frame = receive(page, "frame", lambda frame: frame["step"] == 0)
        send(page, "prove")
        verdict = receive(page, "proof", lambda proof: proof["state"] not in ("running", "unknown"))
        assert verdict["state"] == "refuted"
        wrong = receive(page, "frame", lambda frame: frame["example"]["operands"] == verdict["word"]["operands"])
        assert wrong["example"]["right"][verdict["word"]["step"] - 1] is False


def test_a_session_keeps_its_runs_in_one_folder_a_name(tmp_path):
    def kept():
        return sorted(folder.name for folder in (tmp_path / "runs").glob("*"))

    with studio_here(tmp_path) as running, running.page() as page:
        for seed in (0, 0, 1):
            send(page, "configure", settings={"task": "addition", "hidden": 3, "seed": seed})
            receive(page, "frame", lambda frame: frame["step"] == 0)
        assert kept() == []  # nothing has been learned
        for _ in range(3):
            send(page, "step", count=1)
            hello = receive(page, "hello", lambda hello: hello["run"] is not None)
            receive(page, "frame", lambda frame: frame["step"] == 1)
            assert Path(hello["run"]).name == "addition-elman-1"
            send(page, "reset")
            receive(page, "frame", lambda frame: frame["step"] == 0)
        assert kept() == ["addition-elman-1"]


def test_uploads(running, tmp_path):
    rows = "".join(f"{s},{t},{(s * t) % 3},{(s + t) % 2}\n" for s in range(20) for t in range(5))
    status, text, _ = request(running, "POST", "/upload", f"sequence,time,x,y\n{rows}", X_File_Name="m%C3%A4ine.csv")
    assert (status, text) == (200, "mäine.csv is opened: 20 sequences")
    with running.page() as page:
        assert receive(page, "hello")["settings"]["task"] == "mäine.csv"
        send(page, "step", count=3)
        assert receive(page, "frame", lambda frame: frame["step"] == 3)["check"]["greatest"] < 1e-7
    status, text, _ = request(running, "POST", "/upload", "sequence,time,x\n1,1,a\n", X_File_Name="b.csv")
    assert status == 400
    assert text.startswith("b.csv")
    assert request(running, "POST", "/upload", "x", X_File_Name="b.exe")[0] == 400
    assert request(running, "POST", "/upload", "x", X_File_Name="../../b.safetensors")[0] == 400
    assert request(running, "POST", "/upload", b"x" * (LARGEST_UPLOAD + 1), X_File_Name="b.csv")[0] == 413


def test_a_network_whose_data_is_not_here_is_not_trained(running, tmp_path):
    Network(cell="gru", inputs=3, hidden=3, outputs=2, readout="softmax", loss="cross_entropy").save(
        tmp_path / "m.safetensors"
    )
    network = (tmp_path / "m.safetensors").read_bytes()
    assert request(running, "POST", "/upload", network, X_File_Name="m.safetensors")[0] == 200
    with running.page() as page:
        hello = receive(page, "hello")
        why = "the file does not say what this network was trained for: upload its data to train it"
        assert hello["unable"]["train"] == why
        assert hello["tasks"][0]["name"] == hello["settings"]["task"] == "unknown"
        requests = [{"kind": "train"}, {"kind": "step", "count": 1}, {"kind": "reset"}]
        for message in [*requests, {"kind": "configure", "settings": {"task": "unknown", "hidden": 4}}]:
            send(page, **message)
            assert receive(page, "error")["message"] == why
        send(page, "configure", settings={"task": "addition"})
        hello = receive(page, "hello", lambda hello: hello["settings"]["task"] == "addition")
        assert "train" not in hello["unable"]


@pytest.mark.long
def test_ctrl_c_saves_the_run_and_a_taken_port_is_passed_over(running, tmp_path):
    port = int(running.host.split(":")[1])
    with studio(tmp_path, "--port", port) as second:
        name, _, passed_to = second.host.partition(":")
        assert name == "127.0.0.1"
        assert port < int(passed_to) < port + 20
        with second.page() as page:
            send(page, "configure", settings={"steps": 10_000_000})
            receive(page, "frame")
            send(page, "train")
            step = receive(page, "frame", lambda frame: frame["running"] and frame["step"] > 100)["step"]
            assert second.interrupt() == 0
        assert "runs/addition-elman-0" in second.printed
        assert "Traceback" not in second.printed
    saved = load_run(tmp_path / "runs" / "addition-elman-0")
    assert saved.step >= step
    with studio(tmp_path, "--port", port) as again:  # the newest run goes on where it stands
        with again.page() as page:
            assert receive(page, "frame")["step"] == saved.step
            send(page, "step", count=1)
            assert receive(page, "frame")["step"] == saved.step + 1
        assert again.token == second.token


@pytest.mark.long
def test_a_trainer_that_is_killed_goes_on_at_its_checkpoint(running):
    with running.page() as page:
        send(page, "configure", settings={"steps": 10_000_000, "seed": 7})
        send(page, "train")
        run = receive(page, "hello", lambda hello: hello["run"] and hello["settings"]["seed"] == 7)["run"]
        receive(page, "frame", lambda frame: frame["running"] and frame["step"] > 100)
        send(page, "pause")
        receive(page, "saved")
        paused = receive(page, "frame", at_rest)
        kill_trainer()
        at = receive(page, "frame", lambda frame: frame["step"] == paused["step"])
        assert at["trace"]["parameters"] == paused["trace"]["parameters"]
        error = receive(page, "error")["message"]
        assert error.endswith(f"ended unexpectedly: the run is back at its last checkpoint, step {paused['step']}")
        send(page, "step", count=2)
        assert receive(page, "frame")["step"] == paused["step"] + 2
        Path(run, "checkpoint.safetensors").write_bytes(b"damaged")
        kill_trainer()
        assert receive(page, "hello")["run"] is None  # so that nothing is written over what is damaged
        assert receive(page, "frame")["step"] == 0
        error = receive(page, "error")["message"]
        assert "the run is back at its beginning since its checkpoint cannot be read (" in error


def kill_trainer():
    (trainer,) = [child for child in active_children() if child.name == "throughtime training"]
    trainer.kill()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "add --reachable-by-others"),
        (["nothing/there"], "there is nothing at nothing/there"),
        (["--port", "0"], "port"),
    ],
)
def test_refused_on_the_command_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["studio", "--no-browser", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
