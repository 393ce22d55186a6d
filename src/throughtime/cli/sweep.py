"""`throughtime sweep`: many runs over options and seeds; `throughtime sweep show`: what came of them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throughtime.cli.options import Command, Commands
from throughtime.cli.plotting import PlotOption
from throughtime.cli.shell import INTERRUPTED, Failure, Json, document, say
from throughtime.support.documents import printable, text_of, toml_table

if TYPE_CHECKING:
    from throughtime.experiments.sweeps.store import Store
    from throughtime.experiments.sweeps.summary import Group, Summary

EPILOG = """\b
Examples:
  throughtime sweep recall --cell elman,lstm --gap 1,10,100 --seeds 20
  throughtime sweep addition --learning-rate 0.001..0.1:log --hidden 4..32 --search random --trials 50
  throughtime sweep addition --learning-rate 0.001..0.1:log --hidden 4..32 --search optuna --trials 50
  throughtime sweep my-sweep.toml --on dask --scheduler tcp://10.0.0.1:8786
  throughtime sweep show

Every option of throughtime train and of the task may be given with several values: A,B,C, or a range A..B or A..B:log.
The same command again continues a sweep that was stopped."""

SHOW_EPILOG = """\b
Examples:
  throughtime sweep show
  throughtime sweep show sweeps/recall.sqlite --plot recall.png --to recall.csv"""

FOLDER = Path("sweeps")


class RunUnlessNamed(Commands):
    """`throughtime sweep TASK` runs one; only `show` is a word of its own."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command, and what is left of the words."""
        if args and args[0] not in self.commands:
            args = ["run", *args]
        return super().resolve_command(ctx, args)


class Search(StrEnum):
    """How combinations are found: those of `space.SEARCHES`, which is not imported for `--help`."""

    grid = "grid"
    random = "random"
    optuna = "optuna"


class On(StrEnum):
    """Where trials run."""

    here = "here"
    dask = "dask"


def run(
    ctx: typer.Context,
    task: Annotated[
        str,
        typer.Argument(metavar="TASK|FILE.toml", help="A task or data file as for train, or a sweep's description."),
    ],
    seeds: Annotated[
        str | None, typer.Option(metavar="N|A..B", help="Number of seeds, or a range of them.  [default: 1]")
    ] = None,
    search: Annotated[
        Search | None,
        typer.Option(
            help="Try all combinations, draw some at random, or let Optuna choose each by those before.  "
            "[default: grid]"
        ),
    ] = None,
    trials: Annotated[
        int | None, typer.Option(metavar="N", help="Combinations that a search other than a grid tries.", min=1)
    ] = None,
    search_seed: Annotated[int | None, typer.Option(help="Decides which are tried.  [default: 0]", min=0)] = None,
    on: Annotated[On, typer.Option(help="Where to run.")] = On.here,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of a dask.distributed scheduler, with --on dask.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Processes on this computer.  [default: all processors]", min=1)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The results.  [default: sweeps/NAME.sqlite]")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    json: Json = False,
) -> None:
    """Train networks for many combinations of options and seeds; the results go to one SQLite file as they arrive."""
    if (on is On.dask) != (scheduler is not None):
        raise Failure("a sweep on a cluster needs both --on dask and --scheduler ADDRESS, such as tcp://10.0.0.1:8786")
    from throughtime.experiments.sweeps.optuna_search import study_path
    from throughtime.experiments.sweeps.run import sweep
    from throughtime.experiments.sweeps.summary import summary

    described: dict[str, Any] = _described(Path(task)) if task.endswith(".toml") else {"task": task}
    given = {
        "seeds": None if seeds is None else _seeds(seeds),
        "search": None if search is None else search.value,
        "trials": trials,
        "search_seed": search_seed,
    }
    described |= {name: value for name, value in given.items() if value is not None}
    described["options"] = described.get("options", {}) | _options(ctx.args)
    is_new = out is None and not FOLDER.exists()
    if out is None:
        FOLDER.mkdir(exist_ok=True)
        out = FOLDER / f"{Path(task).stem.replace(':', '-')}.sqlite"
    talks = not (json or quiet)

    def progress(trial: Any, result: Any, done: int, of: int) -> None:
        if not talks:
            return
        options = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in trial.options.items())
        place = f"{done:>{len(str(of))}}/{of}"
        say(f"  {place}   {_how(result)}   {options}, seed {trial.seed}   {result.seconds:.1f} s")

    try:
        store = sweep(**described, out=out, jobs=jobs, scheduler=scheduler, progress=progress)
    except KeyboardInterrupt:
        raise Failure(f"interrupted; what is done is in {out}, the same command continues", INTERRUPTED) from None
    finally:
        if is_new:
            with suppress(OSError):  # it holds something, as it does unless all was refused
                FOLDER.rmdir()
    if json:
        document(_document(store, summary(store)))
    elif talks:
        say("\n".join(_table(summary(store), 10)))
        say(f"  saved in {out}" + (f", the study in {study_path(out)}" if store.space.search == "optuna" else ""))
        say(f"Next: throughtime sweep show {out} --plot sweep.png")


