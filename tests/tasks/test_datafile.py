import json
import re
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.tasks.datafile import read, reading

CSV = "sequence,time,x1,x2,y\na,0,1,2,0\na,1,3,4,1\nb,0,5,6,1\n"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a file into the current directory, so that messages name it as a user would."""
    monkeypatch.chdir(tmp_path)

    def write(name, content):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    return write


def refused(path, message, **options):
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        read(path, **options)
    assert "\n" not in str(caught.value)


def test_csv(file):
    data = read(file("d.csv", CSV))
    np.testing.assert_array_equal(data.x, [[[1, 2], [3, 4]], [[5, 6], [0, 0]]])
    np.testing.assert_array_equal(data.y, [[[0], [1]], [[1], [0]]])
    assert data.lengths.tolist() == [2, 1]
    assert (data.columns.inputs, data.columns.outputs, len(data)) == (("x1", "x2"), ("y",), 2)
    for name in ("x", "y", "lengths"):
        np.testing.assert_array_equal(getattr(data.batch, name), getattr(data, name))


def test_csv_with_names_of_its_own(file):
    text = '\ufeffrun,t,value,"label, good",junk\n7, 0.5 ,1e1,,x\n8,1,2,\n\n7,2,-3,4,\n'.replace(
        "8,1,2,\n", "8,1,2,6,\n"
    )
    data = read(
        file("d.csv", text.replace("\n", "\r\n")),
        sequence="run", time="t", inputs=["value"], outputs=["label, good"], output="last step",
    )  # fmt: skip
    np.testing.assert_array_equal(data.x, [[[10], [-3]], [[2], [0]]])
    np.testing.assert_array_equal(data.y, [[4], [6]])
    assert data.lengths.tolist() == [2, 1]
    assert data.columns.outputs == ("label, good",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CSV.replace("3,4", "n/a,4"), 'd.csv, line 3, column "x1": expected a number, got "n/a"'),
        (CSV.replace("3,4", ",4"), 'd.csv, line 3, column "x1": expected a number, got ""'),
        (CSV.replace("3,4", "3_0,4"), 'd.csv, line 3, column "x1": expected a number, got "3_0"'),
        (CSV.replace("5,6", "5,inf"), 'd.csv, line 4, column "x2": expected a finite number, got "inf"'),
        (CSV.replace("5,6", "5,NaN"), 'd.csv, line 4, column "x2": expected a finite number, got "NaN"'),
        (
            CSV.replace("a,1", "a,0"),
            'd.csv, line 3, column "time": expected a time after 0, the one before it in',
        ),
        (
            CSV.replace("a,1", "a,-1"),
            'd.csv, line 3, column "time": expected a time after 0, the one before it in',
        ),
        (
            CSV.replace("b,0", ",0"),
            'd.csv, line 4, column "sequence": expected the name of a sequence, got ""',
        ),
        (CSV.replace("5,6", "5"), "d.csv, line 4: expected 5 cells as in the header, got 4"),
        (CSV.replace("3,4,1", "3,4,"), 'd.csv, line 3, column "y": expected a number, got ""'),
        (
            CSV.replace("x2", "x1"),
            'd.csv, line 1, column "x1": expected a name for each column, got this one twice',
        ),
        (CSV.replace("time", "t"), 'd.csv, line 1: expected a column "time", got sequence, t, x1, x2, y'),
        (
            CSV.replace("x1,x2", "a,b"),
            "d.csv, line 1: expected inputs in columns called x, x1, x_a, …, or named with inputs=A,B, got a, b, y",
        ),
        (
            CSV.replace(",y", ",z"),
            "d.csv, line 1: expected targets in columns called y, y1, y_a, …, or named with outputs=A,B, got x1, x2, z",
        ),
        (
            "sequence,time\n",
            "d.csv, line 1: expected inputs in columns called x, x1, x_a, …, or named with inputs=A,B, got no other "
            "column",
        ),
        (CSV.replace("3,4", '"3,4'), "d.csv, line 4: expected well-formed CSV, got: "),
        (CSV.replace("3,4", '"3\n",n'), 'd.csv, line 4, column "x2": expected a number, got "n"'),
        (
            CSV.replace("3,4", "9" * 100 + "z,4"),
            'd.csv, line 3, column "x1": expected a number, got "' + "9" * 57 + "…",
        ),
        (CSV.splitlines()[0], "d.csv: expected rows under the header, got none"),
        ("", "d.csv: expected a header and rows, got an empty file"),
        ("\n\n", "d.csv: expected a header and rows, got an empty file"),
        (CSV.encode() + b"c,0,\xff,1,1\n", "d.csv, line 5: expected text in UTF-8, got the byte 0xff"),
    ],
)
def test_malformed_csv_gets_one_line(file, text, message):
    refused(file("d.csv", text), message)


def test_csv_options_that_do_not_fit(file):
    path = file("d.csv", CSV)
    refused(path, 'd.csv, line 1: expected a column "value", got sequence, time', inputs=["value"])
    refused(path, 'd.csv, line 1: expected a column "label", got sequence, time', outputs=["label"])
    text = CSV.replace("5,6,1", "5,6,?")
    refused(file("e.csv", text), 'e.csv, line 4, column "y": expected a number, got "?"', output="last step")


def test_json_lines(file):
    data = read(file("d.jsonl", '{"x": [[1, 2], [3, 4.5]], "y": [[0], [1]]}\n\n{"y": [[7]], "x": [[5, 6]]}\r\n'))
    np.testing.assert_array_equal(data.x, [[[1, 2], [3, 4.5]], [[5, 6], [0, 0]]])
    np.testing.assert_array_equal(data.y, [[[0], [1]], [[7], [0]]])
    assert data.lengths.tolist() == [2, 1]
    assert (data.columns.inputs, data.columns.outputs) == (("x0", "x1"), ("y0",))
    one = read(file("e.jsonl", '{"x": [[1], [2]], "y": [3, 4]}\n{"x": [[1]], "y": [5, 6]}'))
    np.testing.assert_array_equal(one.y, [[3, 4], [5, 6]])
    assert one.columns.outputs == ("y0", "y1")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("{", "expected JSON, got {"),
        ("[" * 100_000, "expected JSON, got " + "[" * 57 + "…"),
        ('{"x": [[' + "9" * 5000 + ']], "y": [[1]]}', 'expected JSON, got {"x": [[99'),
        ("[1]", 'expected {"x": …, "y": …}, got [1]'),
        ('{"x": [[1]]}', 'expected {"x": …, "y": …}, got {"x": [[1]]}'),
        ('{"x": 3, "y": [[1]]}', 'column "x": expected a list of rows, got 3'),
        ('{"x": [], "y": [[1]]}', 'column "x": expected a list of rows, got []'),
        ('{"x": [[1], [1, 2]], "y": [[1]]}', 'column "x[1]": expected a list of 1 numbers, got [1, 2]'),
        ('{"x": [[1, 2]], "y": [[1]]}', 'column "x[0]": expected a list of 1 numbers, got [1, 2]'),
        ('{"x": [3], "y": [[1]]}', 'column "x[0]": expected a list of 1 numbers, got 3'),
        ('{"x": [["a"]], "y": [[1]]}', 'column "x[0][0]": expected a finite number, got "a"'),
        ('{"x": [[true]], "y": [[1]]}', 'column "x[0][0]": expected a finite number, got true'),
        ('{"x": [[NaN]], "y": [[1]]}', 'column "x[0][0]": expected a finite number, got NaN'),
        ('{"x": [[1e999]], "y": [[1]]}', 'column "x[0][0]": expected a finite number, got Infinity'),
        ('{"x": [[' + "9" * 400 + ']], "y": [[1]]}', 'column "x[0][0]": expected a finite number, got 99'),
        ('{"x": [[1]], "y": [[null]]}', 'column "y[0][0]": expected a finite number, got null'),
        ('{"x": [[1]], "y": [[1], [2]]}', 'column "y": expected 1 rows as in x, got 2'),
        ('{"x": [[1]], "y": [[1, 2]]}', 'column "y": expected rows of 1 as before, got rows of 2'),
        ('{"x": [[1]], "y": [1]}', 'column "y": expected rows of 1 as before, got one list'),
        ('{"x": [[1]], "y": []}', 'column "y": expected a list of numbers, got []'),
        ('{"x": [[1]], "y": 1}', 'column "y": expected rows of 1 as before, got a single value'),
    ],
)
def test_malformed_json_gets_one_line(file, second, message):
    separator = ": " if message.startswith("expected") else ", "
    path = file("d.jsonl", '{"x": [[0]], "y": [[0]]}\n' + second + "\n")
    refused(path, f"d.jsonl, line 2{separator}{message}")


def test_empty_json_lines(file):
    refused(file("d.jsonl", "\n"), "d.jsonl: expected a line for each sequence, got an empty file")
    refused(file("e.jsonl", b'{"x": "\xe9"}'), "e.jsonl, line 1: expected text in UTF-8, got the byte 0xe9")


def test_npz(file):
    x = np.arange(12, dtype=np.int16).reshape(2, 3, 2)
    y = np.array([[[1.0], [0], [1]], [[0], [1], [np.nan]]], np.float32)
    np.savez(file("d.npz", b""), x=x, y=y, lengths=np.array([3, 2], np.uint8))
    data = read("d.npz")
    batch = data.batch
    np.testing.assert_array_equal(batch.x, [[[0, 1], [2, 3], [4, 5]], [[6, 7], [8, 9], [0, 0]]])
    np.testing.assert_array_equal(batch.y, [[[1], [0], [1]], [[0], [1], [0]]])
    assert batch.lengths.tolist() == [3, 2]
    assert batch.lengths.dtype == np.int64
    assert batch.x.dtype == np.float64
    assert data.x.dtype == np.int16
    np.savez_compressed("e.npz", x=x, y=np.array([[True], [False]]))
    data = read("e.npz")
    assert data.lengths.tolist() == [3, 3]
    assert data.y.tolist() == [[1], [0]]


def test_npz_is_the_same_as_json_lines(file):
    rng = np.random.default_rng(0)
    x, y, lengths = rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 4, 1)), np.array([4, 2, 3])
    np.savez(file("d.npz", b""), x=x, y=y, lengths=lengths)
    lines = [json.dumps({"x": a[:n].tolist(), "y": b[:n].tolist()}) for a, b, n in zip(x, y, lengths, strict=True)]
    one, two = read("d.npz"), read(file("d.jsonl", "\n".join(lines)))
    np.testing.assert_array_equal(one.batch.x, two.batch.x)
    np.testing.assert_array_equal(one.batch.y, two.batch.y)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", ">i4", "float16", "float32", ">f8"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_keeps_its_own_numbers(file, dtype, save):
    """Mapped where it is not compressed; and the same to a network as the numbers in float64."""
    rng = np.random.default_rng(0)
    x, lengths = rng.integers(0, 2, size=(7, 5, 3)).astype(dtype), np.array([5, 1, 2, 5, 5, 3, 4])
    y = rng.integers(0, 2, size=(7, 5, 1)).astype(dtype)
    save(file("d.npz", b""), x=x, y=y, lengths=lengths)
    save(file("e.npz", b""), x=x.astype(float), y=y.astype(float), lengths=lengths)
    one, two = read("d.npz"), read("e.npz")
    assert one.x.dtype == one.y.dtype == np.dtype(dtype)
    assert isinstance(one.x, np.memmap) == (save is np.savez)
    for a, b in ((one, two), (one.standardised("float64"), two.standardised("float64"))):
        np.testing.assert_array_equal(a.batch.x, b.batch.x)
        np.testing.assert_array_equal(a.batch.y, b.batch.y)
        assert a.columns.as_dict() == b.columns.as_dict()
        np.testing.assert_array_equal(np.concatenate([part.x for part in a.parts()]), a.batch.x)
        assert (a[[1, 2]].x[0, 1:] == 0).all()


def test_memory_of_an_archive_is_not_its_size(file):
    """Neither reading nor training holds a copy of the whole, of any type of numbers."""
    rng = np.random.default_rng(0)
    x = rng.integers(-100, 100, size=(4000, 100, 20), dtype=np.int8)
    np.savez(file("d.npz", b""), x=x, y=rng.random((4000, 1), np.float32), lengths=rng.integers(1, 101, size=4000))
    specification = tt.NetworkSpecification(
        cell="elman", inputs=20, hidden=2, outputs=1, readout="identity", output="last step"
    )
    tt.train(tt.Network(specification), tt.Batch(x[:2] * 0.01, np.zeros((2, 1))), steps=1, batch=2)
    tracemalloc.start()
    try:
        data = read("d.npz").standardised("float64")
        tt.train(tt.Network(specification), data, steps=2, batch=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * x.nbytes / 2


def test_numbers_are_those_of_python(file):
    """A parser of JSON reads the words of a column where all are plain, else Python: the bits are the same."""
    rng = np.random.default_rng(0)
    bits = rng.integers(2**64, size=3000, dtype=np.uint64).view(np.float64)
    values = bits[np.isfinite(bits) & (np.abs(bits) < 1e300)]
    words = [f"{value!r}" for value in values.tolist()] + [f"{value:.30f}" for value in rng.normal(size=500)]
    words += ["0.1", "-0.0", "9007199254740993", "18446744073709551617", "123456789012345678901234567890", "1e-400"]
    for more in ([], [" 5 ", "+1", ".5", "1.", "007", "1E5"]):
        column = words + more
        text = "time,x,y\n" + "".join(f"{t},{word},1\n" for t, word in enumerate(column))
        found = read(file("d.csv", text)).x[0, :, 0]
        np.testing.assert_array_equal(found.view(np.int64), np.array([float(word) for word in column]).view(np.int64))


@pytest.mark.parametrize("word", ["true", "null", "[1]", '"[1"', "1_0", "1e999", "-inf", "{}", '"1,2"', "0x10", "1 2"])
def test_json_is_no_number(file, word):
    text = "time,x,y\n" + "".join(f"{t},{t}.5,1\n" for t in range(3000)) + f"3000,{word},1\n"
    refused(file("d.csv", text), 'd.csv, line 3002, column "x": expected a')


def test_the_first_of_several_mistakes_is_named(file):
    rows = [f"{t},{t},1\n" for t in range(5000)]
    rows[4000] = "4000,bad,1\n"
    rows[4100] = '4100,"1"x,1\n'
    rows[10] = "10,1,worse\n"
    refused(file("d.csv", "time,x,y\n" + "".join(rows)), 'd.csv, line 4002, column "x": expected a number, got "bad"')
    rows[4000] = "4000,1,1\n"
    refused(file("d.csv", "time,x,y\n" + "".join(rows)), "d.csv, line 4102: expected well-formed CSV")
    rows[4100] = '4100,"1\n",1\n'
    rows[4101] = "4101,1,1,1\n"
    refused(file("d.csv", "time,x,y\n" + "".join(rows)), "d.csv, line 4104: expected 3 cells as in the header, got 4")
    rows[4101] = "\n,,\n4101,1,1\n"
    refused(file("d.csv", "time,x,y\n" + "".join(rows)), 'd.csv, line 12, column "y": expected a number, got "worse"')
    rows[10] = "10,1,2\n"
    assert read(file("d.csv", "time,x,y\n" + "".join(rows))).lengths.tolist() == [5000]


X, Y = np.zeros((2, 3, 1)), np.zeros((2, 3, 1))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": X}, "d.npz: expected arrays x, y and perhaps lengths, got x"),
        (
            {"x": X, "y": Y, "length": [1, 2]},
            "d.npz: expected arrays x, y and perhaps lengths, got x, y, length",
        ),
        ({"x": X[0], "y": Y}, "d.npz: x must be (batch, time, features), got shape (3, 1)"),
        (
            {"x": X, "y": Y[:1]},
            "d.npz: expected as many sequences in y as in x, got 2 in x, 1 in y",
        ),
        (
            {"x": X, "y": Y, "lengths": [1, 4]},
            "d.npz: lengths must be from 1 to the 3 steps of x, got 1 to 4",
        ),
        ({"x": X, "y": Y, "lengths": [1.0, 2]}, "d.npz: lengths must be integers, got float64"),
        ({"x": X.astype(complex), "y": Y}, 'd.npz, array "x": expected numbers, got complex128'),
        ({"x": np.full((2, 3, 1), "a"), "y": Y}, 'd.npz, array "x": expected numbers, got <U1'),
        ({"x": X, "y": np.array([["a", "b"], ["b", "a"]])}, "d.npz: expected the names of classes one at a time"),
        (
            {"x": X[:0], "y": Y[:0]},
            "d.npz: expected at least one sequence, step and feature, got x (0, 3, 1)",
        ),
        (
            {"x": X, "y": np.full((2, 3, 1), np.nan)},
            'd.npz, array "y", entry (0, 0, 0): expected a finite number, got nan',
        ),
        (
            {"x": X, "y": Y, "lengths": np.array(["a"], object)},
            "d.npz: expected a NumPy archive of plain arrays, got: Object",
        ),
    ],
)
def test_malformed_npz_gets_one_line(file, arrays, message):
    np.savez(file("d.npz", b""), **arrays)
    refused("d.npz", message)


def test_an_array_that_is_there_twice_is_refused(file):
    np.savez(file("d.npz", b""), x=X, y=Y)
    for again in ("x", "x.npy"):
        twice = file(f"{again}.npz", Path("d.npz").read_bytes())
        with zipfile.ZipFile("d.npz") as given, zipfile.ZipFile(twice, "a") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of zipfile, that the name is there
            archive.writestr(again, given.read("y.npy"))
        refused(f"{again}.npz", f"{again}.npz: expected each of the arrays once, got x.npy, y.npy, {again}")


def test_damaged_npz(file, monkeypatch):
    refused(file("d.npz", b""), "d.npz: expected a NumPy archive of plain arrays, got: ")
    refused(file("e.npz", b"PK\x03\x04 and no more"), "e.npz: expected a NumPy archive of plain arrays, got: ")
    np.savez(file("f.npz", b""), x=X, y=Y)
    whole = Path("f.npz").read_bytes()
    refused(file("g.npz", whole[:-30]), "g.npz: expected a NumPy archive of plain arrays, got: ")
    refused(
        file("h.npz", whole.replace(b"(2, 3, 1)", b"(2, 9, 9)")),
        "h.npz: expected a NumPy archive of plain arrays",
    )
    with zipfile.ZipFile("i.npz", "w") as archive:
        archive.writestr("x.npy", b"no array")
    refused("i.npz", "i.npz: expected a")
    offset = whole.rindex(bytes(40))
    refused(
        file("l.npz", whole[:offset] + b"\1" + whole[offset + 1 :]),
        "l.npz: expected a NumPy archive of plain arrays, got",
    )
    np.savez_compressed("f.npz", x=X, y=Y)
    np.savez_compressed("j.npz", x=X.astype(np.int8), y=Y.astype(np.int8))
    monkeypatch.setattr(reading, "MOST_VALUES", 43)
    refused(
        "f.npz",
        "f.npz: expected a NumPy archive of plain arrays, got: 352 bytes when unpacked, more than 344",
    )
    assert len(read("j.npz")) == 2
    np.savez("k.npz", x=X, y=Y)
    assert len(read("k.npz")) == 2  # which stays in the file


def test_files_that_cannot_be_read(file, tmp_path, monkeypatch):
    refused("d.xlsx", "d.xlsx: expected a name that ends in .csv, .tsv, .txt, .jsonl or .npz")
    refused("none.csv", "there is no file none.csv")
    (tmp_path / "dir.csv").mkdir()
    file("d.csv", CSV)
    refused("dir.csv", "dir.csv: expected a file, got a directory")
    refused("d" * 300 + ".csv", "d" * 300 + ".csv: expected a file")
    monkeypatch.setattr(reading, "MOST_VALUES", 7)
    refused("d.csv", "d.csv: expected at most 7 numbers, padded, got 8")
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    refused("d.csv", f"d.csv: expected at most 10 bytes of text (an NPZ may hold more), got {len(CSV)}")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)

    def fails(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", fails)
    refused("d.csv", "d.csv: expected a file that can be read, got Permission denied")
