"""`throughtime check`: a certificate of a proof, checked by the program that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.models import ModelOption, open_model
from throughtime.cli.shell import WRONG, Failure, Json, document, line

LARGEST_CERTIFICATE = 2**28

EPILOG = """\b
Example:
  throughtime prove --certificate adder.json && throughtime check adder.json
  throughtime check adder.json --model runs/addition-elman-0

The exit status is 0 if the certificate is accepted, 1 if it is rejected."""


def check(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="A file that prove has written.")],
    model: ModelOption = None,
    json: Json = False,
) -> None:
    """Check a certificate; with --model, also that it speaks of that very network."""
    from throughtime.proof import Certificate
    from throughtime.proof.checker import Rejected
    from throughtime.proof.checker import check as check_text

    if not certificate.is_file():
        raise Failure(f"there is no file {certificate}; write one with: throughtime prove --certificate {certificate}")
    if certificate.stat().st_size > LARGEST_CERTIFICATE:
        raise Failure(f"{certificate} has more than {LARGEST_CERTIFICATE // 2**20} MiB; a certificate has less")
    found = Certificate.load(certificate)
    reason = ""
    try:
        report = check_text(found.text)
        if model is not None and not found.is_of(open_model(model).network):
            reason = f"it speaks of another network than that in {model}"
    except Rejected as error:
        reason = str(error)
    if json:
        document({"certificate": str(certificate), "accepted": not reason, "reason": reason or None})
    elif reason:
        line("rejected", reason)
    else:
        line("accepted", f"{report.sets} sets; every output is right by at least {report.margin:.2g}")
    if reason:
        raise typer.Exit(WRONG)
