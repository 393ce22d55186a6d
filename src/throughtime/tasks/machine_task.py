"""Tasks that are Mealy machines over bits: the target of each step is the output of a finite machine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from itertools import product
from typing import ClassVar

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.support.checks import whole_number
from throughtime.tasks import exhaustive
from throughtime.tasks.bits import Row, cells, table, to_bits, to_number
from throughtime.tasks.machine import Machine
from throughtime.tasks.task import Described, Evaluation, Loss, Net, Output, Readout, make_room, option, sampled


@dataclass(frozen=True, kw_only=True)
class MachineTask(Described, ABC):
    """Words of random bits, and at every step the output of a machine that reads them.

    A task of this kind gives its name, what its input features are called, and its machine; the rest follows.

    Parameters
    ----------
    bits : int
        Steps of the words that are drawn to learn from.
    """

    bits: int = option(8, "Steps of the words to learn from.")

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]] = ("bit",)
    readout: ClassVar[Readout] = "sigmoid"
    loss: ClassVar[Loss] = "squared"
    output: ClassVar[Output] = "every step"
    sized_by: ClassVar[str] = "bits"

    def __post_init__(self) -> None:
        bits, *others = self.choices()
        self.settle(others)
        self.settle([replace(bits, least=self.closing + 1)])  # which is known when the others are

    @property
    @abstractmethod
    def machine(self) -> Machine:
        """The machine, with the fewest states that will do."""

    @property
    def closing(self) -> int:
        """Last steps of a word at which only zeros are read, so that the carry comes out."""
        return 0

    @property
    def inputs(self) -> int:
        """I, the bits read at a step."""
        return int(self.machine.symbols.shape[1])

    @property
    def outputs(self) -> int:
        """O, the bits of output at a step."""
        return int(self.machine.outputs.shape[2])

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw words of `bits` steps → x (B,T,I), y (B,T,O)."""
        make_room(batch, self.bits, self.inputs + self.outputs)
        word = self.draw(rng, batch)
        entry, _ = self.follow(word)
        outputs = self.machine.outputs.reshape(-1, self.outputs).astype(np.float64)
        return Batch(self.machine.symbols.take(word.T, axis=0), outputs.take(entry.T, axis=0))

    def draw(self, rng: np.random.Generator, batch: int) -> Array:
        """Random symbols (T,B), the first of the alphabet while closing."""
        word = rng.integers(len(self.machine.symbols), size=(self.bits, batch))
        word[self.bits - self.closing :] = 0
        return word

    def follow(self, word: Array) -> tuple[Array, Array]:
        """Run the machine on symbols (T,B) → the table entries (T,B) it came by, its last state (B,)."""
        return self.machine.follow(word)

    def encode(self, *numbers: int) -> tuple[Array, Array]:
        """Numbers and their result → x (1,T,I), y (1,T,O).

        T is `bits`, or more if the numbers and what carries need more.
        """
        if not self.reads_numbers:
            return super().encode(*numbers)
        if len(numbers) != self.inputs:
            raise ValueError(f"{self.name} takes {self.inputs} numbers, got {len(numbers)}")
        numbers = tuple(whole_number("a number", number, 0, None) for number in numbers)
        T = max(self.bits, max(numbers).bit_length() + self.closing)
        make_room(1, T, self.inputs + self.outputs)
        x = np.stack([to_bits(number, T) for number in numbers], axis=1)
        return x[None], self.retrace(x)[1][None].astype(np.float64)

    def numbers(self, x: Array) -> tuple[int, ...] | None:
        """The numbers that a sequence x (T,I) writes, where it reads numbers."""
        return tuple(map(to_number, x.T)) if self.reads_numbers else None

    def states(self, x: Array) -> Array:
        """The states (T+1,) of the machine over one sequence x (T,I)."""
        return self.retrace(x)[0]

    def retrace(self, x: Array) -> tuple[Array, Array]:
        """The machine's states (T+1,) and outputs (T,O) over one sequence x (T,I)."""
        symbol = (np.asarray(x)[:, None] == self.machine.symbols).all(axis=2)
        if not symbol.any(axis=1).all():
            raise ValueError(f"{self.name} reads bits, 0 or 1, got {x[~symbol.any(axis=1)][0].tolist()}")
        return self.machine.run(symbol.argmax(axis=1))

    def render(self, x: Array, y: Array) -> str:
        """A line for each bit read, one for the prediction, and one for the right answer if it differs."""
        predicted, right = cells(y[:, 0]), cells(self.retrace(x)[1][:, 0])
        rows = [Row(label, cells(bits)) for label, bits in zip(self.reads, x.T, strict=True)]
        if predicted == right:
            return table([*rows, Row(self.name, predicted, "right")])
        return table([*rows, Row(self.name, predicted, "wrong"), Row("", right, "is right")])

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0, bits: int | None = None) -> Evaluation:
        """Check a network on words of `bits` free steps (and the closing ones), `self.bits` when not given.

        All such words where that is feasible, else `samples` of them, drawn as `sample` draws.
        """
        bits = self.bits if bits is None else whole_number("bits", bits, 1)
        if not exhaustive.feasible(self.machine, bits):
            return sampled(self.sized(bits + self.closing), net, samples, seed)
        checked, wrong, word = exhaustive.check(net, self.machine, bits, self.closing)
        if word is None:
            return Evaluation(checked, wrong, True)
        x = self.machine.symbols[word]
        return Evaluation(checked, wrong, True, self.render(x, net.predict(x[None])[0]))


def all_bits(features: int) -> tuple[Array, tuple[str, ...]]:
    """The 2^features symbols that bits can form, in the order of the numbers they write, and their names."""
    symbols = np.array(list(product((0.0, 1.0), repeat=features)))
    return symbols, tuple("".join(str(int(bit)) for bit in symbol) for symbol in symbols)


def carrying(symbols: Array, names: tuple[str, ...], total: Array) -> Machine:
    """The machine whose state is the carry; `total` (carries, symbols) are sums, whose lowest bit is the output."""
    return Machine(
        symbols=symbols,
        next=total // 2,
        outputs=total[:, :, None] % 2,
        state_names=tuple(f"carry {carry}" for carry in range(len(total))),
        symbol_names=names,
    )
