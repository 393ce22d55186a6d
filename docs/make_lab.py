"""Measure and draw the figure of docs/lab.md: python docs/make_lab.py [gap.json, what `throughtime lab gap --json`
printed].
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

from throughtime.analysis import plots
from throughtime.experiments.lab import figures
from throughtime.experiments.lab.gap import GapExperiment

HERE = Path(__file__).parent
DATA, PICTURE, PAGE = HERE / "data" / "gap.json", HERE / "pictures" / "gap.png", HERE / "lab.md"


def rounded(value):
    """The same with four significant digits, which a figure does not show the rest of."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def table(experiment):
    """How many networks learned, kinds down, gaps across."""
    rates = {(rate.network, rate.gap): rate for rate in experiment.rates()}
    gaps = sorted({gap for _, gap in rates})
    lines = [
        "| learned, of "
        + f"{experiment.settings['seeds']} networks | "
        + " | ".join(f"gap {gap}" for gap in gaps)
        + " |",
        "|---|" + "---|" * len(gaps),
    ]
    for name in dict.fromkeys(name for name, _ in rates):
        cells = [f"{rates[name, gap].successes}" for gap in gaps]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        text = Path(sys.argv[1]).read_text()
    else:
        text = subprocess.run(
            [sys.executable, "-m", "throughtime", "lab", "gap", "--json"], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
    values = rounded(json.loads(text))
    values.pop("rates", None)
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(json.dumps(values, separators=(",", ":")) + "\n")
    experiment = GapExperiment.from_dict(values)
    plots.save(figures.gap(experiment), PICTURE)
    told = f"<!-- table -->\n{table(experiment)}\n<!-- end -->"
    PAGE.write_text(re.sub(r"(?s)<!-- table -->.*<!-- end -->", lambda _: told, PAGE.read_text()))
