"""Commands, and how the words of a command line become the values of their options; those of networks and training."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

USAGE_ERROR: Any = typer.BadParameter.__mro__[2]
"""The base of what may be wrong with arguments: Typer's own ClickException, or that of the Click that is installed."""

_TYPES = {"whole number": int, "number": float, "yes or no": bool}


class _Read:
    """What reads its options here: Typer's own way begins with importing Pydantic, which takes longer than a sum."""

    params: list[Any]

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for one in self.params:
            _read_here(one)

    def get_help_option(self, ctx: Any) -> Any:
        """Its --help."""
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            _read_here(option)
        return option


class Command(_Read, TyperCommand):
    """A command."""


class Commands(_Read, TyperGroup):
    """A command that has commands."""


def _read_here(parameter: Any) -> None:
    parameter._runtime_param = _Words(parameter.type_descriptor.annotation, parameter.min, parameter.max)


class Configured(Command):
    """A command that takes all of `options.OPTIONS` beside its own; those that were given are its context's `obj`."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its argument, these options, and its own; the table is imported when it is this command that is called."""
        first, *rest = super().get_params(ctx)
        return [first, *_options(), *rest]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read a command line; an option of a task is refused with how it is given."""
        try:
            return super().parse_args(ctx, args)
        except USAGE_ERROR as error:
            name = getattr(error, "option_name", "").lstrip("-").replace("-", "_")
            if hasattr(error, "possibilities") and name in _of_tasks():
                error.message = f"{error.option_name} is an option of the task: give it as --option {name}=VALUE"
                error.possibilities = None
            raise

    def invoke(self, ctx: Any) -> Any:
        """Call it."""
        ctx.obj = {option.name: ctx.params.pop(option.name) for option in _options()}
        return super().invoke(ctx)


@dataclass(frozen=True)
class _Words:
    """What Typer calls the coercion of a parameter.

    kind : a type, or a list of one
    least, most : the range of a number
    """

    kind: Any
    least: float | None
    most: float | None

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value of what was given, a word or several; a usage error if it is none."""
        several = get_origin(self.kind) is list
        if value is None:
            return () if several else None
        try:
            return [_value(get_args(self.kind)[0], one) for one in value] if several else self._one(value)
        except ValueError as error:
            raise typer.BadParameter(str(error), ctx=ctx, param=param) from None

    def _one(self, word: Any) -> Any:
        value = _value(self.kind, word)
        if self.least is not None and not value >= self.least:
            raise ValueError(f"must be at least {self.least}, got {word}")
        if self.most is not None and not value <= self.most:
            raise ValueError(f"must be at most {self.most}, got {word}")
        return value


def _value(kind: Any, word: Any) -> Any:
    """The value of a word; a ValueError if it is none."""
    if isinstance(word, kind):  # a default
        return word
    try:
        return kind(word)
    except ValueError:
        if issubclass(kind, Enum):
            raise ValueError(f"{word!r} is not one of {', '.join(repr(one.value) for one in kind)}") from None
        raise ValueError("must be a whole number" if kind is int else "must be a number") from None


def _of_tasks() -> set[str]:
    """The names of all options that tasks and data files have."""
    from throughtime.tasks import names
    from throughtime.tasks.from_file import DataFile

    kinds: list[Any] = [*names.values(), DataFile]
    return {option.name for kind in kinds for option in kind.choices()}


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
    app.command(cls=Command)(command)
    return tuple(typer.main.get_command(app).params)
