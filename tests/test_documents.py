"""Every command and every line of Python in the documents runs."""

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language):
    """(document, number of the block, text), but for blocks that a comment marks as run elsewhere; "needs:" names libraries."""
    for document in DOCUMENTS:
        for number, (mark, found, text) in enumerate(BLOCK.findall(document.read_text())):
            if found == language and not mark.startswith(("command:", "not run:")):
                needed = mark.removeprefix("needs: ").split() if mark.startswith("needs:") else []
                missing = [library for library in needed if find_spec(library) is None]
                skip = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
                yield pytest.param(text, id=f"{document.name}-{number}", marks=skip)


@pytest.mark.long
@pytest.mark.parametrize("text", list(blocks("sh")))
def test_commands(text, tmp_path):
    for line in text.splitlines():
        program, *arguments = shlex.split(line, comments=True)
        assert program == "throughtime"
        done = subprocess.run(
            [sys.executable, "-m", "throughtime", *arguments], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


@pytest.mark.long
@pytest.mark.parametrize("text", list(blocks("python")))
def test_python(text, tmp_path):
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_has_exactly_two_set_up_commands():
    marked = re.findall(r"<!-- command: (\w+) -->\n```sh\n[^\n]+\n```", (ROOT / "README.md").read_text())
    assert marked == ["train", "test"]


@pytest.mark.parametrize("document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        assert target.startswith("http") or (document.parent / target).exists(), target
