"""Counting modulo k."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits
from throughtime.tasks.task import option


@dataclass(frozen=True, kw_only=True)
class Counter(MachineTask):
    """Tell 1 when the number of ones so far is divisible by k, else 0: the count itself is never shown.

    Parameters
    ----------
    bits : int
        Steps of the words to learn from.
    modulus : int
        k; 2 is parity, inverted.

    References
    ----------
    The cyclic case of the group automata in J. E. Hopcroft, J. D. Ullman, Introduction to Automata Theory,
    Languages, and Computation (1979); Tomita's fifth and sixth languages are made of such counters.
    """

    bits: int = option(16, "Steps of the words to learn from.")
    modulus: int = option(3, "The modulus of the count.", 2, 1000)

    name: ClassVar[str] = "counter"
    memory: ClassVar[str] = "count"

    @cached_property
    def machine(self) -> Machine:
        """State: the count modulo k."""
        symbols, names = all_bits(1)
        count = np.arange(self.modulus)
        after = (count[:, None] + np.arange(2)) % self.modulus
        return Machine(
            symbols=symbols,
            next=after,
            outputs=(after == 0).astype(np.int64)[:, :, None],
            state_names=tuple(f"count {c}" for c in count),
            symbol_names=names,
        )
