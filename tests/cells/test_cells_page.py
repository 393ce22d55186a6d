"""The page of the cells and its pictures are what their script makes of the cells."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

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


@pytest.mark.parametrize("name", cells.NAMES)
def test_no_line_passes_behind_a_box(name):
    text = (DOCS / "pictures" / "cells" / f"{name}.svg").read_text(encoding="utf-8")
    numbers = r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"'
    boxes = np.array([list(map(int, found)) for found in re.findall(numbers, text)])
    lines = re.findall(r'<path d="M(\d+) (\d+)H(\d+)C(\d+) (\d+) (\d+) (\d+) (\d+) (\d+)"', text)
    assert len(lines) == text.count("<path")
    s = np.linspace(0, 1, 200)[:, None]
    for line in lines:
        x, y, turn, *rest = map(float, line)
        p, q, r, end = np.array([[turn, y], *np.reshape(rest, (3, 2))])
        curve = (1 - s) ** 3 * p + 3 * (1 - s) ** 2 * s * q + 3 * (1 - s) * s**2 * r + s**3 * end
        points = np.concatenate([np.array([x, y]) + s * [turn - x, 0], curve])
        left, top, wide, high = boxes[:, :, None].transpose(1, 0, 2)
        inside = (
            (points[:, 0] > left) & (points[:, 0] < left + wide) & (points[:, 1] > top) & (points[:, 1] < top + high)
        )
        assert not inside.any(), line
