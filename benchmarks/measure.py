"""One group in a process of its own: `python -m benchmarks.measure GROUP PEERS MORE` writes JSON lines."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict, dataclass

from benchmarks import limits, machine
from benchmarks.limits import Limits


@dataclass(frozen=True)
class Context:
    """peers : that are compared with
    threads : on each side
    more : sizes than those with a target
    limits : of the machine.
    """

    peers: frozenset[str]
    threads: int
    more: bool
    limits: Limits


def main() -> None:
    group, peers, more = sys.argv[1:]
    threads = int(os.environ["OMP_NUM_THREADS"])
    context = Context(frozenset(peers.split()), threads, more == "more", limits.measured())
    _write({"machine": machine.describe() | {"threads": threads, "limits": asdict(context.limits)}})
    if "torch" in context.peers:
        from benchmarks.peers import pytorch

        pytorch.use_threads(threads)
    for row in importlib.import_module(f"benchmarks.works.{group}").measured(context):
        _write({type(row).__name__: asdict(row)})


def _write(row: dict[str, object]) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
