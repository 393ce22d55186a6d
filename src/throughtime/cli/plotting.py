"""The option --plot: what is wrong with it is reported before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from throughtime.cli.shell import Failure


def _checked(path: Path | None) -> Path | None:
    if path is None:
        return None
    try:
        import matplotlib as mpl
    except ModuleNotFoundError:
        raise Failure("--plot needs matplotlib: pip install 'throughtime[plot]'") from None
    mpl.use("agg")  # no window is opened
    from throughtime.analysis.plots import check_format

    check_format(path)
    if not path.absolute().parent.is_dir():
        raise Failure(f"there is no folder {path.parent} to write {path.name} to")
    return path


PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw it into a .png, .svg or .pdf file.", callback=_checked),
]
