"""Copy memory: symbols, a delay, and the symbols again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.bits import Row, table
from throughtime.tasks.task import Described, Loss, Output, Readout, make_room, option


@dataclass(frozen=True, kw_only=True)
class CopyMemory(Described):
    """Read some symbols, wait, and repeat them all in order at a signal.  [docs/math.md#tasks]

    x is one-hot over the symbols, the blank and the signal: `length` symbols, delay − 1 blanks, the signal,
    `length` blanks. y is one-hot over the symbols and the blank: delay + length blanks, then the symbols.
    Right means that the likeliest class is the target at every step, blanks too.

    Parameters
    ----------
    delay : int
        Steps from the last symbol to the signal.
    length : int
        Symbols to remember, 10 in the paper.
    symbols : int
        Different symbols, 8 in the paper.

    References
    ----------
    S. Hochreiter, J. Schmidhuber, Long short-term memory (1997).
    M. Arjovsky, A. Shah, Y. Bengio, Unitary evolution recurrent neural networks (2016), §5.1.
    """

    delay: int = option(20, "Steps from the last symbol to the signal.", 1)
    length: int = option(10, "Symbols to remember.", 1)
    symbols: int = option(8, "Different symbols.", 2)

    name: ClassVar[str] = "copy-memory"
    readout: ClassVar[Readout] = "softmax"
    loss: ClassVar[Loss] = "cross_entropy"
    output: ClassVar[Output] = "every step"
    machine: ClassVar[None] = None
    sized_by: ClassVar[str] = "delay"

    @property
    def inputs(self) -> int:
        """I: the symbols, the blank, the signal."""
        return self.symbols + 2

    @property
    def outputs(self) -> int:
        """O: the symbols, the blank."""
        return self.symbols + 1

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences of T = delay + 2·length steps → x (B,T,I), y (B,T,O)."""
        blank, signal = self.symbols, self.symbols + 1
        make_room(batch, self.delay + 2 * self.length, self.inputs + self.outputs)
        make_room(1, self.inputs, self.inputs)
        recalled = rng.integers(self.symbols, size=(batch, self.length))
        read = np.full((batch, self.delay + 2 * self.length), blank)
        read[:, : self.length] = recalled
        read[:, self.length + self.delay - 1] = signal
        return Batch(np.eye(self.inputs)[read], np.eye(self.outputs)[self._answer(recalled)])

    def _answer(self, recalled: Array) -> Array:
        """The classes (B,T) that are right for symbols (B, length)."""
        blanks = np.full((len(recalled), self.delay + self.length), self.symbols)
        return np.concatenate((blanks, recalled), axis=1)

    def render(self, x: Array, y: Array) -> str:
        """The rows read, predicted and right, a sign a step: digits for symbols, · for blanks, ? for the signal."""
        read, predicted = self._signs(x.argmax(axis=1)), self._signs(y.argmax(axis=1))
        right = self._signs(self._answer(x[None, : self.length].argmax(axis=2))[0])
        if predicted == right:
            return table([Row("read", read), Row("predicted", predicted, "right")])
        return table([Row("read", read), Row("predicted", predicted, "wrong"), Row("", right, "is right")])

    def _signs(self, classes: Array) -> list[str]:
        signs = {self.symbols: "·", self.symbols + 1: "?"}
        return [signs.get(int(c), str(c)) for c in classes]
