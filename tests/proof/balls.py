"""A network run in balls of python-flint, of as many bits as are wanted: an oracle for what is done in doubles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from flint import arb, ctx

from throughtime.cells.interpreted import applied, computed

FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + (-z).exp()), "tanh": lambda z: z.tanh(), "relu": lambda z: z.max(0),
    "minimum": lambda a, b: a.min(b), "maximum": lambda a, b: a.max(b),
}  # fmt: skip


@contextmanager
def bits(number: int) -> Iterator[None]:
    """So many bits for balls."""
    before, ctx.prec = ctx.prec, number
    try:
        yield
    finally:
        ctx.prec = before


def balls(numbers):
    """An array of balls, that hold exactly these numbers."""
    return np.frompyfunc(arb, 1, 1)(np.asarray(numbers, np.float64).astype(object))


def apply(operation, given):
    if operation.op not in FUNCTIONS:
        return applied(operation, given)
    return np.frompyfunc(FUNCTIONS[operation.op], len(given), 1)(*given)


def step(system, state, x):
    """The state (n,) after a step from a state (n,), and net_y, all of them balls."""
    after, (W, b_y) = [], map(balls, system.readout)
    for layer, parameters in enumerate(system.layers):
        of = {name: balls(value) for name, value in parameters.of.items()}
        before = [state[system.columns(layer, part)] for part in range(system.parts)]
        found = computed(system.graph, x, before, of.__getitem__, arb, apply)
        x, after = found[0], [*after, *found]
    return np.concatenate(after), x @ W + b_y
