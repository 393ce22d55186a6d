"""What was measured, as lines in the terminal, and as `docs/benchmarks.md` with its plots."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import plots

Row = dict[str, Any]

TITLES = {
    "calls": "One call on the smallest network",
    "adder": "The adder",
    "gradient": "One gradient: `net.gradient(x, y)`",
    "train": "A step of training, its update included: `tt.train` against a loop in Python",
    "own_cell": "A cell of one's own: an LSTM with peepholes, one gradient",
    "inference": "Reading: `net.predict(x)` and `net.step(x_t, state)`",
    "memory": "Memory",
    "mul100": "KANN's example",
    "many": "Many networks",
    "starts": "Whole processes",
    "data": "Files",
    "sweep": "Sweeps",
    "growth": "Growth",
}
NOTES = {
    "data": "The others read the cells into columns; ours also refuses what is missing, ragged, out of order or no "
    "number, and says where: decision 33.",
    "own_cell": "PyTorch runs the cell as its users write it, a loop over the steps.",
    "sweep": "The time of the sweep less that of its trainings on two workers, for each trial.",
}
ONNX_RUNTIME_USES_ALL = "ONNX Runtime has no switch for this: it uses all instructions of the machine."
THREADS_ARE_NO_MATTER = ("starts", "data", "sweep", "many", "memory", "mul100")
BOUNDS = {
    "products": "the rate of matrix products that NumPy's OpenBLAS reaches here",
    "chain": "operations of which each waits for the one before",
    "bytes": "the bytes that are read or written",
    "call": "the smallest call from Python to compiled code",
}


def line(kind: str, row: Row) -> str:
    """One result for the terminal."""
    if kind == "Curve":
        return f"{row['of']}: " + ", ".join(f"{size:g} {cost:.3g}" for size, cost in row["points"])
    target = f"  target {row['target']:g}{'' if met(row) else '  MISSED'}" if row["target"] is not None else ""
    share = f"  {100 * limit_share(row):.0f} % of {row['limit']['bound']}" if row["limit"] else ""
    if kind == "Figure":
        return f"{row['name']}: {row['value']:.4g} {row['unit']}{target}{share}  {row['note']}"
    return (
        f"{row['work']:24} {row['size']:24} {row['peer']:13} {_time(row['ours']):>8} {_time(row['theirs']):>8} "
        f"{row['median']:7.2f} × ({row['least']:.2f}–{row['greatest']:.2f}){target}{share}"
    )


def met(row: Row) -> bool:
    """Whether it reached its target; True where there is none."""
    if row["target"] is None:
        return True
    if "median" in row:
        return bool(row["median"] >= row["target"])
    return bool(row["value"] >= row["target"] if row["more"] else row["value"] <= row["target"])


def limit_share(row: Row) -> float:
    """Which part of its time a piece of work needs at least."""
    limit = row["limit"]["value"]
    if row.get("more"):
        return float(row["value"] / limit)
    return float(limit / (row["ours"] if "median" in row else row["value"]))


def write(path: Path, results: dict[str, Any], keys: list[str]) -> None:
    """Write the page of these results, in this order, and the plots beside it in pictures/."""
    there = {key: results[key] for key in keys if key in results}
    curves = [curve for found in there.values() for curve in found["Curve"]]
    picture = path.parent / "pictures" / "benchmarks.svg"
    if curves:
        plots.draw(picture, curves)
    path.write_text("\n".join(_page(there, curves, f"pictures/{picture.name}")) + "\n")


def _page(results: dict[str, Any], curves: list[Row], picture: str) -> Iterable[str]:
    rows = [(key, kind, row) for key, found in results.items() for kind in ("Ratio", "Figure") for row in found[kind]]
    yield from ["# Benchmarks", "", *_how(results), "", "## Where we are behind", ""]
    behind = [(key, row) for key, kind, row in rows if kind == "Ratio" and row["median"] < 1]
    yield from [f"- {_named(key, row)}: {_value(row)}" for key, row in behind] or ["Nowhere in these tables."]
    yield from ["", "## Targets that were missed", ""]
    missed = [(key, row) for key, _, row in rows if not met(row)]
    yield from [
        f"- {_named(key, row)}: {_value(row)}, target {row['target']:g}{_reason(row)}" for key, row in missed
    ] or ["None."]
    for key, found in results.items():
        if found["Ratio"] or found["Figure"]:
            group, _, instructions = key.split()
            onnx = ONNX_RUNTIME_USES_ALL if (group, instructions) == ("inference", "avx2") else ""
            note = NOTES.get(group, onnx)
            yield from [
                "",
                f"## {_title(key)}",
                "",
                *([note, ""] if note else []),
                *_ratios(found["Ratio"]),
                *_figures(found["Figure"]),
            ]
    if curves:
        yield from ["", "## Growth", "", f"![Costs against sizes, with straight lines]({picture})", ""]
        yield from [f"- *{curve['of']}*: {curve['note']}" for curve in curves]


def _how(results: dict[str, Any]) -> Iterable[str]:
    machines = [found["machine"] for found in results.values()]
    versions = ", ".join(f"{name} {number}" for name, number in machines[0]["versions"].items()) if machines else ""
    seconds = sum(found["seconds"] for found in results.values())
    yield from ["<!-- not run: minutes -->", "```sh", "python -m benchmarks --write docs/benchmarks.md", "```", ""]
    if machines:
        first = machines[0]
        yield (
            f"This command made this page in {seconds / 60:.0f} minutes on {first['processor']}, {first['cores']} "
            f"cores, Python {first['python']}, {versions}. A ratio is a peer's time divided by ours, the median of the "
            "pairs that were timed alternately, each when no thread of the other works any more; both gave the same "
            "results before. Absolute times on a shared machine vary; ratios less. "
            "Networks are float32 but for the adder."
        )
    yield ""
    yield (
        "A *limit* is computed of what this machine does at best, measured in the same process: "
        + "; ".join(f"*{name}*, {meaning}" for name, meaning in BOUNDS.items())
        + ". The share is the limit divided by our time."
    )
    yield from [
        "",
        "| threads | instructions | products, float32 / float64 | bytes | one of a chain | call |",
        "|---|---|---|---|---|---|",
    ]
    seen = set()
    for key, found in results.items():
        of = found["machine"]
        if (which := (of["threads"], of["engine"])) not in seen:
            seen.add(which)
            limits = of["limits"]
            single, double = (limits["products"][name] / 1e9 for name in ("float32", "float64"))
            yield (
                f"| {of['threads']} | {_instructions(key, of['engine'])} | {single:.0f} / {double:.0f} GFLOP/s | "
                f"{limits['bandwidth'] / 1e9:.0f} GB/s | {limits['link'] * 1e9:.1f} ns | {limits['call'] * 1e9:.0f} ns "
                "|"
            )


def _instructions(key: str, engine: str) -> str:
    return f"{engine}, one set below this machine's" if key.endswith("avx2") else engine


def _title(key: str) -> str:
    group, threads, instructions = key.split()
    if group in THREADS_ARE_NO_MATTER:
        return TITLES[group]
    below = ", AVX2 forced" if instructions != "native" else ""
    return f"{TITLES[group]}; {threads} thread{'s' * (threads != '1')}{below}"


def _ratios(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    head = "| work | size | peer | ours | theirs | ratio (least–greatest) | target | share of the limit |"
    return [
        head, "|---|---|---|---|---|---|---|---|",
        *(
            f"| {r['work']} | {r['size']} | {r['peer']} | {_time(r['ours'])} | {_time(r['theirs'])} | "
            f"**{r['median']:.3g}** ({r['least']:.3g}–{r['greatest']:.3g}) | {_target(r)} | {_share(r)} |"
            for r in rows
        ), "",
    ]  # fmt: skip


def _figures(rows: list[Row]) -> list[str]:
    if not rows:
        return []
    return [
        "| figure | measured | target | share of the limit | |", "|---|---|---|---|---|",
        *(
            f"| {r['name']} | **{_number(r['value'])}** {r['unit']} | {_target(r)} | {_share(r)} | {r['note']} "
            "|" for r in rows
        ), "",
    ]  # fmt: skip


def _named(key: str, row: Row) -> str:
    group, threads, instructions = key.split()
    of_threads = threads == "2" and group not in THREADS_ARE_NO_MATTER
    where = ", 2 threads" * of_threads + ", AVX2 forced" * (instructions == "avx2")
    if "median" in row:
        kind = TITLES[group].split(":")[0].lower()
        return f"{row['work']}, {row['size']}, {kind}, against {row['peer']}{where}"
    return f"{row['name']}{where}"


def _value(row: Row) -> str:
    return f"{row['median']:.3g} ×" if "median" in row else f"{_number(row['value'])} {row['unit']}"


def _reason(row: Row) -> str:
    return f" ({100 * limit_share(row):.0f} % of the limit: {row['limit']['bound']})" if row["limit"] else ""


def _target(row: Row) -> str:
    return "" if row["target"] is None else _number(row["target"])


def _share(row: Row) -> str:
    return f"{100 * limit_share(row):.0f} % of {row['limit']['bound']}" if row["limit"] else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _time(seconds: float) -> str:
    for unit, power in (("µs", 1e-6), ("ms", 1e-3)):
        if seconds < 1000 * power:
            return f"{seconds / power:.3g} {unit}"
    return f"{seconds:.3g} s"
