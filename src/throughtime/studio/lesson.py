"""The lesson as static files: one page that works from `file://`, without a server or a network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from throughtime.bridges.javascript import to_javascript
from throughtime.studio.export import PAGE, document
from throughtime.studio.modules import join
from throughtime.weights.network_specification import NetworkSpecification

TITLE = "A network that remembers"
STYLES = ("style.css", "lesson/lesson.css")


def networks() -> Iterator[NetworkSpecification]:
    """Of every kind of cell that the lesson's figures train."""
    for activation in ("sigmoid", "tanh"):
        yield NetworkSpecification(cell="elman", inputs=2, hidden=16, outputs=1, activation=activation)
    for cell in ("lstm", "gru"):
        yield NetworkSpecification(cell=cell, inputs=2, hidden=8, outputs=1)


@cache
def lesson() -> str:
    """The page, in one file."""
    script = join(PAGE, "lesson/main.js", {"engine/cells.js": to_javascript(*networks())})
    style = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in STYLES)
    program = (PAGE / "lesson/classic.py").read_text(encoding="utf-8")
    data = f'<script type="text/plain" id="throughtime-program">{program}</script>\n'
    return document(TITLE, style, script, data, kind="throughtime lesson")
