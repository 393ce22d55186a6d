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

from throughtime.studio import browser
from throughtime.studio.answers import HistoryEntry, Settings, Verdict
from throughtime.studio.browser import PAGE, Scripts
from throughtime.studio.example import Example
from throughtime.studio.frame import Framer
from throughtime.studio.plan import chosen, unable
from throughtime.studio.proving import attempt
from throughtime.studio.snapshot import Snapshot
from throughtime.trace import Trace
from throughtime.training.plan import Plan

PANELS = ("controls.css", "pictures.css", "panels.css", "charts.css")
"""Beside style.css, which all pages have."""

MOST_FRAMES = 40
LARGEST = 24_000_000
"""Characters of all frames, beyond which some are left out."""


def page(
    frames: list[str],
    *,
    history: list[HistoryEntry],
    settings: Settings,
    verdict: Verdict | None = None,
    certificate: str | None = None,
    plan: Plan | None = None,
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
    certificate : str, optional
        Of the proof of the network in the last frame, for the page to check.
    plan : Plan, optional
        Of that network: where a browser can train it, the page has the engine that does.
    title : str
    """
    if verdict is not None and verdict["state"] == "running":
        verdict = None
    trains = [plan] if plan is not None and browser.why_not_here(plan) is None else []
    networks = [plan.specification for plan in trains]
    shown = {
        "settings": settings, "history": history, "verdict": verdict, "certificate": certificate,
        "kit": browser.kit(trains, networks) if trains else None,
    }  # fmt: skip
    text = json.dumps(shown, allow_nan=False)
    record = f'{text[:-1]},"frames":[{",".join(_fewer(frames))}]}}'.replace("<", "\\u003c")
    scripts = browser.scripts("export_host.js", ["engine/worker.js"] if trains else [], networks)
    return document(title, style("style.css", *PANELS), scripts, element("record", record, "application/json"))


def element(name: str, text: str, kind: str = "text/plain") -> str:
    """An element of a page that holds what a script reads."""
    return f'<script type="{kind}" id="throughtime-{name}">{_inside(text)}</script>\n'


def _inside(script: str) -> str:
    return script.replace("</script", "<\\/script")


def document(
    title: str, style: str, scripts: Scripts, data: str = "", kind: str = "throughtime", later: str = ""
) -> str:
    """A page that works from `file://`: its style, what it reads, and its scripts, which alone may run.

    Parameters
    ----------
    title, style : str
    scripts : Scripts
    data : str
        Elements that hold what the page's script reads, see `element`.
    kind : str
        The classes of the element that the script fills.
    later : str
        A style that holds when the page's script says so.
    """
    engine, script = _inside(scripts.engine), _inside(scripts.page)
    workers = "".join(element(name, text) for name, text in scripts.workers.items())
    policy = (
        f"default-src 'none'; script-src {_hash(engine)} {_hash(script)}; style-src {_hash(style)} {_hash(later)}; "
        "img-src data: blob:; worker-src blob:; base-uri 'none'; form-action 'none'"
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
<style id="throughtime-later" media="not all">{later}</style>
</head>
<body>
<div id="app" class="{kind}"><noscript>This page draws with JavaScript; please allow it.</noscript></div>
{data}{workers}<script id="throughtime-engine">{engine}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def of_plan(plan: Plan, example: Example, step: int = 0, history: Iterable[HistoryEntry] = ()) -> str:
    """The file that shows one network at rest, with what can be proved of it."""
    network = plan.begin()
    frame = Framer(plan.task, plan.specification).frame(Snapshot(step, network.parameters), example)
    found = None if "prove" in unable(plan) else attempt(plan.specification, network.parameters, plan.task)
    return page(
        [frame],
        history=list(history),
        settings=chosen(plan),
        verdict=None if found is None else found.verdict,
        certificate=None if found is None else found.certificate,
        plan=plan,
        title=plan.name,
    )


def of_trace(trace: Trace, plan: Plan, example: Example) -> str:
    """The file that shows a trace of the example."""
    frame = Framer(plan.task, plan.specification).of_trace(trace, Snapshot(0, trace.network.parameters), example)
    return page([frame], history=[], settings=chosen(plan), plan=plan, title=plan.name)


def file_name(name: str) -> str:
    """A name in plain letters for a file to save."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}.html"


@cache
def style(*names: str) -> str:
    """Some of the page's styles, without their comments, the spaces that lines begin with and the lines' ends."""
    text = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in names)
    text = re.sub(r"(?s:/\*.*?\*/)|^[ \t]+", "", text, flags=re.MULTILINE)
    return re.sub(r"(?<=[{};,])\n+", "", text).replace(" {", "{")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _fewer(frames: list[str]) -> list[str]:
    while len(frames) > MOST_FRAMES or (len(frames) > 1 and sum(map(len, frames)) > LARGEST):
        frames = [*frames[:-1:2], frames[-1]] if len(frames) > 2 else frames[-1:]
    return frames


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
