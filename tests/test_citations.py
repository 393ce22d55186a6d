"""Every document, section and paper that a file names is there, and every file of the documentation is in its site."""

import re
import runpy
from pathlib import Path

import pytest

import throughtime as tt

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
FOLDERS = ("src", "tests", "benchmarks", "examples", "docs")
SOURCES = sorted(
    path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".js", ".ts", ".css")
)
NAMED = re.compile(r"(?<![\w/.])((?:docs/)?(?:[\w-]+/)*[\w-]+\.md)(?:#([\w-]+))?")
"""A document that is named in a text, and the section of it."""
GUIDES = sorted(
    path for path in (ROOT / "docs").rglob("*.md") if path.name != "references.md" and "decisions" not in path.parts
)
YEAR = re.compile(r"(?:\s|\B\()((?:18|19|20)\d\d)(?=\)|\]|;|, §|\. )")
"""The year of a citation: [Kingma & Ba 2015], Elman (1990), [Higham 2002, §3.1]."""
REFERENCE = re.compile(r"^- \*\*(?:van der )?(\w+) (\d{4})\.\*\* ", re.MULTILINE)
REFERENCES = set(REFERENCE.findall((ROOT / "docs/references.md").read_text()))


def sections(document):
    """The anchors of a document's headings, as GitHub and mkdocs make them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def unresolved(text, folder=ROOT):
    """The documents and sections that a text in a folder names and that are not there."""
    for name, section in NAMED.findall(text):
        document = next((place / name for place in (ROOT, folder) if (place / name).is_file()), None)
        if document is None or (section and section not in sections(document)):
            yield f"{name}#{section}"


def cited(text):
    """(year, the words before it): the papers that a text cites."""
    start = 0
    for year in YEAR.finditer(text):
        before = re.split(r"\n\s*\n|\[|\d;", text[max(start, year.start() - 250) : year.start()])[-1]
        start = year.end()
        words = re.findall(r"[A-ZÉ][a-záéöü]+", before)
        if words:
            yield year[1], words


def test_documents_that_a_source_file_names_exist():
    others = (
        Path(__file__),
        ROOT / "docs/site_files.py",
    )  # those name documents that are not there, or only in the site
    missing = {path: [*unresolved(path.read_text(), path.parent)] for path in SOURCES if path not in others}
    assert {path: names for path, names in missing.items() if names} == {}


def test_a_document_that_is_not_there_is_seen():
    assert [*unresolved('"""As in docs/math.md#lstm, math.md and docs/math.md#nowhere."""')] == [
        "math.md#", "docs/math.md#nowhere"
    ]  # fmt: skip


def test_papers_that_a_file_cites_are_among_the_references():
    found, missing = set(), []
    for path in [*(path for path in SOURCES if path.is_relative_to(ROOT / "src")), *GUIDES]:
        for year, words in cited(path.read_text()):
            keys = {(word, year) for word in words} & REFERENCES
            found |= keys
            if not keys:
                missing.append(f"{path.relative_to(ROOT)}: {' '.join(words)} {year}")
    assert not missing
    assert found == REFERENCES, "a reference that nothing cites"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_documents_lead_somewhere(document):
    for target, section in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", document.read_text()):
        if not target.startswith("http"):
            path = document.parent / target if target else document
            assert path.exists(), target
            assert not section or section in sections(path), f"{target}#{section}"


def test_every_document_is_in_the_site():
    navigation = (ROOT / "mkdocs.yml").read_text()
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert not [name for name in pages if f": {name}\n" not in navigation and not name.startswith("decisions/")]


def test_every_public_name_is_in_the_reference():
    reference = re.findall(r"^::: (\S+)", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    assert {name.rsplit(".")[-1] for name in reference} >= set(tt.__all__) - {"tasks"}


def test_files_that_the_architecture_names_exist():
    named = re.findall(r"`([\w/]+(?:\.py)?)`", (ROOT / "docs/architecture.md").read_text())
    paths = [name for name in named if "/" in name or name.endswith(".py")]
    assert len(paths) > 40
    assert not [name for name in paths if not any((ROOT / home / name).exists() for home in ("src/throughtime", "."))]


def test_the_picture_of_the_architecture_is_that_of_the_imports():
    drawing = runpy.run_path(str(ROOT / "docs/make_architecture.py"))
    assert drawing["PICTURE"].read_text() == drawing["drawn"](), "python docs/make_architecture.py draws it again"
