"""Stand-ins for networks, and oracles that share no code with the tasks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest


class Stepping:
    """A network whose `predict` is its `step` over and over; counts the rows it was given."""

    def __init__(self):
        self.rows = []

    def predict(self, x, lengths=None):
        state, ys = self.initial_state(len(x)), []
        for t in range(x.shape[1]):
            y, state = self.step(x[:, t], state)
            ys.append(y)
        return np.stack(ys, axis=1)


class Adder(Stepping):
    """Adds with Python's whole numbers, of any size; wrong at the last step for chosen operands."""

    def __init__(self, wrong=(), last=None):
        super().__init__()
        self.wrong, self.last = set(wrong), last

    def initial_state(self, batch):
        return np.array([[0, 0, 0]] * batch, dtype=object)

    def step(self, x_t, state):
        self.rows.append(len(x_t))
        state = state.copy()
        y = np.empty((len(x_t), 1))
        for row, bits in zip(range(len(state)), x_t, strict=True):
            a, b, t = state[row]
            a, b = a + (int(bits[0]) << t), b + (int(bits[1]) << t)
            y[row] = (a + b) >> t & 1
            if t == self.last and (a, b) in self.wrong:
                y[row] = 1 - y[row]
            state[row] = a, b, t + 1
        return y, state


class Follower(Stepping):
    """Does what a machine does, except after the words in `wrong`."""

    def __init__(self, machine, wrong=()):
        super().__init__()
        self.machine, self.wrong = machine, set(wrong)

    def initial_state(self, batch):
        return np.array([(0, "")] * batch, dtype=[("q", int), ("word", "U40")])

    def step(self, x_t, state):
        self.rows.append(len(x_t))
        state, y = state.copy(), []
        symbols = [tuple(s) for s in self.machine.symbols]
        for row, x in enumerate(x_t):
            q, letter = state[row]["q"], symbols.index(tuple(x))
            word = state[row]["word"] + self.machine.symbol_names[letter][0]
            found = self.machine.outputs[q, letter].astype(float)
            y.append(1 - found if word in self.wrong else 0.7 * found + 0.1)
            state[row] = self.machine.next[q, letter], word
        return np.array(y), state


class Answers:
    """A network that tells prepared answers, in order."""

    def __init__(self, *answers):
        self.answers, self.lengths = list(answers), []

    def predict(self, x, lengths=None):
        self.lengths.append(lengths)
        return self.answers.pop(0)


def distinct(machine):
    """How many states of a machine can be reached and told apart (Moore's partition refinement)."""
    reached, todo = {0}, [0]
    while todo:
        for after in machine.next[todo.pop()].tolist():
            if after not in reached:
                reached.add(after)
                todo.append(after)
    kind = {q: machine.outputs[q].tobytes() for q in reached}
    for _ in reached:
        seen = {q: (kind[q], *(kind[r] for r in machine.next[q].tolist())) for q in reached}
        numbers = {s: i for i, s in enumerate(sorted(set(seen.values()), key=repr))}
        kind = {q: numbers[seen[q]] for q in reached}
    return len(set(kind.values()))


def words(machine, steps):
    """All words of a length, as symbol indices."""
    return product(range(len(machine.symbols)), repeat=steps)


def numbers(bits):
    """Bits (B,T) or (B,T,k), least significant first, as Python's whole numbers."""
    weights = np.array([1 << t for t in range(bits.shape[1])], dtype=object)
    return np.tensordot(bits.astype(int).astype(object), weights, axes=(1, 0))


@pytest.fixture(scope="session")
def oracles():
    """The classes and functions of this file."""

    class Oracles:
        pass

    for f in (Adder, Follower, Answers, distinct, words, numbers):
        setattr(Oracles, f.__name__, staticmethod(f))
    return Oracles


@pytest.fixture
def rng():
    return np.random.default_rng(7)
