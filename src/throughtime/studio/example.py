"""The one sequence that the page shows: two numbers, a word, or a sequence drawn from a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.studio import answers
from throughtime.tasks.bits import digits
from throughtime.tasks.machine import Machine

FIRST_OPERANDS = (91, 46, 56, 8, 90, 1, 33, 74, 5, 12)
"""Their sum has carries, so that the page can say where the network keeps them."""


@dataclass(frozen=True, eq=False)
class Example:
    """One sequence and its targets.

    batch : Batch of one sequence with no padding behind it
    operands : the numbers that it writes, if it does
    """

    batch: Batch
    operands: tuple[int, ...] | None = None

    @property
    def has_targets(self) -> bool:
        """Whether any step is scored; if not, nothing is right or wrong, and there is no loss."""
        return self.batch.mask is None or bool(np.any(self.batch.mask))


def first(task: Any) -> Example:
    """What the page shows of a task before anything else is chosen."""
    return of_operands(task, FIRST_OPERANDS[: task.inputs]) if task.reads_numbers else of_sample(task, 0)


def of_operands(task: Any, operands: Sequence[int]) -> Example:
    """Numbers as a sequence, with as many steps as their result needs; a ValueError where the task takes none."""
    return Example(Batch(*task.encode(*operands)), tuple(operands))


def of_sample(task: Any, seed: int) -> Example:
    """The sequence that a task draws from a seed."""
    return of_batch(task, task.sample(np.random.default_rng(seed), 1))


def of_batch(task: Any, drawn: Batch) -> Example:
    """The one sequence of a Batch, without its padding."""
    if drawn.lengths is not None:
        T = int(drawn.lengths[0])
        last_step = drawn.y.ndim == 2
        y, mask = (
            (drawn.y, drawn.mask) if last_step else (drawn.y[:, :T], None if drawn.mask is None else drawn.mask[:, :T])
        )
        drawn = Batch(drawn.x[:, :T], y, None, mask)
    return Example(drawn, task.numbers(drawn.x[0]))


def of_word(task: Any, word: Sequence[int]) -> Example:
    """A word of a machine's symbols."""
    machine: Machine = task.machine
    letters = list(word)
    x = machine.symbols[letters]
    return Example(Batch(x[None], machine.run(letters)[1][None].astype(np.float64)), task.numbers(x))


def describe(task: Any, example: Example, y: Array) -> answers.Example:
    """The sequence as the page shows it beside its arrays; y (T,O) or (O,) is predicted."""
    scored = example.has_targets and task.readout != "identity"
    x, batch = example.batch.x[0], example.batch
    machine = task.machine
    word = letters(machine, x) if machine is not None else None
    return answers.Example(
        operands=None if example.operands is None else [digits(number) for number in example.operands],
        sign=task.sign,
        symbols=None if word is None else [machine.symbol_names[letter] for letter in word],
        states=None if word is None else machine.run(word)[0][1:].tolist(),
        rendered=task.render(x, y).splitlines(),
        memory=task.memory,
        right=task.right_steps(y[None], batch).ravel().tolist() if scored else [],
        has_targets=example.has_targets,
    )


def letters(machine: Machine, x: Array) -> Array | None:
    """The symbols' numbers (T,) that x (T,I) writes; None if one of its rows is no symbol."""
    same = (x[:, None] == machine.symbols).all(axis=2)
    return same.argmax(axis=1) if same.any(axis=1).all() else None
