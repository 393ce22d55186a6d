"""What is measured: ratios to a peer, timed alternately so that what disturbs the machine disturbs both, and single
figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.limits import Limit

PAIRS = 11
LEAST_SECONDS = 0.02
"""Of one timing; shorter work is repeated until it takes as long."""
_QUIET = 0.01
"""Seconds in which a process whose threads rest takes no processor time, but for 0.1 ms for the nap."""


@dataclass(frozen=True)
class Ratio:
    """Of a peer's time to ours: above 1 we are faster.

    work, size, peer : what was compared with whom
    ours, theirs : median seconds of one piece of work
    median, least, greatest : of the ratios of the single pairs
    target : the least ratio that PERFORMANCE asks for; None where it asks for nothing
    limit : what this machine needs at least for the work, if that was computed
    """

    work: str
    size: str
    peer: str
    ours: float
    theirs: float
    median: float
    least: float
    greatest: float
    target: float | None = None
    limit: Limit | None = None


@dataclass(frozen=True)
class Figure:
    """One number of our own.

    target : what it should not exceed, or reach where `more` is better; None where nothing is asked
    limit : in the same unit
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    note: str = ""
    more: bool = False
    limit: Limit | None = None


@dataclass(frozen=True)
class Curve:
    """How a cost grows.

    of : what grows, with its unit
    what : what is measured, with its unit
    points : sizes and costs
    power : of the size that the cost follows in the end: 1 for a straight line
    note : where the line bends, and why
    """

    of: str
    what: str
    points: list[tuple[float, float]]
    power: int
    note: str


def compare(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    pieces: int = 1,
    theirs_pieces: int = 1,
    pairs: int = PAIRS,
) -> dict[str, float]:
    """The figures of a Ratio, after calls of each to warm up.

    Parameters
    ----------
    ours, theirs : functions
    pieces, theirs_pieces : of work in one call of them, where times and ratios are of one piece
    """
    works, per_call = (ours, theirs), np.array([pieces, theirs_pieces])
    repeats = [_repeats(work) for work in works]
    seconds = np.empty((pairs, 2))
    for pair in seconds:
        for which, work in enumerate(works):
            _rest()
            start = time.perf_counter()
            for _ in range(repeats[which]):
                work()
            pair[which] = (time.perf_counter() - start) / repeats[which]
    seconds /= per_call
    ratios = seconds[:, 1] / seconds[:, 0]
    mine, other = np.median(seconds, axis=0)
    return {
        "ours": float(mine),
        "theirs": float(other),
        "median": float(np.median(ratios)),
        "least": float(ratios.min()),
        "greatest": float(ratios.max()),
    }


def seconds_of(work: Callable[[], object], times: int = 5) -> float:
    """The least time that one piece of work took, after calls to warm up."""
    repeats = _repeats(work)
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, (time.perf_counter() - start) / repeats)
    return float(best)


def _rest() -> None:
    """Wait until no thread works: after a call those of PyTorch and ONNX Runtime look for more, for 10 to 40 ms of a
    processor's time, which whoever comes next would otherwise do without.
    """
    while True:
        before = time.process_time()
        time.sleep(_QUIET)
        if time.process_time() - before < _QUIET / 10:
            return


def _repeats(work: Callable[[], object]) -> int:
    work()
    start = time.perf_counter()
    work()
    return max(1, round(LEAST_SECONDS / max(time.perf_counter() - start, 1e-9)))
