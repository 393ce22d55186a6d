"""Tomita's seven regular languages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.machine import Machine
from throughtime.tasks.machine_task import MachineTask, all_bits
from throughtime.tasks.task import option


class Language(NamedTuple):
    """A deterministic automaton that starts in state 0: its states after a 0 and a 1, those that accept."""

    next: list[list[int]]
    accepts: set[int]
    states: tuple[str, ...]


ONLY_ONES = Language([[1, 0], [1, 1]], {0}, ("only ones", "dead"))
PAIRS = Language([[2, 1], [0, 2], [2, 2]], {0}, ("whole pairs", "half a pair", "dead"))
ODD_RUNS = Language(
    [[0, 1], [2, 0], [3, 4], [2, 3], [4, 4]],
    {0, 1, 3},
    (
        "no odd run of ones",
        "odd run of ones",
        "odd run of zeros after it",
        "even runs of zeros after it",
        "dead",
    ),
)
FEW_ZEROS = Language([[1, 0], [2, 0], [3, 0], [3, 3]], {0, 1, 2}, ("no zero", "one zero", "two zeros", "dead"))
BOTH_EVEN = Language([[2, 1], [3, 0], [0, 3], [1, 2]], {0}, ("both even", "ones odd", "zeros odd", "both odd"))
THIRDS = Language([[2, 1], [0, 2], [1, 0]], {0}, ("ones − zeros ≡ 0", "ones − zeros ≡ 1", "ones − zeros ≡ 2"))
FOUR_RUNS = Language(
    [[0, 1], [2, 1], [2, 3], [4, 3], [4, 4]],
    {0, 1, 2, 3},
    ("first zeros", "first ones", "second zeros", "second ones", "dead"),
)
LANGUAGES = dict(enumerate((ONLY_ONES, PAIRS, ODD_RUNS, FEW_ZEROS, BOTH_EVEN, THIRDS, FOUR_RUNS), start=1))


@dataclass(frozen=True, kw_only=True)
class Tomita(MachineTask):
    """Predict at every step whether the word so far is in a language over 0 and 1.  [docs/math.md#tasks]

    The languages:

    1. only ones: 1*
    2. 10 again and again: (10)*
    3. no odd run of zeros anywhere after an odd run of ones (as in Weiss et al. 2018; some authors forbid it
       only right after)
    4. no three zeros in a row
    5. an even number of zeros and an even number of ones
    6. as many ones as zeros, modulo three
    7. zeros, then ones, then zeros, then ones: 0*1*0*1*

    A random word would soon leave most of them for good. So a word to learn from is kept from that for a
    random time, and then goes on at random.

    Parameters
    ----------
    bits : int
        Steps of the words to learn from.
    language : int
        1 to 7.

    References
    ----------
    M. Tomita, Dynamic construction of finite automata from examples using hill-climbing (1982).
    G. Weiss, Y. Goldberg, E. Yahav, Extracting automata from recurrent neural networks (2018).
    """

    bits: int = option(16, "Steps of the words to learn from.")
    language: int = option(4, "Which of the seven.", 1, 7)

    name: ClassVar[str] = "tomita"

    @cached_property
    def machine(self) -> Machine:
        """State: that of the language's automaton; the output is 1 where the state that follows accepts."""
        symbols, names = all_bits(1)
        language = LANGUAGES[self.language]
        after = np.array(language.next)
        return Machine(
            symbols=symbols,
            next=after,
            outputs=np.isin(after, list(language.accepts)).astype(np.int64)[:, :, None],
            state_names=language.states,
            symbol_names=names,
        )

    def draw(self, rng: np.random.Generator, batch: int) -> Array:
        """Random bits; for a random time one that would leave the language for good becomes the other one."""
        word = super().draw(rng, batch)
        if not self.machine.absorbing.any():
            return word
        return self.machine.staying(word, rng.integers(self.bits + 1, size=batch))
