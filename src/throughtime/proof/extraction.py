"""A finite automaton that follows a network and its machine at once.

Its states are representatives: concrete states of the network, each with the state of the machine it was met in.
A state within the tolerance τ of a representative of the same machine state counts as that representative. Where
states drift, each step is shorter than τ and yet they come far away from where they began: there the tolerance of a
representative can be less than τ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.proof.budget import CALL, SINGLE, Budget
from throughtime.proof.system import Array, System
from throughtime.tasks.machine import Machine


@dataclass(frozen=True, eq=False)
class Tracking:
    """A closed automaton over the symbols; it starts in state 0.

    Parameters
    ----------
    points : (Q,n) array
        The representatives.
    label : (Q,) int array
        The state of the machine that goes with each of its states.
    succ : (Q,A) int array
        The state that follows.
    y : (Q,A,O) array
        The network's outputs at the representative.
    tolerance : (Q,) array
        Within it, states are taken for this representative.
    """

    points: Array
    label: Array
    succ: Array
    y: Array
    tolerance: Array


@dataclass(frozen=True)
class Wrong:
    """A word of symbols at the end of which the network's output is wrong."""

    word: tuple[int, ...]


class TooLarge(Exception):
    """More representatives than are wanted."""


def right(y: Array, d: Array) -> Array:
    """Whether all outputs (…,O) round to d."""
    near: Array = (np.abs(y - d) < 0.5).all(axis=-1)
    return near


def extract(
    system: System,
    machine: Machine,
    tolerance: float,
    limit: int,
    pass_errors: bool = False,
    budget: Budget | None = None,
    before: Tracking | None = None,
) -> Tracking | Wrong:
    """Explore breadth first from the first state, merging within the tolerance.

    Parameters
    ----------
    system, machine : System, Machine
    tolerance : float
        τ, for the Euclidean distance of states (of tanh C where it is C).
    limit : int
        Most representatives.
    pass_errors : bool
        Whether to go on where an output is wrong.
    budget : Budget, optional
        Of the work.
    before : Tracking, optional
        A representative has the tolerance that the nearest one of these has; τ when it is not given.

    Returns
    -------
    Tracking, or Wrong at the first wrong output.

    Raises
    ------
    TooLarge, OutOfBudget
    """
    budget = budget or Budget()
    A = len(machine.symbols)
    s = states = system.start(1)
    points, labels = system.embedded(s), np.zeros(1, np.int64)
    near = _tolerances(system, before, points, labels, tolerance)
    parent, by = np.full(1, -1), np.full(1, -1)
    succ, y_all = np.zeros((0, A), np.int64), np.zeros((0, A, system.specification.outputs))
    while len(s):
        first = len(labels) - len(s)
        budget.take(len(s) * A * (system.work + len(labels) * system.width) + CALL)
        after, y = system.step_by_all(s)
        label = labels[first:]
        bad = ~right(y, machine.outputs[label])
        origin, symbol = np.repeat(np.arange(first, len(labels)), A), np.tile(np.arange(A), len(s))
        if bad.any() and not pass_errors:
            at = int(bad.argmax())
            return Wrong((*_path(parent, by, int(origin[at])), int(symbol[at])))
        y_all = np.concatenate([y_all, y])
        after, new_label = after.reshape(-1, system.width), machine.next[label].ravel()
        point = system.embedded(after)
        within = _tolerances(system, before, point, new_label, tolerance)
        target, fresh = _merge(points, labels, near, point, new_label, within, limit - len(labels), budget)
        succ = np.concatenate([succ, target.reshape(len(s), A)])
        points, labels = np.concatenate([points, point[fresh]]), np.concatenate([labels, new_label[fresh]])
        near = np.concatenate([near, within[fresh]])
        parent, by = np.concatenate([parent, origin[fresh]]), np.concatenate([by, symbol[fresh]])
        s = after[fresh]
        states = np.concatenate([states, s])
    return Tracking(states.astype(np.float64), labels, succ, y_all, near)


def _path(parent: Array, by: Array, state: int) -> list[int]:
    word: list[int] = []
    while parent[state] >= 0:
        word.append(int(by[state]))
        state = int(parent[state])
    return word[::-1]


def _tolerances(system: System, before: Tracking | None, point: Array, label: Array, tolerance: float) -> Array:
    """The tolerance (B,) at each point: that of the nearest representative before."""
    found = np.full(len(point), tolerance)
    if before is not None:
        nearest, _ = _nearest(system.embedded(before.points), before.label, point, label)
        found[nearest >= 0] = before.tolerance[nearest[nearest >= 0]]
    return found


def _nearest(points: Array, labels: Array, point: Array, label: Array) -> tuple[Array, Array]:
    """Which of the points with its label is nearest to each (B,), −1 if there is none, and its squared distance."""
    nearest, squares = np.full(len(point), -1), np.full(len(point), np.inf)
    for value in np.unique(label):
        mine, old = np.flatnonzero(label == value), np.flatnonzero(labels == value)
        if len(old):
            distance = _squares(point[mine], points[old])
            nearest[mine], squares[mine] = old[distance.argmin(axis=1)], distance.min(axis=1)
    return nearest, squares


def _merge(
    points: Array, labels: Array, near: Array, point: Array, label: Array, within: Array, room: int, budget: Budget
) -> tuple[Array, list[int]]:
    """To which representative each new point goes, the new ones among them after the old → (targets, which are new)."""
    target, squares = _nearest(points, labels, point, label)
    target[~(squares <= near[target] ** 2)] = -1  # also where they are no number
    fresh: list[int] = []
    for k in np.flatnonzero(target < 0):
        budget.take(SINGLE)
        rivals = [i for i, j in enumerate(fresh) if label[j] == label[k]]
        if rivals:
            distance = _squares(point[k : k + 1], point[[fresh[i] for i in rivals]])[0]
            nearest = int(distance.argmin())
            if distance[nearest] <= within[fresh[rivals[nearest]]] ** 2:
                target[k] = len(labels) + rivals[nearest]
                continue
        if len(fresh) >= room:
            raise TooLarge
        target[k] = len(labels) + len(fresh)
        fresh.append(int(k))
    return target, fresh


def _squares(a: Array, b: Array) -> Array:
    """Squared Euclidean distances (A,B) of rows (A,n) and (B,n)."""
    d = ((a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)) - 2 * a @ b.T
    squares: Array = np.maximum(d, 0)
    return squares
