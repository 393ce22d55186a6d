"""Single values from outside: whole numbers, numbers, and yes or no, of Python's types or NumPy's.

Every value that a user gives goes through one of these, under the name by which the user gave it; what comes out is
Python's own `int`, `float` or `bool`, so that it can be kept in JSON and TOML.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from math import isfinite
from numbers import Integral, Real
from typing import Any

import numpy as np

from throughtime.support.option import Option

LARGEST = 2**63 - 1
_BEYOND_ANY_USE = 1_000_000
"""An upper end of a range that is only said to who is beyond it."""


def whole_number(name: str, value: Any, least: int = 0, most: int | None = LARGEST) -> int:
    """`value` as an int.

    Parameters
    ----------
    name : what the user calls it, for the error
    value : an int or a NumPy integer, also one in an array without axes
    least, most : the range, both ends included; None for any

    Raises
    ------
    ValueError
        If it is anything else (a bool too), or out of range.
    """
    value = _unpacked(value)
    whole = isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
    found = int(value) if whole else least
    if not whole or found < least or (most is not None and found > most):
        endless = most is None or (most >= _BEYOND_ANY_USE and found <= most)
        wanted = f"of at least {least}" if endless else f"from {least} to {most}"
        raise ValueError(f"{name} must be a whole number {wanted}, got {shown(value)}")
    return found


def number(name: str, value: Any, least: float | None = None, most: float | None = None) -> float:
    """`value` as a finite float; an int stays an int, so that it is written as the user wrote it.

    Parameters
    ----------
    name : what the user calls it, for the error
    value : an int, a float or a NumPy number, also one in an array without axes
    least, most : the range, both ends included; None for any

    Raises
    ------
    ValueError
        If it is anything else (a bool too), not finite, or out of range.
    """
    value = _unpacked(value)
    bounds = {
        (False, False): "",
        (True, False): f" of at least {least}",
        (False, True): f" of at most {most}",
        (True, True): f" from {least} to {most}",
    }[least is not None, most is not None]
    good = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    found: float = 0
    if good and isinstance(value, Integral):
        good, found = abs(int(value)) <= LARGEST, int(value)
    elif good:
        found = float(value)
        good = isfinite(found)
    if not good or (least is not None and found < least) or (most is not None and found > most):
        raise ValueError(f"{name} must be a number{bounds}, got {shown(value)}")
    return found


def flag(name: str, value: Any) -> bool:
    """`value` as a bool; a ValueError for anything but True and False, Python's or NumPy's."""
    value = _unpacked(value)
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be true or false, got {shown(value)}")
    return bool(value)


def choice(name: str, value: Any, names: Iterable[str]) -> str:
    """`value` as a str that is one of `names`; a ValueError that lists them for anything else."""
    known = list(names)
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{name} must be {one_of(known)}, got {shown(value)}")
    return str(value)


def checked(option: Option, value: Any, called: str | None = None) -> Any:
    """`value` as an option may be, Python's own.

    A ValueError in one sentence if it is not, under the name it was `called`.
    """
    name = called or option.name
    match option.kind:
        case "whole number":
            most = LARGEST if option.most is None else int(option.most)
            return whole_number(name, value, int(option.least or 0), most)
        case "number":
            return number(name, value, option.least, option.most)
        case "yes or no":
            return flag(name, value)
        case "choice":
            return choice(name, value, option.choices)
        case "word":
            return word(name, value)


def word(name: str, value: Any) -> str:
    """`value` as a str; a ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text, got {shown(value)}")
    return str(value)


def one_of(names: Iterable[str]) -> str:
    """'"a", "b" or "c"', for an error message."""
    quoted = [f'"{name}"' for name in names]
    return " or ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def nearest(word: str, known: Iterable[str]) -> str:
    """The hint after an unknown name: the nearest one, in small letters or capitals, or all there are."""
    by_word = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_word, n=1)
    return f", did you mean {by_word[near[0]]}?" if near else f", there are {', '.join(by_word.values())}"


def only_known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """A ValueError for the first unknown name, with the nearest known one: 'train has no setting "stepz", did …'."""
    names = list(known)
    for name in given:
        if name not in names:
            raise ValueError(f'{what} "{name}"{nearest(name, names)}')


def _unpacked(value: Any) -> Any:
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value


def shown(value: Any) -> str:
    """The value as Python writes it, NumPy's scalars as plain ones, shortened."""
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except ValueError:  # more digits than Python writes
        text = "a number of very many digits"
    return text if len(text) <= 60 else f"{text[:40]}…"
