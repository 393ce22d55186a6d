"""The folder of a run: what is in it, and one sentence for each way in which it can be damaged."""

import hashlib
import json
import re
import tomllib

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.tasks import Addition
from throughtime.training import checkpoint
from throughtime.training.checkpoint import load_run, resume
from throughtime.training.history import History, Record
from throughtime.training.loop import train
from throughtime.training.optimisers import Adam
from throughtime.weights import files

TASK = Addition(bits=6, operands=3)
SETTINGS = {"steps": 7, "batch": 3, "window": 4, "noise": 0.1, "optimizer": Adam(0.02), "seed": 8}


@pytest.fixture
def folder(tmp_path):
    """A run that stands between two windows of a sequence."""
    net = Network(cell="lstm", inputs=3, hidden=3, outputs=1, seed=5)
    train(net, TASK, out=tmp_path / "run", log_every=50, **SETTINGS)
    return tmp_path / "run"


def change(path, tensors=None, **metadata):
    """Write a checkpoint again with some arrays or metadata changed; None takes one out."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        described = json.loads(json.loads(file.read(size))["__metadata__"]["throughtime"])
    arrays = load_file(path) | (tensors or {})
    del described["sha256"]  # as in a file of the version before, so that the other checks are seen
    described |= metadata
    described = {name: value for name, value in described.items() if value is not None}
    save_file({n: a for n, a in arrays.items() if a is not None}, path, {"throughtime": json.dumps(described)})


def refused(folder, message):
    with pytest.raises(ValueError, match=message) as error:
        load_run(folder)
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match=message):
        resume(folder, steps=9)


def test_what_is_in_it(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock", "checkpoint.safetensors", "history.jsonl", "model.safetensors", "run.toml",
    ]  # fmt: skip
    found = tomllib.loads((folder / "run.toml").read_text())
    assert found["task"] == {"name": "addition", "bits": 6, "operands": 3}
    assert found["settings"]["optimizer"] == {
        "name": "adam", "learning_rate": 0.02, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8,
    }  # fmt: skip
    assert {"steps": 7, "batch": 3, "window": 4, "noise": 0.1, "seed": 8}.items() <= found["settings"].items()
    run = load_run(folder)
    assert run.step == 7
    assert run.task == TASK
    again = train(Network(run.network.specification, seed=5), run.task, **SETTINGS)
    np.testing.assert_array_equal(again.network.parameters, run.network.parameters)
    np.testing.assert_array_equal(files.load(folder).parameters, run.network.parameters)
    assert run.carried.h.shape == (1, 3, 3)


P = 4 * 3 * (3 + 3 + 1) + 3 + 1
WRONG = "does not fit the run in"


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"parameters": None}, {}, WRONG),
        ({"parameters": np.zeros(5)}, {}, WRONG),
        ({"parameters": np.full(P, np.nan)}, {}, WRONG),
        ({"parameters": np.zeros(P, np.float32)}, {}, WRONG),
        ({"moments": None}, {}, WRONG),
        ({"moments": np.zeros((2, 5))}, {}, WRONG),
        ({"moments": np.zeros((2, P), np.int64)}, {}, WRONG),
        ({"carried.C": None}, {}, WRONG),
        ({"carried.h": np.zeros((1, 9, 3))}, {}, WRONG),
        ({"carried.h": np.full((1, 3, 3), np.nan)}, {}, WRONG),
        ({"best": np.zeros(P)}, {}, WRONG),
        ({"best": np.zeros(P)}, {"best_loss": 0.5, "waited": "no"}, WRONG),
        ({"best": np.zeros(3)}, {"best_loss": 0.5, "waited": 0}, WRONG),
        ({"unknown": np.zeros(3)}, {}, WRONG),
        ({}, {"step": None}, WRONG),
        ({}, {"step": -1}, WRONG),
        ({}, {"step": "7"}, WRONG),
        ({}, {"step": 7.5}, WRONG),
        ({}, {"ended": None}, WRONG),
        ({}, {"holds": "network"}, "holds no throughtime checkpoint"),
        ({}, {"format": 99}, "has format 99; this version of throughtime reads 1"),
    ],
)
def test_a_checkpoint_that_does_not_fit(folder, tensors, metadata, message):
    change(folder / "checkpoint.safetensors", tensors, **metadata)
    refused(folder, message)


@pytest.mark.parametrize("kind", ["missing", "empty", "garbage", "directory", "cut"])
@pytest.mark.parametrize("name", ["run.toml", "checkpoint.safetensors"])
def test_a_file_that_cannot_be_read(folder, name, kind):
    path, content = folder / name, (folder / name).read_bytes()
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind != "missing":
        path.write_bytes({"empty": b"", "garbage": b"\x00\xff = [", "cut": content[: len(content) * 2 // 3]}[kind])
    refused(folder, rf"{re.escape(str(folder))}")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('cell = "lstm"', 'cell = "perceptron"', 'cell must be "elman", "lstm", "gru"'),
        ('cell = "lstm"', 'cell = "gru"', WRONG),
        ("hidden = 3", "hidden = 4", WRONG),
        ("layers = 1", "layers = 2000000000", WRONG),
        ("batch = 3", "batch = -3", "batch must be a whole number"),
        ("batch = 3", "colour = 3", "training settings must be a table"),
        ('name = "adam"', 'name = "sgd"', "optimizer must be one of"),
        ("beta_1 = 0.9", "beta_7 = 0.9", "describes no run that can be read"),
        ("beta_1 = 0.9", "beta_1 = 1.9", "beta_1 must be a number from 0 to below 1"),
        ('name = "addition"', 'name = "adition"', "did you mean addition"),
        ("operands = 3", "operands = 99", "operands must be a whole number from 2 to 10"),
        ("[settings]", "[setting]", "training settings must be a table"),
        ("[task]", "task = 3\n[tusk]", "describes no run that can be read"),
        ('name = "addition"', "name = 3", "describes no run that can be read"),
    ],
)
def test_a_run_toml_that_says_something_else(folder, old, new, message):
    path = folder / "run.toml"
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))
    refused(folder, message)


def test_a_folder_that_is_none(tmp_path):
    refused(tmp_path, "there is no run in .* it has no run.toml")
    refused(tmp_path / "nowhere", "there is no run in")
    (tmp_path / "file").write_text("")
    refused(tmp_path / "file", "there is no run in")
    with pytest.raises(ValueError, match=r"cannot make the folder .*: (File exists|Not a directory)"):
        train(Network(inputs=3, hidden=3, outputs=1), TASK, steps=1, out=tmp_path / "file")


def test_a_model_that_is_lost_is_written_again(folder):
    """The checkpoint alone is what a run is continued from."""
    whole = load_run(folder)
    (folder / "model.safetensors").unlink()
    resume(folder, steps=whole.step)
    np.testing.assert_array_equal(files.load(folder).parameters, whole.network.parameters)


def test_a_run_goes_on_with_the_very_data_it_was_trained_on(tmp_path):
    """The hash is that of what the arrays hold, taken here byte by byte."""
    x, y = np.arange(12.0).reshape(2, 3, 2), np.zeros((2, 3, 1))
    data = Batch(x, y, np.array([3, 2], np.int32), np.ones((2, 3)))
    train(Network(inputs=2, hidden=2, outputs=1), data, steps=2, out=tmp_path / "long")
    parts = [b"x float64 (2, 3, 2)", x.tobytes(), b"y float64 (2, 3, 1)", y.tobytes()]
    parts += [b"lengths int32 (2,)", b"\x03\0\0\0\x02\0\0\0", b"mask float64 (2, 3)", np.ones(6).tobytes()]
    found = tomllib.loads((tmp_path / "long" / "run.toml").read_text())["data"]
    assert found == hashlib.sha256(b"".join(parts)).hexdigest()
    train(Network(inputs=2, hidden=2, outputs=1), Batch(x, y), steps=2, out=tmp_path)
    for other in (Batch(x + 1e-9, y), Batch(x, y + 1), Batch(x, y, [3, 2]), Batch(x[::-1], y)):
        with pytest.raises(ValueError, match="was trained on other data: give the same data again"):
            resume(tmp_path, other, steps=3)
    assert resume(tmp_path, Batch(x.copy(), y), steps=3).step == 3
    path = tmp_path / "run.toml"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if not line.startswith("data")))
    assert resume(tmp_path, Batch(x + 1, y), steps=4).step == 4  # of a version that kept no hash


def test_a_run_that_was_trained_on_data_asks_for_it(tmp_path):
    data = Batch(np.ones((2, 3, 2)), np.zeros((2, 3, 1)))
    train(Network(inputs=2, hidden=2, outputs=1), data, steps=2, out=tmp_path)
    assert load_run(tmp_path).task is None
    with pytest.raises(ValueError, match="was trained on data: give the same data again"):
        resume(tmp_path, steps=3)
    assert resume(tmp_path, data, steps=3).step == 3


@pytest.mark.parametrize("tail", ['{"step": 8, "lo', "\x00\x00\x00", '{"step": 6}', "["])
def test_a_history_whose_last_line_was_cut_off(folder, tail):
    path = folder / "history.jsonl"
    good = load_run(folder).history.records
    with path.open("a") as file:
        file.write(tail)
    assert load_run(folder).history.records == good
    resume(folder, steps=8)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [7, 8]


RECORD = '"loss": 1, "exact": 0.5, "bits": 0.5, "gradient_norm": 1, "learning_rate": 1, "seconds": 1'


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        ("5", "a record must be a JSON object, got int"),
        ("null", "a record must be a JSON object, got NoneType"),
        ("[" * 50_000, "a record is nested too deeply"),
        (
            '{"step": "x"}',
            "a record must have bits, exact, gradient_norm, learning_rate, loss, seconds, step, got step",
        ),
        ('{"step": 5, "colour": 3, ' + RECORD + "}", "a record must have"),
        ('{"step": "5", ' + RECORD + "}", "step must be a whole number of at least 0, got '5'"),
        ('{"step": 5, ' + RECORD.replace("0.5", '"half"', 1) + "}", "exact must be a number, got 'half'"),
        ('{"step": 5, ' + RECORD.replace("0.5", "1e999", 1) + "}", "exact must be a number, got inf"),
        ('{"step": 7, ' + RECORD + "}", "step 7 follows step 7"),
        ("\udcff", "a record is not JSON"),
    ],
)
def test_a_damaged_line_of_the_history_is_said_and_left_out(folder, damaged, reason):
    path = folder / "history.jsonl"
    good = load_run(folder).history.records
    with path.open("a", errors="surrogateescape") as file:
        file.write(damaged + "\n" + good[0].to_json().replace('"step": 7', '"step": 8') + "\n")
    with pytest.warns(UserWarning, match=rf"history\.jsonl, line 2 is left out: {re.escape(reason)}"):
        assert [record.step for record in History.load(path, 8)] == [7, 8]
    with pytest.warns(UserWarning, match="line 2 is left out"):
        resume(folder, steps=9)
    assert [record.step for record in load_run(folder).history] == [7, 9]  # 8 stood after the checkpoint


def test_a_history_of_other_bytes_and_a_lost_one(folder):
    (folder / "history.jsonl").write_bytes(b"\xff\xfe\x00garbage")
    assert len(load_run(folder).history) == 0
    (folder / "history.jsonl").unlink()
    assert len(resume(folder, steps=9).history) == 1


def test_records_beyond_the_checkpoint_are_dropped(folder):
    path = folder / "history.jsonl"
    beyond = Record(500, 1.0, 0.5, 0.5, 1.0, 0.1, 9.0)
    with path.open("a") as file:
        file.write(beyond.to_json() + "\n")
    assert [record.step for record in load_run(folder).history] == [7]
    assert [record.step for record in History.load(path, 500)] == [7, 500]
    assert History.load(path, 500).last == beyond


def test_a_record_as_json():
    for record in (
        Record(3, 1 / 3, float("nan"), 1e-300, 2.5, 0.1, 1.25),
        Record(3, 1 / 3, 0.5, 1.0, float("nan"), 0.1, 1.25, 0.75, 0.25),
    ):
        line = record.to_json()
        assert "\n" not in line
        json.loads(line, parse_constant=pytest.fail)  # no NaN, which is not JSON
        again = Record.from_json(line)
        np.testing.assert_array_equal(
            np.array(list(vars(again).values()), float), np.array(list(vars(record).values()), float)
        )
        assert again.validation_loss == record.validation_loss


def test_a_disk_that_is_full_keeps_what_was_there(folder, monkeypatch):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("throughtime.support.disk.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        resume(folder, steps=50)
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert checkpoint.load_run(folder).step == 7
