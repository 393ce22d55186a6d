"""What was measured, as a table in the terminal, as JSON, as `docs/benchmarks.md` and as one plot."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.ratio import Ratio
from benchmarks.works.figures import Figure


def line(ratio: Ratio) -> str:
    """One ratio for the terminal."""
    target = "" if ratio.target is None else f"  target {ratio.target:g}{'' if met(ratio) else '  MISSED'}"
    return (
        f"{ratio.group:14} {ratio.work:20} {ratio.size:24} {ratio.peer:13} "
        f"{ratio.ours * 1e6:11.1f} µs {ratio.theirs * 1e6:11.1f} µs  {ratio.median:7.2f} × "
        f"({ratio.least:.2f}–{ratio.greatest:.2f}){target}"
    )


def met(item: Ratio | Figure) -> bool:
    """Whether it reached its target; True where there is none."""
    if item.target is None:
        return True
    return item.median >= item.target if isinstance(item, Ratio) else item.value <= item.target


def document(
    machine: dict[str, Any], ratios: list[Ratio], figures: list[Figure], cost: dict[str, Any]
) -> dict[str, Any]:
    """All of it, as it is written as JSON."""
    return {
        "machine": machine,
        "ratios": [asdict(ratio) for ratio in ratios],
        "figures": [asdict(figure) for figure in figures],
        "cost": cost,
    }


def markdown(machine: dict[str, Any], ratios: list[Ratio], figures: list[Figure], plot: str | None) -> str:
    """The text of docs/benchmarks.md: first where we are not ahead, then what missed its target, then everything."""
    behind = [ratio for ratio in ratios if ratio.median < 1]
    missed = [item for item in [*ratios, *figures] if not met(item)]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    parts = [
        "# Benchmarks",
        "",
        "<!-- not run: minutes -->",
        "```sh",
        "python -m benchmarks --write docs/benchmarks.md",
        "```",
        "",
        f"Made by this command on {machine['processor']}, {machine['cores']} cores, kernels for {machine['engine']}, "
        f"{machine['threads']} thread{'s' * (machine['threads'] > 1)} on each side, Python {machine['python']}, {versions}. "
        "A ratio is a peer's time divided by ours, the median of 11 pairs that were timed alternately; both gave the same "
        "results before. Absolute times on a shared machine vary; ratios less. "
        "Networks are float32 but for the classic adder.",
        "",
        "## Where we are not ahead",
        "",
        *(_table(behind) if behind else ["Nowhere in these tables."]),
        "",
        "## Targets that were missed",
        "",
        *([f"- {_name(item)}: {_value(item)}, target {item.target:.3g}" for item in missed] or ["None."]),
        "",
        *(["## All ratios", "", *_table(ratios), ""] if ratios else []),
        *(["## Other figures", "", *_figures(figures), ""] if figures else []),
        *([f"![Ratio by size, and cost against T, B and the number of networks]({plot})", ""] if plot else []),
    ]
    return "\n".join(parts)


def _table(ratios: Iterable[Ratio]) -> list[str]:
    rows = [
        f"| {r.group} | {r.work} | {r.size} | {r.peer} | {_time(r.ours)} | {_time(r.theirs)} | **{r.median:.3g}** "
        f"({r.least:.3g}–{r.greatest:.3g}) | {'' if r.target is None else f'{r.target:g}'} |"
        for r in ratios
    ]
    head = "| group | work | size | peer | ours | theirs | ratio (least–greatest) | target |"
    return [head, "|---|---|---|---|---|---|---|---|", *rows]


def _figures(figures: Iterable[Figure]) -> list[str]:
    rows = [
        f"| {f.name} | **{f.value:.3g}** {f.unit} | {'' if f.target is None else f'{f.target:.3g}'} | {f.note} |"
        for f in figures
    ]
    return ["| figure | measured | target | |", "|---|---|---|---|", *rows]


def _name(item: Ratio | Figure) -> str:
    return f"{item.work}, {item.size}, against {item.peer}" if isinstance(item, Ratio) else item.name


def _value(item: Ratio | Figure) -> str:
    return f"{item.median:.3g} ×" if isinstance(item, Ratio) else f"{item.value:.3g} {item.unit}"


def _time(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.3g} µs"
        if seconds < 1e-3
        else f"{seconds * 1e3:.3g} ms"
        if seconds < 1
        else f"{seconds:.3g} s"
    )


def write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n")


def plot(path: Path, ratios: list[Ratio], cost: dict[str, list[tuple[int, float]]]) -> None:
    """The ratio for each size against PyTorch; cost against T, B and the number of networks, with a line of slope 1."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 1 + len(cost), figsize=(5 + 3 * len(cost), 4), layout="constrained", squeeze=False)
    training = [ratio for ratio in ratios if ratio.group == "training"]
    names = list(dict.fromkeys(ratio.size for ratio in training))
    markers = dict(zip(("RNN", "GRU", "LSTM"), (("o", "#0072B2"), ("s", "#E69F00"), ("^", "#009E73")), strict=True))
    first = axes[0, 0]
    for ratio in training:
        marker, colour = markers[ratio.work]
        first.plot(ratio.median, names.index(ratio.size), marker, color=colour, label=ratio.work)
    first.axvline(1, color="grey", linewidth=1)
    first.set(
        xscale="log", yticks=range(len(names)), yticklabels=names, xlabel="times as fast as PyTorch, one training step"
    )
    handles, labels = first.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    if unique:
        first.legend(unique.values(), unique.keys())
    for axis, (name, points) in zip(axes[0, 1:], cost.items(), strict=True):
        counts, seconds = zip(*points, strict=True)
        axis.loglog(counts, [1e6 * value for value in seconds], "o-", color="#0072B2", label="measured")
        last = 1e6 * seconds[-1] / counts[-1]
        axis.loglog(counts, [last * count for count in counts], "--", color="grey", linewidth=1, label="linear")
        axis.set(
            xlabel={"T": "T, time steps (B=1)", "B": "B, sequences (T=8)", "networks": "networks"}[name], ylabel="µs"
        )
        axis.legend()
    figure.savefig(path)
    plt.close(figure)
