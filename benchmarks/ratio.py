"""How two pieces of work compare: timed alternately, so that what disturbs the machine disturbs both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PAIRS = 11
LEAST_SECONDS = 0.02
"""Of one timing; shorter work is repeated until it takes as long."""


@dataclass(frozen=True)
class Ratio:
    """Of a peer's time to ours: above 1 we are faster.

    group, work, size, peer : what was compared with whom
    ours, theirs : median seconds of one piece of work
    median, least, greatest : of the ratios of the single pairs
    target : what PERFORMANCE asks for; None where it asks for nothing
    """

    group: str
    work: str
    size: str
    peer: str
    ours: float
    theirs: float
    median: float
    least: float
    greatest: float
    target: float | None


def compare(ours: Callable[[], object], theirs: Callable[[], object], pairs: int = PAIRS) -> dict[str, float]:
    """The figures of a Ratio, after one call of each to warm up."""
    works = (ours, theirs)
    repeats = [_repeats(work) for work in works]
    seconds = np.empty((pairs, 2))
    for pair in seconds:
        for which, work in enumerate(works):
            start = time.perf_counter()
            for _ in range(repeats[which]):
                work()
            pair[which] = (time.perf_counter() - start) / repeats[which]
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
    """The least time that one piece of work took, after one to warm up."""
    repeats = _repeats(work)
    best = np.inf
    for _ in range(times):
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        best = min(best, (time.perf_counter() - start) / repeats)
    return float(best)


def _repeats(work: Callable[[], object]) -> int:
    work()
    start = time.perf_counter()
    work()
    return max(1, round(LEAST_SECONDS / max(time.perf_counter() - start, 1e-9)))
