"""Addition of binary numbers, bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.batch import Array
from throughtime.support.checks import whole_number
from throughtime.tasks.bits import Operand, calculation, to_bits, to_number
from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits, carrying
from throughtime.tasks.task import make_room, option


@dataclass(frozen=True, kw_only=True)
class Addition(MachineTask):
    """Add numbers, least significant bit first.  [docs/math.md#addition]

    At step t the network reads one bit of each operand and predicts that bit of the sum. The carry, 0..k−1 for k
    operands, is never shown: the network has to find it and remember it.

    Parameters
    ----------
    bits : int
        Steps of the sums to learn from. Operands are drawn uniformly so that the sum fits: below 2^(bits−1)
        for two operands, below 2^(bits−2) for three or four.
    operands : int
        How many numbers are added, k.

    References
    ----------
    The well-known teaching demo of 2015, and `rnn-bit` of KANN (github.com/attractivechaos/kann).
    """

    operands: int = option(2, "How many numbers are added.", 2, 10)

    name: ClassVar[str] = "addition"
    reads_numbers: ClassVar[bool] = True
    sign: ClassVar[str] = "+"
    memory: ClassVar[str] = "carry"
    done: ClassVar[str] = "added"
    command: ClassVar[str] = "add"

    @property
    def closing(self) -> int:
        """Bits by which a sum of k numbers may be longer than they are."""
        return (self.operands - 1).bit_length()

    @cached_property
    def machine(self) -> Machine:
        """State: the carry."""
        symbols, names = all_bits(self.operands)
        total = np.arange(self.operands)[:, None] + symbols.sum(axis=1).astype(np.int64)
        return carrying(symbols, names, total)

    def encode(self, *numbers: int, bits: int | None = None) -> tuple[Array, Array]:
        """Numbers of any size and their sum → x (1,T,k), y (1,T,1).

        T is `bits` (`self.bits` when not given), or more if the sum needs more.
        """
        if len(numbers) != self.operands:
            raise ValueError(f"{self.name} takes {self.operands} numbers, got {len(numbers)}")
        bits = self.bits if bits is None else whole_number("bits", bits, 1)
        numbers = tuple(whole_number("a number to add", number, 0, None) for number in numbers)
        total = sum(numbers)
        T = max(bits, total.bit_length())
        make_room(1, T, self.operands + 1)
        x = np.stack([to_bits(number, T) for number in numbers], axis=1)
        return x[None], to_bits(total, T)[None, :, None]

    def decode(self, y: Array) -> int:
        """The number that one sequence of outputs, (T,1) or (1,T,1), spells."""
        return to_number(np.ravel(y))

    def render(self, x: Array, y: Array) -> str:
        """The sum as one writes it: carry, operands, sum."""
        carry, d = self.retrace(x)
        operands = [Operand("+" if i else " ", to_number(bits), bits) for i, bits in enumerate(x.T)]
        return calculation(self.memory, carry[:-1], operands, y[:, 0], d[:, 0])
