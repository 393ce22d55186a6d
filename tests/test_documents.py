"""Every command and every line of Python in the documents runs."""

import re
import shlex
import shutil
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (.*?) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)


def blocks(language):
    """(document, number of the block, text), but for blocks that a comment marks as run elsewhere; "needs:" names
    libraries.

    A block that is marked "goes on" begins where the one before it in its document ends.
    """
    for document in DOCUMENTS:
        before = ""
        for number, (mark, found, text) in enumerate(BLOCK.findall(document.read_text())):
            if found == language and not mark.startswith(("command:", "not run:")):
                goes_on = mark.endswith(", goes on")
                mark = mark.removesuffix(", goes on")
                needed = mark.removeprefix("needs: ").split() if mark.startswith("needs:") else []
                missing = [library for library in needed if find_spec(library) is None]
                skip = pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
                before = text = before + text if goes_on else text
                yield pytest.param(text, id=f"{document.name}-{number}", marks=skip)


# What each command of a document must print, by how it begins; the first that fits counts.
RESULTS = [
    ("train addition", r"exact +all 65 536 pairs of 8-bit numbers are added right"),
    ("train parity", r"exact +all 65 536 words of 16 bits are answered right"),
    ("add 107 27", r"= 134 .*right\n"),
    ("trace 107 27 --step 3 --unit 5", r"h_3\[5\] = S\("),
    ("trace", r"step +1 .*"),
    ("evaluate --bits 10", r"exact +all 1 048 576 pairs of 10-bit numbers are added right"),
    ("prove", r"proved +right for numbers of every length"),
    ("check", r"accepted +\d+ sets"),
    ("automaton", r"carry|state"),
    ("tasks", r"addition .*\n(.*\n)+ +recall"),
    ("info --engine", r"numba +\d"),
    ("info", r"network +Elman, 16 sigmoid units"),
    ("export-html", r"page\.html"),
    ("export", r"checked +its outputs differ from the network's by at most \d\S*e-\d\d?"),
    ("warmup", r"elman .*\n.*lstm .*\n.*gru "),
    ("lab", r"\d"),
    ("lesson", r"lesson\.html"),
    ("sweep show", r"recall\.csv"),
    ("sweep", r"\d"),
    ("gallery", r"\d"),
]


def result(line):
    """What a command of a document must print."""
    found = [pattern for begin, pattern in RESULTS if line.removeprefix("throughtime ").startswith(begin)]
    assert found, f"{line}: say in RESULTS what it must print"
    return found[0]


def test_every_command_has_a_result():
    for block in blocks("sh"):
        for line in block.values[0].splitlines():
            assert result(line)


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
        assert re.search(result(line), done.stdout), f"{line}\n{done.stdout}"


@pytest.mark.long
@pytest.mark.parametrize("text", list(blocks("python")))
def test_python(text, tmp_path):
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_has_exactly_two_set_up_commands():
    marked = re.findall(r"<!-- command: (\w+) -->\n```sh\n[^\n]+\n```", (ROOT / "README.md").read_text())
    assert marked == ["train", "test"]


@pytest.mark.parametrize(("document", "example"), [("own_cell", "own_cell"), ("proofs", "alarm")])
def test_an_example_is_the_document_s(document, example):
    document, example = (ROOT / f"docs/{document}.md").read_text(), (ROOT / f"examples/{example}.py").read_text()
    (text,) = [text for _, language, text in BLOCK.findall(document) if language == "python"]
    assert example.endswith(f"\n\n{text}")


def test_the_guide_to_devices_shows_what_the_example_does():
    guide, example = (ROOT / "docs/devices.md").read_text(), (ROOT / "examples/gesture.py").read_text()
    learn, write, *_ = [text for _, language, text in BLOCK.findall(guide) if language == "python"]
    assert {*learn.splitlines(), *write.splitlines()} <= {*example.splitlines()}
    assert f"```c\n{(ROOT / 'examples/watch.c').read_text()}```" in guide


def test_the_classic_program_is_that_of_the_lesson():
    program = (ROOT / "src/throughtime/studio/page/lesson/classic.py").read_text(encoding="utf-8")
    assert f"```python\n{program}```\n" in (ROOT / "docs/classic.md").read_text(encoding="utf-8")


@pytest.mark.long
@pytest.mark.skipif(
    any(find_spec(needed) is None for needed in ("sklearn", "sktime", "onnxruntime")), reason="needs more"
)
def test_the_job_of_a_stream(tmp_path):
    text = next(text for _, _, text in BLOCK.findall((ROOT / "docs/jobs.md").read_text()) if "uvicorn" in text)
    with socket.create_server(("127.0.0.1", 0)) as free:
        text = text.replace("8765", str(free.getsockname()[1]))
    shutil.copy(ROOT / "examples/serve.py", tmp_path)
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    served, exported = done.stdout.splitlines()
    assert len(set(served.split())) == 1
    assert f"[['{served.split()[0]}']]" in exported
    assert float(exported.split()[-1]) < 1e-5
