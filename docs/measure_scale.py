"""Measure how long large networks take to be proved, and checked by both checkers, for docs/proofs.md.

python docs/measure_scale.py [--seeds 100-109] [--rows NAME …]

Seconds are of processor time: of training, of finding the proof, of checking it in Python, and in JavaScript (Node).
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import throughtime as tt
from throughtime.proof import checker
from throughtime.studio.export import PAGE
from throughtime.training import recipes

ROWS = {
    "sigmoid 64": ("sigmoid", 64, 1, {"noise": 1.0}),
    "sigmoid 128": ("sigmoid", 128, 1, {"noise": 1.0, "optimizer": tt.Adam(0.01), "steps": 4000}),
    "tanh 64": ("tanh", 64, 1, {"noise": 1.0, "optimizer": tt.Adam(0.005)}),
    "tanh 128": ("tanh", 128, 1, {"noise": 1.5, "optimizer": tt.Adam(0.005)}),
    "sigmoid 2 × 32": ("sigmoid", 32, 2, {"noise": 0.5, "optimizer": tt.Adam(0.01), "steps": 4000}),
    "sigmoid 2 × 64": ("sigmoid", 64, 2, {"noise": 1.0, "optimizer": tt.Adam(0.01), "steps": 4000}),
    "tanh 2 × 32": ("tanh", 32, 2, {"noise": 1.0, "optimizer": tt.Adam(0.005), "steps": 4000}),
    "tanh 2 × 64": ("tanh", 64, 2, {"noise": 1.5, "optimizer": tt.Adam(0.005), "steps": 4000}),
}
"""Activation, units of a layer, layers, settings; all else is the default recipe, with a cosine schedule."""

SCRIPT = """
import { readFileSync } from "node:fs";
import { check } from "./checker/check.js";
const text = readFileSync(process.argv[2], "utf8");
const before = process.cpuUsage();
const { accepted } = check(text);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify([accepted, (user + system) / 1e6]));
"""


def in_javascript(certificate: tt.proof.Certificate) -> float:
    """Seconds; both checkers must accept it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(PAGE / "engine" / "checker", folder / "checker")
        (folder / "package.json").write_text('{"type": "module"}')
        (folder / "measure.js").write_text(SCRIPT)
        certificate.save(folder / "certificate.json")
        command = ["node", folder / "measure.js", folder / "certificate.json"]
        accepted, seconds = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert accepted
        return seconds


def measure(name: str, seeds: range) -> str:
    """The row of the table: medians, and the largest in brackets."""
    activation, hidden, layers, settings = ROWS[name]
    task = tt.tasks.Addition(bits=8)
    recipe = recipes.default(task, "elman", activation)
    exact, proved, times = 0, [], {"training": [], "find": [], "check": [], "javascript": []}
    for seed in seeds:
        network = recipe.network | {"hidden": hidden, "layers": layers}
        begin = time.process_time()
        net = tt.Network(init=recipe.init, seed=seed, **network)
        given = recipe.settings | {"schedule": tt.Cosine(0.05)} | settings
        net = tt.train(net, task, seed=seed, threads=1, **given).network
        times["training"].append(time.process_time() - begin)
        exact += task.evaluate(net, bits=8).wrong == 0
        begin = time.process_time()
        proof = tt.prove(net, task.machine)
        both = time.process_time() - begin
        if proof.verdict == "proved":
            proved.append(proof)
            begin = time.process_time()
            checker.check(proof.certificate.text)
            times["check"].append(time.process_time() - begin)
            times["find"].append(both - times["check"][-1])
            times["javascript"].append(in_javascript(proof.certificate))

    def cell(numbers: list[float]) -> str:
        return f"{statistics.median(numbers):.2g} ({max(numbers):.2g})" if numbers else "–"

    counts = [f"{exact} of {len(seeds)}", f"{len(proved)}"]
    sizes = [[proof.sets for proof in proved], [proof.images for proof in proved]]
    medians = [f"{statistics.median(numbers):.0f}" if numbers else "–" for numbers in sizes]
    found = [cell(times[kind]) for kind in ("find", "check", "javascript", "training")]
    return "| " + " | ".join([name, *counts, *medians, *found]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="100-109", help="first-last")
    parser.add_argument("--rows", nargs="+", default=list(ROWS), help="names of rows")
    options = parser.parse_args()
    first, last = map(int, options.seeds.split("-"))
    print("| network | exact | proved | sets | images | find, s | check, s | in JavaScript, s | training, s |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in options.rows:
        print(measure(row, range(first, last + 1)), flush=True)


if __name__ == "__main__":
    main()
