"""Objects of several kinds, as optimisers and schedules are: a kind's name beside the object's numbers, for TOML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

Kind = TypeVar("Kind")


def name_of(kinds: Mapping[str, type[Kind]], value: Kind) -> str:
    """The name of an object's kind."""
    return next(name for name, kind in kinds.items() if type(value) is kind)


def as_dict(kinds: Mapping[str, type[Kind]], value: Any) -> dict[str, Any]:
    """The name of an object's kind, and its numbers."""
    return {"name": name_of(kinds, value), **asdict(value)}


def from_dict(what: str, kinds: Mapping[str, type[Kind]], values: Mapping[str, Any]) -> Kind:
    """The object that `as_dict` described; a ValueError if `what` has no such kind, or its numbers are wrong."""
    numbers = dict(values)
    name = numbers.pop("name", None)
    if name not in kinds:
        raise ValueError(f"{what} must be one of {', '.join(kinds)}, got {name!r}")
    return kinds[name](**numbers)


def settle(value: Any, check: Callable[[str, Any], Any]) -> None:
    """Replace each field of a frozen dataclass by what `check` makes of its name and value."""
    for field in fields(value):
        object.__setattr__(value, field.name, check(field.name, getattr(value, field.name)))
