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
from throughtime.network import Network
from throughtime.studio import export
from throughtime.studio.example import of_batch
from throughtime.studio.opened import Unknown, of_network
from throughtime.studio.plan import check_length, most_steps
from throughtime.support.checks import whole_number
from throughtime.tasks.custom import known
from throughtime.tasks.task import Task
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
        """The length of the sequence."""
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

        from throughtime.support.disk import write_atomically

        write_atomically(Path(path), self.page.encode())


def view(trace: Trace, sequence: int = 0, *, task: Task | None = None, height: int = HEIGHT) -> View:
    """Show a trace in a notebook: the unrolled network, forward and backward, with every number and its formula.

    Parameters
    ----------
    trace : Trace
        Its arrays are what is drawn; none of them is computed again.
    sequence : int
        The sequence of its batch that is drawn.
    task : Task, optional
        What the sequence is from: it knows what its numbers mean, such as the sum that they are and its carries.
    height : int
        Of the frame, in pixels.

    Returns
    -------
    View
        Shown by notebooks, also after they were turned into HTML; `view(trace).save("page.html")` writes it to a file.

    Raises
    ------
    ValueError
        If there is no such sequence, it has more steps than a page can show (1,100, less for large networks), or the
        task has other inputs or outputs than the network.
    """
    if not isinstance(trace, Trace):
        raise ValueError(f"view shows a Trace, such as net.trace(x, y), got {type(trace).__name__}")
    sequence = whole_number("sequence", sequence, 0, len(trace.x) - 1)
    height = whole_number("height", height, 1, MOST_HEIGHT)
    s = trace.network.specification
    check_length(int(trace.lengths[sequence]), most_steps(s))
    traced = Traced(s, "trace", _together(trace, sequence))  # type: ignore[abstract]  # the others are the network's
    shown = traced if task is None else known(task)
    plan = of_network(Network.of(s, trace.network.parameters), shown, Settings())
    one = trace.alone(sequence)
    return View(export.of_trace(one, plan, of_batch(shown, Batch(one.x, one.d, None, one.mask))), height)


def _together(trace: Trace, first: int) -> Batch:
    """A sequence, and behind it those that are not too long for a page."""
    others = np.flatnonzero(trace.lengths <= most_steps(trace.network.specification))
    rows = np.concatenate([[first], others[others != first]])
    T = int(trace.lengths[rows].max())
    steps = (rows, slice(T)) if trace.network.specification.output == "every step" else (rows,)
    return Batch(trace.x[rows, :T], trace.d[steps], trace.lengths[rows], trace.mask[steps])
