"""A budget of work, counted before it is done: a search ends at the same place on a busy machine and on a quiet one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from throughtime.support.checks import number

SECOND = 1.6e10
"""Multiplications that count as a second of work: about those of one on a machine with nothing else to do."""

CALL = 2e6
"""What a call that works on many rows at once counts for, besides its rows."""

NUMBER, SINGLE = 2e2, 4e5
"""What a number counts for that is sorted by the set it is met in, and what is done in Python for one state alone."""


class OutOfBudget(Exception):
    """The next piece of work is more than is left."""


@dataclass
class Budget:
    """Work that may still be done.

    Parameters
    ----------
    left : float
        In multiplications.
    """

    left: float = math.inf

    @classmethod
    def of(cls, seconds: float) -> Budget:
        """So many seconds of work; a ValueError if it is no number of at least 0, or infinite."""
        return cls(SECOND * (seconds if seconds == math.inf else number("budget", seconds, 0)))

    def take(self, multiplications: float) -> None:
        """Do so much work next; OutOfBudget if there is not so much left."""
        self.left -= multiplications
        if self.left < 0:
            raise OutOfBudget
