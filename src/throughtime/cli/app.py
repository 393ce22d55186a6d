"""The program `throughtime` and its commands."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from throughtime.cli.options import Command, Configured
from throughtime.cli.shell import OneLineErrors, failures_reported


class _Entry(NamedTuple):
    """Where a command is, and what it is for.

    module : of `throughtime.cli`; it has a function of the command's name and its EPILOG, or a `program` of several
    short_help : in a few words
    more : what else Typer is to know
    """

    module: str
    short_help: str
    more: Mapping[str, Any] = {}


# A number such as -3 looks like an option that is not known; it is to be refused as a number.
_NUMBERS = {"context_settings": {"ignore_unknown_options": True}}

_ENTRIES = {
    "train": _Entry("train", "Train a network on a task, check it and save it.", {"cls": Configured}),
    "add": _Entry("add", "Let a network add numbers.", _NUMBERS),
    "evaluate": _Entry("evaluate", "Check a network on all inputs, or on a sample."),
    "trace": _Entry("trace", "Show all that happens in a network.", _NUMBERS),
    "prove": _Entry("prove", "Prove a network right for every length."),
    "check": _Entry("certificate", "Check the certificate of a proof."),
    "automaton": _Entry("automaton", "Show the automaton that a network has become."),
    "studio": _Entry("studio", "Open a page where a network learns."),
    "lesson": _Entry("lesson", "Open the lesson: how a network learns to add."),
    "export-html": _Entry("export_html", "Save a page of a network at work."),
    "cells": _Entry("cells", "List the cells, or print the equations of one."),
    "tasks": _Entry("tasks", "List the tasks."),
    "gallery": _Entry("gallery", "Run networks on real data."),
    "export": _Entry("export", "Write a model for other programs."),
    "info": _Entry("info", "Describe a model, or the engine."),
    "warmup": _Entry("warmup", "Compile the kernels of most networks ahead."),
    "lab": _Entry("lab", "Measure the memory of networks."),
    "sweep": _Entry("sweep", "Train many networks, over options and seeds."),
}


def _made(name: str, entry: _Entry) -> Any:
    module = import_module(f"throughtime.cli.{entry.module}")
    if hasattr(module, "program"):
        program: Any = typer.main.get_group(module.program)
        program.name, program.short_help = name, entry.short_help
        return program
    one = typer.Typer(add_completion=False, rich_markup_mode=None)
    how = {"cls": Command, **entry.more}
    function = getattr(module, name.replace("-", "_"))
    one.command(name, short_help=entry.short_help, epilog=module.EPILOG, **how)(function)
    return typer.main.get_command(one)


class _Commands(Mapping[str, Any]):
    """The commands by their names. A module is imported when its command is looked up: no sum waits for the studio."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _made(name, _ENTRIES[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in _ENTRIES

    def __iter__(self) -> Iterator[str]:
        return iter(_ENTRIES)

    def __len__(self) -> int:
        return len(_ENTRIES)


class _Program(OneLineErrors):
    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands: Any = _Commands()

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(_ENTRIES)


app = typer.Typer(
    name="throughtime",
    cls=_Program,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    epilog="""\b
Example:
  throughtime train addition && throughtime add 107 27

\b
Exit status: 0 success; 1 the answer is no: the network was wrong (add,
evaluate) or is refuted (prove, train --until-proved), a certificate is rejected
(check), or training came upon numbers that are not finite; 3 neither proved nor
refuted; 2 bad usage or input, said in one line on stderr; 130 interrupted. Other
training is done when its steps are taken, however good the network is: evaluate
checks that.""",
)


def _version(wanted: bool) -> None:
    if wanted:
        from throughtime import __version__

        print(f"throughtime {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _throughtime(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Recurrent networks you can see through: train one, look inside, check what it learned."""
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


_NEW_OBJECTS = 50_000
"""After so many of them Python looks for circles of objects that nobody needs any more; without this, after 700."""


def main() -> None:
    """The program `throughtime`.

    Modules make many objects that stay until the end. Python looks for circles among them again and again, and once
    more at the end, which takes a fourth of the time of a short training: here it does so seldom, and not at the end.
    """
    gc.set_threshold(_NEW_OBJECTS)
    try:
        with failures_reported():  # while the commands are put together, too
            app()
    finally:
        gc.freeze()
