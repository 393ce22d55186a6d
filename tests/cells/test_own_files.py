"""Cells in files of a user's own: FILE.py:NAME, and what is said where there is none."""

import sys

import pytest

from throughtime.cells.own import is_own, read

GOOD = """\
import throughtime as tt
from beside import F

@tt.cell
def mine(p, x, h):
    h = F(x @ p.V + h @ p.U)
    return h

other = 3
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "beside.py").write_text("from throughtime import tanh as F\n")
    (tmp_path / "good.py").write_text(GOOD)
    monkeypatch.delitem(sys.modules, "beside", raising=False)
    return tmp_path


def test_a_file_is_run_from_its_own_folder(folder, monkeypatch):
    path = list(sys.path)
    assert read("good.py:mine").name == read("good.py").name == "mine"
    monkeypatch.chdir("/")
    assert read(f"{folder / 'good.py'}:mine") == read(f"{folder / 'good.py'}")
    assert sys.path == path
    assert [is_own(word) for word in ("lstm", "a.py", "a.py:b", "a:b")] == [False, True, True, True]


def test_two_cells(folder):
    (folder / "two.py").write_text(GOOD + GOOD.replace("mine", "yours"))
    assert read("two.py:yours").name == "yours"
    with pytest.raises(ValueError, match=r"two\.py holds the cells mine, yours: say which, as in two\.py:mine"):
        read("two.py")


@pytest.mark.parametrize(
    ("word", "text", "message"),
    [
        ("good.py:mime", None, r"^good\.py holds no cell mime, did you mean mine\?$"),
        (
            "good.py:other",
            None,
            r"^other in good\.py is no cell, it is of type int: put @throughtime\.cell above a function$",
        ),
        ("gone.py:mine", None, r"^there is no file gone\.py to read a cell from$"),
        ("good:mine", None, r"^a cell of your own is named FILE\.py:NAME, got 'good:mine'$"),
        ("bad.py:a", "x = 3\n", r"^bad\.py holds no cell: put @throughtime\.cell above the function of one time step$"),
        (
            "bad.py:a",
            "\nimport nowhere_at_all\n",
            r"^bad\.py, line 2: ModuleNotFoundError: No module named 'nowhere_at_all'$",
        ),
        ("bad.py:a", "x = (\n", r"^bad\.py, line 1: SyntaxError: "),
        ("bad.py:a", "def f():\n    1 / 0\n\nf()\n", r"^bad\.py, line 2: ZeroDivisionError: division by zero$"),
        ("bad.py:a", "import sys\nsys.path.clear()\n1 / 0\n", r"^bad\.py, line 3: ZeroDivisionError: "),
        ("bad.py:a", "raise SystemExit\n", r"^bad\.py, line 1: SystemExit: no more is said$"),
        (
            "bad.py:mine",
            GOOD.replace("h = F(", "h = h ** F("),
            r'^bad\.py, line 4: cell mine, line 6, "h = h .*unsupported',
        ),
    ],
)
def test_what_is_said(folder, word, text, message):
    if text is not None:
        (folder / "bad.py").write_text(text)
    with pytest.raises(ValueError, match=message):
        read(word)
