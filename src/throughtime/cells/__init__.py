"""The cells. Each is one function of one time step, in a file of its own, from which everything else is derived.

Elman, LSTM and GRU stand here, each with its equations, forward and backward, in plain NumPy, written to be read; the
others in `cells.shipped`, where a new file is a new cell.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from throughtime.cells import elman, gru, lstm, shipped
from throughtime.cells.elman import Elman
from throughtime.cells.graph import Graph
from throughtime.cells.gru import GRU
from throughtime.cells.lstm import LSTM

__all__ = ["GRU", "LSTM", "NAMES", "TWINS", "WITH_ACTIVATION", "Elman", "module_of", "step_of"]

TWINS = ("elman", "lstm", "gru")
"""The cells with a forward and a backward pass written by hand."""
WITH_ACTIVATION = ("elman",)
"""The cells whose function f is chosen; all others have their own."""
NAMES = (*TWINS, *sorted(module.name for module in iter_modules(shipped.__path__)))
"""All cells of this package."""


@cache
def step_of(cell: str, activation: str = "sigmoid") -> Graph:
    """The step of a cell, by its name; `activation` is the f of an Elman cell."""
    if cell in TWINS:
        return {"elman": elman.STEPS[activation], "lstm": lstm.STEP, "gru": gru.STEP}[cell]
    found: Graph = getattr(module_of(cell), cell)
    return found


def module_of(cell: str) -> ModuleType:
    """The module of a cell, by its name."""
    return import_module(f"{__name__ if cell in TWINS else shipped.__name__}.{cell}")
