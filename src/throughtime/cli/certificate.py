"""`throughtime check`: a certificate of a proof, checked by the program that stands alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.models import open_model
from throughtime.cli.shell import WRONG, Failure, Json, document, line
from throughtime.documents import printable

EPILOG = """\b
Example:
  throughtime prove --certificate adder.json && throughtime check adder.json
  throughtime check adder.json --model runs/addition-elman-0

The exit status is 0 if the certificate is accepted, 1 if it is rejected."""


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A file that prove has written.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="PATH", help="A run's folder or a .safetensors file, whose network it must speak of."
        ),
    ] = None,
    budget: Annotated[float, typer.Option(help="Seconds after which to give up.", min=0)] = 600.0,
    json: Json = False,
) -> None:
    """Check a certificate; with --model, also that it speaks of that very network."""
    from throughtime.proof import Certificate
    from throughtime.proof.checker import Rejected
    from throughtime.proof.checker import check as check_text

    if not certificate.exists():
        raise Failure(f"there is no file {certificate}; write one with: throughtime prove --certificate {certificate}")
    found = Certificate.load(certificate)
    begun, reason = time.perf_counter(), ""

    def tick(done: int, of: int) -> None:
        if time.perf_counter() - begun > budget:
            raise Failure(
                f"{certificate} is not checked in {budget:g} s, {done} of {of} sets are: give a larger --budget"
            )

    try:
        report = check_text(found.text, tick)
        if model is not None and not found.is_of(open_model(model).network):
            reason = f"it speaks of another network than that in {model}"
    except Rejected as error:
        reason = str(error)
    if json:
        step = None if reason else report.step
        document({"certificate": str(certificate), "accepted": not reason, "reason": reason or None, "step": step})
    elif reason:
        line("rejected", printable(reason))
    else:
        line("accepted", f"{report.sets} sets; every output is right by at least {report.margin:.2g}")
        for text in report.step.splitlines():
            line("", printable(text))
    if reason:
        raise typer.Exit(WRONG)
