"""A sweep's table: for each combination of options the mean, the spread and the best over its seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.sweeps.space import Range, Value
from throughtime.sweeps.store import Store


@dataclass(frozen=True)
class Group:
    """The networks of one combination of options.

    options : those that differ within the sweep
    runs, failed : how many there are, and how many of them met numbers that are not finite
    mean, spread, least, greatest : of the measure over the runs; the spread is the standard deviation, NaN of one run
    best_seed : that of the best one
    seconds : the mean time of training
    """

    options: dict[str, Value]
    runs: int
    failed: int
    mean: float
    spread: float
    least: float
    greatest: float
    best_seed: int
    seconds: float


@dataclass(frozen=True)
class Summary:
    """The groups, the best mean first; `measure` is "exact" (greater is better) or "root_mean_square" (less is)."""

    measure: str
    groups: list[Group]
    done: int
    trials: int


def summary(store: Store) -> Summary:
    """The table of a sweep's results so far."""
    trials, results = store.space.trials(), store.results()
    measure = "exact" if all(r.exact is not None for r in results) else "root_mean_square"
    varied = [name for name, values in store.space.options.items() if isinstance(values, Range) or len(values) > 1]
    grouped: dict[tuple[Value, ...], list[int]] = {}
    for place, result in enumerate(results):
        options = trials[result.trial].options
        grouped.setdefault(tuple(options[name] for name in varied), []).append(place)
    groups = []
    for key, places in grouped.items():
        of = [results[place] for place in places]
        values = np.array([getattr(result, measure) for result in of], float)
        best = int(np.argmax(values) if measure == "exact" else np.argmin(values))
        groups.append(
            Group(
                options=dict(zip(varied, key, strict=True)),
                runs=len(of),
                failed=sum(result.stopped == "not finite" for result in of),
                mean=float(values.mean()),
                spread=float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
                least=float(values.min()),
                greatest=float(values.max()),
                best_seed=of[best].seed,
                seconds=float(np.mean([result.seconds for result in of])),
            )
        )
    groups.sort(key=lambda group: -group.mean if measure == "exact" else group.mean)
    return Summary(measure, groups, len(results), len(trials))
