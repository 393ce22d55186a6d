"""Data files as spreadsheets, loggers and other programs write them: read right, or refused with the line and what to
do.
"""

import json
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from throughtime.tasks.columns import Columns
from throughtime.tasks.datafile import read
from throughtime.tasks.from_file import DataFile

HEAD = "sequence,time,x,y\n"
CSV = HEAD + "0,0,1.5,1\n0,1,-2,0\n1,0,4,1\n"
X, Y, LENGTHS = [[[1.5], [-2]], [[4], [0]]], [[[1], [0]], [[1], [0]]], [2, 1]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(name, content):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def refused(name, message, **options):
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        read(name, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.csv", CSV),
        ("D.CSV", CSV),
        ("d.txt", CSV.replace(",", "\t")),
        ("d.Tsv", CSV.replace(",", "\t")),
        ("d.csv", CSV.replace(",", ";")),
        ("d.csv", CSV.replace(",", ";").replace("1.5", "1,5")),
        ("d.csv", "\ufeff" + CSV.replace("\n", "\r\n")),
        ("d.csv", CSV.replace("\n", "\r\n\r\n").replace(",", ";") + ";;;\r\n"),
        ("d.csv", re.sub(r"\n", ",\n", CSV)),
        ("d.csv", re.sub(r"([^,\n]+)", r'"\1"', CSV)),
        ("d.csv", "sequence,time,x,y\n0,0,1.5,1\n1,0,4,1\n0,1,-2,0\n"),
        ("d.csv", "sequence,time,x,y\n0,2024-01-01,1.5,1\n0,2024-01-02,-2,0\n1,2023-12-31,4,1\n"),
        ("d.csv", f"{HEAD}0,2024-01-31 10:00,1.5,1\n0,2024-01-31 10:05,-2,0\n1,2024-02-01T00:00:00.5,4,1\n"),
        ("d.csv", f"{HEAD}0,2024-03-31T01:30+01:00,1.5,1\n0,2024-03-31T01:00Z,-2,0\n1,2024-01-01T00Z,4,1\n"),
        ("d.csv", "sequence,time,x,y\n0,10:05,1.5,1\n0,10:05:00.1,-2,0\n1,09:00,4,1\n"),
        ("d.jsonl", '{"x": [[1.5], [-2]], "y": [[1], [0]]}\n{"y": [[1]], "x": [[4]]}\n'),
        ("d.JSONL", '{"x": [[1.5], [-2]], "y": [1, 0]}\n\n {"x" : [ [4 ] ] , "y":[1 ] }\r\n'),
    ],
)  # fmt: skip
def test_what_is_commonly_written_is_read(name, content):
    data = read(written(name, content))
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, Y)
    assert data.lengths.tolist() == LENGTHS


