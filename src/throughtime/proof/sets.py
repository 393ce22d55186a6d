"""The sets of a proof attempt: for each state of the tracking automaton a box around what walks leave there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from throughtime.proof.extraction import Tracking, right
from throughtime.proof.samples import Samples
from throughtime.proof.system import Array
from throughtime.tasks.machine import Machine

WALKS, STEPS = 1500, 40

WIDER, LEAST = 0.15, 1e-4
"""By how much of its width, and at least, a hull is widened."""


@dataclass(frozen=True, eq=False)
class Walks:
    """Random walks from the first state.

    Parameters
    ----------
    words : (T,B) int array
        Of the inputs that are tried.
    states : (T+1,B,n) array
    wrong : (T,B) bool array
        Where the network's output is wrong.
    """

    words: Array
    states: Array
    wrong: Array


@dataclass(frozen=True, eq=False)
class Sets:
    """S_q = { z : lo_q ≤ z ≤ hi_q }.

    Parameters
    ----------
    lo, hi : (Q,n) arrays
    """

    lo: Array
    hi: Array

    def wider(self, below: Array, above: Array) -> Sets:
        """The same with the boxes widened by so much (Q,n)."""
        return replace(self, lo=self.lo - below, hi=self.hi + above)


def walk(tried: Samples, machine: Machine, seed: int) -> Walks:
    """Walk; half of the walks prefer symbols that keep the machine in its state.

    A walk draws a symbol uniformly, or with its own probability one of those that keep the state. It reads any of the
    inputs that are tried of that symbol, or with another probability always the same.
    """
    rng, system = np.random.default_rng(seed), tried.system
    A, V = tried.variants.shape
    keeps = machine.next == np.arange(len(machine.next))[:, None]
    keeps |= ~keeps.any(axis=1, keepdims=True)
    ranked = np.argsort(~keeps, axis=1, kind="stable")  # the keeping symbols first
    count = keeps.sum(axis=1)
    prefer = np.where(np.arange(WALKS) % 2, rng.random(WALKS), 0.0)
    words = rng.integers(A, size=(STEPS, WALKS))
    choice, use = rng.random((STEPS, WALKS)), rng.random((STEPS, WALKS)) < prefer
    variant = np.where(
        rng.random((STEPS, WALKS)) < rng.random(WALKS), rng.integers(V, size=WALKS), rng.integers(V, size=words.shape)
    )
    states = np.empty((STEPS + 1, WALKS, system.width))
    state, label = system.start(WALKS), np.zeros(WALKS, np.int64)
    states[0] = state
    wrong = np.zeros((STEPS, WALKS), bool)
    for t in range(STEPS):
        keeping = ranked[label, (choice[t] * count[label]).astype(np.int64)]
        symbol = np.where(use[t], keeping, words[t])
        words[t] = tried.variants[symbol, variant[t]]
        state, y = system.step(state, words[t])
        wrong[t] = ~right(y, machine.outputs[label, symbol])
        label = machine.next[label, symbol]
        states[t + 1] = state
    return Walks(words, states, wrong)


def hulls(tracking: Tracking, tried: Samples, walks: Walks) -> Sets:
    """Boxes around the states met at q."""
    Q = len(tracking.label)
    q = np.zeros(walks.words.shape[1], np.int64)
    visits = [np.arange(Q), q]
    for letters in tried.of[walks.words]:
        q = tracking.succ[q, letters]
        visits.append(q)
    where = np.concatenate(visits)
    order = np.argsort(where, kind="stable")
    states = np.concatenate([tracking.points, walks.states.reshape(-1, walks.states.shape[2])])[order]
    first = np.searchsorted(where[order], np.arange(Q))
    lo, hi = np.minimum.reduceat(states, first), np.maximum.reduceat(states, first)
    more = WIDER * (hi - lo) + LEAST
    return Sets(lo - more, hi + more)