def show(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A sweep's file.  [default: the newest in ./sweeps]")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a row for each run to a .csv or .parquet file.")
    ] = None,
    plot: PlotOption = None,
    json: Json = False,
) -> None:
    """Print the table of a sweep, also of one that still runs: mean, spread and best over the seeds, the best mean
    first.
    """
    from throughtime.experiments.sweeps.store import Store
    from throughtime.experiments.sweeps.summary import summary

    store = Store(file or _newest())
    found = summary(store)
    if to is not None:
        store.export(to)
    if plot is not None:
        from throughtime.analysis import plots
        from throughtime.experiments.sweeps import figures

        plots.save(figures.summary(found), plot)
    if json:
        document(_document(store, found))
    else:
        say("\n".join(_table(found)))
        if to is not None:
            say(f"  rows in {to}")
        if plot is not None:
            say(f"  drawn in {plot}")


def _how(result: Any) -> str:
    if result.error is not None:
        return f"failed: {result.error}"
    if result.exact is not None:
        return f"exact {result.exact:.3f}"
    if result.root_mean_square is not None:
        return f"rms {result.root_mean_square:.4g}"
    return f"pruned after {result.steps_taken} steps"


def _document(store: Store, found: Summary) -> dict[str, Any]:
    return {"task": store.space.task, "file": str(store.path), **asdict(found), "results": store.rows()}


def _table(found: Summary, most: int | None = None) -> list[str]:
    names = list(found.groups[0].options) if found.groups else []
    what = {"exact": "exact", "root_mean_square": "rms"}[found.measure]
    head = [
        *(name.replace("_", " ") for name in names),
        "runs",
        f"{what}, mean",
        "spread",
        "best",
        "of seed",
        "seconds",
    ]
    rows = [
        [
            *(str(group.options[name]) for name in names),
            f"{group.runs}" + "".join(f", {count} {what}" for count, what in _not_well(group) if count),
            _number(group.mean, 4),
            _number(group.spread, 2),
            _number(group.greatest if found.measure == "exact" else group.least, 4),
            "" if group.best_seed is None else str(group.best_seed),
            _number(group.seconds, 2),
        ]
        for group in found.groups[:most]
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [
        "  " + "   ".join(f"{word:>{width}}" for word, width in zip(row, widths, strict=True)) for row in (head, *rows)
    ]
    if most is not None and len(found.groups) > most:
        lines.append(f"  … and {len(found.groups) - most} more")
    failed = sum(group.failed for group in found.groups)
    lines.append(f"  {found.done} of {found.runs} runs done" + (f", {failed} failed" if failed else ""))
    lines += [f"  {error}" for error in dict.fromkeys(group.error for group in found.groups) if error is not None][:5]
    return [printable(line) for line in lines]


def _not_well(group: Group) -> tuple[tuple[int, str], ...]:
    return (group.not_finite, "not finite"), (group.pruned, "pruned"), (group.failed, "failed")


def _number(value: float, digits: int) -> str:
    """In so many digits; a NaN is left out."""
    return "" if value != value else f"{value:.{digits}g}"


def _newest() -> Path:
    files = [(file.stat().st_mtime_ns, file) for file in FOLDER.glob("*.sqlite")]
    if not files:
        raise Failure(f"there is no sweep in ./{FOLDER}; run one with: throughtime sweep recall --gap 1,10 --seeds 5")
    return max(files)[1]


def _described(path: Path) -> dict[str, Any]:
    found = toml_table(text_of(path), str(path))
    known = {"task", "options", "seeds", "search", "trials", "search_seed"}
    if "task" not in found or not set(found) <= known or not isinstance(found.get("options", {}), dict):
        raise Failure(
            f"{path} must have a task, and may have {', '.join(sorted(known - {'task'}))}; it has {', '.join(found)}"
        )
    return found


def _seeds(word: str) -> Any:
    found = re.fullmatch(r"([0-9]{1,18})(?:\.\.([0-9]{1,18}))?", word)
    if not found:
        raise Failure(f'--seeds must be a number such as 20, or a range such as 10..29, got "{word[:40]}"')
    first, last = found.groups()
    return int(first) if last is None else range(int(first), int(last) + 1)


def _options(words: list[str]) -> dict[str, Any]:
    """["--gap", "1,10", "--cell=lstm"] → values by name."""
    options: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not re.fullmatch(r"--[a-z][a-z0-9_-]*", name):
            raise Failure(f'there is nothing to do with "{word[:40]}": give options such as --gap 1,10')
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise Failure(f"{name} needs a value, or several: {name} A,B,C")
            value = rest.pop(0)
        if (key := name[2:].replace("-", "_")) in options:
            raise Failure(f"{name} is given twice: give several values as {name} A,B,C")
        options[key] = _values(name, value)
    return options


def _values(name: str, word: str) -> Any:
    from throughtime.cli.values import plain_value

    found = re.fullmatch(r"(.+?)\.\.(.+?)(?::(log|linear))?", word)
    if not found:
        return [plain_value(part) for part in word.split(",")]
    least, greatest = (plain_value(part) for part in found.groups()[:2])
    if isinstance(least, str) or isinstance(greatest, str):
        raise Failure(f'{name} must be values A,B,C or a range of numbers A..B or A..B:log, got "{word[:40]}"')
    return {"from": least, "to": greatest, "scale": found[3] or "linear"}


_ANY_OPTION = {"ignore_unknown_options": True, "allow_extra_args": True}
program = typer.Typer(cls=RunUnlessNamed, help=run.__doc__, epilog=EPILOG, rich_markup_mode=None)
program.command(short_help="Run a sweep (may be left out).", epilog=EPILOG, context_settings=_ANY_OPTION, cls=Command)(
    run
)
program.command(short_help="Print and draw the results of one.", epilog=SHOW_EPILOG, cls=Command)(show)
