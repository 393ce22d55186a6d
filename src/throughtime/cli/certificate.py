"""`throughtime check`: a certificate of a proof, checked by the program that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from throughtime.cli.models import Model, open_model
from throughtime.cli.prove import MachineOption, machine_of
from throughtime.cli.shell import WRONG, Failure, Json, document, line

SPEED = 4_000_000
"""Multiplications of balls that count as a second of work: a certificate is given up on every machine or on none."""

MOST_LINES = 20
"""Lines of one part of a claim that are printed."""

EPILOG = """\b
Example:
  throughtime prove --certificate adder.json && throughtime check adder.json
  throughtime check adder.json --model runs/addition-elman-0

The exit status is 0 if the certificate is accepted, 1 if it is rejected or is
about another network or machine."""


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A file that prove has written.")],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            metavar="PATH",
            help="A run's folder or a .safetensors file: the certificate must be about its network and task.",
        ),
    ] = None,
    machine_file: MachineOption = None,
    budget: Annotated[
        float,
        typer.Option(help="Seconds of work after which to give up; the work is counted before it is done.", min=0),
    ] = 600.0,
    json: Json = False,
) -> None:
    """Check a certificate, and say what it proves; with --model, also that this is that very network and its task."""
    from throughtime.proof import Certificate
    from throughtime.proof.checker import Rejected
    from throughtime.proof.checker import check as check_text
    from throughtime.proof.checker.reading import near

    if not certificate.exists():
        raise Failure(f"there is no file {certificate}; write one with: throughtime prove --certificate {certificate}")
    found, worked = Certificate.load(certificate), 0
    held_against = None if model is None else open_model(model)

    def tick(done: int, of: int, work: int) -> None:
        nonlocal worked
        worked += work
        if worked > budget * SPEED:
            raise Failure(
                f"{certificate} is not checked in {budget:g} s of work, {done} of {of} sets are: give a larger --budget"
            )

    try:
        report = check_text(found.text, tick)
        reason = difference(found, held_against, machine_file)
    except Rejected as error:
        report, reason = None, str(error)
    if json:
        verdict: dict[str, Any] = {"certificate": str(certificate), "accepted": not reason, "reason": reason or None}
        if report is not None:
            verdict |= {"margin": report.margin, "rounding": report.rounding, "claim": report.claim}
        document(verdict)
    elif reason or report is None:
        line("rejected", reason)
    else:
        line("accepted", f"{report.sets} sets; every output is right by at least {near(report.margin, -1)}")
        for label, lines in report.claim.items():
            tell(label, lines)
    if reason:
        raise typer.Exit(WRONG)


def difference(certificate: Any, model: Model | None, machine_file: Path | None) -> str:
    """The difference between a certificate and its model or machine, or nothing."""
    if model is not None and not certificate.is_of(model.network):
        return f"it is about another network than that in {model.path}"
    if machine_file is not None:
        from throughtime.proof import read_machine

        if not certificate.speaks_of(read_machine(machine_file)):
            return f"it is about another machine than that in {machine_file}"
    elif model is not None and not certificate.speaks_of(machine_of(model, None)):
        return f"it is about another machine than that of {model.path}'s task"
    return ""


def tell(label: str, lines: list[str]) -> None:
    """Print a part of the claim."""
    for place, text in enumerate(lines[:MOST_LINES]):
        line("" if place else label, text)
    if len(lines) > MOST_LINES:
        line("", f"… {len(lines) - MOST_LINES} more lines (all of them with --json)")
