"""Recurrent networks on real data that ships inside PyPI packages, each with a number to compare its own with.

An entry is a module with a function `compare(seed, steps)`; examples/ has each as a short script to copy and change.
"""

from __future__ import annotations

from importlib import import_module

from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.support.checks import whole_number

ENTRIES = {
    "speech": "Which of nine speakers says /ae/? (many to one, different lengths)",
    "motion": "Standing, walking, running or badminton? Six sensors on a wrist. (many to one)",
    "digits": "Handwritten digits, read row by row. (many to one)",
    "forecast": "A season ahead: sunspots, carbon dioxide, El Niño. (many to one)",
    "language": "The text of Python's help, character by character. (many to many, carried state)",
    "translation": "Dates as people write them, into ISO 8601. (encoder-decoder)",
    "caption": "Handwritten digits, named letter by letter. (one to many)",
}
"""Name → what it does."""

__all__ = ["ENTRIES", "Comparison", "Row", "compare"]


def compare(name: str, seed: int = 0, steps: int | None = None) -> Comparison:
    """Train an entry's network and measure it beside the others.

    Parameters
    ----------
    name : str
        One of `ENTRIES`.
    seed : int ≥ 0
    steps : int ≥ 1, optional
        Training steps of each network; without it, as many as the published table used.

    Raises
    ------
    ValueError
        If there is no such entry, or what it needs is not installed.
    """
    if name not in ENTRIES:
        raise ValueError(f"the gallery has no {name!r}; it has {', '.join(ENTRIES)}")
    seed = whole_number("seed", seed)
    steps = None if steps is None else whole_number("steps", steps, 1)
    entry = import_module(f"throughtime.experiments.gallery.{name}")
    try:
        found: Comparison = entry.compare(seed=seed) if steps is None else entry.compare(seed=seed, steps=steps)
    except ModuleNotFoundError as error:
        raise ValueError(f"the gallery needs {error.name}: pip install 'throughtime[gallery]'") from None
    return found