def test_one_series_has_no_column_for_its_name():
    data = read(written("d.csv", "time,x,y\n2024-01-01,1,5\n2024-01-02,3,6.5\n"))
    assert (data.x.tolist(), data.y.tolist(), data.columns.sequence) == ([[[1], [3]]], [[[5], [6.5]]], "")
    assert data.notes[0].startswith("one series")
    refused(
        written("e.csv", "id,time,x,y\na,0,1,5\nb,0,3,6\n"),
        'e.csv, line 3, column "time": expected a time after 0, the one before it, got "0"; if there are several '
        "sequences, say which column names them: sequence=NAME",
    )
    assert len(read("e.csv", sequence="id")) == 2
    refused("d.csv", 'd.csv, line 1: expected a column "run", got time, x, y', sequence="run")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CSV.replace("0,1,", "0,2024-01-01,"), 'd.csv, line 3, column "time": expected a number, or a date'),
        (CSV.replace("0,0,", "0,Jan 1,", 1),
            'd.csv, line 2, column "time": expected a number, or a date and time such as'),
        ("time,x,y\n2024-01-01,1,1\n2024-01-02Z,1,1\n", 'd.csv, line 3, column "time": expected a date'),
        ("time,x,y\n2024-01-02,1,1\n2024-01-01,1,1\n",
            'd.csv, line 3, column "time": expected a time after 2024-01-02, the'),
        ("time,x,y\n2024-13-01,1,1\n", 'd.csv, line 2, column "time": expected a number, or a date'),
        ("when,x,y\n0,1,1\n", 'd.csv, line 1: expected a column "time", got when, x, y; name the one that says when'),
        (CSV.replace("-2", ""),
            'd.csv, line 3, column "x": expected a number, got ""; fill the gap, or leave the row out'),
        (CSV.replace("-2", "NA"), 'd.csv, line 3, column "x": expected a number, got "NA"; fill the gap, or leave the'),
        (CSV.replace("-2,0", "-2,"), 'd.csv, line 3, column "y": expected a number, got ""; if each sequence has one'),
        (CSV.replace("-2", "1e301"),
            'd.csv, line 3, column "x": expected a number that float64 can compute with (up to'),
        (CSV.replace("-2", '"1,5"'), 'd.csv, line 3, column "x": expected a number, got "1,5"'),
        (CSV.replace(",", ";").replace("-2", "2,5"),
            "d.csv, line 3: expected one way to write numbers, got a decimal comma"),
        (CSV.replace(",", ";").replace("1.5", "1.234,5"),
            'd.csv, line 2, column "x": expected a number, got "1.234,5"'),
        (CSV.replace(",", "|"),
            'd.csv, line 1: expected a column "time", got sequence|time|x|y; cells are separated by'),
        (CSV.replace("y", "year"), "d.csv, line 1: expected targets in columns called y, y1, y_a, …, or named with"),
        (CSV.replace("-2,0", "-2,up"), 'd.csv, line 3, column "y": expected a number, got "up"'),
        (CSV.replace("1.5,1", "1.5,up"),
            'd.csv, line 3, column "y": expected the name of a class as before, no number'),
        ("\x1b[2J,y\n1,2\n", "d.csv, line 1: expected a column \"time\", got \\x1b[2J, y"),
        (b"\xff\xfet\0i\0", "d.csv, line 1: expected text in UTF-8, got the byte 0xff"),
        ("time,x,y\n0,1,1\n" + "1" * 2**22 + ",1,1\n", "d.csv: expected lines of less than 4194304 characters"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where_and_what_to_do(content, message):
    refused(written("d.csv", content), message)


def test_a_column_is_an_input_or_a_target():
    text = "time,x,xylophone,year,yaw,y_1,Y 2\n0,1,2,3,4,5,6\n"
    data = read(written("d.csv", text))
    assert (data.columns.inputs, data.columns.outputs, data.unused) == (
        ("x",),
        ("y_1", "Y 2"),
        ("xylophone", "year", "yaw"),
    )
    assert read("d.csv", inputs="yaw, x", outputs="year").x.tolist() == [[[4, 1]]]
    assert read("d.csv", inputs=["y_1"]).columns.outputs == ("Y 2",)
    refused(
        "d.csv",
        'd.csv, line 1, column "y_1": expected an input or a target, got it as both',
        inputs="y_1",
        outputs="y_1",
    )
    refused("d.csv", 'inputs must name each column once, got "x" twice', inputs="x,x")
    refused("d.csv", "inputs must be names, such as A,B, got", inputs="x,,y")
    refused("d.csv", 'output must be "every step" or "last step", got \'last\'', output="last")
    refused("d.csv", 'targets must be "numbers", "classes" or "yes or no", got \'kinds\'', targets="kinds")
    refused(
        "d.csv",
        'targets must be "numbers", "classes" or "yes or no", got \'class\', did you mean classes?',
        targets="class",
    )
    refused("d.csv", 'output must be "every step" or "last step", got \'last\', did you mean last step?', output="last")


def test_names_are_classes():
    text = "sequence,time,x,y\na,0,1,up\na,1,2,down\nb,0,3,x y\n"
    data = read(written("d.csv", text))
    assert data.columns.classes == ("down", "up", "x y")
    assert data.y.tolist() == [[[0, 1, 0], [1, 0, 0]], [[0, 0, 1], [0, 0, 0]]] or data.y[1, 1].sum() <= 1
    last = read("d.csv", output="last step")
    assert (last.columns.classes, last.y.tolist()) == (("down", "x y"), [[1, 0], [0, 1]])
    lines = [{"x": [[1], [2]], "y": "walk"}, {"x": [[3]], "y": "run"}]
    data = read(written("d.jsonl", "\n".join(map(json.dumps, lines))))
    assert (data.columns.classes, data.y.tolist()) == (("run", "walk"), [[0, 1], [1, 0]])
    np.savez("d.npz", x=np.zeros((2, 3, 1)), y=np.array(["walk", "run"]))
    data = read("d.npz")
    assert (data.columns.classes, data.y.tolist()) == (("run", "walk"), [[0, 1], [1, 0]])


def test_numbers_are_classes_if_that_is_said():
    text = "sequence,time,x,y\n" + "".join(f"{s},0,{s},{y}\n" for s, y in enumerate([10, -1, 2, 2]))
    assert read(written("d.csv", text)).columns.classes == ()
    for name in ("d.csv", "d.npz", "d.jsonl"):
        if name == "d.npz":
            np.savez(name, x=np.arange(4.0).reshape(4, 1, 1), y=np.array([10, -1, 2, 2]))
        if name == "d.jsonl":
            written(name, "".join(f'{{"x": [[{s}]], "y": {y}}}\n' for s, y in enumerate([10, -1.0, 2, 2])))
        data = read(name, targets="classes")
        assert data.columns.classes == ("-1", "2", "10")
        np.testing.assert_array_equal(data.y.reshape(4, 3), [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 1, 0]])
    refused(
        "d.csv",
        'd.csv, line 2, column "y": expected one of the classes -1, 2, got "10"',
        targets="classes",
        classes=["-1", "2"],
    )
    refused(
        written("e.csv", text.replace("10", "1.5")),
        'e.csv, line 2, column "y": expected a class: a name or a whole number, got "1.5"', targets="classes",
    )  # fmt: skip
    many = "time,x,y\n" + "".join(f"{t},1,{t}\n" for t in range(1001))
    refused(written("f.csv", many), 'f.csv, line 1002, column "y": expected at most 1000 classes', targets="classes")


