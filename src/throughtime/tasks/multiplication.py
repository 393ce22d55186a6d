"""Multiplication of a binary number by a constant, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.bits import Operand, calculation, to_number
from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits, carrying
from throughtime.tasks.task import option


@dataclass(frozen=True, kw_only=True)
class Multiplication(MachineTask):
    """Multiply by a constant m, least significant bit first: the carry is 0..m−1.  [docs/math.md#tasks]

    Parameters
    ----------
    bits : int
        Steps of the products to learn from. Operands are drawn uniformly from the numbers of as many bits as
        let the product fit.
    factor : int
        The constant, m.

    References
    ----------
    `rnn-bit` of KANN (github.com/attractivechaos/kann) learns products with a factor of up to 100, which
    is an input there.
    """

    bits: int = option(12, "Steps of the products to learn from.")
    factor: int = option(3, "The constant.", 1, 1000)

    name: ClassVar[str] = "multiplication"
    reads_numbers: ClassVar[bool] = True
    memory: ClassVar[str] = "carry"
    done: ClassVar[str] = "multiplied"

    @property
    def closing(self) -> int:
        """Bits by which a product may be longer than the operand."""
        return (self.factor - 1).bit_length()

    @cached_property
    def machine(self) -> Machine:
        """State: the carry."""
        symbols, names = all_bits(1)
        total = np.arange(self.factor)[:, None] + self.factor * np.arange(2)
        return carrying(symbols, names, total)

    def render(self, x: Array, y: Array) -> str:
        """The product as one writes it: carry, operand, factor, product."""
        carry, d = self.retrace(x)
        a = x[:, 0]
        operands = [Operand(" ", to_number(a), a), Operand("×", self.factor)]
        return calculation(self.memory, carry[:-1], operands, y[:, 0], d[:, 0])
