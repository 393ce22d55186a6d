"""Tables with columns without a name, and numbers, times and names in other spellings than Python's."""

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
    """As pandas writes a table with its index, and spreadsheets one with an empty column: still one series of three steps."""
    found = read(written("d.csv", table(header, row)))
    np.testing.assert_array_equal(found.x, [[[1.5], [-2], [4]]])
    np.testing.assert_array_equal(found.y, [[[1.5], [0.5], [2.5]]])
    assert found.lengths.tolist() == [3]
    assert found.sequence == ""
    assert note in found.notes
    assert "one series: there is no column that names sequences" in found.notes
    like = DataFile.like(Path("d.csv"), DataFile.read(Path("d.csv")).columns)
    assert like.batch.x.shape == (1, 3, 1)


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
