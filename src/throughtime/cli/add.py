"""`throughtime add`: a trained network adds numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from throughtime.cli.models import Model, ModelOption, open_model
from throughtime.cli.shell import WRONG, Failure, Json, document, say
from throughtime.cli.values import whole_number

MOST_DIGITS = 100_000
MOST_OPERANDS = 10
WIDEST = 256
"""Bits of a sum that is still shown bit by bit."""

EPILOG = """\b
Example:
  throughtime add 107 27
  throughtime add 123456789012345678901234567890 987654321

The exit status is 0 if the network was right, 1 if it was wrong."""


def add(
    numbers: Annotated[list[str], typer.Argument(metavar="A B [C…]", help="Whole numbers of any size.")],
    model: ModelOption = None,
    json: Json = False,
) -> None:
    """Let a network add numbers, bit by bit, and say whether it was right."""
    operands = [whole_number(number, MOST_DIGITS) for number in numbers]
    opened = open_model(model, quick=True)
    _check_adds(opened, len(operands))
    from throughtime.batch import Batch
    from throughtime.tasks import Addition
    from throughtime.tasks.bits import digits

    task = Addition(bits=8, operands=len(operands))
    x, d = task.encode(*operands, bits=1)
    y = opened.network.predict(x)
    right = task.right_steps(y, Batch(x, d))[0]
    predicted = task.decode(y)
    if json:
        document(
            {
                "numbers": operands,
                "predicted": predicted,
                "true": sum(operands),
                "right": bool(right.all()),
                "first_wrong_bit": None if right.all() else int(right.argmin()),
                "model": str(opened.path),
            }
        )
    elif len(right) <= WIDEST:
        say(task.render(x[0], y[0]))
    else:
        verdict = "right" if right.all() else f"wrong from bit {right.argmin()} on"
        say(f"  = {digits(predicted)}      {verdict}")
    if not right.all():
        raise typer.Exit(WRONG)


def _check_adds(model: Model, operands: int) -> None:
    s = model.network.specification
    if model.task_name not in (None, "addition"):
        raise Failure(f"the network in {model.path} was trained for {model.task_name}, not for addition")
    if (s.outputs, s.output, s.readout) != (1, "every step", "sigmoid") or s.inputs < 2:
        raise Failure(
            f"the network in {model.path} does not add: it needs a bit of each number as input and one bit as output"
        )
    if operands != s.inputs:
        advice = f"; for {operands}: throughtime train addition --option operands={operands}"
        raise Failure(
            f"the network in {model.path} adds {s.inputs} numbers at once, got {operands}"
            f"{advice if 2 <= operands <= MOST_OPERANDS else ''}"
        )
