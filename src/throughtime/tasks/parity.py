"""Parity of the bits so far."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits
from throughtime.tasks.task import option


@dataclass(frozen=True, kw_only=True)
class Parity(MachineTask):
    """Predict at every step whether the number of ones so far is odd: memory that never forgets.  [docs/math.md#tasks]

    Parameters
    ----------
    bits : int
        Steps of the words to learn from.

    References
    ----------
    M. Minsky, S. Papert, Perceptrons (1969), for parity; read bit by bit it needs one bit of memory.
    """

    bits: int = option(16, "Steps of the words to learn from.")

    name: ClassVar[str] = "parity"

    @cached_property
    def machine(self) -> Machine:
        """State: the parity so far."""
        symbols, names = all_bits(1)
        parity = np.array([[0, 1], [1, 0]])
        return Machine(
            symbols=symbols,
            next=parity,
            outputs=parity[:, :, None],
            state_names=("even", "odd"),
            symbol_names=names,
        )
