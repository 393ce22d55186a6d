"""`throughtime trace`: the unrolled network, number by number."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from throughtime.cli.models import ModelOption, open_model
from throughtime.cli.plotting import PlotOption
from throughtime.cli.shell import Failure, Json, document, say
from throughtime.cli.values import whole_number

MOST_DIGITS = 300
EPILOG = """\b
Examples:
  throughtime trace 107 27
  throughtime trace 107 27 --step 3 --unit 5
  throughtime trace 107 27 --plot trace.png
  throughtime trace --seed 7 --model runs/parity-lstm-0
  throughtime trace --data readings.csv --sequence 3 --model runs/readings-lstm-0

Without numbers or --data, a sequence of the network's task is drawn. Steps count from 1, units and outputs from 0."""


def trace(
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[A B…]", help="Whole numbers, for a network that adds.")
    ] = None,
    model: ModelOption = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="Trace a sequence of a data file.")] = None,
    sequence: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The sequence of --data, by its name or else its number.  [default: the first]"
        ),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="How to read --data; see: train --help.")
    ] = None,
    step: Annotated[int | None, typer.Option(help="Show this time step only, from 1.")] = None,
    unit: Annotated[
        int | None, typer.Option(help="Show this hidden unit only, from 0; with --step, its formulas.")
    ] = None,
    output: Annotated[int | None, typer.Option(help="With --step, the formulas of this output, from 0.")] = None,
    layer: Annotated[int | None, typer.Option(help="The layer, from 0.  [default: the last]")] = None,
    direction: Annotated[str | None, typer.Option(help="forward or backward, in a bidirectional network.")] = None,
    task: Annotated[str | None, typer.Option(help="The task, if it is one of your own.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides which sequence is drawn.  [default: 0]")] = None,
    plot: PlotOption = None,
    json: Json = False,
) -> None:
    """Show everything that happens in a network, forward and backward: inputs, states, gates, outputs, errors, δ's."""
    operands = [whole_number(number, MOST_DIGITS, "trace") for number in numbers or []]
    if operands and seed is not None:
        raise Failure("--seed decides which sequence is drawn: give numbers or --seed, not both")
    if unit is not None and output is not None:
        raise Failure("--unit and --output each have formulas of their own: give one of them")
    if output is not None and step is None:
        raise Failure("--output shows the formulas of one step: give --step too")
    if data is not None and (operands or task is not None or seed is not None):
        raise Failure("--data says which sequence to trace: leave out numbers, --task and --seed")
    if data is None and (sequence is not None or option):
        raise Failure(f"--{'option' if option else 'sequence'} is about a data file: give --data FILE too")
    opened = open_model(model, quick=True)
    from throughtime.cli import unrolled

    shown: Any = None
    if data is not None:
        x, y, lengths = unrolled.sequence_of(opened, data, sequence, option or [])
    else:
        shown = opened.task(task)
        x, y, lengths = unrolled.sequence(opened, shown, operands, seed or 0)
    traced = opened.network.trace(x, y, lengths)
    unrolled.check(traced, step, unit, output)
    if plot is not None:
        from throughtime.analysis import plots

        plots.save(plots.unrolled(traced, layer=layer, direction=direction), plot)
    if step is not None and (unit is not None or output is not None):
        explained = traced.explain(step, unit, output=output, layer=layer, direction=direction)
        if json:
            document({"step": step, "unit": unit, "output": output} | explained.as_dict())
        else:
            say(explained.text)
    elif json:
        print(traced.to_json())
    else:
        say(unrolled.table(traced, shown, step, unit, layer, direction))
    if plot is not None and not json:
        say(f"  drawn in {plot}")
