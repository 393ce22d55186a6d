"""Tables with columns without a name, and numbers, times and names in other spellings than Python's."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from throughtime.tasks.datafile import read
from throughtime.tasks.from_file import DataFile


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(name, content):
    Path(name).write_text(content)
    return name


def refused(name, message, **options):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        read(name, **options)


SERIES = [(0, 1.5, 1.5), (1, -2.0, 0.5), (2, 4.0, 2.5)]


def table(header, row, end="\n"):
    return "".join(
        line + end for line in [header, *(row.format(i=i, t=t, x=x, y=y) for i, (t, x, y) in enumerate(SERIES))]
    )


@pytest.mark.parametrize(
    ("header", "row", "note"),
    [
        (",time,x,y", "{i},{t},{x},{y}", "column 1 has no name: it is left out"),
        (",time,x,y", "7{i},{t},{x},{y}", "column 1 has no name: it is left out"),
        ("time,x,y,", "{t},{x},{y},", "column 4 has no name: it is left out"),
        ("time;x;y;", "{t};{x};{y};", "column 4 has no name: it is left out"),
        ("time,x,,y", "{t},{x},,{y}", "column 3 has no name: it is left out"),
        ("time,x,y", "{t},{x},{y},", "rows end in a comma: it is left out"),
        ("time\tx\ty", "{t}\t{x}\t{y}\t", "rows end in a tab: it is left out"),
    ],
)
def test_a_column_without_a_name_is_no_name_of_sequences(header, row, note):
    """As pandas writes a table with its index, and spreadsheets one with an empty column: still one series of three
    steps.
    """
    found = read(written("d.csv", table(header, row)))
    np.testing.assert_array_equal(found.x, [[[1.5], [-2], [4]]])
    np.testing.assert_array_equal(found.y, [[[1.5], [0.5], [2.5]]])
    assert found.lengths.tolist() == [3]
    assert found.columns.sequence == ""
    assert note in found.notes
    assert "one series: there is no column that names sequences" in found.notes
    like = DataFile.like(Path("d.csv"), DataFile.read(Path("d.csv")).columns)
    assert like.data.batch.x.shape == (1, 3, 1)


@pytest.mark.parametrize("index", ["a", "0", "1.5", "2024-01-01"])
def test_a_column_without_a_name_that_says_more_is_refused(index):
    written("d.csv", table(",time,x,y", index + ",{t},{x},{y}"))
    line = 3 if index == "0" else 2  # a number twice numbers no rows
    refused(
        "d.csv", f'd.csv, line {line}: expected a name for column 1, which does not only number the rows, got "{index}"'
    )


def test_a_row_may_end_in_one_separator_and_no_more():
    written("d.csv", table("time,x,y", "{t},{x},{y},,"))
    refused("d.csv", "d.csv, line 2: expected 3 cells as in the header, got 5")
    written("d.csv", table("time,x,y", "{t},{x},{y},5"))
    refused("d.csv", "d.csv, line 2: expected 3 cells as in the header, got 4")


# Numbers, times and names in other spellings


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_decimal_comma(separator):
    written(
        "d.txt",
        "time,x,y\n".replace(",", separator) + f"0{separator}1,5{separator}2,5\n1{separator}-2{separator}3,25\n",
    )
    found = read("d.txt")
    assert (found.x.tolist(), found.y.tolist(), found.columns.classes) == ([[[1.5], [-2]]], [[[2.5], [3.25]]], ())
    assert "numbers have a decimal comma" in found.notes


NUMBERS_TO_PEOPLE = [
    "1,234", "1.234,5", "1'234.5", "50%", "5 %", "$5", "3,5e2", "1_000", "2024-01-31", "2024-01", "31.12.2024",
    "01/02/2024", "10:30", "2024-01-31T10:05Z", "31 Jan 2024", "5-Mar-24", "Jan 5, 2024", "1/2",
]  # fmt: skip


@pytest.mark.parametrize("word", NUMBERS_TO_PEOPLE)
def test_numbers_to_people_and_dates_are_no_classes_unless_that_is_said(word):
    expected = "expected a plain number such as 1234.5, or the name of a class (or say targets=classes), got"
    written("d.csv", f'time,x,y\n0,1,"{word}"\n1,2,"{word}"\n')
    refused("d.csv", f'd.csv, line 2, column "y": {expected} "{word}"')
    written("e.csv", f'time,x,y\n0,1,up\n1,2,"{word}"\n')
    refused("e.csv", f'e.csv, line 3, column "y": {expected} "{word}"')
    written("d.jsonl", json.dumps({"x": [[1]], "y": word}) + "\n")
    refused("d.jsonl", f'd.jsonl, line 1, column "y": {expected}')
    np.savez("d.npz", x=np.ones((1, 1, 1)), y=np.array([word]))
    refused("d.npz", f'd.npz, array "y", entry (0,): {expected}')
    for name in ("d.csv", "d.jsonl", "d.npz"):
        assert read(name, targets="classes").columns.classes == (word,)
        with pytest.raises(ValueError, match="expected a number"):
            read(name, targets="numbers")


@pytest.mark.parametrize("word", ["a1", "class 2", "1st", "2D", "5 kg", "x,y", "+", "A/B", "May", "é2"])
def test_names_with_digits_are_classes(word):
    assert read(written("d.csv", f'time,x,y\n0,1,"{word}"\n1,2,zz\n')).columns.classes == tuple(sorted([word, "zz"]))


@pytest.mark.parametrize("word", ["NaN", "nan", "NA", "?", "-", "N/A", "null", "None", ""])
def test_what_is_missing_is_no_class_unless_that_is_said(word):
    for options in ({}, {"targets": "classes"}):
        written("d.csv", f"time,x,y\n0,1,up\n1,2,{word}\n")
        refused("d.csv", 'd.csv, line 3, column "y": expected the name of a class', **options)
        written("d.jsonl", json.dumps({"x": [[1], [2]], "y": ["up", word]}) + "\n")
        refused("d.jsonl", 'd.jsonl, line 1, column "y[1]": expected the name of a class', **options)
        np.savez("d.npz", x=np.ones((2, 1, 1)), y=np.array(["up", word]))
        refused("d.npz", 'd.npz, array "y", entry (1,): expected the name of a class', **options)
    if word:
        for name in ("d.csv", "d.jsonl", "d.npz"):
            assert read(name, classes=(word, "up")).columns.classes == (word, "up")


def test_large_whole_numbers_are_classes_of_their_own():
    a, b, c = 2**53, 2**53 + 1, 2**62 + 1
    names = (str(a), str(b), str(c))
    written("d.csv", f"time,x,y\n0,1,{a}\n1,2,{b}\n2,3,{c}\n")
    written("d.jsonl", json.dumps({"x": [[1], [2], [3]], "y": [a, b, c]}) + "\n")
    np.savez("d.npz", x=np.ones((1, 3, 1)), y=np.array([[a, b, c]]))
    for name in ("d.csv", "d.jsonl", "d.npz"):
        found = read(name, targets="classes", output="every step")
        assert found.columns.classes == names
        np.testing.assert_array_equal(found.y, [np.eye(3)])
    expected = "expected a class: a name or a whole number, written with all its digits, got"
    refused(
        written("e.csv", "time,x,y\n0,1,1e17\n"), f'e.csv, line 2, column "y": {expected} "1e17"', targets="classes"
    )
    np.savez("e.npz", x=np.ones((2, 1, 1)), y=np.array([1, 2.0**60]))
    refused("e.npz", f'e.npz, array "y", entry (1,): {expected}', targets="classes")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.5])
def test_no_class_in_an_archive(value):
    np.savez("d.npz", x=np.ones((2, 1, 1)), y=np.array([1, value]))
    refused(
        "d.npz",
        f'd.npz, array "y", entry (1,): expected a class: a name or a whole number, got {value}',
        targets="classes",
    )


def test_months_are_dates():
    assert len(read(written("d.csv", "time,x,y\n2023-11,1,2\n2023-12,1,3\n2024-01,1,4\n2024-01-02,1,5\n")).x) == 1
    written("d.csv", "time,x,y\n2024-01,1,2\n2023-12,1,3\n")
    refused("d.csv", 'd.csv, line 3, column "time": expected a time after 2024-01')


@pytest.mark.parametrize("times", [("09:30+00:00", "10:00+02:00"), ("09:30Z", "10:00Z"), ("2024-13", "2024-14")])
def test_times_of_the_day_have_no_offset(times):
    written("d.csv", f"time,x,y\n{times[0]},1,2\n{times[1]},1,3\n")
    refused("d.csv", 'd.csv, line 2, column "time": expected a number, or a date and time such as 2024-01-31 10:05')
    written("d.csv", f"time,x,y\n09:00,1,2\n{times[1]},1,3\n")
    refused("d.csv", 'd.csv, line 3, column "time": expected a time of the day without an offset, or a date with it')
