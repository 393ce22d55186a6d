"""Words on which a network is wrong: replayed from its first state, shortened, and made simpler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np

from throughtime.proof.budget import CALL, Budget, OutOfBudget
from throughtime.proof.decimals import last_net_y
from throughtime.proof.extraction import right
from throughtime.proof.image import image, work
from throughtime.proof.system import Array, System
from throughtime.proof.zonotope import box
from throughtime.tasks.machine import Machine

Word = tuple[int, ...]

MOST_WORDS = 70_000
"""Words of one length that are all tried."""


LONGEST = 1000
"""Length at which trying all words ends in any case."""

SHORTENING = 3.0
"""Seconds of work after which words are not made shorter or simpler any more."""

SURE, FOLLOWED = 20.0, 5.0
"""Seconds of work, with decimals and before them with zonotopes, after which it stays open whether words are wrong in
real numbers, too."""


@dataclass
class Allowance:
    """Work that may be done on words that are wrong in floating point, on all of them together.

    It is beside the budget of a search, so that one that is over, or 0, still says what it has found.
    """

    shortening: Budget = field(default_factory=lambda: Budget.of(SHORTENING))
    followed: Budget = field(default_factory=lambda: Budget.of(FOLLOWED))
    sure: Budget = field(default_factory=lambda: Budget.of(SURE))


def replay(system: System, machine: Machine, word: Sequence[int]) -> tuple[Array, Array]:
    """Run one word from the first state on the NumPy cells → the outputs (T,O), those that are right (T,O)."""
    state, y = system.start(1), []
    for letter in word:
        state, outputs = system.step(state, np.array([letter]))
        y.append(outputs[0])
    return np.array(y), machine.run(word)[1]


def first_wrong(system: System, machine: Machine, words: Array) -> Array:
    """At which step (B,), from 1, each of the words (B,T) is wrong first; 0 if it is right."""
    state, label = system.start(len(words)), np.zeros(len(words), np.int64)
    found = np.zeros(len(words), np.int64)
    for t, letter in enumerate(words.T):
        state, y = system.step(state, letter)
        wrong = ~right(y, machine.outputs[label, letter])
        found[wrong & (found == 0)] = t + 1
        label = machine.next[label, letter]
    return found


def exhaust(system: System, machine: Machine, most: int = MOST_WORDS) -> tuple[int, Word | None]:
    """Try all words, by length, while there are no more than so many → length to which all are right, a wrong one."""
    A = len(machine.symbols)
    state, label, length = system.start(1), np.zeros(1, np.int64), 0
    while len(label) * A <= most and length < LONGEST:
        after, y = system.step_by_all(state)
        wrong = ~right(y, machine.outputs[label])
        if wrong.any():
            place = int(wrong.argmax())
            return length, tuple(place // A**t % A for t in reversed(range(length + 1)))
        state, label, length = after.reshape(-1, system.width), machine.next[label].ravel(), length + 1
    return length, None


def shorten(system: System, machine: Machine, word: Word, allowed: Allowance) -> tuple[Word, bool]:
    """A shorter or simpler word that is wrong, and whether no shorter one is.

    All short words are tried; else stretches are left out and symbols replaced by earlier ones of the alphabet, as
    long as the word stays wrong and the work is allowed.
    """
    length, found = exhaust(system, machine)
    if found is not None:
        return found, True
    word = _cut(system, machine, word)
    try:
        for better in _better(system, machine, word, allowed.shortening):
            word = better
    except OutOfBudget:
        pass
    return word, len(word) <= length + 1


def _better(system: System, machine: Machine, word: Word, budget: Budget) -> Iterator[Word]:
    """Words that are wrong, each shorter or simpler than the one before."""
    before: Word = ()
    while word != before:
        before = word
        for change in (_shorter, _simpler):
            for better in change(system, machine, word, budget):
                word = better
                yield word


def _shorter(system: System, machine: Machine, word: Word, budget: Budget) -> Iterator[Word]:
    """Without stretches that can be left out, long ones first."""
    size = len(word) // 2
    while size:
        _take(system, budget, len(word) - size + 1, len(word) - size)
        rest = np.array([word[:at] + word[at + size :] for at in range(len(word) - size + 1)])
        steps = first_wrong(system, machine, rest)
        if steps.any():
            best = int(np.where(steps > 0, steps, len(word)).argmin())
            word = tuple(rest[best, : steps[best]].tolist())
            yield word
            size = min(size, len(word) // 2)
        else:
            size //= 2


def _simpler(system: System, machine: Machine, word: Word, budget: Budget) -> Iterator[Word]:
    """With symbols replaced by earlier ones of the alphabet, the last symbols first."""
    while True:
        _take(system, budget, sum(word), len(word))
        others = [
            (*word[:at], letter, *word[at + 1 :]) for at in reversed(range(len(word))) for letter in range(word[at])
        ]
        steps = first_wrong(system, machine, np.array(others, np.int64).reshape(len(others), len(word)))
        if not steps.any():
            break
        first = int(steps.astype(bool).argmax())
        word = others[first][: steps[first]]
        yield word


def _take(system: System, budget: Budget, words: int, steps: int) -> None:
    budget.take(steps * (words * system.work + CALL))


def surely_wrong(system: System, machine: Machine, word: Word, allowed: Allowance) -> bool:
    """Whether also in real numbers, without rounding, the last output of the word is wrong, for sure.

    Zonotopes of doubles follow errors of rounding as the network turns them; decimals take each as if all others were
    at their worst, so that a word of hundreds of steps needs as many digits, which take more than the square of the
    time.
    """
    bits, digits = machine.run(word)[1][-1] == 1, 50
    linear = system.specification.readout == "identity"
    least, middle, most = map(Decimal, ("-0.5", "0.5", "1.5") if linear else ("-Infinity", "0", "Infinity"))

    def wrong(low: Sequence[Any] | Array, high: Sequence[Any] | Array) -> bool:
        return any(
            h <= (middle if bit else least) or l >= (most if bit else middle)
            for bit, l, h in zip(bits, low, high, strict=True)
        )

    try:
        if wrong(*_last_net_y(system, word, allowed.followed)):
            return True
    except OutOfBudget:
        pass
    while True:
        needed = len(word) * system.work * digits**2
        if needed > allowed.sure.left:  # a shorter word may need less
            return False
        allowed.sure.take(needed)
        if wrong(*zip(*last_net_y(system, word, digits), strict=True)):
            return True
        if digits > 20 + 5 * len(word):  # a step that makes errors more than 10⁵ times larger is none to rely on
            return False
        digits *= 2


def _last_net_y(system: System, word: Word, budget: Budget) -> tuple[Array, Array]:
    """Bounds (O,) of the net_y at the end of a word, in real numbers."""
    reads = {letter: replace(system, symbols=system.symbols[[letter]], ends=None) for letter in set(word)}
    Z = box(*np.zeros((2, 1, system.width)))
    for letter in word:
        budget.take(work(system, 1, Z.G.shape[-2]))
        after, net_y = image(reads[letter], Z, 0.0)
        Z = after.at((slice(None), 0))
    c, radius = net_y.c[0, 0], net_y.radius[0, 0]
    low, high = np.nextafter(c - radius, -np.inf), np.nextafter(c + radius, np.inf)
    return np.fmax(low, -np.inf), np.fmin(high, np.inf)  # a bound that became no number is an infinite one


def _cut(system: System, machine: Machine, word: Word) -> Word:
    """Up to the first wrong output; all of it where it is right when it is read alone.

    What many words had at once is rounded in other ways, so that one of them may be wrong by that alone.
    """
    return word[: int(first_wrong(system, machine, np.array([word]))[0]) or len(word)]
