"""How much memory there is, so that what needs more is refused with a sentence before any of it is taken."""

from __future__ import annotations

import os
from pathlib import Path

_UNKNOWN = 4 * 2**30
"""Bytes that are taken for available where the system does not say."""


_ALWAYS_THERE = 2**20
"""Bytes that nobody need ask for."""


class TooLarge(ValueError):
    """More memory is needed than there is."""


def available() -> int:
    """Bytes of memory that can still be taken without swapping, as far as the system says."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return min(int(line.split()[1]) * 1024, _limit_of_group())
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return _UNKNOWN


def _limit_of_group() -> int:
    """The memory that a container's control group leaves, or more than any computer has."""
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return 2**62


def require(needed: float, what: str, advice: str = "choose smaller sizes") -> None:
    """Refuse what needs more memory than there is.

    Parameters
    ----------
    needed : bytes, as an estimate from below
    what : the noun that the sentence is about: "a network of 1,000,000 layers"
    advice : what to do instead

    Raises
    ------
    TooLarge
        A ValueError in one sentence.
    """
    if needed <= _ALWAYS_THERE:
        return
    there = available()
    if needed > there:
        raise TooLarge(f"{what} needs about {_size(needed)} of memory, and {_size(there)} are available: {advice}")


def _size(count: float) -> str:
    count = max(count, 0)
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6)):
        if count >= 10**power:
            return f"{count / 10**power:,.1f} {unit}"
    return f"{count:,.0f} bytes"
