"""`throughtime evaluate`: how often a network is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from throughtime.cli.models import Model, ModelArgument, ModelOption, open_model
from throughtime.cli.shell import WRONG, Failure, Json, document

EPILOG = """\b
Example:
  throughtime evaluate --bits 10
  throughtime evaluate runs/addition-elman-0 --bits 200 --samples 5000
  throughtime evaluate runs/readings-lstm-0 --data held-out.csv

The exit status is 0 if the network was right on all of them (numbers that are not
classes are measured, and never wrong), 1 if it was wrong on one."""


def evaluate(
    path: ModelArgument = None,
    model_path: ModelOption = None,
    bits: Annotated[
        int | None, typer.Option(help="Bits of the numbers or words, from 1 to 4096.", min=1, max=4096)
    ] = None,
    samples: Annotated[int, typer.Option(help="Number of draws where all are too many.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Decides the draw.", min=0)] = 0,
    task: Annotated[
        str | None, typer.Option(help="The task to check it on.  [default: the one it was trained for]")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Check it on the sequences of a file.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="How to read --data; see: train --help.")
    ] = None,
    json: Json = False,
) -> None:
    """Check a network on all numbers or words of a length, or, where these are too many, on some drawn at random."""
    from throughtime.cli import check

    model = open_model(path, model_path, quick=True)
    chosen = _chosen(model, task, data, option or [])
    if bits is None:
        bits = chosen.bits
    elif chosen.bits is None:
        raise Failure(f"{chosen.name} has no bits: leave out --bits")
    found = check.check(chosen, model.network, samples, seed, bits)
    if json:
        results = check.as_json(chosen, model.network, found)
        exact = results.pop("exact") or {"checked": len(chosen.sequences), "wrong": None}
        document({"model": str(model.path), "task": chosen.name, "bits": bits} | exact | results)
    else:
        check.tell(chosen, model.network, found, bits)
    if found is not None and found.wrong:
        raise typer.Exit(WRONG)


def _chosen(model: Model, task: str | None, data: Path | None, options: list[str]) -> Any:
    if data is not None:
        from throughtime.cli import datafile

        if task is not None:
            raise Failure("--task and --data both name the sequences to check: give one of them")
        return datafile.read_for(model, data, options)
    if options:
        raise Failure("--option says how to read a data file: give --data too")
    found = model.task(task)
    if found is None:
        other = ", or --task NAME" if model.columns is None else ""
        raise Failure(f"{model.path} {model.past}: give --data FILE{other}")
    return found
