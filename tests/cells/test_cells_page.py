"""The page of the cells and its pictures are what their script makes of the cells."""

import runpy
from pathlib import Path

from throughtime import cells

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_its_script_makes():
    script = runpy.run_path(str(DOCS / "make_cells.py"))
    made = script["page"]()
    assert script["PAGE"].read_text(encoding="utf-8") == made, "run: python docs/make_cells.py"
    for name in cells.NAMES:
        assert cells.step_of(name).equations in made
    drawn = {path.stem: path.read_text(encoding="utf-8") for path in script["PICTURES"].glob("*.svg")}
    assert drawn == script["pictures"]()
    assert sum(map(len, drawn.values())) < 300_000
