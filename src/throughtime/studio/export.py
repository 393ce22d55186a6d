"""A page in one file that works without a server and without a network."""

from __future__ import annotations

import re
from typing import Any


def plain(name: str) -> str:
    """A file's name in plain letters."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name)


def page(
    frames: list[str], history: list[dict[str, Any]], settings: dict[str, Any], verdict: dict[str, Any] | None
) -> str:
    """The page."""
    raise ValueError("not yet")
