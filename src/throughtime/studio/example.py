"""The one sequence that the page shows: two numbers, a word, or a sequence drawn from a task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.network import Network
from throughtime.specification import Specification
from throughtime.tasks.bits import digits, to_bits, to_number
from throughtime.tasks.machine import Machine
from throughtime.tasks.task import rounds_to

CALCULATIONS = ("addition", "subtraction", "multiplication", "comparison")
"""The tasks whose sequences are whole numbers, least significant bit first."""


@dataclass(frozen=True, eq=False)
class Example:
    """One sequence and what is wanted of it.

    batch : Batch of one sequence with no padding behind it
    operands : the numbers that it writes, if it does
    """

    batch: Batch
    operands: tuple[int, ...] | None = None

    @property
    def has_targets(self) -> bool:
        """Whether anything is asked; if not, nothing is right or wrong, and there is no loss."""
        return self.batch.mask is None or bool(np.any(self.batch.mask))


def of_operands(task: Any, operands: Sequence[int]) -> Example:
    """Numbers as a sequence, with as many steps as their result needs; a ValueError where the task takes none."""
    if task.name not in CALCULATIONS:
        raise ValueError(f"{task.name} takes no numbers")
    if len(operands) != task.inputs:
        raise ValueError(f"{task.name} takes {task.inputs} numbers, got {len(operands)}")
    steps = max(task.bits, max(operands).bit_length() + task.closing)
    if task.name == "addition":
        x, y = task.encode(*operands)
        return Example(Batch(x, y), tuple(operands))
    x = np.stack([to_bits(number, steps) for number in operands], axis=1)
    return Example(Batch(x[None], task.retrace(x)[1][None].astype(np.float64)), tuple(operands))


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
    operands = tuple(map(to_number, drawn.x[0].T)) if task.name in CALCULATIONS else None
    return Example(drawn, operands)


def of_word(task: Any, word: Sequence[int]) -> Example:
    """A word of a machine's symbols."""
    machine: Specification = task.specification
    letters = list(word)
    x = machine.symbols[letters]
    operands = None
    if task.name in CALCULATIONS:
        operands = tuple(map(to_number, x.T))
    return Example(Batch(x[None], machine.run(letters)[1][None].astype(np.float64)), operands)


def describe(task: Any, example: Example, net: Network, y: Array) -> dict[str, Any]:
    """What the page is told of the sequence beside its arrays; y (T,O) or (O,) is what the network tells."""
    x, batch = example.batch.x[0], example.batch
    machine = task.specification
    word = letters(machine, x) if machine is not None else None
    return {
        "operands": None if example.operands is None else [digits(number) for number in example.operands],
        "symbols": None if word is None else [machine.symbol_names[letter] for letter in word],
        "carry": None if word is None else machine.run(word)[0][1:].tolist(),
        "rendered": task.render(x, y).splitlines(),
        "right": _right(task, net, y, batch) if example.has_targets else [],
        "has_targets": example.has_targets,
    }


def letters(machine: Specification, x: Array) -> Array | None:
    """The symbols' numbers (T,) that x (T,I) writes; None if one of its rows is no symbol."""
    same = (x[:, None] == machine.symbols).all(axis=2)
    return same.argmax(axis=1) if same.any(axis=1).all() else None


def _right(task: Any, net: Network, y: Array, batch: Batch) -> list[bool]:
    """Whether each output is right; nothing where outputs are real numbers."""
    s = net.specification
    if s.readout == "identity":
        return []
    if s.output == "last step":
        return [bool(task.right(y[None], batch)[0])]
    likeliest = s.readout == "softmax"
    right = y.argmax(-1) == batch.y[0].argmax(-1) if likeliest else rounds_to(y, batch.y[0]).all(-1)
    return [bool(one) for one in np.atleast_1d(right)]


def is_calculation(task: Any) -> bool:
    """Whether a task's sequences can be typed as numbers."""
    return isinstance(task, Machine) and task.name in CALCULATIONS
