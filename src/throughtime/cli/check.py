"""Check a network on what it was to learn, and say it in a line."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from throughtime.cli import describe
from throughtime.cli.shell import line, say
from throughtime.network import Network
from throughtime.tasks.from_file import FileEvaluation
from throughtime.tasks.task import Evaluation, sampled


def check(task: Any, net: Network, samples: int = 1000, seed: int = 0, bits: int | None = None) -> Evaluation | None:
    """How often a network is wrong; None where targets are real numbers."""
    if bits is not None and net.specification.bidirectional:  # it cannot step through a tree of words
        return sampled(task.sized(bits + task.closing), net, samples, seed)
    found: Evaluation | None = task.evaluate(net, samples, seed, *(() if bits is None else (bits,)))
    return found


def tell(task: Any, net: Network, found: Evaluation | None, bits: int | None) -> None:
    """Print the line about it, and the first sequence that is wrong."""
    if found is None:
        sequences = describe.counted(len(task.sequences), "sequence")
        error, of_mean = task.root_mean_square(net), task.root_mean_square_of_mean()
        line("error", f"root mean square {error:.4g} over {sequences}; always the mean: {of_mean:.4g}")
        if error > 0.9 * of_mean:
            line("note", "nothing, or next to nothing, was learned: that is no better than always predicting the mean")
    else:
        line("wrong" if found.wrong else "exact", describe.exactness(task, found, bits))
        if found.wrong and found.first_wrong is not None:
            say(f"{'  ' if isinstance(found, FileEvaluation) else ''}{found.first_wrong}")


def as_json(task: Any, net: Network, found: Evaluation | None) -> dict[str, Any]:
    """The same, for a JSON document."""
    if found is None:
        return {
            "exact": None,
            "root_mean_square": task.root_mean_square(net),
            "of_the_mean": task.root_mean_square_of_mean(),
        }
    return {"exact": asdict(found)}
