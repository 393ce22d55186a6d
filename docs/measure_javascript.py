"""The tables of docs/javascript.md: an update in the browser's engine, and frames of the lesson while a figure learns.

    python docs/measure_javascript.py [--frames]

Without `--frames`: CPU time of an update in Node, beside the compiled kernels; each row is the smallest of five runs,
of 64 sequences of 8 bits with noise 0.2 and Adam. With it: milliseconds between frames in Chromium, and how long the
page's own work in a frame takes; these mean little on a machine that does other things too.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import throughtime as tt
from throughtime.bridges.javascript import to_javascript
from throughtime.studio.export import PAGE

ROWS = {"elman": (16, 2000), "lstm": (8, 1000), "gru": (8, 1000), "lem": (16, 500)}
RUNS, SETTINGS = 5, {"batch": 64, "noise": 0.2}

SCRIPT = """
import { cells } from "./cells.js";
import { cellOf, createNetwork } from "./network.js";
import { addition } from "./tasks.js";
import { Trainer } from "./training.js";
const [specification, updates, runs, settings] = JSON.parse(process.argv[2]);
let least = Infinity;
for (let seed = 0; seed < runs; seed++) {
  const network = createNetwork(cellOf(cells, specification), specification, seed);
  const trainer = new Trainer(network, addition({ bits: 8 }), settings);
  trainer.run(100);
  const before = process.cpuUsage();
  trainer.run(updates);
  const { user, system } = process.cpuUsage(before);
  least = Math.min(least, (user + system) / updates);
}
console.log(least);
"""


def in_node(net: tt.Network, updates: int) -> float:
    """Microseconds of an update."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for module in (PAGE / "engine").glob("*.js"):
            shutil.copy(module, folder)
        (folder / "cells.js").write_text(to_javascript(net.specification))
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "measure.js").write_text(SCRIPT)
        settings = SETTINGS | {"optimizer": {"name": "adam", "learning_rate": 0.02}}
        given = json.dumps([net.specification.as_dict(), updates, RUNS, settings])
        done = subprocess.run(["node", folder / "measure.js", given], check=True, capture_output=True, text=True)
        return float(done.stdout)


def compiled(net: tt.Network, updates: int) -> float:
    """Microseconds of an update."""
    least = float("inf")
    for seed in range(RUNS + 1):  # the first compiles
        began = time.process_time()
        options = SETTINGS | {"optimizer": tt.Adam(0.02), "seed": seed, "threads": 1}
        run = tt.train(net, tt.tasks.Addition(), steps=updates, **options)
        least = min(least, (time.process_time() - began) / run.step * 1e6)
    return least


FIGURES = {"adds": "learn", "memory": "learn", "program": "run", "long": "run", "plane": "learn", "proof": "learn"}
"""Chapters whose figures learn, and what begins it."""
FRAMES = 120

WATCH = """count => new Promise(done => {
  const [between, work] = [[], []];
  let before = null;
  const own = window.requestAnimationFrame.bind(window);
  const long = [];
  new PerformanceObserver(list => long.push(...list.getEntries().map(entry => entry.duration))).observe(
    { type: "longtask" });
  window.requestAnimationFrame = call => own(now => {
    const begun = performance.now();
    call(now);
    work.push(performance.now() - begun);
  });
  own(function frame(now) {
    if (before !== null) between.push(now - before);
    before = now;
    if (between.length < count) own(frame);
    else done({ between, work, long, heap: performance.memory.usedJSHeapSize });
  });
})"""


def frames() -> None:
    """Print the table of frames."""
    from playwright.sync_api import sync_playwright

    from throughtime.studio.lesson import lesson

    print("| chapter | frames, ms: median | 95 % | work in one, ms: median | 95 % | tasks over 50 ms | heap, MB |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        page_of = Path(folder) / "lesson.html"
        page_of.write_text(lesson(), encoding="utf-8")
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        flags = ["--no-sandbox", "--enable-precise-memory-info", "--disable-gpu"]
        browser = started.chromium.launch(executable_path=path, args=flags)
        for chapter, action in FIGURES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 720})
            page.goto(page_of.as_uri())
            page.evaluate("name => document.getElementById(name).scrollIntoView()", chapter)
            page.wait_for_selector(f"#{chapter} .picture > :not([hidden])")
            watched = page.evaluate_handle(f"({{ promise: ({WATCH})({FRAMES}) }})")
            page.locator(f"#{chapter} [data-action={action}]:visible").first.click()
            found = page.evaluate("({ promise }) => promise", watched)
            cells = [part for name in ("between", "work") for part in _middle_and_most(found[name])]
            print(f"| {chapter} | {' | '.join(cells)} | {len(found['long'])} | {found['heap'] / 1e6:.1f} |", flush=True)
            page.close()
        browser.close()


def _middle_and_most(values: list[float]) -> list[str]:
    ordered = sorted(values)
    return [f"{ordered[int(share * (len(ordered) - 1))]:.1f}" for share in (0.5, 0.95)]


def updates() -> None:
    """Print the table of updates."""
    print("| network | JavaScript, µs | updates a second | 2,000 updates, s | compiled, µs |\n|---|---|---|---|---|")
    for cell, (hidden, count) in ROWS.items():
        net = tt.Network(cell=cell, inputs=2, hidden=hidden, outputs=1)
        own, other = in_node(net, count), compiled(net, 2 * count)
        print(f"| {cell} {hidden} | {own:.0f} | {1e6 / own:,.0f} | {own / 500:.1f} | {other:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", action="store_true")
    (frames if parser.parse_args().frames else updates)()
