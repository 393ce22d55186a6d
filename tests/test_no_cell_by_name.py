"""A cell is known by its graph: its name stands in its file, recipes, rows of other libraries and texts for people."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from throughtime.cells import NAMES

SOURCE = Path(__file__).parents[1] / "src" / "throughtime"
ALLOWED = {
    "cells/": "the cells",
    "training/recipes.py": "networks that are known to work, here and in the next three",
    "experiments/gallery/": "",
    "experiments/lab/": "",
    "generation/models.py": "",
    "weights/network_specification.py": "the default, and another name of it",
    "sklearn/estimator.py": "a default",
    "sklearn/characters.py": "a default",
    "cli/plan.py": "the classic recipe",
    "bridges/onnx/": "the rows of ONNX's operators",
    "studio/page/lesson/": "texts for people, with what they train",
    "studio/lesson.py": "the cells that its figures train",
    "bridges/pytorch/": "the rows of PyTorch's layers",
}
"""Where a cell may be named, and why."""


def allowed(path: Path) -> bool:
    return any(path.relative_to(SOURCE).as_posix().startswith(place) for place in ALLOWED)


def texts_of(source: str) -> list[tuple[int, str]]:
    """The strings and names of a module, without its docstrings and type hints."""
    tree = ast.parse(source)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            found.append((node.lineno, node.value))
        elif isinstance(node, ast.Name | ast.FunctionDef | ast.arg | ast.alias | ast.Attribute):
            name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
            found.append((node.lineno, name or getattr(node, "arg", "")))
    return found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_python_holds_no_cell_by_name(path):
    if not allowed(path):
        found = [
            (line, text) for line, text in texts_of(path.read_text()) if text.lower().strip("_") in (*NAMES, "rnn")
        ]
        assert not found


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.[jt]s")), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_javascript_holds_no_cell_by_name(path):
    if not allowed(path):
        quoted = "|".join((*NAMES, "rnn"))
        found = [
            (number, line)
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if re.search(rf"[\"'`]({quoted})[\"'`]|\b({quoted})\b\s*:", line, re.IGNORECASE)
        ]
        assert not found
