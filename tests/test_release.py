"""What a package index shows: the README of a release, and the links of the project."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
ADDRESS = "https://forge.example/someone/throughtime"


@pytest.fixture
def filled(monkeypatch):
    """What the hook adds to the metadata, as the workflow of a release runs it, or a clone."""
    described = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    hook = importlib.util.module_from_spec(described)
    described.loader.exec_module(hook)

    def fill(**environment):
        monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        metadata = {"version": "1.2.3"}
        hook.Address(str(ROOT), {}).update(metadata)
        return metadata

    return fill


def test_every_link_of_a_released_readme_leads_to_the_files_of_that_release(filled):
    text = filled(GITHUB_SERVER_URL="https://forge.example", GITHUB_REPOSITORY="someone/throughtime")["readme"]["text"]
    links = re.findall(r'(?:\]\(|src="|srcset=")([^)"]+)', text)
    assert len(links) > 40
    for link in links:
        kind, path = re.fullmatch(rf"{ADDRESS}/(raw|blob)/v1\.2\.3/([^#]+)(?:#.*)?", link).groups()
        assert (ROOT / path).is_file(), link
        assert kind == ("raw" if path.startswith("docs/pictures/") else "blob"), link


def test_a_released_readme_installs_from_its_repository(filled):
    text = filled(GITHUB_SERVER_URL="https://forge.example", GITHUB_REPOSITORY="someone/throughtime")["readme"]["text"]
    assert f"`pip install git+{ADDRESS}`" in text
    assert "ADDRESS" not in text


def test_the_links_of_a_project_are_those_of_its_repository(filled):
    urls = filled(GITHUB_SERVER_URL="https://forge.example", GITHUB_REPOSITORY="someone/throughtime")["urls"]
    assert urls["Source"] == ADDRESS
    assert all(url.startswith(ADDRESS) for url in urls.values())


def test_a_clone_knows_no_address_and_shows_the_readme_as_it_is(filled):
    metadata = filled()
    assert metadata["urls"] == {}
    assert metadata["readme"]["text"] == (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_release_of_today_has_one_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()


def test_an_extra_that_anything_names_is_there():
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    named = set()
    for name in files:
        if name.endswith((".md", ".py", ".yml", ".toml", ".ipynb", "run")) and not name.startswith("docs/decisions/"):
            text = (ROOT / name).read_text(encoding="utf-8")
            for several in re.findall(r"(?:throughtime|\.whl\)|['\"]\.)\[([a-z, ]+)\]", text):
                named |= {word.strip() for word in several.split(",")}
    assert {"sweep", "dev", "plot"} <= named <= extras


def needed_by(*names):
    """These installed packages, and what they need."""
    found, left = set(), list(names)
    while left:
        name = re.sub(r"[-_.]+", "-", left.pop()).lower()
        if name not in found:
            found.add(name)
            requirements = map(Requirement, distribution(name).requires or [])
            left += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def megabytes(names):
    installed = [one.locate_file(file) for one in map(distribution, names) for file in one.files or []]
    return sum(Path(file).stat().st_size for file in installed if Path(file).is_file()) / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="the figures are those of Linux")
def test_what_the_readme_says_of_sizes_holds():
    """Libraries grow: within a fourth, and the studio's server a small part of the whole."""
    said = re.search(
        r"It brings (\d+) libraries of (\d+) MB on Linux, of which NumPy and Numba with its compiler are (\d+) MB, "
        r"and what serves the studio (\d+) MB;",
        (ROOT / "README.md").read_text(),
    )
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    direct = [Requirement(one).name for one in wanted]
    whole, server = needed_by(*direct), {"starlette", "uvicorn", "websockets"}
    served = whole - needed_by(*(name for name in direct if name not in server))
    found = len(whole), megabytes(whole), megabytes(["numpy", "numba", "llvmlite"]), megabytes(served)
    assert found == pytest.approx([int(word) for word in said.groups()], rel=0.25)
    assert found[3] < 0.03 * found[1]
