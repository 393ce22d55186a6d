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
  throughtime export-html model.safetensors -o page.html"""


def export_html(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A run's folder or a .safetensors file.")],
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[A B…]", help="Whole numbers to show.  [default: a sequence of the task]"),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page.")] = Path("page.html"),
) -> None:
    """Save a page that shows all that happens in a network, and works without a server or a network."""
    from throughtime.disk import write_atomically
    from throughtime.studio import export, opened
    from throughtime.studio.example import of_operands, of_sample
    from throughtime.studio.messages import LIMITS

    if not model.exists():
        raise Failure(f"there is nothing at {model}")
    operands = [whole_number(number, MOST_DIGITS) for number in (numbers or [])[: MOST_OPERANDS + 1]]
    if any(number.bit_length() > LIMITS["operand_bits"] for number in operands):
        raise Failure(f"a page shows numbers of up to {LIMITS['operand_bits']} bits")
    found = opened.of_path(model)
    task = found.plan.task
    example = of_operands(task, operands) if operands else of_sample(task, 0)
    write_atomically(out, export.of_plan(found.plan, example, found.step, found.history).encode())
    line("saved", str(out))
