"""What a package index shows: the README of a release, and the links of the project."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

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
