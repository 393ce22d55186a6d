"""Measure and draw the figures of the note: python docs/note/measure.py [--measure].

With --measure (minutes) it trains and proves, and writes measured.json; without, it draws what is there. How long an
unrolled network can be certified is measured by docs/compare_verifiers.py, which writes compared.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("agg")

import throughtime as tt
from throughtime.analysis import plots
from throughtime.training import recipes

HERE = Path(__file__).parent
MEASURED, COMPARED = HERE / "measured.json", HERE / "compared.json"
NETWORKS = {
    "sigmoid 16": ("elman", "sigmoid"), "tanh 16": ("elman", "tanh"), "LSTM 8": ("lstm", None), "GRU 8": ("gru", None)
}  # fmt: skip
SEEDS = range(5)
EPSILONS = (1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BUDGET = 2.0
METHODS = {"IBP": "intervals", "CROWN": "CROWN", "CROWN-Optimized": "α-CROWN"}


def measure(name: str, seed: int) -> dict[str, Any]:
    """A network's proof, and the greatest of EPSILONS for which it is found; they are tried from the least on."""
    task = tt.tasks.Addition(bits=8)
    recipe = recipes.default(task, *NETWORKS[name])
    net = tt.Network(init=recipe.init, seed=seed, **recipe.network)
    net = tt.train(net, task, seed=seed, **recipe.settings).network
    begun = time.process_time()
    proof = tt.prove(net, task.machine)
    seconds = time.process_time() - begun
    if not isinstance(proof, tt.Proved):
        return {"verdict": proof.verdict}
    greatest = proof.epsilon
    for epsilon in EPSILONS:
        if not isinstance(tt.prove(net, task.machine, budget=BUDGET, epsilon=epsilon), tt.Proved):
            break
        greatest = epsilon
    return {
        "verdict": "proved", "epsilon": greatest, "sets": proof.sets, "images": proof.images,
        "bytes": len(proof.certificate.text), "margin": round(proof.margin, 3), "seconds": round(seconds, 2),
    }  # fmt: skip


def table(measured: dict[str, Any]) -> str:
    """Medians over the networks that are proved."""
    lines = [
        "| network | proved | sets | proof | y right by | time | greatest ε: least, median |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, networks in measured.items():
        proved = [network for network in networks if network["verdict"] == "proved"]
        of = {key: statistics.median_low(network[key] for network in proved) for key in proved[0] if key != "verdict"}
        least, size = min(network["epsilon"] for network in proved), of["bytes"] / 1000
        lines.append(
            f"| {name} | {len(proved)} of {len(networks)} | {of['sets']} "
            f"| {size:.0f} kB | {of['margin']:.2f} | {of['seconds']:.2g} s | {least:g}, {of['epsilon']:g} |"
        )
    return "\n".join(lines)


def lengths(compared: dict[str, Any]) -> str:
    """The boxes and seconds that some lengths took, and the longest."""
    lines = ["| network | method | T: boxes in so much processor time |", "|---|---|---|"]
    for name, of in compared.items():
        for method, rows in of["methods"].items():
            done = [row for row in rows if row["certified"]]
            shown = [row for row in done if row["T"] in (1, 2, 4, 8, 16) or row is done[-1]]
            cells = [f"{row['T']}: {row['boxes']:,} in {row['seconds']:.2g} s" for row in shown]
            lines.append(f"| {name} | auto_LiRPA, {METHODS[method]} | {'; '.join(cells)} |")
        lines.append(f"| {name} | throughtime | **every length: {of['proved']:.2g} s**, found and checked |")
    return "\n".join(lines)


def draw_epsilons(measured: dict[str, Any]) -> None:
    """How many networks are proved for each ε."""
    ax = plots.new(width=5.5, height=3.0)
    for marker, (name, networks) in zip("osD^", measured.items(), strict=False):
        proved = [sum(network.get("epsilon", 0) >= epsilon for network in networks) for epsilon in (1e-10, *EPSILONS)]
        ax.plot((1e-10, *EPSILONS), proved, marker=marker, markersize=4, label=name)
    ax.set(xscale="log", xlabel="ε, the error of each state and net_y at every step", ylim=(-0.3, len(SEEDS) + 0.3))
    ax.set_ylabel(f"proved, of {len(SEEDS)} networks")
    for dtype, u in (("float32", 2.0**-24), ("bfloat16", 2.0**-8)):
        ax.axvline(u, color="#888888", linewidth=0.8, linestyle=":")
        ax.annotate(f"u of {dtype}", (u, 0), rotation=90, fontsize=7, ha="right", color="#666666")
    ax.legend(loc="lower left")
    plots.save(ax, HERE / "epsilon.svg")


def draw_lengths(compared: dict[str, Any]) -> None:
    """What it takes to certify words of one length, and all lengths."""
    axes = np.ravel(plots.new(1, len(compared), width=3.0 * len(compared) + 1, height=3.2))
    for ax, (name, of) in zip(axes, compared.items(), strict=True):
        for marker, (method, rows) in zip("osD", of["methods"].items(), strict=False):
            done = [row for row in rows if row["certified"]]
            x, y = [row["T"] for row in done], [row["seconds"] for row in done]
            ax.plot(x, y, marker=marker, markersize=4, label=f"auto_LiRPA, {METHODS[method]}")
        ax.axhline(of["proved"], color="#000000", label="throughtime, every length")
        ax.set(yscale="log", title=name, xlabel="T, length of the words", ylabel="seconds of processor time")
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7)
    plots.save(axes, HERE / "lengths.svg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        measure("sigmoid 16", 0)  # compiles and imports what it needs
        measured = {name: [measure(name, seed) for seed in SEEDS] for name in NETWORKS}
        MEASURED.write_text(json.dumps(measured).replace("}, ", "},\n") + "\n", encoding="utf-8")
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    print(table(measured))
    draw_epsilons(measured)
    compared = json.loads(COMPARED.read_text(encoding="utf-8"))
    print(lengths(compared))
    draw_lengths(compared)


if __name__ == "__main__":
    main()
