"""The form of a certificate, and the numbers in it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

MOST, WIDEST = 10**6, 2**15  # names, sets of states and the like; numbers in a row of a matrix or a set
DTYPES = {"float64": (53, 1022), "float32": (24, 126)}  # bits; −log₂ of the smallest normal number
ARITY = dict.fromkeys(["x", "state", "parameter", "number"], 0) | dict.fromkeys(["neg", "sigmoid", "tanh", "relu"], 1)
ARITY |= dict.fromkeys(["@", "+", "-", "*", "minimum", "maximum"], 2)


class Rejected(Exception):
    """Why a certificate proves nothing."""


class Inexact(Rejected):
    """Its ε is less than `rounding`, what a step may be off by."""

    def __init__(self, what: str, rounding: float) -> None:
        super().__init__(what)
        self.rounding = rounding


def need(condition: Any, what: str) -> None:
    """Reject unless the condition surely holds."""
    if not condition:
        raise Rejected(what)


def shown(value: float) -> str:
    """A number with all its digits."""
    return repr(float(value)).removesuffix(".0")


def near(value: float, side: int) -> str:
    """Three digits of a number from 0 that come to no more than it, by side −1, or to no less, by side 1."""
    text = f"{value:.3g}"
    return text if side * float(text) >= side * value else f"{value * (1 + side * 0.006):.3g}"


def off_by(low: float, high: float) -> str:
    """By how much a number in the middle of an interval may be off; no more but for what its ends were rounded by."""
    return near((high - low) / 2 * (1 + 1e-9), -1)


def double(text: str) -> float:
    """The double that a hexadecimal text writes; refused if it is none, to the last digit."""
    found = float.fromhex(text)
    if found.hex() != text and math.isfinite(found):
        digits, _, power = text.strip().lower().partition("p")
        before, _, after = digits.lstrip("+-").removeprefix("0x").partition(".")
        exponent, (n, d) = int(power or 0) - 4 * len(after), found.as_integer_ratio()
        need(abs(exponent) < 10_000 and len(text) <= 1000, f"{text[:40]} is no double")
        exact = int(before + after, 16) * d << max(exponent, 0) == abs(n) << max(-exponent, 0)
        need(exact, f"{text[:40]} has more digits than a double")
    return found + 0.0  # −0 is 0


def whole(text: str) -> None:
    """Refuse a number in JSON that is written with a point, or is none: all but whole ones are texts."""
    raise Rejected(f"expected whole numbers, and others as text, got {text[:40]}")


KINDS: dict[str, Callable[[Any], bool]] = {  # names have letters that are the same in every version of Unicode
    "number": lambda v: type(v) is str and math.isfinite(double(v)),
    "size": lambda v: type(v) is int and 0 < v <= WIDEST,
    "text": lambda v: type(v) is str and len(v) <= 10_000,
    "name": lambda v: type(v) is str and bool(re.fullmatch("(?![0-9])[A-Za-z0-9_À-ÖØ-öø-ÿΑ-ΡΣ-ω]{0,100}", v)),
    "list": lambda v: type(v) is list,  # of what, depends on sizes
}
OPERATION = {"op": (*ARITY,), "of": "list", "name": "name", "value": "number"}
STEP = {"name": "name", "states": ["name"], "operations": [OPERATION], "after": "list", "blocks": [["name"]]}
NETWORK = {"step": STEP, "readout": ("sigmoid", "identity"), "bias": (False, True), "dtype": (*DTYPES,)}
NETWORK |= dict.fromkeys(["inputs", "hidden", "outputs", "layers"], "size")
MACHINE = dict.fromkeys(["symbols", "next", "outputs"], "list") | {"state_names": ["text"], "symbol_names": ["text"]}
FILE = {"format": ("throughtime proof",), "version": (2,), "network": NETWORK, "specification": MACHINE}
FILE |= {"m": range(1, 21), "weights": ["number"], "sha256": "text", "epsilon": "number", "sets": "list"}


def read(value: Any, form: Any, what: str) -> Any:
    """The value, if it has that form: a table, a list of one form (so many), one of several values, one of KINDS."""
    if form == "interval":  # a number, or its two ends
        found = read(value if type(value) is list else [value, value], ["number", 2], what)
        need(found[0] <= found[1], f"{what}: lo is above hi")
        return found
    if isinstance(form, dict):
        need(type(value) is dict and set(value) == set(form), f"{what}: expected a table of {', '.join(form)}")
        return SimpleNamespace(**{key: read(value[key], form[key], key) for key in form})
    if isinstance(form, list):
        need(type(value) is list and len(value) in (form[1:] or [len(value)]), f"{what}: expected a list {form[1:]}")
        found = [read(entry, form[0], what) for entry in value]
        return np.array(found, np.float64) if form[0] == "number" else found
    if isinstance(form, tuple | range):
        kinds = {int} if isinstance(form, range) else {*map(type, form)}
        need(type(value) in kinds and value in form, f"{what}: expected one of {form}")
        return value
    need(KINDS[form](value), f"{what}: expected a {form}")
    return double(value) if form == "number" else value
