"""What a task is: it makes sequences, says when they are answered right, and shows them to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.checks import whole_number
from throughtime.memory import require
from throughtime.specification import Specification

Readout = Literal["sigmoid", "softmax", "identity"]
Loss = Literal["squared", "binary_cross_entropy", "cross_entropy"]
Output = Literal["every step", "last step"]

CHUNK = 250
"""Sequences that `sampled` gives a network at once."""


class Net(Protocol):
    """What a task needs of a network."""

    def predict(self, x: Array, lengths: Array | None = None) -> Array:
        """Outputs (B,T,O), or (B,O) where only the last step is told, for x (B,T,I)."""

    def initial_state(self, batch: int) -> Any:
        """The state before the first step; indexing it with an array of row numbers gives those rows."""

    def step(self, x_t: Array, state: Any) -> tuple[Array, Any]:
        """One step: x_t (B,I) and the state before it → y_t (B,O) and the state after it."""


@dataclass(frozen=True)
class Evaluation:
    """How often a network was wrong.

    Parameters
    ----------
    checked, wrong : int
        Sequences that were checked, and those of them that were not answered right at every step.
    exhaustive : bool
        True if these were all sequences there are, False if they were drawn at random.
    first_wrong : str or None
        The first sequence that was answered wrong, rendered for people.
    """

    checked: int
    wrong: int
    exhaustive: bool
    first_wrong: str | None = None


class Task(Protocol):
    """What training, the studio and the command line need of a task; any object with these members is one."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""

    @property
    def inputs(self) -> int:
        """I, the features of x."""

    @property
    def outputs(self) -> int:
        """O, the features of y."""

    @property
    def readout(self) -> Readout:
        """The function on the network's outputs that suits the targets."""

    @property
    def loss(self) -> Loss:
        """The loss that suits the targets."""

    @property
    def output(self) -> Output:
        """Whether an answer is asked for at every step or after the last one."""

    @property
    def specification(self) -> Specification | None:
        """The machine a perfect network would be, where the task is one."""

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences to learn from."""

    def right(self, y: Array, batch: Batch) -> Array:
        """Whether each sequence is answered right, (B,) bool; y is what the network told."""

    def render(self, x: Array, y: Array) -> str:
        """One sequence x (T,I) and the network's answer y, (T,O) or (O,), as text for people."""

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation:
        """Check a network, on all sequences where that is feasible, else on `samples` drawn from `seed`."""


def sampled(task: Task, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation:
    """Check `net` on sequences that `task` draws."""
    samples = whole_number("samples", samples, 1)
    rng = np.random.default_rng(seed)
    wrong, first_wrong = 0, None
    for start in range(0, samples, CHUNK):
        batch = task.sample(rng, min(CHUNK, samples - start))
        y = net.predict(batch.x, batch.lengths)
        rows = np.flatnonzero(~task.right(y, batch))
        if wrong == 0 and len(rows):
            row = rows[0]
            T = batch.x.shape[1] if batch.lengths is None else batch.lengths[row]
            first_wrong = task.render(batch.x[row, :T], y[row, :T] if y.ndim == 3 else y[row])
        wrong += len(rows)
    return Evaluation(samples, wrong, False, first_wrong)


def rounds_to(y: Array, d: Array | int) -> Array:
    """Whether y is nearer to the whole number d than one half (one half itself and NaN are no answer)."""
    return np.asarray(np.abs(y - d) < 0.5)


def at_every_step(right: Array, batch: Batch) -> Array:
    """(B,T) → (B,) bool: right at every step that is real and asked for."""
    asked = np.ones(batch.x.shape[:2], bool) if batch.mask is None else np.asarray(batch.mask) > 0
    if batch.lengths is not None:
        asked &= np.arange(batch.x.shape[1]) < np.asarray(batch.lengths)[:, None]
    return np.asarray((right | ~asked).all(axis=1))


LONGEST = 1_000_000
"""Steps, and whatever else a task's options count, so that what nobody can wait for is refused at once."""


def settle(task: Any, option: str, least: int, most: int = LONGEST) -> None:
    """Make an option of a frozen task a whole number of Python's own, or refuse it."""
    object.__setattr__(task, option, whole_number(option, getattr(task, option), least, most))


def make_room(batch: int, steps: int, features: int) -> None:
    """Refuse to draw sequences that memory does not hold; `features` are all of x and y together."""
    require(32.0 * batch * steps * features, f"a draw of {batch:,} sequences of {steps:,} steps")
