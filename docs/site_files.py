"""What the site holds besides docs/: the lesson, the README as its first page, what pages link to, and all decisions.

A hook of mkdocs (mkdocs.yml). Links stay as GitHub follows them, relative to the file they stand in; here they are
brought to where the site has that file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from throughtime.studio.lesson import lesson

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""Documents beside docs/, and what they are called in the site."""

_LINK = re.compile(r"""(?:(?<=\]\()|(?<=src=")|(?<=srcset="))(?!https?:)([^)#\s"]+)""")


def on_config(config: Any) -> Any:
    """List every decision."""
    for section in config.nav:
        for entry in section.get("Develop", ()):
            if "Decisions" in entry:
                entry["Decisions"] = [f"decisions/{path.name}" for path in sorted(_decisions(), key=_readme_first)]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the lesson, the documents beside docs/, and what any document links to outside of it."""
    files.append(File.generated(config, "learn.html", content=lesson()))
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=_brought(ROOT / name, page)))
    for document in [*(ROOT / name for name in PAGES), *(ROOT / "docs").rglob("*.md")]:
        for target in _LINK.findall(document.read_text()):
            path = (document.parent / target).resolve()
            inside = _in_the_site(path)
            if path.is_file() and inside.startswith("source/") and inside not in files.src_uris:
                files.append(File.generated(config, inside, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Bring the links of a page of docs/ that lead out of it to where the site has the file."""
    if page.file.generated_by:
        return markdown
    return _brought(ROOT / "docs" / page.file.src_uri, page.file.src_uri)


def _brought(document: Path, page: str) -> str:
    """The text of a document with its links as they are seen from a page of the site."""

    def link(found: re.Match[str]) -> str:
        target = _in_the_site((document.parent / found[1]).resolve())
        return "/".join([".."] * page.count("/") + [target])

    return _LINK.sub(link, document.read_text())


def _in_the_site(path: Path) -> str:
    """Where the site has a file of the repository."""
    name = path.relative_to(ROOT).as_posix()
    return PAGES.get(name) or (name.removeprefix("docs/") if name.startswith("docs/") else f"source/{name}")


def _decisions() -> list[Path]:
    return [*(ROOT / "docs" / "decisions").glob("*.md")]


def _readme_first(path: Path) -> tuple[bool, str]:
    return path.name != "README.md", path.name
