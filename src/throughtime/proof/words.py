"""Words of symbols as people write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from throughtime.proof.checker.reading import off_by
from throughtime.tasks.machine import Machine

SIGNS = {"carry": " + ", "borrow": " − "}

LONGEST = 64
"""Symbols of a word that are shown; of a longer one, the ends."""


def sign(machine: Machine) -> str | None:
    """ " + " or " − " if the machine adds or subtracts numbers, read bit by bit from the least significant."""
    bits = np.isin(machine.symbols, (0, 1)).all()
    memory = {name.split(" ")[0] for name in machine.state_names}
    if not bits or machine.symbols.shape[1] < 2 or len(memory) != 1:
        return None
    return SIGNS.get(memory.pop())


def spell(machine: Machine, word: Sequence[int]) -> str:
    """A word: for a machine that calculates its numbers, most significant bit first; else its symbols as read."""
    between = sign(machine)
    if between is not None:
        numbers = machine.symbols[list(word)].astype(int).T
        return between.join(_ends([str(bit) for bit in bits[::-1]], "") for bits in numbers)
    names = [machine.symbol_names[letter] for letter in word]
    return _ends(names, "" if all(len(name) == 1 for name in names) else " ")


def _ends(steps: list[str], between: str) -> str:
    return between.join(steps if len(steps) <= LONGEST else [*steps[: LONGEST // 2], "…", *steps[-LONGEST // 2 :]])


def step_name(machine: Machine) -> str:
    """The word for one symbol: "bit" where numbers are read, else "step"."""
    return "bit" if sign(machine) is not None else "step"


def every_length(machine: Machine) -> str:
    """The phrase for words of every length."""
    return "numbers of every length" if sign(machine) is not None else "sequences of every length"


def loosely(machine: Machine) -> str:
    """What its inputs may be, in a phrase; nothing if they are the symbols' own."""
    if machine.ends is None:
        return ""
    off = {off_by(low, high) for low, high in zip(machine.lo.flat, machine.hi.flat, strict=True)}
    if len(off) == 1:
        return f", each input off by up to {off.pop()} at every step"
    return ", each input anywhere in its interval at every step"


def signal(inputs: npt.NDArray[np.float64]) -> str:
    """The inputs (T, I) of a word, step by step."""
    return _ends([" ".join(f"{v:.6g}" for v in x) for x in inputs.tolist()], ", ")
