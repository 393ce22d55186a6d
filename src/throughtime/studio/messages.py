"""What a page sends to its host, the studio's server or the worker of a page in one file: JSON objects, each with its
"type". `answers` is the host's side.

A message with an unknown key, a value out of range or of the wrong type is answered with an Error.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, ClassVar, NewType

from throughtime.studio.plan import LARGEST_SEED, OF_TASKS, SETTINGS
from throughtime.support import schema
from throughtime.support.checks import checked, number, shown, whole_number, word
from throughtime.support.documents import json_object

LARGEST_MESSAGE = 2**16
"""Bytes of a message from the page."""

LARGEST_UPLOAD = 2**26
DIGITS = 309

LIMITS: dict[str, int] = {
    "count": 1000, "operand_bits": 1024, "upload_bytes": LARGEST_UPLOAD, "message_bytes": LARGEST_MESSAGE,
    "frames_per_second": 60, "updates_per_second": 100_000,
}  # fmt: skip

MOST_LETTERS = 200
MOST_OPERANDS = 10
NAMES = ("task", *dict.fromkeys([*SETTINGS, *(name for options in OF_TASKS.values() for name in options)]))
"""Of all settings; which of them a task has, and what they may be, is checked with the task."""


SomeSettings = NewType("SomeSettings", dict[str, Any])
"""Of `answers.Settings`, as many as are chosen."""

Operand = NewType("Operand", int)
"""A whole number; the page sends it as a string of digits where JavaScript has no such number."""


class Malformed(ValueError):
    """A message that is not as described; says in one sentence what is wrong."""


def _settings(name: str, given: Any) -> Any:
    chosen = schema.with_keys(given, name, (), NAMES)
    return {option: _setting(option, value) for option, value in chosen.items() if value is not None}


def _setting(name: str, value: Any) -> Any:
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise Malformed(f"{name} must be a word of at most {MOST_LETTERS} letters")
    if name in ("task", "cell"):
        return word(name, value)
    if name in SETTINGS:
        return checked(SETTINGS[name], value)
    if not isinstance(value, str | int | float):
        raise Malformed(f"{name} must be a word or a number, got {shown(value)}")
    return value


def _operands(name: str, value: Any) -> Any:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_OPERANDS:
        raise Malformed(f"{name} must be a list of 1 to {MOST_OPERANDS} whole numbers")
    return value


def _operand(name: str, value: Any) -> int:
    if isinstance(value, str) and len(value) <= DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    most = LIMITS["operand_bits"]
    if isinstance(value, int) and value.bit_length() > most:
        raise Malformed(f"{name} may have {most} bits here, got one of {value.bit_length()}")
    return whole_number(name, value, 0, 2**most)


def _up_to(name: str) -> Any:
    return partial(number, least=1, most=LIMITS[name])


@dataclass(frozen=True)
class Configure:
    """A new run at step 0. What is left out, or null, is taken from the recipe of the task and cell."""

    type: ClassVar = "configure"
    settings: Annotated[SomeSettings, _settings]


@dataclass(frozen=True)
class Consider:
    """Whether a run with these settings can be had; nothing is changed."""

    type: ClassVar = "consider"
    settings: Annotated[SomeSettings, _settings]


@dataclass(frozen=True)
class Train:
    """Continue, up to the settings' steps, or for as many again where these have been taken."""

    type: ClassVar = "train"


@dataclass(frozen=True)
class Pause:
    """Stop."""

    type: ClassVar = "pause"


@dataclass(frozen=True)
class Step:
    """So many updates, then a frame."""

    type: ClassVar = "step"
    count: Annotated[int, partial(whole_number, least=1, most=LIMITS["count"])] = 1


@dataclass(frozen=True)
class Reset:
    """The same settings at step 0."""

    type: ClassVar = "reset"


@dataclass(frozen=True)
class Operands:
    """Show the calculation with these numbers, or strings of their digits."""

    type: ClassVar = "example"
    operands: Annotated[tuple[Annotated[Operand, _operand], ...], _operands]


@dataclass(frozen=True)
class Sample:
    """Show a sequence drawn from this seed."""

    type: ClassVar = "example"
    sample: Annotated[int, partial(whole_number, least=0, most=LARGEST_SEED)]


@dataclass(frozen=True)
class Prove:
    """Try to prove the network right for every length."""

    type: ClassVar = "prove"


@dataclass(frozen=True)
class CheckProof:
    """Check the proof that came with the network."""

    type: ClassVar = "check"


@dataclass(frozen=True)
class Restore:
    """Back to the recorded checkpoint that is nearest to a step."""

    type: ClassVar = "restore"
    step: Annotated[int, partial(whole_number, least=0, most=sys.maxsize)]


@dataclass(frozen=True)
class Pace:
    """Frames a second for this page, and updates a second of the training that all pages see, null for full speed; what
    is left out stays."""

    type: ClassVar = "pace"
    frames_per_second: Annotated[float, _up_to("frames_per_second")] = 0
    updates_per_second: Annotated[float, _up_to("updates_per_second")] | None = 0


Message = Configure | Consider | Train | Pause | Step | Reset | Operands | Sample | Prove | CheckProof | Restore | Pace


def read(text: str | bytes) -> Message:
    """The message that a page sent; Malformed for anything else."""
    if len(text) > LARGEST_MESSAGE:
        raise Malformed(f"a message may have {LARGEST_MESSAGE} bytes, got {len(text)}")
    try:
        message: Message = schema.read(Message, json_object(text, "a message"), "a message")
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(str(error)) from None
    return message
