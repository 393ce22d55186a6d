"""What all figures share: their colours, their style, how one begins and how it is written to a file.

The colours are distinct for every kind of colour vision (Okabe & Ito 2008).
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.support.disk import write_atomically
from throughtime.support.documents import printable

try:
    import matplotlib
    from cycler import cycler
    from matplotlib import pyplot
    from matplotlib.axes import Axes as Axes
    from matplotlib.colors import LogNorm as LogNorm
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure
except ModuleNotFoundError:
    raise ModuleNotFoundError("figures need matplotlib: pip install 'throughtime[plot]'", name="matplotlib") from None

mpl = matplotlib
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = "osD^vP*"
FORMATS = (".png", ".svg", ".pdf")
STYLE: Any = {
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.constrained_layout.use": True,
    "font.size": 9.0,
    "legend.frameon": False,
    "savefig.dpi": 150,
    "svg.fonttype": "none",
    "svg.hashsalt": "throughtime",
}
"""Settings of every new figure."""


def new(rows: int = 1, columns: int = 1, *, width: float = 5.5, height: float = 3.4) -> Any:
    """New axes in this module's style, in a figure of so many inches: one, or an array (rows, columns) of them."""
    with mpl.rc_context(STYLE):
        _, axes = pyplot.subplots(rows, columns, figsize=(width, height))
        interactive = mpl.is_interactive()
    mpl.interactive(
        interactive
    )  # a notebook turns it on with its first figure, and the context would turn it off again
    return axes


def short_dates(ax: Axes) -> None:
    """Say what dates have in common once: written out, they run into each other."""
    locator = ax.xaxis.get_major_locator()
    if isinstance(locator, AutoDateLocator):
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def plain(text: str) -> str:
    """A text from outside as Matplotlib shows it as it stands: what is between two $ would be mathematics."""
    return printable(text).replace("$", R"\$")


def legend_above(ax: Axes) -> None:
    """The legend over the axes, in as many columns as are no wider than they."""
    for columns in range(len(ax.get_legend_handles_labels()[0]), 0, -1):
        legend = ax.legend(
            frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, handlelength=1.4, columnspacing=1.4
        )
        if legend.get_window_extent().width <= ax.get_window_extent().width:
            break


def save(ax: Any, path: Any) -> None:
    """Write the figure that axes (or an array of them) are in to a .png, .svg or .pdf file, atomically."""
    path = Path(path)
    check_format(path)
    figure: Figure = np.ravel(ax)[0].figure
    content = io.BytesIO()
    dated = {".svg": "Date", ".pdf": "CreationDate"}.get(path.suffix.lower())
    with mpl.rc_context(STYLE):
        figure.savefig(content, format=path.suffix[1:].lower(), metadata={dated: None} if dated else None)
    write_atomically(path, content.getvalue())


def check_format(path: Path) -> None:
    """A ValueError if no figure can be written to a file of this name."""
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"a figure is written to a file that ends in {', '.join(FORMATS)}, got {path}")
