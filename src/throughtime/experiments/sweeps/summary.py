"""A sweep's table: for each combination of options the mean, the spread and the best over its seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from throughtime.experiments.sweeps.space import Range, Value
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.trial import FAILED, PRUNED, Result


@dataclass(frozen=True)
class Group:
    """The networks of one combination of options.

    options : those that differ within the sweep
    runs, not_finite, pruned : how many there are that did not fail, how many of them met numbers that are not finite,
        and how many a search ended, or did not begin, as the trial fell behind: they have no measure
    failed, error : how many failed, of which nothing else here speaks, and what the first of them says, None if none
        did
    mean, spread, least, greatest : of the measure over the runs; the spread is the standard deviation, NaN of one run
    best_seed : that of the best one, None if all failed
    seconds : the mean time of training
    """

    options: dict[str, Value]
    runs: int
    not_finite: int
    pruned: int
    failed: int
    error: str | None
    mean: float
    spread: float
    least: float
    greatest: float
    best_seed: int | None
    seconds: float


@dataclass(frozen=True)
class Summary:
    """The groups, the best mean first, and how many runs are done of how many.

    `measure` is "exact" (greater is better) or "root_mean_square" (less is).
    """

    measure: str
    groups: list[Group]
    done: int
    runs: int


def summary(store: Store) -> Summary:
    """The table of a sweep's results so far."""
    done = store.done()
    measure = "exact" if all(result.root_mean_square is None for _, result in done) else "root_mean_square"
    varied = [name for name, values in store.space.options.items() if isinstance(values, Range) or len(values) > 1]
    grouped: dict[tuple[Value, ...], list[Result]] = {}
    for trial, result in done:
        grouped.setdefault(tuple(trial.options[name] for name in varied), []).append(result)
    groups = [_group(dict(zip(varied, key, strict=True)), of, measure) for key, of in grouped.items()]
    sign = -1 if measure == "exact" else 1
    groups.sort(key=lambda group: (math.isnan(group.mean), sign * group.mean))
    return Summary(measure, groups, len(done), len(store.space))


def _group(options: dict[str, Value], results: list[Result], measure: str) -> Group:
    of = [result for result in results if result.stopped != FAILED]
    values = np.array([getattr(result, measure) for result in of], float)  # None becomes NaN
    known = values[~np.isnan(values)]
    best = None if not known.size else int((np.nanargmax if measure == "exact" else np.nanargmin)(values))
    return Group(
        options=options,
        runs=len(of),
        not_finite=sum(result.stopped == "not finite" for result in of),
        pruned=sum(result.stopped == PRUNED for result in of),
        failed=len(results) - len(of),
        error=next((result.error for result in results if result.error is not None), None),
        mean=float(values.mean()) if of else math.nan,
        spread=float(values.std(ddof=1)) if len(of) > 1 else math.nan,
        least=float(known.min()) if known.size else math.nan,
        greatest=float(known.max()) if known.size else math.nan,
        best_seed=None if best is None else of[best].seed,
        seconds=float(np.mean([result.seconds for result in of])) if of else math.nan,
    )
