"""A Trace in a notebook: the page itself, in a frame of the output. It needs no server, no network and no extension.

The exported page (see `export`) is the `srcdoc` of an iframe with a sandbox, so that it is the same view in Jupyter, VS
Code and marimo, and stays in the output when the notebook is saved or turned into HTML.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.checks import whole_number
from throughtime.plan import Plan
from throughtime.studio import export
from throughtime.studio.example import Example
from throughtime.studio.opened import Unknown
from throughtime.studio.plan import check_length, most_steps
from throughtime.tasks import Addition
from throughtime.tasks.bits import to_number
from throughtime.trace import Trace
from throughtime.training.settings import Settings

HEIGHT, MOST_HEIGHT = 900, 100_000


@dataclass(frozen=True, eq=False)
class Traced(Unknown):
    """The sequences of a trace as a task: what is right is what their targets say."""

    batch: Batch = None  # type: ignore[assignment]

    def sample(self, rng: np.random.Generator, batch: int) -> Batch:
        """The first of them: the one that is shown, and as many others as there are."""
        return self.batch[:batch]

    def render(self, x: Array, y: Array) -> str:
        """How long the sequence is."""
        return f"  {len(x)} steps"


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """The page of one sequence; a notebook shows it.

    page : str
        The page as one HTML file.
    height : int
        Of the frame, in pixels.
    """

    page: str = field(repr=False)
    height: int = HEIGHT

    def __repr__(self) -> str:
        return f"<View: a page of {len(self.page) / 1000:,.0f} kB, shown by notebooks; save(path) writes it to a file>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.page)}" sandbox="allow-scripts allow-downloads" loading="lazy" '
            f'title="throughtime: a network unrolled in time" width="100%" height="{self.height}" '
            'style="border: 0; min-width: 0"></iframe>'
        )

    def save(self, path: Any) -> None:
        """Write the page to a file, atomically."""
        from pathlib import Path

        from throughtime.disk import write_atomically

        write_atomically(Path(path), self.page.encode())


def view(trace: Trace, sequence: int = 0, *, height: int = HEIGHT) -> View:
    """Show a trace in a notebook: the unrolled network, forward and backward, with every number and its formula.

    Parameters
    ----------
    trace : Trace
    sequence : int
        The sequence of its batch that is drawn.
    height : int
        Of the frame, in pixels.

    Returns
    -------
    View
        Shown by notebooks, also after they were turned into HTML; `view(trace).save("page.html")` writes it to a file.

    Raises
    ------
    ValueError
        If there is no such sequence, or it has more steps than a page can show (1,100, less for large networks).
    """
    if not isinstance(trace, Trace):
        raise ValueError(f"view shows a Trace, such as net.trace(x, y), got {type(trace).__name__}")
    sequence = whole_number("sequence", sequence, 0, len(trace.x) - 1)
    height = whole_number("height", height, 1, MOST_HEIGHT)
    s = trace.network.specification
    n = int(trace.lengths[sequence])
    check_length(n, most_steps(s))
    one = slice(sequence, sequence + 1)
    steps = (one, slice(n)) if s.output == "every step" else (one,)
    batch = Batch(trace.x[one, :n], trace.d[steps], None, trace.mask[steps])
    adder = _adder(batch)
    task = adder or Traced(s, "trace", _together(trace, sequence))
    operands = None if adder is None else tuple(map(to_number, batch.x[0].T))
    plan = Plan(task, s, "glorot", Settings(), trace.network)
    return View(export.of_plan(plan, Example(batch, operands)), height)


def _together(trace: Trace, first: int) -> Batch:
    """A sequence, and behind it those that are not too long for a page."""
    others = np.flatnonzero(trace.lengths <= most_steps(trace.network.specification))
    rows = np.concatenate([[first], others[others != first]])
    T = int(trace.lengths[rows].max())
    steps = (rows, slice(T)) if trace.network.specification.output == "every step" else (rows,)
    return Batch(trace.x[rows, :T], trace.d[steps], trace.lengths[rows], trace.mask[steps])


def _adder(batch: Batch) -> Addition | None:
    """The task, where a sequence is a sum: bits, least significant first, and the bits of what they add up to."""
    x, d = batch.x[0], batch.y
    if x.shape[1] not in range(2, 11) or d.shape != (1, len(x), 1) or not np.isin(x, (0, 1)).all():
        return None
    closing = Addition(operands=x.shape[1]).closing
    task = Addition(operands=x.shape[1], bits=max(len(x), closing + 1))
    return task if np.array_equal(task.retrace(x)[1], d[0]) else None
