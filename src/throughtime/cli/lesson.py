"""`throughtime lesson`: how recurrent networks learn, as a page that needs nothing but a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.shell import line

EPILOG = """\b
Examples:
  throughtime lesson
  throughtime lesson --out lesson.html"""


def lesson(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Save the page there.  [default: open it in a browser]"),
    ] = None,
) -> None:
    """Open the lesson: how a recurrent network learns to add, and why one can be certain that it is right."""
    import webbrowser

    from throughtime.studio.lesson import lesson
    from throughtime.support.disk import cache_folder, write_atomically

    page = out or cache_folder() / "lesson.html"
    if not out:
        page.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(page, lesson().encode())
    if not out:
        webbrowser.open(page.resolve().as_uri())
    line("saved", str(page))
