"""`throughtime export-html`: what a network does, as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.add import MOST_OPERANDS
from throughtime.cli.shell import Failure, line
from throughtime.cli.values import whole_number

MOST_DIGITS = 309

EPILOG = """\b
Examples:
  throughtime export-html runs/addition-elman-0 107 27 -o page.html
  throughtime export-html model.safetensors -o page.html
  throughtime export-html runs/weather --data weather.csv -o page.html"""


def export_html(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run's folder or a .safetensors file.")],
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A B…]", help="Whole numbers to show.  [default: a sequence of the task]"),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The data file that the network was trained on: shows its first sequence."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page.")] = Path("page.html"),
) -> None:
    """Save a page that shows all that happens in a network, and works without a server or a network."""
    from throughtime.studio import export, opened
    from throughtime.studio.example import of_batch, of_operands, of_sample
    from throughtime.studio.messages import LIMITS
    from throughtime.support.disk import write_atomically

    if not model.exists():
        raise Failure(f"there is nothing at {model}")
    operands = [whole_number(number, MOST_DIGITS) for number in (numbers or [])[: MOST_OPERANDS + 1]]
    if any(number.bit_length() > LIMITS["operand_bits"] for number in operands):
        raise Failure(f"a page shows numbers of up to {LIMITS['operand_bits']} bits")
    found = opened.of_path(model)
    plan = found.plan
    if data is not None and (operands or not plan.task.waiting):
        raise Failure(
            f"--data is for a network that was trained on a data file, this one does {plan.task.name}: leave it out"
        )
    if data is not None:
        plan = opened.with_data(plan, data, data.name)
        example = of_batch(plan.task, plan.task.sequences[:1])
        shows = f"the first of the {len(plan.task.sequences)} sequences of {data.name}"
    elif operands:
        example = of_operands(plan.task, operands)
        shows = f"{plan.task.name} of {' and '.join(map(str, numbers or []))}"
    else:
        example = of_sample(plan.task, 0)
        shows = (
            f"a sequence of {plan.task.name}"
            if not plan.task.waiting
            else plan.task.drawn.replace("give the file", "give --data FILE")
        )
    write_atomically(out, export.of_plan(plan, example, found.step, found.history).encode())
    line("shows", shows)
    line("saved", str(out))
