"""Figures of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from throughtime.analysis import plots
from throughtime.experiments.sweeps.space import Value
from throughtime.experiments.sweeps.summary import Group, Summary

_NAMES = {"exact": "share of sequences right", "root_mean_square": "root mean square error"}


def summary(found: Summary, ax: Any = None) -> Any:
    """Mean and spread of each group: over a numeric option if there is one, a curve for each value of the others."""
    measured = [group for group in found.groups if np.isfinite(group.mean)]
    if not measured:
        raise ValueError("the sweep has no results yet that could be drawn")
    along = _along(measured)
    ax = ax or plots.new(height=3.4 if along else min(1 + 0.3 * len(measured), 60))
    if along is None:
        for row, group in enumerate(measured):
            ax.errorbar(group.mean, row, xerr=np.nan_to_num(group.spread), fmt="o", color=plots.COLOURS[0], capsize=3)
        ax.set_yticks(range(len(measured)), [_told(group.options) or "all" for group in measured])
        ax.invert_yaxis()
        ax.set_xlabel(_NAMES[found.measure])
        return ax
    curves: dict[str, list[Group]] = {}
    for group in measured:
        curves.setdefault(_told({k: v for k, v in group.options.items() if k != along}), []).append(group)
    for number, (label, groups) in enumerate(sorted(curves.items())):
        groups.sort(key=lambda group: float(group.options[along]))
        x = np.array([float(group.options[along]) for group in groups])
        mean, spread = (np.array([getattr(group, name) for group in groups]) for name in ("mean", "spread"))
        spread = np.nan_to_num(spread)
        plots.band(x, mean - spread, mean, mean + spread, ax, number=number, label=label or None)
    if x.min() > 0 and x.max() / x.min() >= 20:
        ax.set_xscale("log")
    if any(curves):
        ax.legend(frameon=False)
    ax.set(
        xlabel=plots.plain(along.replace("_", " ")),
        ylabel=_NAMES[found.measure],
        title="Mean and standard deviation over seeds",
    )
    return ax


def _along(groups: list[Group]) -> str | None:
    """The numeric option of most values."""
    numeric = {
        name: len({group.options[name] for group in groups})
        for name in groups[0].options
        if all(
            isinstance(group.options[name], int | float) and not isinstance(group.options[name], bool)
            for group in groups
        )
    }
    return max(numeric, key=lambda name: numeric[name]) if numeric else None


def _told(options: Mapping[str, Value]) -> str:
    return plots.plain(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items()))
