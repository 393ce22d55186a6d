"""Tasks: a task makes sequences, says when they are answered right, and shows them to people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.support.checks import checked, whole_number
from throughtime.support.memory import require
from throughtime.support.option import Option
from throughtime.tasks.machine import Machine

if TYPE_CHECKING:
    from throughtime.tasks.columns import Columns
    from throughtime.tasks.data import Data

Readout = Literal["sigmoid", "softmax", "identity"]
Loss = Literal["squared", "binary_cross_entropy", "cross_entropy"]
Output = Literal["every step", "last step"]

CHUNK = 250
"""Sequences that `sampled` gives a network at once."""


class Net(Protocol):
    """A network, as far as a task needs it."""

    def predict(self, x: Array, lengths: Array | None = None) -> Array:
        """Outputs (B,T,O), or (B,O) where only the last step is predicted, for x (B,T,I)."""

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
    """A task, as far as training needs it; any object with these members is one."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

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
        """Whether every step is scored or the last one alone."""

    @property
    def machine(self) -> Machine | None:
        """The machine a perfect network would be, where the task is one."""

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """Draw sequences to learn from."""

    def right(self, y: Array, batch: Batch) -> Array:
        """Whether each sequence is answered right, (B,) bool; y is what the network predicted."""

    def render(self, x: Array, y: Array) -> str:
        """One sequence x (T,I) and the network's answer y, (T,O) or (O,), as text for people."""

    def evaluate(self, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation:
        """Check a network, on all sequences where that is feasible, else on `samples` drawn from `seed`."""


if TYPE_CHECKING:
    _Task = Task  # to pyright, a ClassVar is no property of a Protocol that is not named as a base
else:
    _Task = object


class Described(_Task):
    """A task that also describes itself to people; the base of all tasks of this package.

    sized_by : the option that decides how long its sequences are, if there is one
    bits : its value, where sequences are bits
    memory : what its machine's states are called
    reads_numbers : whether each feature of its sequences writes a whole number, the least significant bit first
    sign : what stands between these numbers, where their result is written below them
    done : what a network has done to sequences that it answers right
    command : the command that shows one answer of a network
    no_claim : why its machine, if it has one, is nothing to prove of a network, in a sentence
    columns : of the data file that it is
    """

    sized_by: ClassVar[str | None] = None
    bits: Any = None
    memory: ClassVar[str] = "state"
    reads_numbers: ClassVar[bool] = False
    sign: ClassVar[str | None] = None
    done: ClassVar[str] = "answered"
    command: ClassVar[str | None] = None
    no_claim: ClassVar[str | None] = None
    columns: Columns | None = None

    @classmethod
    def choices(cls) -> tuple[Option, ...]:
        """Its options."""
        found = [(f.name, f.default, f.metadata) for f in fields(cls) if "help" in f.metadata]  # type: ignore[arg-type]
        return tuple(Option(name, _KINDS[type(default)], **details) for name, default, details in found)

    def __post_init__(self) -> None:
        self.settle(self.choices())

    def settle(self, options: Iterable[Option]) -> None:
        """Make its options values of Python's own, or refuse them."""
        for option in options:
            object.__setattr__(self, option.name, checked(option, getattr(self, option.name)))

    @property
    def options(self) -> dict[str, Any]:
        """The values of its options: with its name they make the task again."""
        return asdict(self)  # type: ignore[call-overload,no-any-return]

    @property
    def waiting(self) -> str | None:
        """Why no network can be trained on it, in a sentence; None if one can."""
        return None

    @property
    def summary(self) -> str:
        """The thing to learn, in a sentence."""
        return re.sub(r"\s*\[.*\]$", "", (type(self).__doc__ or "").splitlines()[0])

    @property
    def sequences(self: Any) -> Task | Data:
        """The sequences that a network is trained on."""
        return self  # type: ignore[no-any-return]

    def sized(self, length: int) -> Self:
        """The same task with sequences of another length."""
        return replace(self, **{str(self.sized_by): length})  # type: ignore[type-var]

    def encode(self: Any, *numbers: int) -> tuple[Array, Array]:
        """Numbers as a sequence x (1,T,I), y (1,T,O); a ValueError where it reads none."""
        raise ValueError(f"{self.name} takes no numbers")

    def numbers(self, x: Array) -> tuple[int, ...] | None:
        """The numbers that a sequence x (T,I) writes, where it reads numbers."""
        return None

    def states(self, x: Array) -> Array | None:
        """The states (T+1,) that its machine goes through over a sequence x (T,I), where it can tell them."""
        return None

    def right_steps(self: Any, y: Array, batch: Batch) -> Array:
        """Whether each answer is right, (B,T) or (B,): the likeliest class is the target, or every output rounds to it.

        Real numbers never are simply right.
        """
        if self.readout == "identity":
            return np.zeros(y.shape[:-1], bool)
        if self.readout == "softmax":
            return np.asarray(y.argmax(-1) == batch.y.argmax(-1))
        return np.asarray(rounds_to(y, batch.y).all(-1))

    def right(self, y: Array, batch: Batch) -> Array:
        """Whether each sequence is right wherever it is scored, (B,) bool; y are the network's outputs."""
        right = self.right_steps(y, batch)
        return right if y.ndim == 2 else at_every_step(right, batch)

    def evaluate(self: Any, net: Net, samples: int = 1000, seed: int = 0) -> Evaluation:
        """Check a network on sequences drawn at random."""
        return sampled(self, net, samples, seed)


def options(task: Any) -> dict[str, Any]:
    """The options of any task: those that it tells, or the fields of its dataclass."""
    if isinstance(task, Described):
        return task.options
    return asdict(task) if is_dataclass(task) and not isinstance(task, type) else {}


_KINDS: dict[type, Any] = {int: "whole number", float: "number", bool: "yes or no"}


def option(default: Any, help: str, least: float | None = None, most: float | None = None) -> Any:
    """A field of a task that people choose; what kind of value it is, the default says."""
    if isinstance(default, int) and most is None:
        most = LONGEST
    return field(default=default, metadata={"help": help, "least": least, "most": most})


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
    """(B,T) → (B,) bool: right at every step that is real and scored."""
    scored = np.ones(batch.x.shape[:2], bool) if batch.mask is None else np.asarray(batch.mask) > 0
    if batch.lengths is not None:
        scored &= np.arange(batch.x.shape[1]) < np.asarray(batch.lengths)[:, None]
    return np.asarray((right | ~scored).all(axis=1))


LONGEST = 1_000_000
"""Steps, and whatever else a task's options count, so that what nobody can wait for is refused at once."""


def make_room(batch: int, steps: int, features: int) -> None:
    """Refuse to draw sequences that memory does not hold; `features` are all of x and y together."""
    require(32.0 * batch * steps * features, f"a draw of {batch:,} sequences of {steps:,} steps")
