"""The note's tables are those of its measurements, and its figures are there."""

import json
import re
import runpy
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
NOTE, VERIFIERS = "docs/note/index.md", "docs/other_verifiers.md"


def text(document):
    return (DOCS.parent / document).read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_measurements():
    measure = runpy.run_path(str(DOCS / "note/measure.py"))
    for table, data, document in (("table", "measured.json", NOTE), ("lengths", "compared.json", VERIFIERS)):
        made = measure[table](json.loads((DOCS / "note" / data).read_text(encoding="utf-8")))
        assert made in text(document), "python docs/note/measure.py prints it"


def test_figures_are_there_and_small():
    figures = [DOCS / "note" / name for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text(NOTE))]
    assert len(figures) == 3
    assert all(figure.stat().st_size < 300_000 for figure in figures)
