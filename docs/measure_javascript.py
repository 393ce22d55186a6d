"""CPU time of an update in the browser's engine, in Node, beside the compiled kernels: the table of docs/javascript.md.

    python docs/measure_javascript.py

Each row is the smallest of five runs, of 64 sequences of 8 bits with noise 0.2 and Adam.
"""

from __future__ import annotations

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


print("| network | JavaScript, µs | updates a second | 2,000 updates, s | compiled, µs |\n|---|---|---|---|---|")
for cell, (hidden, updates) in ROWS.items():
    net = tt.Network(cell=cell, inputs=2, hidden=hidden, outputs=1)
    own, other = in_node(net, updates), compiled(net, 2 * updates)
    print(f"| {cell} {hidden} | {own:.0f} | {1e6 / own:,.0f} | {own / 500:.1f} | {other:.0f} |", flush=True)
