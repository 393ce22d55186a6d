"""`throughtime lab`: experiments on long memory, each measured on this computer beside published figures."""

from __future__ import annotations

import re
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.options import Command, Commands
from throughtime.cli.plotting import PlotOption
from throughtime.cli.shell import Failure, Json, document, say
from throughtime.support.documents import json_object, text_of

GAP_EPILOG = """\b
Example:
  throughtime lab gap
  throughtime lab gap --gaps 10,50 --seeds 5 --plot gap.png
  throughtime lab gap --cells mgu,slstm --gaps 10
  throughtime lab gap --json > gap.json
  throughtime lab gap --from gap.json --plot gap.svg

As it stands it takes some ten minutes on two cores; docs/lab.md shows its figure."""


def gap(
    gaps: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Steps of noise between symbol and question.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Networks of each kind for each gap.", min=1)] = 20,
    steps: Annotated[int | None, typer.Option(help="Updates of each network.", min=1)] = None,
    cells: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Cells instead of Elman, LSTM and GRU; see: throughtime cells.")
    ] = None,
    stored: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Train nothing, show what --json printed before.")
    ] = None,
    plot: PlotOption = None,
    json: Json = False,
) -> None:
    """How often networks learn to recall a symbol after a gap, and how far their derivatives reach."""
    from throughtime.experiments.lab.gap import GAPS, STEPS, GapExperiment, measure
    from throughtime.experiments.lab.networks import ALL, of_cell

    started = time.perf_counter()
    if stored is not None:
        try:
            experiment = GapExperiment.from_dict(json_object(text_of(stored), "it"))
        except ValueError as error:
            raise Failure(
                f"{stored} holds no experiment, give a file made with throughtime lab gap --json: {error}"
            ) from None
    else:
        wanted = list(GAPS) if gaps is None else whole_numbers("--gaps", gaps)
        head = iter([f"  {'network':<27} {'gap':>4}   learned   answers right"])  # once, when all options are right

        def progress(network: str, gap: int, successes: int, right: float) -> None:
            if not json:
                for line in head:
                    say(line)
                say(f"  {network:<27} {gap:>4}   {successes:>3} of {seeds:<3}   {right:.3f}")

        contestants = ALL if cells is None else [of_cell(cell) for cell in dict.fromkeys(cells.split(","))]
        experiment = measure(wanted, seeds, steps=steps or STEPS, contestants=contestants, progress=progress)
    if plot is not None:
        from throughtime.analysis import plots
        from throughtime.experiments.lab import figures

        plots.save(figures.gap(experiment), plot)
    if json:
        document(experiment.as_dict())
        return
    if stored is None:
        say(f"  {time.perf_counter() - started:.0f} s in all")
    if plot is not None:
        say(f"  drawn in {plot}")


def whole_numbers(option: str, words: str) -> list[int]:
    """ "1,10,100" → the numbers."""
    parts = words.split(",")
    if not all(re.fullmatch(r" *[+-]?[0-9]{1,18} *", part) for part in parts):
        raise Failure(f'{option} must be whole numbers such as 1,10,100, got "{words[:40]}"')
    found = [int(part) for part in parts]
    if min(found) < 0:
        raise Failure(f"{option} must be whole numbers from 0 on, got {min(found)}")
    return found


CLASSIC_EPILOG = """\b
The paper of 1997 is Hochreiter & Schmidhuber's on LSTM. The networks and the training here are of today: the same
task, not the same experiment. docs/lab.md shows the table."""

Seeds = Annotated[int, typer.Option(help="Networks of each kind.", min=1)]
Steps = Annotated[int | None, typer.Option(help="The most updates of each network.", min=1)]


def adding(
    lengths: Annotated[str | None, typer.Option(metavar="A,B,…", help="Least lengths of a sequence, from 11.")] = None,
    seeds: Seeds = 3,
    steps: Steps = None,
    json: Json = False,
) -> None:
    """The adding problem: the sum of two marked values of a long sequence, beside the LSTM paper's figures."""
    _classic("adding", None if lengths is None else whole_numbers("--lengths", lengths), seeds, steps, json)


def copy(
    delays: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Steps between the symbols and their recall.")
    ] = None,
    seeds: Seeds = 3,
    steps: Steps = None,
    json: Json = False,
) -> None:
    """Copy memory: five symbols repeated after a delay, beside the loss of a network without memory."""
    _classic("copy", None if delays is None else whole_numbers("--delays", delays), seeds, steps, json)


def reber(seeds: Seeds = 10, steps: Steps = None, json: Json = False) -> None:
    """The embedded Reber grammar, beside the LSTM paper's figures."""
    _classic("reber", None, seeds, steps, json)


def _classic(name: str, sizes: list[int] | None, seeds: int, steps: int | None, json: bool) -> None:
    from throughtime.experiments.lab.classics import CLASSICS, Row, baseline, measure

    classic, started = CLASSICS[name], time.perf_counter()
    lines = f"  {{:<51}} {{:>{max(len(classic.size_name), 4)}}}   {{:>13}}   {{:>9}}   {{}}"
    head = iter([lines.format("", classic.size_name, "solved", "sequences", "loss" if name == "copy" else "wrong")])

    def show(row: Row) -> None:
        if not json:
            for line in head:
                say(line)
            sequences = "" if row.sequences is None else f"{row.sequences:,.0f}"
            figure = f"{row.loss:.3f}" if name == "copy" else f"{row.wrong:.2%}"
            size = row.size if classic.size_name else ""
            say(lines.format(row.network, size, f"{row.solved} of {row.seeds}", sequences, figure))

    attempts = measure(classic, sizes, seeds, steps=steps, progress=show)
    if json:
        document(
            {"attempts": [asdict(one) for one in attempts], "published": [asdict(one) for one in classic.published]}
        )
        return
    for row in classic.published:
        say(lines.format(row.who, row.size, row.solved, row.sequences, row.wrong))
    if name == "copy":
        guessed = baseline(classic.task(1))  # type: ignore[arg-type]
        say(lines.format("no memory, symbols guessed", "", "", "", f"{guessed:.3f}"))
    say(f"  {time.perf_counter() - started:.0f} s in all")


program = typer.Typer(cls=Commands, help="Experiments on long memory.", rich_markup_mode=None)
program.command(short_help="Recall after a gap.", epilog=GAP_EPILOG, cls=Command)(gap)
program.command(short_help="The adding problem.", epilog=CLASSIC_EPILOG, cls=Command)(adding)
program.command(short_help="Copy memory.", epilog=CLASSIC_EPILOG, cls=Command)(copy)
program.command(short_help="The embedded Reber grammar.", epilog=CLASSIC_EPILOG, cls=Command)(reber)
