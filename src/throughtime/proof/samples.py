"""Inputs that a search tries: of each symbol its own, and where it may be anywhere in a box, the box's corners too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from throughtime.proof.system import Array, System
from throughtime.tasks.machine import Machine

MOST = 64
"""Corners of a box that are tried; of a box with more, the two where all inputs are at the same end."""


@dataclass(frozen=True, eq=False)
class Samples:
    """A network and its machine over single inputs; words of these are words of the symbols.

    Parameters
    ----------
    system, machine : System, Machine
        Their symbols are L inputs, the first A of them the symbols' own.
    of : (L,) int array
        The symbol that each is of.
    variants : (A,V) int array
        The inputs of each symbol, some more than once where there are fewer.
    """

    system: System
    machine: Machine
    of: Array
    variants: Array


def samples(system: System, machine: Machine) -> Samples:
    """The inputs that are tried of a machine's symbols."""
    A, I = system.symbols.shape
    if system.ends is None:
        return Samples(system, machine, np.arange(A), np.arange(A)[:, None])
    ends = np.array(list(product((0, 1), repeat=I)) if 2**I <= MOST else [[0] * I, [1] * I])
    corners = np.where(ends[:, None], system.hi, system.lo)
    inputs = np.concatenate([system.symbols[None], corners])  # (V,A,I)
    numbers: dict[tuple[int, bytes], int] = {}
    variants = np.array([
        [numbers.setdefault((a, row.tobytes()), len(numbers)) for a, row in enumerate(rows + 0.0)] for rows in inputs
    ]).T  # fmt: skip
    first = np.unique(variants.T, return_index=True)[1]
    tried, of = inputs.reshape(-1, I)[first], np.array([a for a, _ in numbers])
    points = replace(
        machine,
        symbols=tried.astype(np.float64),
        next=machine.next[:, of],
        outputs=machine.outputs[:, of],
        symbol_names=tuple(machine.symbol_names[a] for a in of),
        ends=None,
    )
    return Samples(replace(system, symbols=tried, ends=None), points, of, variants)
