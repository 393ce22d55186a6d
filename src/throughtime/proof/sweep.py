"""One sweep: whether from these sets, whatever is read, the network is right until it is in a set again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.proof.budget import Budget
from throughtime.proof.extraction import Tracking
from throughtime.proof.image import image, work
from throughtime.proof.sets import Sets
from throughtime.proof.system import Array, System
from throughtime.proof.zonotope import Zonotope, box, fewer, spread, together
from throughtime.tasks.machine import Machine

SLACK = 1e-8
"""How far inside a set an image must lie, so that the checker, which rounds otherwise, finds the same."""

AT_ONCE = 300_000
"""Numbers of generators that are worked on at once: those of more do not stay in a processor's cache."""

TOGETHER = 128
"""Sets that are pushed together, the widest first: there outputs are wrong, if anywhere."""

GENERATORS = 4
"""Generators that a set of states keeps after a step, at most, for each of its coordinates. The checker keeps all."""


class Doubtful(Exception):
    """An output was not surely right, or there were too many images."""


@dataclass(frozen=True, eq=False)
class Sweep:
    """How far images stick out of the sets after m symbols: below lo and above hi of each, (Q,n)."""

    below: Array
    above: Array
    images: int

    @property
    def worst(self) -> float:
        """The farthest; 0 when the sets are closed."""
        return float(max(self.below.max(), self.above.max()))


def sweep(
    system: System,
    machine: Machine,
    tracking: Tracking,
    sets: Sets,
    q: Array,
    m: int,
    epsilon: float,
    most: int,
    budget: Budget,
) -> Sweep:
    """Push sets through the network, by every word of at most m symbols until inside the set that follows.

    Parameters
    ----------
    system, machine, tracking, sets
    q : (N,) int array
        The sets that are pushed.
    m : int
    epsilon : float
        Allowance for each state coordinate and each net_y, at every step.
    most : int
        Most images.
    budget : Budget
        Of the work.

    Raises
    ------
    Doubtful
        With what happened.
    OutOfBudget
    """
    below, above = np.zeros((2, *sets.lo.shape))
    widest_first, images = q[np.argsort(-(sets.hi - sets.lo)[q].max(axis=1), kind="stable")], 0
    for first in range(0, len(q), TOGETHER):
        here = widest_first[first : first + TOGETHER]
        Z = box(sets.lo[here], sets.hi[here])
        for depth in range(1, m + 1):
            images += len(here) * len(machine.symbols)
            if images > most:
                raise Doubtful(f"more than {most} sets of states had to be looked at")
            Z, here, under, over = _step(system, machine, tracking, sets, Z, here, depth, epsilon, budget)
            if not len(here):
                break
        else:
            np.maximum.at(below, here, under)
            np.maximum.at(above, here, over)
    if not (np.isfinite(below).all() and np.isfinite(above).all()):
        raise Doubtful("the states have no bounds")
    return Sweep(below, above, images)


def _step(
    system: System,
    machine: Machine,
    tracking: Tracking,
    sets: Sets,
    Z: Zonotope,
    q: Array,
    depth: int,
    epsilon: float,
    budget: Budget,
) -> tuple[Zonotope, Array, Array, Array]:
    """The images that stick out of the sets that follow, these sets, and how far they do below and above."""
    Z = spread(Z)
    generators, n = Z.G.shape[-2:]
    part = max(1, AT_ONCE // (len(machine.symbols) * generators * n))
    outside, found = [], []
    for at in range(0, len(q), part):
        here = q[at : at + part]
        budget.take(work(system, len(here), generators))
        after, net_y = image(system, Z.at(slice(at, at + part)), epsilon)
        _require_right(system, machine, net_y, tracking.label[here], depth)
        to = tracking.succ[here]
        under, over = _sticks_out(after, sets, to)
        out = ~((under <= 0) & (over <= 0)).all(axis=-1)
        outside.append(fewer(after.at(out), GENERATORS * n))
        found.append((to[out], under[out], over[out]))
    follows, under, over = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return together(outside), follows, under, over


def _require_right(system: System, machine: Machine, net_y: Zonotope, label: Array, depth: int) -> None:
    """Outputs (N,A,O) of sets with these labels (N,) must be surely right."""
    d, low, high = machine.outputs[label], net_y.c - net_y.radius, net_y.c + net_y.radius
    if system.specification.readout == "sigmoid":
        margin = np.where(d == 1, low, -high)
    else:
        margin = np.minimum(low - (d - 0.5), (d + 0.5) - high)
    margin = np.where(np.isnan(margin), -np.inf, margin) - SLACK
    if margin.min() <= 0:
        n, a, _ = np.unravel_index(margin.argmin(), margin.shape)
        raise Doubtful(
            f'{depth} {"symbol" if depth == 1 else "symbols"} after a set in state "{machine.state_names[label[n]]}", '
            f'an output on "{machine.symbol_names[a]}" may be wrong by {-margin.min():.2g}'
        )


def _sticks_out(Z: Zonotope, sets: Sets, q: Array) -> tuple[Array, Array]:
    """How far states (N,A) stick out of the sets q (N,A), (N,A,n) below and above; not positive where they do not."""
    r = Z.radius
    return sets.lo[q] + SLACK - (Z.c - r), (Z.c + r) - (sets.hi[q] - SLACK)
