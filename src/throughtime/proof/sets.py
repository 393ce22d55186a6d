"""The sets of a proof attempt: for each state of the tracking automaton a box around what walks leave there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from throughtime.proof.budget import CALL, NUMBER, Budget
from throughtime.proof.extraction import Tracking, right
from throughtime.proof.samples import Samples
from throughtime.proof.system import Array
from throughtime.tasks.machine import Machine

WALKS, STEPS = 1500, 40
LINGERING, LONG = 600, 300
"""Walks of `walk` and `linger`, and their steps."""

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

    @property
    def error(self) -> tuple[int, ...] | None:
        """One of the words on which the network is wrong first, up to there."""
        if not self.wrong.any():
            return None
        t = int(self.wrong.any(axis=1).argmax())
        return tuple(self.words[: t + 1, self.wrong[t].argmax()].tolist())


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


def walk(tried: Samples, machine: Machine, seed: int, budget: Budget | None = None) -> Walks:
    """Walk; half of the walks prefer symbols that keep the machine in its state.

    A walk draws a symbol uniformly, or with its own probability one of those that keep the state. It reads any of the
    inputs that are tried of that symbol, or with another probability always the same.
    """
    _charge(budget, tried, WALKS, STEPS)
    rng = np.random.default_rng(seed)
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

    def symbols(t: int, label: Array) -> Array:
        keeping = ranked[label, (choice[t] * count[label]).astype(np.int64)]
        symbol: Array = np.where(use[t], keeping, words[t])
        return symbol

    return _walked(tried, machine, variant, symbols)


def linger(tried: Samples, machine: Machine, seed: int, budget: Budget | None = None) -> Walks:
    """Long walks that read one to three symbols again and again, each for a while of its own, and then others.

    They come to where a state drifts slowly, and leave it from there; a third of them reads symbols as they come.
    """
    _charge(budget, tried, LINGERING, LONG)
    rng = np.random.default_rng([seed, 1])
    A, V = tried.variants.shape
    words = rng.integers(A, size=(LONG, LINGERING))
    begins = rng.random(words.shape) < np.exp(-rng.uniform(np.log(2), np.log(200), size=LINGERING))
    begins[:, ::3] = True
    begins[0] = True
    since = np.maximum.accumulate(np.where(begins, np.arange(LONG)[:, None], 0), axis=0)
    at = since + (np.arange(LONG)[:, None] - since) % np.take_along_axis(rng.integers(1, 4, words.shape), since, axis=0)
    words = np.take_along_axis(words, np.minimum(at, LONG - 1), axis=0)
    return _walked(tried, machine, rng.integers(V, size=words.shape), lambda t, label: words[t])


def _charge(budget: Budget | None, tried: Samples, walks: int, steps: int) -> None:
    if budget is not None:
        budget.take(steps * (walks * tried.system.work + CALL))


def _walked(tried: Samples, machine: Machine, variant: Array, symbols: Callable[[int, Array], Array]) -> Walks:
    """Walk by the variants (T,B) of the symbols at a step and with these states of the machine."""
    system, words, wrong = tried.system, np.empty_like(variant), np.zeros(variant.shape, bool)
    T, B = variant.shape
    states = np.empty((T + 1, B, system.width))
    state, label = system.start(B), np.zeros(B, np.int64)
    states[0] = state
    for t in range(T):
        symbol = symbols(t, label)
        words[t] = tried.variants[symbol, variant[t]]
        state, y = system.step(state, words[t])
        wrong[t] = ~right(y, machine.outputs[label, symbol])
        label = machine.next[label, symbol]
        states[t + 1] = state
    return Walks(words, states, wrong)


def hulls(tracking: Tracking, tried: Samples, walks: Walks, budget: Budget, wider: float = WIDER) -> Sets:
    """Boxes around the states met at q, wider by so much of their width."""
    budget.take(NUMBER * walks.states.size + CALL * len(walks.words))
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
    more = wider * (hi - lo) + LEAST
    return Sets(lo - more, hi + more)