def test_y_whose_second_axis_is_the_time_is_one_target_a_step():
    x, y = np.random.default_rng(0).normal(size=(3, 5, 2)), np.arange(15.0).reshape(3, 5)
    np.savez("d.npz", x=x, y=y)
    written(
        "d.jsonl", "".join(json.dumps({"x": a.tolist(), "y": b.tolist()}) + "\n" for a, b in zip(x, y, strict=True))
    )
    for name in ("d.npz", "d.jsonl"):
        data = read(name)
        np.testing.assert_array_equal(data.y, y[..., None])
        assert "one target for each step" in data.notes[0]
        np.testing.assert_array_equal(read(name, output="last step").y, y)
    np.savez("e.npz", x=x, y=y[:, :4])
    assert read("e.npz").y.shape == (3, 4)
    refused(
        "e.npz", "e.npz: expected targets at every step, as output= says, got y of shape (3, 4)", output="every step"
    )
    np.savez("f.npz", x=x, y=y[:, 0])
    assert read("f.npz").y.shape == (3, 1)
    written("g.jsonl", '{"x": [[1], [2]], "y": [1, 2]}\n{"x": [[1], [2], [3]], "y": [1]}')
    refused("g.jsonl", 'g.jsonl, sequence 2, column "y": expected a target for each of its 3 steps')


def test_larger_numbers_than_the_dtype_holds():
    for name, content in (("d.csv", CSV.replace("-2", "1e39")), ("d.jsonl", '{"x": [[1e39]], "y": [1]}')):
        assert read(written(name, content)).x.max() == 1e39
        with pytest.raises(
            ValueError, match=r"^d\.\w+, line \d, column \"x.*float32 can compute with \(up to 1e\+37\)"
        ):
            read(name, dtype="float32")
    np.savez("d.npz", x=np.full((1, 1, 1), -1e39), y=[0])
    refused("d.npz", 'd.npz, array "x", entry (0, 0, 0): expected a number that float32 can compute', dtype="float32")


