"""A value that people choose by its name. Nothing is imported here, so that `--help` waits for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Option:
    """A value that people choose by its name; `checks.checked` checks one.

    name : str
    kind : what it is; a "word" is any text
    help : what it is for, in a few words
    least, most : the range of a number, both ends included; None for any
    choices : what a "choice" may be
    of : whom it belongs to
    """

    name: str
    kind: Literal["whole number", "number", "yes or no", "choice", "word"]
    help: str = ""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    of: Literal["task", "network", "settings"] = "task"
