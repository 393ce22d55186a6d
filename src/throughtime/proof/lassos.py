"""Lassos: a short word, and then another one again and again. At every step of the way every symbol is tried.

They are where trained networks fail that are right on all short words: reading the same again and again, a state
drifts, and what it remembered is lost after a hundred steps, which random walks do not find.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

import numpy as np

from throughtime.proof.budget import CALL, Budget
from throughtime.proof.counterexample import Word
from throughtime.proof.extraction import right
from throughtime.proof.system import System
from throughtime.tasks.machine import Machine

MOST = 16_384
"""Steps that are taken at once, at most: by each symbol, of each lasso that is followed."""

STEPS = 2000

SAME = 1e-9
"""States so near to each other are the same: the lasso is closed."""


def longest(symbols: int) -> int:
    """Symbols before the cycle of a lasso, and in it, at most."""
    return 4 if symbols <= 2 else 2


def lassos(symbols: int) -> list[tuple[Word, Word]]:
    """Words and the cycles after them, the shortest first, none of them twice; of many symbols, not all."""
    return list(islice(_all(symbols, longest(symbols)), max(1, MOST // symbols)))


def _all(symbols: int, most: int) -> Iterator[tuple[Word, Word]]:
    for size in range(1, 2 * most + 1):
        for period in range(max(1, size - most), min(most, size) + 1):
            for letters in product(range(symbols), repeat=size):
                prefix, cycle = letters[:-period], letters[-period:]
                shorter = any(cycle == cycle[:p] * (period // p) for p in range(1, period) if period % p == 0)
                if not shorter and prefix[-1:] != cycle[-1:]:  # else the cycle begins earlier
                    yield prefix, cycle


def wrong_lasso(system: System, machine: Machine, budget: Budget) -> Word | None:
    """Follow all lassos until they are closed; a word on which the network is wrong, if there is one."""
    A, most, given = len(machine.symbols), longest(len(machine.symbols)), lassos(len(machine.symbols))
    before, period = (np.array([len(lasso[part]) for lasso in given]) for part in (0, 1))
    letters = np.array([(*prefix, *cycle, *[0] * (2 * most - len(prefix + cycle))) for prefix, cycle in given])
    same = max(SAME, 8 * float(np.finfo(system.parameters.dtype).eps))
    going = np.arange(len(given))
    state, label = system.start(len(given)), np.zeros(len(given), np.int64)
    earlier, then = (state, label), 0  # the states that those of later steps are compared with [Brent 1980]
    for t in range(STEPS):
        budget.take(len(going) * A * system.work + CALL)
        after, y = system.step_by_all(state)
        wrong = ~right(y, machine.outputs[label])
        at = np.where(t < before, t, before + (t - before) % period)[going]
        if wrong.any():
            row, letter = divmod(int(wrong.argmax()), A)
            prefix, cycle = given[going[row]]
            return (*(prefix + cycle * t)[:t], letter)
        read = letters[going, at]
        state, label = after[range(len(going)), read], machine.next[label, read]
        closed = (t + 1 - then) % period[going] == 0
        closed &= (then >= most) & (earlier[1] == label) & (np.abs(earlier[0] - state).max(axis=1) <= same)
        going, state, label = going[~closed], state[~closed], label[~closed]
        earlier = earlier[0][~closed], earlier[1][~closed]
        if not len(going):
            break
        if t + 1 >= 2 * max(then, most):
            earlier, then = (state, label), t + 1
    return None
