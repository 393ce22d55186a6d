"""The notebook of the documentation runs, and what it stores is what its cells give."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKE = "python docs/make_tutorial.py stores what the cells give"


def texts(cell):
    """What a cell printed or gave, as text; of figures only that they are there."""
    outputs = cell.get("outputs", ())
    return [output["text"] if "text" in output else output["data"].get("text/plain") for output in outputs]


@pytest.mark.long
@pytest.mark.filterwarnings("default")  # Jupyter's own
def test_the_notebook_is_as_it_runs():
    nbformat = pytest.importorskip("nbformat", reason="needs the extra `dev`")
    pytest.importorskip("nbclient", reason="needs the extra `dev`")
    pytest.importorskip("ipykernel", reason="needs the extra `dev`")
    stored = nbformat.read(ROOT / "docs/tutorial.ipynb", as_version=4)
    executed = runpy.run_path(str(ROOT / "docs/make_tutorial.py"))["executed"]()
    assert [cell["source"] for cell in executed.cells] == [cell["source"] for cell in stored.cells]
    for now, then in zip(executed.cells, stored.cells, strict=True):
        if "varies" not in then["metadata"].get("tags", ()):  # the error of a network that was trained
            assert texts(now) == texts(then), MAKE


def test_the_notebook_is_small_and_holds_no_pages():
    text = (ROOT / "docs/tutorial.ipynb").read_text()
    assert len(text) < 300_000
    assert "text/html" not in text
    assert '"widgets"' not in text
    assert 'execution_count": null' not in text, MAKE
