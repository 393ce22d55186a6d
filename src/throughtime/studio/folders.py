"""Where a session keeps its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class Folders:
    """A folder for each name that runs have: made when the first of them begins to learn, and taken by the next.

    Parameters
    ----------
    make : function of a name, optional
        Makes a folder; nothing is kept where there is none.
    """

    def __init__(self, make: Callable[[str], Path] | None) -> None:
        self.make = make
        self.made: dict[str, Path] = {}

    def of(self, name: str) -> Path | None:
        """The folder of a name; a ValueError, once, if it cannot be made."""
        if name not in self.made and self.make is not None:
            make, self.make = self.make, None  # one Error is enough
            try:
                self.made[name] = make(name)
            except (OSError, ValueError) as wrong:
                reason = getattr(wrong, "strerror", None) or wrong
                raise ValueError(f"the run is trained and not kept: {reason}") from None
            self.make = make
        return self.made.get(name)
