"""`python -m benchmarks`: how this engine compares with its peers on this machine."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks import machine

GROUPS = {
    "classic": "torch",
    "training": "torch",
    "own_cell": "torch",
    "inference": "torch onnxruntime",
    "many": "torch",
}
"""Groups of ratios, and the peers they can have; the classic adder's NumPy loop is always there."""
FIGURES = ("mul100", "starts", "memory", "cost")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=(*GROUPS, *FIGURES), help="groups to measure (all)")
    parser.add_argument(
        "--peers", nargs="*", choices=("torch", "onnxruntime"), help="peers to compare with (all installed)"
    )
    parser.add_argument("--threads", type=int, default=1, help="threads on each side (1)")
    parser.add_argument("--more", action="store_true", help="more sizes than those with a target")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--write", type=Path, metavar="PATH", help="write a page, and a plot beside it in pictures/")
    options = parser.parse_args()
    machine.use_threads(options.threads)
    from benchmarks import report
    from benchmarks.works import figures

    known = ("torch", "onnxruntime") if options.peers is None else options.peers
    peers = {peer for peer in known if machine.installed(peer)}
    for peer in set(known) - peers:
        print(f"{peer} is not installed and left out")
    if "torch" in peers:
        from benchmarks.peers import pytorch

        pytorch.use_threads(options.threads)
    chosen = options.only or (*GROUPS, *FIGURES)
    ratios, found, cost = [], [], {}
    for group in (group for group in GROUPS if group in chosen):
        if group in ("training", "own_cell") and "torch" not in peers:
            continue
        for ratio in importlib.import_module(f"benchmarks.works.{group}").compared(peers, options.more):
            print(report.line(ratio), flush=True)
            ratios.append(ratio)
    for name in (name for name in FIGURES if name in chosen):
        if name == "cost":
            cost = figures.cost()
            continue
        for figure in figures.memory("torch" in peers) if name == "memory" else getattr(figures, name)():
            print(f"{figure.name}: {figure.value:.3g} {figure.unit}, {figure.note}", flush=True)
            found.append(figure)
    told = machine.describe(options.threads)
    if options.json:
        report.write_json(options.json, report.document(told, ratios, found, cost))
    if options.write:
        picture = options.write.parent / "pictures" / "benchmarks.svg"
        report.plot(picture, ratios, cost)
        options.write.write_text(report.markdown(told, ratios, found, f"pictures/{picture.name}"))


if __name__ == "__main__":
    main()
