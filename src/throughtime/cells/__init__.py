"""The cells. Each is one function of one time step, in a file of its own, from which everything else is derived.

Elman, LSTM and GRU stand here, each with its equations, forward and backward, in plain NumPy, written to be read; the
others in `cells.shipped`, where a new file is a new cell.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from throughtime.cells import shipped
from throughtime.cells.graph import Graph

__all__ = ["NAMES", "TWINS", "WITH_ACTIVATION", "module_of", "step_of"]

TWINS = ("elman", "lstm", "gru")
"""The cells with a forward and a backward pass written by hand."""
WITH_ACTIVATION = ("elman",)
"""The cells whose function f is chosen; all others have their own."""
NAMES = (*TWINS, *sorted(module.name for module in iter_modules(shipped.__path__)))
"""All cells of this package."""


@cache
def step_of(cell: str, activation: str = "sigmoid") -> Graph:
    """The step of a cell, by its name; `activation` is the f of an Elman cell."""
    module = module_of(cell)
    if cell in WITH_ACTIVATION:
        found: Graph = module.STEPS[activation]
    else:
        found = getattr(module, "STEP" if cell in TWINS else cell)
    return found


def module_of(cell: str) -> ModuleType:
    """The module of a cell, by its name."""
    return import_module(f"{__name__ if cell in TWINS else shipped.__name__}.{cell}")
