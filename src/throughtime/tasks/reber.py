"""Reber's grammar and the embedded Reber grammar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.tasks.machine import Machine
from throughtime.tasks.task import Described, Loss, Output, Readout, make_room, option, rounds_to

SYMBOLS = "BTSXPVE"

Grammar = list[dict[str, int]]
"""For each state the symbols that may come and the state that follows; from the last one E leads out."""

REBER: Grammar = [
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
]


def embedded() -> Grammar:
    """B, then T or P, then a whole word of Reber's grammar, then the same T or P again, then E."""
    grammar: Grammar = [{"B": 1}, {"T": 2, "P": 2 + 8}]
    for choice in "TP":
        start = len(grammar)
        grammar += [{symbol: start + after for symbol, after in state.items()} for state in REBER]
        grammar += [{choice: 2 + 8 + 8}]
    return [*grammar, {"E": 2 + 8 + 8 + 1}]


@dataclass(frozen=True, kw_only=True)
class Reber(Described):
    """Predict after every symbol of a word which symbols may come next.  [docs/math.md#tasks]

    x is one-hot over B T S X P V E, y holds 1 for each symbol that may follow. Words have different lengths,
    and are read up to the symbol before the final E. In the embedded grammar the last but one symbol repeats
    the second: this is the long-term dependency, and a word is right only if this is right too.

    Parameters
    ----------
    embedded : bool
        The embedded grammar, or the plain one.

    References
    ----------
    A. S. Reber, Implicit learning of artificial grammars (1967).
    S. Hochreiter, J. Schmidhuber, Long short-term memory (1997), experiment 1.
    """

    embedded: bool = option(False, "The embedded grammar, or the plain one.")

    name: ClassVar[str] = "reber"
    inputs: ClassVar[int] = len(SYMBOLS)
    outputs: ClassVar[int] = len(SYMBOLS)
    readout: ClassVar[Readout] = "sigmoid"
    loss: ClassVar[Loss] = "binary_cross_entropy"
    output: ClassVar[Output] = "every step"
    no_claim: ClassVar[str] = (
        "Reber's machine also speaks of words that the grammar never makes, so that nothing is to be proved"
    )

    @property
    def grammar(self) -> Grammar:
        """The graph whose paths are the words."""
        return embedded() if self.embedded else REBER

    @cached_property
    def machine(self) -> Machine:
        """State: that of the grammar. After a symbol that may not come nothing may: all outputs stay 0.

        No word of the grammar shows that, so a network that learned the words need not do it.
        """
        grammar = self.grammar
        end = len(grammar) - 1
        after = np.full((len(grammar), len(SYMBOLS)), end)
        outputs = np.zeros((len(grammar), len(SYMBOLS), len(SYMBOLS)), np.int64)
        for state, symbols in enumerate(grammar[:-1]):
            for symbol, follows in symbols.items():
                letter = SYMBOLS.index(symbol)
                after[state, letter] = follows
                outputs[state, letter, [SYMBOLS.index(may) for may in grammar[follows]]] = 1
        return Machine(
            symbols=np.eye(len(SYMBOLS)),
            next=after,
            outputs=outputs,
            state_names=tuple(f"{i}, before {' or '.join(may)}" for i, may in enumerate(grammar)),
            symbol_names=tuple(SYMBOLS),
        )

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw words, each choice even → x (B,T,7), y (B,T,7), lengths (B,)."""
        make_room(batch, 50, 2 * len(SYMBOLS))
        choices = np.array([[SYMBOLS.index(f(symbols)) for f in (min, max)] for symbols in self.grammar])
        end, entries = len(choices) - 1, []
        state = np.zeros(batch, np.int64)
        while (state != end).any():
            entries.append(state * len(SYMBOLS) + choices[state, rng.integers(2, size=batch)])
            state = self.machine.next.take(entries[-1])
        entry = np.array(entries).T
        real = entry < end * len(SYMBOLS)
        read = np.tile(self.machine.symbols, (len(choices), 1))
        read[end * len(SYMBOLS) :] = 0
        targets = self.machine.outputs.reshape(-1, self.outputs).astype(np.float64)
        return Batch(read.take(entry, axis=0), targets.take(entry, axis=0), lengths=real.sum(axis=1))

    def render(self, x: Array, y: Array) -> str:
        """A line for each symbol read: those that may follow, and those that were predicted if they differ."""
        word = np.asarray(x).argmax(axis=1)
        lines = []
        for letter, d_t, y_t in zip(word, self.machine.run(word)[1], y, strict=True):
            verdict = "right" if rounds_to(y_t, d_t).all() else f"wrong, predicted {_names(y_t > 0.5)}"
            lines.append(f"  {SYMBOLS[letter]}  then {_names(d_t > 0.5):<6}    {verdict}")
        return "\n".join(lines)


def _names(chosen: Array) -> str:
    return " or ".join(symbol for symbol, is_chosen in zip(SYMBOLS, chosen, strict=True) if is_chosen) or "none"
