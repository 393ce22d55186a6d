"""Costs against sizes, in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLUMNS = 4


def draw(path: Path, curves: list[dict[str, Any]]) -> None:
    """One plot for each curve, in logarithms, with a dashed line of the power that the cost follows in the end."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    rows = -(-len(curves) // COLUMNS)
    style = {"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "throughtime"}
    with plt.rc_context(style):
        figure, axes = plt.subplots(rows, COLUMNS, figsize=(13, 3 * rows), layout="constrained", squeeze=False)
        for axis, curve in zip(axes.flat, curves, strict=False):
            sizes, costs = zip(*curve["points"], strict=True)
            axis.loglog(sizes, costs, "o-", color="#0072B2", markersize=4)
            power = curve["power"]
            end = 0 if power < 0 else -1
            axis.loglog(
                sizes, [costs[end] * (size / sizes[end]) ** power for size in sizes], "--", color="grey", linewidth=1
            )
            for one in (axis.xaxis, axis.yaxis):
                one.set_minor_formatter(NullFormatter())
            if sizes[-1] < 10 * sizes[0]:
                axis.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
            if max(costs) < 10 * min(costs):  # there may be no power of ten between them
                axis.set_yticks(costs, [f"{cost:.3g}" for cost in costs])
            axis.set(xlabel=curve["of"].replace("`", ""), ylabel=curve["what"])
        for axis in axes.flat[len(curves) :]:
            axis.set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)
