"""JSON and TOML from outside: whatever is wrong with a text is a ValueError in one sentence."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, NoReturn

LARGEST_DOCUMENT = 64 * 2**20
"""Bytes of a text file that is read whole, unless who reads it says otherwise."""


def json_value(text: str | bytes, name: str) -> Any:
    """The value that a JSON text writes.

    Parameters
    ----------
    text : str, or bytes in UTF-8
    name : what it is, for the error: a path, or "its metadata"

    Raises
    ------
    ValueError
        If it is not JSON (NaN and Infinity are not), is nested too deeply, or has numbers of too many digits.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply") from None
    except ValueError as error:  # json's own, of the encoding, or of a number's digits
        raise ValueError(f"{name} is not JSON: {error}") from None


def json_object(text: str | bytes, name: str) -> dict[str, Any]:
    """The object that a JSON text writes, as a dict; a ValueError if it writes anything else."""
    found = json_value(text, name)
    if not isinstance(found, dict):
        raise ValueError(f"{name} must be a JSON object, got {type(found).__name__}")
    return found


def toml_table(text: str, name: str) -> dict[str, Any]:
    """The table that a TOML text writes; a ValueError if it is not TOML or nested too deeply."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{name} is damaged: {error}") from None


def text_of(path: Path, most: int = LARGEST_DOCUMENT) -> str:
    """The text of a file in UTF-8 (a byte order mark is passed over).

    Parameters
    ----------
    path : Path
        Of a regular file: a device or a pipe, which may never end, is refused.
    most : int
        The most bytes that it may have.

    Raises
    ------
    ValueError
        If it is no regular file, too large, or not UTF-8.
    OSError
        If it cannot be read.
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file")
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is not a regular file; copy what it gives into a file first")
    size = path.stat().st_size
    if size > most:
        raise ValueError(f"{path} has {size:,} bytes; at most {most:,} are read")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8: byte {error.start + 1} does not fit") from None


def printable(text: str) -> str:
    """Text from outside for a terminal: control characters (escape sequences too) are written out, as in \\x1b."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
