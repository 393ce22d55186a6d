"""`throughtime train`: its options; what they mean is in `plan`, what is done in `training`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.plotting import PlotOption
from throughtime.cli.shell import Json

EPILOG = """\b
Examples:
  throughtime train addition
  throughtime train addition --cell lstm --hidden 8 --seed 3
  throughtime train addition --recipe classic --update per-step --article-log
  throughtime train addition --cell mine.py:peephole --hidden 8
  throughtime train recall --option gap=50 --steps 10000
  throughtime train readings.csv --option output="last step" --hidden 64
  throughtime train counter --cell gru --until-proved
  throughtime train --resume runs/addition-elman-0 --steps 4000

\b
All other options come from the task's recipe. Ctrl-C saves the run; --resume
continues it to the same bits as if it had never stopped.

\b
Exit status: 0 trained (the line "exact" or "wrong" says how well; to test it in a
script, add: && throughtime evaluate), with --until-proved also proved; if not, 1
where it is refuted, 3 where it is undecided, as of prove; 1 the loss is not finite,
the last good parameters are saved; 2 bad usage or input; 130 interrupted."""


class RecipeName(StrEnum):
    """The source of options that are not given."""

    default = "default"
    classic = "classic"


def train(
    ctx: typer.Context,
    task: Annotated[
        str | None,
        typer.Argument(
            metavar="TASK",
            help="A task's name (see: throughtime tasks), your own as module:object, or a data file "
            "(.csv, .tsv, .txt, .npz, .jsonl).",
        ),
    ] = None,
    bits: Annotated[int | None, typer.Option(help="Steps of the words to learn from.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Another option of the task, such as gap=50; of a data file: sequence=, time=, inputs=A,B, "
            'outputs=C, output="last step", targets=classes. May be repeated.',
        ),
    ] = None,
    no_standardise: Annotated[
        bool, typer.Option("--no-standardise", help="Learn from a data file's numbers as they are.")
    ] = False,
    recipe: Annotated[
        RecipeName | None,
        typer.Option(help="The source of other options; classic is the well-known demo of 2015."),
    ] = None,
    article_log: Annotated[
        bool,
        typer.Option(
            "--article-log",
            help="With --recipe classic: print the log as the article's program does (Error, Pred, True, the sum).",
        ),
    ] = False,
    until_proved: Annotated[
        bool,
        typer.Option(
            "--until-proved",
            help="Go on in rounds of --steps, with words that it got wrong as lessons, until it is proved right for "
            "every length, 12 rounds at most.",
        ),
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Threads that share a large batch; they change no bit.  "
            "[default: NUMBA_NUM_THREADS, or all processors]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The run's folder.  [default: runs/TASK-CELL-SEED, then -2, -3, …]"),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Continue the run in a folder; TASK only if it is your own or a data file: the same as before.",
        ),
    ] = None,
    plot: PlotOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    json: Json = False,
) -> None:
    """Train a network on a task, check it and save it."""
    from throughtime.cli import training

    training.run({n: v for n, v in (ctx.obj | ctx.params).items() if not (v is None or v is False or v in ([], ()))})