def test_what_is_no_file_is_refused_before_it_is_opened():
    for name in ("/dev/zero", "/dev/null"):
        Path("link.csv").unlink(missing_ok=True)
        os.symlink(name, "link.csv")
        refused("link.csv", "link.csv: expected a file, got a device or a pipe")
    if hasattr(os, "mkfifo"):
        os.mkfifo("pipe.csv")
        refused("pipe.csv", "pipe.csv: expected a file, got a device or a pipe")


def array(dtype, shape):
    """An array that has only a header."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117) + b"\n"


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("x.npy", b"not an array"), ("x.npy", b"\x93NUMPY\x09\x00"), ("x.npy", b""), ("x", b"\x93NUMPY"),
        ("x.npy", array("<f8", "(999999999999, 9, 9)")), ("x.npy", array("<f8", "(-1, 9, 9)")),
        ("x.npy", array("|O", "(1,)")),
    ],
)  # fmt: skip
def test_members_that_are_no_arrays(member, content):
    np.savez("good.npz", y=np.zeros((2, 1)))
    with zipfile.ZipFile("good.npz") as good, zipfile.ZipFile("bad.npz", "w") as bad:
        bad.writestr("y.npy", good.read("y.npy"))
        bad.writestr(member, content)
    refused("bad.npz", "bad.npz: expected a")


# As something to learn


def test_a_data_file_is_standardised_and_its_error_is_in_its_own_units():
    rows = "".join(f"{s},{t},{1013 + s + 5 * t},7,{15 + s - t}\n" for s in range(4) for t in range(3))
    data = DataFile.read(Path(written("d.csv", f"sequence,time,x_p,x_c,y\n{rows}")))
    raw = read("d.csv")
    np.testing.assert_allclose(data.data.batch.x[..., 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(data.data.batch.x[..., 0].std(), 1)
    assert (data.data.batch.x[..., 1] == 0).all()
    np.testing.assert_allclose(data.columns.y.undo(data.data.batch.y), raw.y)
    assert data.columns.x.constant.tolist() == [False, True]

    class Zero:
        def predict(self, x, lengths=None):
            return np.zeros((*x.shape[:2], 1))

    assert data.root_mean_square(Zero()) == pytest.approx(raw.y.std())
    assert data.root_mean_square_of_mean() == pytest.approx(raw.y.std())
    plain = DataFile.read(Path("d.csv"), standardise=False)
    np.testing.assert_array_equal(plain.data.batch.x, raw.x)
    assert plain.root_mean_square(Zero()) == pytest.approx(np.sqrt((raw.y**2).mean()))


def test_the_columns_of_another_file_are_read_by_their_names():
    text = "sequence,time,x_a,x_b,y\n0,0,1,2,0\n0,1,5,-7,1\n"
    first = DataFile.read(Path(written("ab.csv", text)))
    other = "y,x_b,junk,x_a,time,sequence\n0,2,,1,0,0\n1,-7,,5,1,0\n"
    again = DataFile.like(Path(written("ba.csv", other)), Columns.from_dict(first.columns.as_dict(), 2, 1))
    np.testing.assert_array_equal(again.data.batch.x, first.data.batch.x)
    assert again.data.unused == ("junk",)
    for content, message in (
        (text.replace("x_a", "x_temp"), 'c.csv, line 1: expected a column "x_a"'),
        (text.replace(",1\n", ",3\n"), 'c.csv: expected targets that are 0 or 1 (targets="yes or no"), got 3'),
    ):
        with pytest.raises(ValueError, match="^" + re.escape(message)):
            DataFile.like(Path(written("c.csv", content)), first.columns)
    with pytest.raises(
        ValueError, match=r"^ab\.csv: inputs must be \('x_a', 'x_b'\), as in what the network learned from"
    ):
        DataFile.like(Path("ab.csv"), first.columns, inputs="x_b,x_a")
    np.savez("ab.npz", x=[[[1.0, 2, 3]]], y=[[0.0]])
    with pytest.raises(ValueError, match="expected the inputs x_a, x_b, as in what the network"):
        DataFile.like(Path("ab.npz"), first.columns)


def test_what_might_be_classes_is_said():
    data = DataFile.read(Path(written("d.csv", "time,x,y\n0,1,0\n1,2,1\n2,3,2\n")))
    assert data.columns.targets == "numbers"
    assert any("3 kinds (0, 1, 2); if they name classes, say targets=classes" in note for note in data.data.notes)
    data = DataFile.read(Path("d.csv"), targets="classes")
    assert (data.readout, data.columns.classes) == ("softmax", ("0", "1", "2"))
    again = DataFile.like(Path(written("e.csv", "time,x,y\n0,1,2\n")), data.columns)
    assert again.data.batch.y.tolist() == [[[0, 0, 1]]]
    for said, readout in (("numbers", "identity"), ("classes", "softmax"), (None, "sigmoid")):
        path = Path(written("f.csv", "time,x,y\n0,1,0\n1,2,1\n"))
        assert DataFile.read(path, **({"targets": said} if said else {})).readout == readout
    one_hot = Path(written("g.csv", "time,x,y_a,y_b\n0,1,0,1\n1,2,1,0\n"))
    data = DataFile.read(one_hot)
    assert (data.readout, data.columns.classes) == ("softmax", ("y_a", "y_b"))
    np.testing.assert_array_equal(DataFile.like(one_hot, data.columns).data.batch.y, data.data.batch.y)


# Memory and time


def test_classes_that_differ_in_capitals_only_are_two_and_said_to_be():
    table = "time,x,y\n0,1,Rain\n1,2,rain\n2,3,dry\n3,4,Rain\n"
    data = read(written("d.csv", table))
    assert data.columns.classes == ("Rain", "dry", "rain")
    assert data.notes[-1] == '"Rain" and "rain" are two classes: they are written differently'
    known = read("d.csv", classes=("Rain", "dry", "rain"))
    assert not any("two classes" in note for note in known.notes)
    written(
        "d.jsonl",
        "".join(f'{{"x": [[{i}]], "y": "{name}"}}\n' for i, name in enumerate(["sun  set", "sun", "Sun Set"])),
    )
    assert read("d.jsonl").notes == ('"Sun Set" and "sun  set" are two classes: they are written differently',)


def test_one_feature_is_a_row_a_step():
    written("d.jsonl", '{"x": [0.1, 0.2], "y": 1}\n')
    message = (
        'd.jsonl, line 1, column "x[0]": expected a list of numbers, got 0.1; a row for each step, also of one feature'
    )
    refused("d.jsonl", f"{message}: [[0.1], …]")
    written("d.jsonl", '{"x": [[0.1], [0.2]], "y": 1}\n')
    np.testing.assert_array_equal(read("d.jsonl").x, [[[0.1], [0.2]]])


@pytest.mark.parametrize(
    ("shape", "found"), [((50,), "50 in y"), ((50, 3, 1), "50 in y"), ((), "a single number as y")]
)
def test_another_number_of_targets_than_of_sequences(shape, found):
    np.savez("d.npz", x=np.zeros((100, 3, 1)), y=np.zeros(shape))
    shapes = "(B,T,O), (B,O), (B,T) for one target at each step or (B,) for one at the end"
    refused(
        "d.npz",
        f"d.npz: expected as many sequences in y as in x, got 100 in x, {found}; for B sequences of T steps y is "
        f"{shapes}",
    )


def test_a_table_without_time_says_what_to_add():
    refused(
        written("d.csv", "x,y\n1,2\n"),
        'd.csv, line 1: expected a column "time", got x, y; name the one that says when with time=NAME, '
        "or add one that counts 0, 1, 2, …",
    )
