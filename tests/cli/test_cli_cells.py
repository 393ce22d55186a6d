"""`throughtime cells`, and cells of a user's own in `train` and `sweep`."""

import pytest

import throughtime as tt
from throughtime import cells
from throughtime.cells.catalogue import entry

MINE = """\
import throughtime as tt

@tt.cell
def mine(p, x, h):
    h = tt.tanh(x @ p.V + h * p.u + p.b)
    return h
"""


@pytest.fixture
def mine(here):
    (here / "mine.py").write_text(MINE)
    return here


def test_cells_are_listed_with_their_papers(throughtime):
    outcome = throughtime("cells")
    assert outcome.status == 0
    for name in cells.NAMES:
        assert f"\n  {name} " in f"\n{outcome.out}"
        assert entry(name).summary in outcome.out
    listed = {one["name"]: one for one in throughtime("cells", "--json").json}
    assert tuple(listed) == cells.NAMES
    assert listed["peephole"]["states"] == ["h", "C"]
    assert "Recurrent nets that time and count" in listed["peephole"]["paper"]


def test_equations_of_one(throughtime, mine):
    for name, word in (("elman", "rnn"), ("gru", "GRU"), ("slstm", "slstm")):
        outcome = throughtime("cells", word)
        assert cells.step_of(name).equations in outcome.out
        assert "Use it" in outcome.out
    answer = throughtime("cells", "mine.py:mine", "--json").json
    assert (answer["name"], answer["states"], answer["parameters"]) == ("mine", ["h"], ["V", "u", "b"])
    assert answer["forward"] == [["h_t", "tanh(x_t V + h_{t-1} ∘ u + b)"]]
    assert throughtime("cells", "mine.py:mine").out.startswith("forward\n    h_t = tanh(x_t V")
    assert "did you mean mgu?" in throughtime("cells", "mug").complaint
    assert "mine.py holds no cell min, did you mean mine?" in throughtime("cells", "mine.py:min").complaint


def test_a_cell_of_ones_own_is_trained_goes_on_and_stands_in_a_sweep(throughtime, mine):
    outcome = throughtime("train", "addition", "--cell", "mine.py:mine", "--hidden", 3, "--steps", 5)
    assert outcome.status == 0
    assert "addition · 8 bits · mine, 3 units" in outcome.out
    assert tt.load_run("runs/addition-mine-0").network.specification.cell == "mine"
    sweep = (
        "sweep",
        "addition",
        "--cell",
        "mine.py:mine,elman",
        "--hidden",
        3,
        "--steps",
        5,
        "--seeds",
        1,
        "--jobs",
        1,
    )
    assert throughtime(*sweep).status == 0
    (mine / "mine.py").unlink()
    assert throughtime("train", "--resume", "runs/addition-mine-0", "--steps", 6, "--quiet").status == 0
    assert throughtime("train", "addition", "--cell", "mine.py:mine").complaint == (
        "--cell: there is no file mine.py to read a cell from"
    )
