"""`python -m benchmarks`: what the calls that a user makes cost on this machine, beside its limits and beside other
libraries.

Each group is measured in a process of its own and kept in a file, so that an interrupted measurement continues where it
was; what was measured of other sources than today's is measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine, report

ROOT = Path(__file__).parent.parent
NEEDS_TORCH = {"gradient", "train", "own_cell"}
GROUPS = (
    "calls", "adder", "gradient", "train", "own_cell", "inference", "memory", "mul100", "many", "starts", "data",
    "sweep", "growth",
)  # fmt: skip
PEERS = ("torch", "onnxruntime")


@dataclass(frozen=True)
class Measurement:
    """A group with so many threads and these vector instructions."""

    group: str
    threads: int = 1
    instructions: str = "native"

    @property
    def key(self) -> str:
        return f"{self.group} {self.threads} {self.instructions}"


MEASUREMENTS = [
    *(
        Measurement(group)
        for group in ("calls", "adder", "gradient", "train", "own_cell", "inference", "memory", "mul100")
    ),
    *(Measurement(group, 2) for group in ("gradient", "train", "own_cell", "inference", "many", "growth")),
    *(Measurement(group, 1, "avx2") for group in ("calls", "adder", "gradient", "own_cell", "inference")),
    *(Measurement(group, 2) for group in ("starts", "data", "sweep")),
]
"""What the document shows; twelve minutes or less."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", choices=GROUPS, metavar="GROUP", help=f"measure these: {', '.join(GROUPS)}"
    )
    parser.add_argument("--threads", type=int, help="measure with so many on each side alone")
    parser.add_argument("--isa", choices=machine.INSTRUCTIONS, help="measure with these vector instructions alone")
    parser.add_argument("--more", action="store_true", help="more sizes, and torch.compile, which takes minutes")
    parser.add_argument(
        "--results", type=Path, default=_results(), metavar="FILE", help="where they are kept (%(default)s)"
    )
    parser.add_argument(
        "--write", type=Path, metavar="PATH", help="write a page of all results, and plots in pictures/"
    )
    options = parser.parse_args()
    peers = [peer for peer in PEERS if machine.installed(peer)]
    for peer in set(PEERS) - set(peers):
        print(f"{peer} is not installed and left out")
    kept: dict[str, Any] = json.loads(options.results.read_text()) if options.results.exists() else {}
    state = _sources()
    for measurement in _chosen(options):
        if measurement.group in NEEDS_TORCH and "torch" not in peers:
            continue
        if not options.only and kept.get(measurement.key, {}).get("sources") == state:
            continue
        print(
            f"\n{measurement.group}, threads: {measurement.threads}, instructions: {measurement.instructions}",
            flush=True,
        )
        kept[measurement.key] = _measured(measurement, peers, options.more) | {"sources": state}
        _keep(options.results, kept)
    if options.write:
        report.write(options.write, kept, [measurement.key for measurement in MEASUREMENTS])


def _chosen(options: argparse.Namespace) -> list[Measurement]:
    found = [
        one
        for one in MEASUREMENTS
        if one.group in (options.only or GROUPS)
        and one.threads == (options.threads or one.threads)
        and one.instructions == (options.isa or one.instructions)
    ]
    asked = options.only and (options.threads or options.isa)
    if asked and not found:  # which no document shows
        return [Measurement(group, options.threads or 1, options.isa or "native") for group in options.only]
    return found


def _measured(measurement: Measurement, peers: list[str], more: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"Ratio": [], "Figure": [], "Curve": []}
    environment = machine.environment(measurement.threads, measurement.instructions)
    source = os.pathsep.join(filter(None, (str(ROOT / "src"), str(ROOT), environment.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "benchmarks.measure", measurement.group, " ".join(peers), "more" if more else ""]
    start = time.perf_counter()
    with subprocess.Popen(
        command, env=environment | {"PYTHONPATH": source}, stdout=subprocess.PIPE, text=True
    ) as process:  # fmt: skip
        assert process.stdout
        for text in process.stdout:
            for kind, row in json.loads(text).items():
                if kind == "machine":
                    found[kind] = row
                else:
                    found[kind].append(row)
                    print(report.line(kind, row), flush=True)
    if process.returncode:
        raise SystemExit(f"the group {measurement.group} ended with status {process.returncode}")
    return found | {"seconds": time.perf_counter() - start}


def _results() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughtime" / "benchmarks.json"


def _keep(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1) + "\n")
    new.replace(path)


def _sources() -> str:
    """The state of what is measured and of what measures."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("src/throughtime/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
