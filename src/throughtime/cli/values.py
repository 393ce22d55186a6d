"""Words of the command line as values: whole numbers, `name=value`, and learning rate schedules."""

from __future__ import annotations

import re
from typing import Any

from throughtime.cli.shell import Failure, numbers_of_any_size


def whole_number(word: str, most_digits: int, command: str = "add") -> int:
    """The number that a word is; a Failure if it is negative, or none, or has too many digits."""
    if re.fullmatch(r"-0*[1-9][0-9]*", word):
        raise Failure(f"{_short(word)} is negative; give whole numbers from 0 on")
    if re.match(r"--?[a-zA-Z]", word):
        raise Failure(f"there is no option {_short(word)}. See: throughtime {command} --help")
    if not re.fullmatch(r"[+-]?[0-9]+", word):
        raise Failure(f'"{_short(word)}" is no whole number; give digits such as 100')
    if len(word) > most_digits:
        raise Failure(f"{_short(word)} has more than {most_digits} digits; give a shorter number")
    with numbers_of_any_size():
        return int(word)


def cell(word: str) -> Any:
    """The name of a cell, or the user's own cell that FILE.py:NAME means; a Failure if there is none."""
    from throughtime.cells.own import cell_of
    from throughtime.weights.network_specification import cell_named

    try:
        found = cell_of(word)
    except ValueError as error:
        raise Failure(f"--cell: {error}") from None
    return cell_named(found) if isinstance(found, str) else found


def named_values(words: list[str]) -> dict[str, Any]:
    """["gap=20", "noise=0.1"] → the values by name, as whole numbers, numbers, true and false, or text."""
    return {name: plain_value(value) for name, value in named_texts(words).items()}


def named_texts(words: list[str]) -> dict[str, str]:
    """["gap=20", "output=last step"] → the values by name, as they were typed."""
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise Failure(f'--option must be name=value, such as gap=20, got "{_short(word)}"')
        name = name.replace("-", "_")
        if values.setdefault(name, value) != value:
            raise Failure(f'--option {_short(name)} is given twice, as "{_short(values[name])}" and "{_short(value)}"')
    return values


def plain_value(word: str) -> Any:
    """A word as a whole number, a number, true or false, or else text."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(word, word)


def _short(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:20]}…{word[-10:]}"
