"""`throughtime automaton`: the finite automaton that a network's states follow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.models import ModelArgument, ModelOption, open_model
from throughtime.cli.prove import MachineOption, machine_of
from throughtime.cli.shell import Failure, Json, document, line, say

EPILOG = """\b
Example:
  throughtime automaton
  throughtime automaton runs/addition-elman-0 --tracking
  throughtime automaton --out carry.svg

An .svg file is a picture, a .dot file is for Graphviz."""


def automaton(
    path: ModelArgument = None,
    model_path: ModelOption = None,
    machine_file: MachineOption = None,
    tracking: Annotated[
        bool, typer.Option("--tracking", help="Show every state that was distinguished, not only the needed ones.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it into an .svg file, or write a .dot file.")
    ] = None,
    json: Json = False,
) -> None:
    """Extract the automaton that a network's states follow, and show it as a table or a picture."""
    from throughtime.proof import automaton_of
    from throughtime.support.disk import write_atomically

    model = open_model(path, model_path)
    whole = automaton_of(model.network, machine_of(model, machine_file))
    shown = whole if tracking else whole.minimised()
    if out is not None:
        drawn = {".svg": shown.as_svg, ".dot": shown.as_dot}.get(out.suffix.lower())
        if drawn is None:
            raise Failure(f"{out} must end in .svg or .dot")
        write_atomically(out, drawn().encode())
    if json:
        document({
            "model": str(model.path), "states": len(shown.next), "tracking_states": len(whole.next),
            "next": shown.next.tolist(), "outputs": shown.outputs.tolist(), "out": str(out) if out else None,
        })  # fmt: skip
        return
    say(shown.as_table())
    if out is not None:
        line("saved", str(out))
