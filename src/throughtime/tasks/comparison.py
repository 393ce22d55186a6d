"""Comparison of binary numbers, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits


@dataclass(frozen=True, kw_only=True)
class Comparison(MachineTask):
    """Tell at every step whether a > b as far as they have been read, least significant bit first.

    The higher bit decides: where the two bits differ the answer is new, where they are equal it stays.

    Parameters
    ----------
    bits : int
        Steps of the pairs to learn from, and bits of both numbers.

    References
    ----------
    The serial comparator of switching theory; Z. Kohavi, Switching and Finite Automata Theory (1978).
    """

    name: ClassVar[str] = "comparison"
    reads_numbers: ClassVar[bool] = True
    done: ClassVar[str] = "compared"
    reads: ClassVar[tuple[str, ...]] = ("a", "b")

    @cached_property
    def machine(self) -> Machine:
        """State: the answer so far."""
        symbols, names = all_bits(2)
        greater = np.array([[0, 0, 1, 0], [1, 0, 1, 1]])
        return Machine(
            symbols=symbols,
            next=greater,
            outputs=greater[:, :, None],
            state_names=("not greater", "greater"),
            symbol_names=names,
        )
