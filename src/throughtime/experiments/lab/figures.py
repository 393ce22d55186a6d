"""Figures of the laboratory's experiments."""

from __future__ import annotations

from typing import Any

import numpy as np

from throughtime.analysis import plots
from throughtime.experiments.lab.gap import GapExperiment


def gap(experiment: GapExperiment) -> Any:
    """Axes (1,3): the rate of success by gap with its bounds of 95 %; ‖∂s_n/∂s_{n−d}‖ by distance before training; and
    after.
    """
    axes = plots.new(1, 3, width=12, height=4.2)
    rates = experiment.rates()
    names = list(dict.fromkeys(rate.network for rate in rates))
    for number, name in enumerate(names):
        of = [rate for rate in rates if rate.network == name]
        columns = [[rate.gap, rate.low, rate.successes / rate.seeds, rate.high] for rate in of]
        gaps, low, middle, high = np.array(columns).T
        plots.band(gaps, low, middle, high, axes[0], number=number, label=name)
    for flow in experiment.flows:
        number = names.index(flow.network)
        for ax, bounds in ((axes[1], flow.start), (axes[2], flow.end)):
            low, middle, high = (np.maximum(bounds[which], _LEAST) for which in ("low", "middle", "high"))
            plots.band(np.arange(len(middle)), low, middle, high, ax, number=number)
    seeds, success = experiment.settings["seeds"], experiment.settings["success"]
    measured = sorted({rate.gap for rate in rates})
    axes[0].set(
        xscale="symlog" if 0 in measured else "log",
        ylim=(-0.03, 1.03),
        xlabel="gap in steps",
        ylabel=f"share of {seeds} networks",
    )
    axes[0].set_title(f"Learned: {success:.0%} of new sequences right")
    axes[0].set_xticks(measured, [str(gap) for gap in measured])
    axes[0].minorticks_off()
    axes[0].set_xlim(0 if 0 in measured else measured[0] * 0.8, measured[-1] * 1.2)
    for ax, when in ((axes[1], "before training"), (axes[2], "after training")):
        ax.set(yscale="log", ylim=(_LEAST, 1e4), xlabel="distance d in steps", ylabel=plots.DERIVATIVE)
        ax.set_title(f"Derivatives over time, {when}")
    axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return axes


_LEAST = 1e-16
