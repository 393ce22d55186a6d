"""Subtraction of binary numbers, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.bits import Operand, calculation, to_number
from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits


@dataclass(frozen=True, kw_only=True)
class Subtraction(MachineTask):
    """Subtract b from a, least significant bit first: the network has to remember the borrow.  [docs/math.md#tasks]

    Pairs to learn from have a ≥ b. The machine is defined for every pair: where a < b, T steps tell the two's
    complement a − b + 2^T, and an exhaustive check covers these too.

    Parameters
    ----------
    bits : int
        Steps of the differences to learn from, and bits of both operands.

    References
    ----------
    The borrow mirrors the carry of addition; D. E. Knuth, The Art of Computer Programming 2, §4.3.1 (1997).
    """

    name: ClassVar[str] = "subtraction"
    reads_numbers: ClassVar[bool] = True
    sign: ClassVar[str] = "−"
    memory: ClassVar[str] = "borrow"
    done: ClassVar[str] = "subtracted"

    @cached_property
    def machine(self) -> Machine:
        """State: the borrow."""
        symbols, names = all_bits(2)
        borrow = np.arange(2)
        difference = (symbols[:, 0] - symbols[:, 1]).astype(np.int64) - borrow[:, None]
        return Machine(
            symbols=symbols,
            next=(difference < 0).astype(np.int64),
            outputs=difference[:, :, None] % 2,
            state_names=("borrow 0", "borrow 1"),
            symbol_names=names,
        )

    def draw(self, rng: np.random.Generator, batch: int) -> Array:
        """Random pairs, the operands swapped where a < b, that is where a borrow is left at the end."""
        word = super().draw(rng, batch)
        swapped = np.array([0, 2, 1, 3])
        return np.where(self.follow(word)[1] == 1, swapped[word], word)

    def render(self, x: Array, y: Array) -> str:
        """The difference as one writes it: borrow, operands, difference."""
        borrow, d = self.retrace(x)
        a, b = x.T
        operands = [Operand(" ", to_number(a), a), Operand("−", to_number(b), b)]
        return calculation(self.memory, borrow[:-1], operands, y[:, 0], d[:, 0])
