"""The program `throughtime` and its commands."""

from __future__ import annotations

from typing import Annotated

import typer

from throughtime.cli import (
    add,
    automaton,
    cells,
    certificate,
    evaluate,
    export,
    export_html,
    gallery,
    info,
    lab,
    prove,
    studio,
    sweep,
    tasks,
    trace,
    train,
    warmup,
)
from throughtime.cli.options import Configured
from throughtime.cli.shell import OneLineErrors, failures_reported

app = typer.Typer(
    name="throughtime",
    cls=OneLineErrors,
    add_completion=False,
    add_help_option=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="""\b
Example:
  throughtime train addition && throughtime add 107 27

\b
Exit status: 0 done as asked; 1 the answer is no: the network was wrong (add,
evaluate) or is refuted (prove), a certificate is rejected (check), or training came
upon numbers that are not finite; 3 neither proved nor refuted; 2 bad usage or input,
said in one line on stderr; 130 interrupted. Training is done when its steps are taken,
however good the network is: evaluate asks that.""",
)

# A number such as -3 looks like an option that is not known; it is to be refused as a number.
_NUMBERS = {"ignore_unknown_options": True}

app.command(short_help="Train a network on a task, check it and save it.", epilog=train.EPILOG, cls=Configured)(
    train.train
)
app.command(short_help="Let a network add numbers.", epilog=add.EPILOG, context_settings=_NUMBERS)(add.add)
app.command(short_help="Check a network on all that it may be asked.", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command(short_help="Show all that happens in a network.", epilog=trace.EPILOG, context_settings=_NUMBERS)(
    trace.trace
)
app.command(short_help="Prove a network right for every length.", epilog=prove.EPILOG)(prove.prove)
app.command(short_help="Check the certificate of a proof.", epilog=certificate.EPILOG)(certificate.check)
app.command(short_help="Show the machine a network has become.", epilog=automaton.EPILOG)(automaton.automaton)
app.command(short_help="Open a page where a network learns.", epilog=studio.EPILOG)(studio.studio)
app.command("export-html", short_help="Save a page of what a network does.", epilog=export_html.EPILOG)(
    export_html.export_html
)
app.command(short_help="List the cells, or print the equations of one.", epilog=cells.EPILOG)(cells.cells)
app.command(short_help="List what there is to learn.", epilog=tasks.EPILOG)(tasks.tasks)
app.command(short_help="Run networks on real data.", epilog=gallery.EPILOG)(gallery.gallery)
app.command(short_help="Write a model for other programs.", epilog=export.EPILOG)(export.export)
_lab = typer.Typer(help="Experiments on long memory.", add_help_option=True, rich_markup_mode=None)
_lab.command(short_help="Recall after a gap.", epilog=lab.GAP_EPILOG)(lab.gap)
_lab.command(short_help="The adding problem.", epilog=lab.CLASSIC_EPILOG)(lab.adding)
_lab.command(short_help="Copy memory.", epilog=lab.CLASSIC_EPILOG)(lab.copy)
_lab.command(short_help="The embedded Reber grammar.", epilog=lab.CLASSIC_EPILOG)(lab.reber)
app.add_typer(_lab, name="lab", short_help="Measure what networks can remember.")
_sweep = typer.Typer(cls=sweep.RunUnlessNamed, help=sweep.run.__doc__, epilog=sweep.EPILOG, rich_markup_mode=None)
_sweep.command(
    short_help="Run a sweep (may be left out).",
    epilog=sweep.EPILOG,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)(sweep.run)
_sweep.command(short_help="Print and draw what came of one.", epilog=sweep.SHOW_EPILOG)(sweep.show)
app.add_typer(_sweep, name="sweep", short_help="Train many networks, over options and seeds.")
app.command(short_help="Tell what a model is, or the engine.", epilog=info.EPILOG)(info.info)
app.command(short_help="Compile ahead what most networks need.", epilog=warmup.EPILOG)(warmup.warmup)


def _help(ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        print(ctx.get_help())
        raise typer.Exit


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"throughtime {version('throughtime')}")
        raise typer.Exit


# Its own --help: for the ready-made one, new versions of Typer import Pydantic before each command, even before --help.
@app.callback(invoke_without_command=True)
def _throughtime(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    help: Annotated[
        bool, typer.Option("--help", "-h", help="Show this message.", callback=_help, is_eager=True)
    ] = False,
) -> None:
    """Recurrent networks you can see through: train one, look inside, check what it learned."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def main() -> None:
    """The program `throughtime`."""
    with failures_reported():  # while the commands are put together, too
        app()
