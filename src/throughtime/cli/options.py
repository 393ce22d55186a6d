"""The options of networks and training as options of a command."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

_TYPES = {"whole number": int, "number": float, "yes or no": bool}


class Configured(TyperCommand):
    """A command that takes all of `options.OPTIONS` beside its own; those that were given are its context's `obj`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its argument, these options, and its own; the table is imported when it is this command that is called."""
        first, *rest = super().get_params(ctx)
        return [first, *_options(), *rest]

    def invoke(self, ctx: Any) -> Any:
        """Call it."""
        ctx.obj = {option.name: ctx.params.pop(option.name) for option in _options()}
        return super().invoke(ctx)


@cache
def _options() -> tuple[Any, ...]:
    from throughtime.training.options import OPTIONS

    def command(**_: Any) -> None:
        """Have these options."""

    parameters = []
    for name, option in OPTIONS.items():
        kind: Any = _TYPES.get(option.kind, str)
        shown = typer.Option(f"--{name.replace('_', '-')}", metavar="|".join(option.choices) or None, help=option.help)
        annotation = Annotated[kind | None, shown]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app = typer.Typer(add_completion=False)
    app.command()(command)
    return tuple(typer.main.get_command(app).params)
