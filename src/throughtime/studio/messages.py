"""The protocol of the page and the server: JSON objects over a websocket, each with a "type".

From the page; a message with an unknown key, a value out of range or of the wrong type is answered with an error:

    configure   settings: a task, and some or all of its options and those of `options.OPTIONS`. What is left out, or
                null, is taken from the recipe of the task and cell. A new run at step 0
    train       go on training, up to the settings' steps, or for as many again where these have been taken
    pause       stop training
    step        count: 1..1000. As many updates, then a frame
    reset       the same settings at step 0
    example     operands: whole numbers, or strings of their digits; or sample: a seed ≥ 0
    prove       try to prove the network right for every length
    restore     step: go back to the recorded checkpoint that is nearest to it
    pace        frames_per_second: 1..60 for this page; optionally updates_per_second: 1..100000, or null for full
                speed, of the training that all pages see

To the page:

    hello       version; tasks: [{name, description, options: their names, operands: how many numbers it takes}];
                options: [{name, kind, help, least, most, choices, of: task, network or settings, enabled}] of this
                task, networks and training; settings: their values by name, and the task; limits; run: its folder or
                null; waiting: why there is nothing to train on, or null. Again whenever the settings change
    frame       see `frame`
    history     entries: [{step, loss, exact, bits, gradient_norm, learning_rate, seconds, …}], null for what is not
                measured; reset: whether entries told before are void; checkpoints: the steps that can be restored
    state       running, step
    proof       state: "running", "proved", "refuted" or "unknown"; sentence, seconds; sets of a proof;
                word: {operands, symbols, step (from 1), expected, given} of a wrong input, of which a frame follows
    saved       path
    error       message: one sentence
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from throughtime.studio.plan import LARGEST_SEED, OF_TASKS, SETTINGS
from throughtime.support.checks import checked, number, whole_number
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
NAMES = {"task", *SETTINGS, *(name for options in OF_TASKS.values() for name in options)}
"""Of all settings; which of them a task has, and what they may be, is checked with the task."""


class Malformed(ValueError):
    """A message that is not as described; says in one sentence what is wrong."""


@dataclass(frozen=True)
class Configure:
    """A new run."""

    settings: dict[str, Any]


@dataclass(frozen=True)
class Train:
    """Go on."""


@dataclass(frozen=True)
class Pause:
    """Stop."""


@dataclass(frozen=True)
class Step:
    """Some updates, then a frame."""

    count: int


@dataclass(frozen=True)
class Reset:
    """Back to step 0."""


@dataclass(frozen=True)
class Operands:
    """Show the calculation with these numbers."""

    operands: tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """Show a sequence drawn from this seed."""

    seed: int


@dataclass(frozen=True)
class Prove:
    """Try to prove."""


@dataclass(frozen=True)
class Restore:
    """Back to a checkpoint."""

    step: int


@dataclass(frozen=True)
class Pace:
    """Frames a second for this page, updates a second of training (None: as fast as it goes); what is 0 stays."""

    frames_per_second: float
    updates_per_second: float | None


Message = Configure | Train | Pause | Step | Reset | Operands | Sample | Prove | Restore | Pace


def read(text: str | bytes) -> Message:
    """The message that a page sent; Malformed for anything else."""
    if len(text) > LARGEST_MESSAGE:
        raise Malformed(f"a message may have {LARGEST_MESSAGE} bytes, got {len(text)}")
    try:
        document = json_object(text, "a message")
        kind = document.pop("type", None)
        if not isinstance(kind, str):
            raise Malformed('a message must be a JSON object with a "type"')
        return _message(kind, document)
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(str(error)) from None


def _message(kind: str, document: dict[str, Any]) -> Message:
    if kind not in _READERS:
        raise Malformed(f'there is no message "{kind[:40]}", there are {", ".join(_READERS)}')
    message: Message = _READERS[kind](document)
    return message


def _keys(kind: str, document: dict[str, Any], needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> None:
    for name in needed:
        if name not in document:
            raise Malformed(f'"{kind}" needs "{name}"')
    for name in document:
        if name not in needed and name not in optional:
            raise Malformed(f'"{kind}" has no "{name[:40]}"')


def _configure(document: dict[str, Any]) -> Configure:
    _keys("configure", document, ("settings",))
    given = document["settings"]
    if not isinstance(given, dict):
        raise Malformed("settings must be an object")
    _keys("settings", given, (), tuple(NAMES))
    settings: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, str) and len(value) > MOST_LETTERS:
            raise Malformed(f"{name} must be a word of at most {MOST_LETTERS} letters")
        if value is not None:
            settings[name] = (
                checked(SETTINGS[name], value) if name in SETTINGS and name != "cell" else _plain(name, value)
            )
    return Configure(settings)


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, str if name in ("task", "cell") else str | int | float):
        raise Malformed(f"{name} must be a word" + ("" if name in ("task", "cell") else " or a number"))
    return value


def _example(document: dict[str, Any]) -> Operands | Sample:
    if "operands" not in document:
        _keys("example", document, ("sample",))
        return Sample(whole_number("sample", document["sample"], 0, LARGEST_SEED))
    _keys("example", document, ("operands",))
    operands = document["operands"]
    if not isinstance(operands, list) or not 1 <= len(operands) <= 10:
        raise Malformed("operands must be a list of 1 to 10 whole numbers")
    return Operands(tuple(map(_operand, operands)))


def _operand(value: Any) -> int:
    if isinstance(value, str) and len(value) <= DIGITS and value.isascii() and value.isdigit():
        value = int(value)
    most = LIMITS["operand_bits"]
    if isinstance(value, int) and value.bit_length() > most:
        raise Malformed(f"an operand may have {most} bits here, got one of {value.bit_length()}")
    return whole_number("an operand", value, 0, 2**most)


def _step(document: dict[str, Any]) -> Step:
    _keys("step", document, (), ("count",))
    return Step(whole_number("count", document.get("count", 1), 1, LIMITS["count"]))


def _restore(document: dict[str, Any]) -> Restore:
    _keys("restore", document, ("step",))
    return Restore(whole_number("step", document["step"], 0, sys.maxsize))


def _pace(document: dict[str, Any]) -> Pace:
    _keys("pace", document, (), ("frames_per_second", "updates_per_second"))
    frames = document.get("frames_per_second", 0)
    updates = document.get("updates_per_second", 0)
    if frames != 0:
        frames = number("frames_per_second", frames, 1, LIMITS["frames_per_second"])
    if updates is not None and updates != 0:
        updates = number("updates_per_second", updates, 1, LIMITS["updates_per_second"])
    return Pace(frames, updates)


def _bare(kind: str, message: Message) -> Any:
    def reader(document: dict[str, Any]) -> Message:
        _keys(kind, document, ())
        return message

    return reader


_READERS: dict[str, Any] = {
    "configure": _configure,
    "train": _bare("train", Train()),
    "pause": _bare("pause", Pause()),
    "step": _step,
    "reset": _bare("reset", Reset()),
    "example": _example,
    "prove": _bare("prove", Prove()),
    "restore": _restore,
    "pace": _pace,
}


def write(kind: str, **values: Any) -> str:
    """A message to the page; numbers that are not finite become null."""
    return json.dumps({"type": kind, **_finite(values)}, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and value - value != 0 else value
