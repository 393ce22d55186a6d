"""What the site holds besides docs/: the lesson, the README and other documents, what they link to, and all decisions.

A hook of mkdocs (mkdocs.yml). Links stay as GitHub follows them, relative to the file they stand in; here they are
brought to where the site has that file.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
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
    "docs/tutorial.ipynb": "tutorial.md",
}
"""Documents beside docs/, or not in Markdown, and what they are called in the site."""

VIEW = "tutorial-view.html"
"""The page that the notebook's `tt.view` shows."""

_LINK = re.compile(r"""(?:(?<=\]\()|(?<=src=")|(?<=srcset="))(?!https?:|data:)([^)#\s"]+)""")


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
    files.append(File.generated(config, VIEW, content=_view(ROOT / "docs/tutorial.ipynb")))
    for name, page in PAGES.items():
        files.append(File.generated(config, page, content=_brought(ROOT / name, page)))
    for document in [*(ROOT / name for name in PAGES), *(ROOT / "docs").rglob("*.md")]:
        for target in _LINK.findall(_text(document)):
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

    return _LINK.sub(link, _text(document))


def _text(document: Path) -> str:
    """A document as Markdown."""
    if document.suffix != ".ipynb":
        return document.read_text()
    return "\n\n".join(part for cell in _cells(document) for part in _of_cell(cell))


def _cells(notebook: Path) -> list[Any]:
    return list(json.loads(notebook.read_text())["cells"])


def _of_cell(cell: Any) -> Iterator[str]:
    """The parts of a notebook's cell as Markdown: its source, and what it gave."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    if _shows_a_view(source):
        yield f"<iframe src='../{VIEW}' title='A network unrolled in time' width='100%' height='900'></iframe>"
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            yield f'<img alt="Figure" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">'
        else:
            yield f"```text\n{''.join(output.get('text') or data['text/plain']).rstrip()}\n```"


def _shows_a_view(source: str) -> bool:
    return source.rpartition("\n")[2].startswith("tt.view(")


def _view(notebook: Path) -> str:
    """Run the notebook's cells up to its view."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in ("".join(cell["source"]) for cell in _cells(notebook) if cell["cell_type"] == "code"):
            before, _, last = source.rpartition("\n")
            if _shows_a_view(source):
                exec(before, names)
                return str(eval(last, names).page)
            exec(source, names)
    raise ValueError(f"{notebook.name} has no cell that ends with tt.view(…)")


def _in_the_site(path: Path) -> str:
    """Where the site has a file of the repository."""
    name = path.relative_to(ROOT).as_posix()
    return PAGES.get(name) or (name.removeprefix("docs/") if name.startswith("docs/") else f"source/{name}")


def _decisions() -> list[Path]:
    return [*(ROOT / "docs" / "decisions").glob("*.md")]


def _readme_first(path: Path) -> tuple[bool, str]:
    return path.name != "README.md", path.name
