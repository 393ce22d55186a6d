"""Check a network on every word of a length, through a prefix tree: what words share is computed once."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.tasks.machine import Machine
from throughtime.tasks.task import Net, rounds_to

MOST_WORDS = 4**11
"""Words that are checked in seconds; above this it is better to draw some at random."""

WIDTH = 4**8
"""Rows of the tree that are held and computed at once; a wider level is walked in slices, depth first."""


def feasible(machine: Machine, steps: int) -> bool:
    """Whether all words of `steps` symbols are few enough to check each of them."""
    return steps * log(len(machine.symbols)) <= log(MOST_WORDS) + 1e-9


def check(net: Net, machine: Machine, steps: int, closing: int = 0) -> tuple[int, int, list[int] | None]:
    """Compare a network with a machine on all words of `steps` symbols.

    Parameters
    ----------
    net : network
        Its `step` is called about once a level of the tree, with as many rows as the level has.
    machine : Machine
        The machine whose outputs the network's must round to. A word is wrong if any output on its path is.
    steps : int
        Symbols that are free: A^steps words.
    closing : int
        Steps after them at which every word reads the first symbol of the alphabet. For addition that is
        (0, 0), and one such step brings out the last carry.

    Returns
    -------
    checked, wrong : int
    first_wrong : list of steps + closing symbol indices, or None
        The first wrong word in the order of the alphabet.
    """
    letters = len(machine.symbols)
    checked, wrong, first_wrong = 0, 0, None
    for state, q, bad in _leaves(net, machine, steps):
        for _ in range(closing):
            state, q, bad = _read(net, machine, np.zeros(len(q), np.int64), state, q, bad)
        if first_wrong is None and bad.any():
            place = checked + int(bad.argmax())
            first_wrong = [place // letters**t % letters for t in reversed(range(steps))] + [0] * closing
        checked += len(q)
        wrong += int(bad.sum())
    return checked, wrong, first_wrong


def _leaves(net: Net, machine: Machine, steps: int) -> Iterator[tuple[Any, Array, Array]]:
    """After all words, in order, in slices: the network's states, the machine's, which words went wrong."""
    letters = len(machine.symbols)
    stack = [(0, net.initial_state(1), np.zeros(1, np.int64), np.zeros(1, bool))]
    while stack:
        depth, state, q, bad = stack.pop()
        if depth == steps:
            yield state, q, bad
        elif len(q) > 1 and len(q) * letters > WIDTH:
            slices = np.array_split(np.arange(len(q)), min(len(q), -(-len(q) * letters // WIDTH)))
            stack += [(depth, state[rows], q[rows], bad[rows]) for rows in reversed(slices)]
        else:
            rows = np.repeat(np.arange(len(q)), letters)
            symbol = np.tile(np.arange(letters), len(q))
            stack.append((depth + 1, *_read(net, machine, symbol, state[rows], q[rows], bad[rows])))


def _read(net: Net, machine: Machine, symbol: Array, state: Any, q: Array, bad: Array) -> tuple[Any, Array, Array]:
    """One step of the network and of the machine, a symbol for each row."""
    y, state = net.step(machine.symbols[symbol], state)
    right = rounds_to(y, machine.outputs[q, symbol]).all(axis=1)
    return state, machine.next[q, symbol], bad | ~right
