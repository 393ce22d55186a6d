"""A page in one file that works from `file://` with no server and no network: modules, styles and frames inlined.

Its Content-Security-Policy allows these very scripts and styles, by their hashes, and nothing from elsewhere.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path

from throughtime.studio.answers import HistoryEntry, Settings, Verdict
from throughtime.studio.example import Example
from throughtime.studio.frame import Framer
from throughtime.studio.modules import join
from throughtime.studio.plan import chosen
from throughtime.studio.snapshot import Snapshot
from throughtime.trace import Trace
from throughtime.training.plan import Plan

PAGE = Path(__file__).parent / "page"
STYLES = ("style.css", "controls.css", "pictures.css", "panels.css", "charts.css")
MOST_FRAMES = 40
LARGEST = 24_000_000
"""Characters of all frames, beyond which some are left out."""


def page(
    frames: list[str],
    *,
    history: list[HistoryEntry],
    settings: Settings,
    verdict: Verdict | None = None,
    title: str = "throughtime",
) -> str:
    """The file.

    Parameters
    ----------
    frames : list of str
        JSON, oldest first, see `frame`. Where they are too many, some are left out at even distances, never the last.
    history : list of HistoryEntry
    settings : Settings
    verdict : Verdict, optional
    title : str
    """
    if verdict is not None and verdict["state"] == "running":
        verdict = None
    shown = json.dumps({"settings": settings, "history": history, "verdict": verdict}, allow_nan=False)
    record = f'{shown[:-1]},"frames":[{",".join(_fewer(frames))}]}}'.replace("<", "\\u003c")
    return document(
        title, _style(), _script(), f'<script type="application/json" id="throughtime-record">{record}</script>\n'
    )


def document(title: str, style: str, script: str, data: str = "", kind: str = "throughtime") -> str:
    """A page that works from `file://`: its style, what it reads, and its one script, which alone may run.

    Parameters
    ----------
    title, style, script : str
    data : str
        Elements that hold what the script reads, such as JSON.
    kind : str
        The classes of the element that the script fills.
    """
    script = script.replace("</script", "<\\/script")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta http-equiv="Content-Security-Policy" content="{policy}" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<title>{_escaped(title)}</title>
<link rel="icon" href="data:," />
<style>{style}</style>
</head>
<body>
<div id="app" class="{kind}"><noscript>This page draws with JavaScript; please allow it.</noscript></div>
{data}<script type="module">{script}</script>
</body>
</html>
"""


def of_plan(plan: Plan, example: Example, step: int = 0, history: Iterable[HistoryEntry] = ()) -> str:
    """The file that shows one network at rest."""
    snapshot = Snapshot(step, plan.begin().parameters)
    frame = Framer(plan.task, plan.specification).frame(snapshot, example)
    return page([frame], history=list(history), settings=chosen(plan), title=plan.name)


def of_trace(trace: Trace, plan: Plan, example: Example) -> str:
    """The file that shows a trace of the example."""
    frame = Framer(plan.task, plan.specification).of_trace(trace, Snapshot(0, trace.network.parameters), example)
    return page([frame], history=[], settings=chosen(plan), title=plan.name)


def file_name(name: str) -> str:
    """A name in plain letters for a file to save."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.html"


@cache
def _script() -> str:
    return join(PAGE, "export_host.js")


@cache
def _style() -> str:
    return "\n".join((PAGE / name).read_text(encoding="utf-8") for name in STYLES)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _fewer(frames: list[str]) -> list[str]:
    while len(frames) > MOST_FRAMES or (len(frames) > 1 and sum(map(len, frames)) > LARGEST):
        frames = [*frames[:-1:2], frames[-1]] if len(frames) > 2 else frames[-1:]
    return frames


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
