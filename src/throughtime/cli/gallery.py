"""`throughtime gallery`: recurrent networks on real data, beside what they are to be compared with."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from throughtime.cli.shell import Failure, Json, document

if TYPE_CHECKING:
    from throughtime.experiments.gallery.comparison import Comparison

EPILOG = """\b
Example:
  throughtime gallery
  throughtime gallery speech
  throughtime gallery language --seed 3 --json

The data are in Python packages: pip install 'throughtime[gallery]'. Each entry takes two minutes at most.
Its script, to copy and change, is examples/gallery_NAME.py; the measured figures are in docs/gallery.md."""


def gallery(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="An entry; without it, all are listed.")] = None,
    seed: Annotated[int, typer.Option(help="Decides everything that is random.", min=0)] = 0,
    steps: Annotated[
        int | None, typer.Option(help="Training steps of each network, instead of the entry's own.", min=1)
    ] = None,
    json: Json = False,
) -> None:
    """Train a network on real data, and print its figures beside those of other methods."""
    from throughtime.experiments import gallery

    if name is None:
        if json:
            document([{"name": entry, "summary": summary} for entry, summary in gallery.ENTRIES.items()])
        else:
            width = max(map(len, gallery.ENTRIES))
            for entry, summary in gallery.ENTRIES.items():
                print(f"  {entry:<{width}}   {summary}")
        return
    started = time.perf_counter()
    try:
        found = gallery.compare(name, seed, steps)
    except ArithmeticError as error:
        raise Failure(str(error)) from None
    seconds = time.perf_counter() - started
    if json:
        document({"name": name, "seed": seed, **asdict(found), "seconds": seconds})
    else:
        print("\n".join(_told(name, found, seconds)))


def _told(name: str, found: Comparison, seconds: float) -> list[str]:
    headed = [("", *found.columns, "")]
    table = headed + [(row.who, *map(_number, row.values), row.source) for row in found.rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [f"{name} · {found.data}", f"  {found.network}", ""]
    for who, *values, source in table:
        figures = "   ".join(f"{value:>{width}}" for value, width in zip(values, widths[1:-1], strict=True))
        lines.append(f"  {who:<{widths[0]}}   {figures}   {source}".rstrip())
    if found.examples:
        lines += ["", *(f"  {example}" for example in found.examples)]
    return [*lines, "", f"  {seconds:.0f} s in all"]


def _number(value: float) -> str:
    return "" if value != value else f"{value:.4g}"
