"""Training before one's eyes: a bar in a terminal, plain lines elsewhere; and what a search for a proof is at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from throughtime.cli.shell import labelled, say_on_the_way

if TYPE_CHECKING:
    from throughtime.training.loop import Run
    from throughtime.training.recipes import Logged

LINES = 10
"""Plain lines of a whole training."""
_WIDEST_BAR, _TEXT = 26, 89


@contextmanager
def progress(first: int, steps: int, shown: bool) -> Iterator[list[Callable[[Run], None]]]:
    """The callbacks that show how training continues from a step."""
    if not shown:
        yield []
    elif sys.stdout.isatty():
        with _bar(first, steps) as update:
            yield [update]
    else:
        yield [_lines(first, steps)]


@contextmanager
def _bar(first: int, steps: int) -> Iterator[Callable[[Run], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(highlight=False)
    width = max(4, min(_WIDEST_BAR, console.width - _TEXT))
    columns: list[Any] = [
        TextColumn("  learning "),
        BarColumn(width),
        MofNCompleteColumn(),
        TextColumn("{task.fields[figures]}"),
    ]
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=steps, completed=first, figures="  starting the engine")
        speed = _Speed()
        yield lambda run: bar.update(task, completed=run.step, figures=f"  {_figures(run, speed)}")


def _lines(first: int, steps: int) -> Callable[[Run], None]:
    speed, printed = _Speed(), first * LINES // max(steps, 1)

    def update(run: Run) -> None:
        nonlocal printed
        if run.step * LINES // steps > printed:
            printed = run.step * LINES // steps
            say_on_the_way(f"  learning  {run.step:>{len(str(steps))}}/{steps}   {_figures(run, speed)}")

    return update


@contextmanager
def searching(shown: bool) -> Iterator[Callable[[str], None] | None]:
    """What says how far a search for a proof is, in a line of a terminal that is gone at its end; None elsewhere."""
    if not shown or not sys.stdout.isatty():
        yield None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(highlight=False), auto_refresh=False, transient=True) as live:
        yield lambda said: live.update(Text(labelled("proving", said), no_wrap=True, overflow="ellipsis"), refresh=True)


class _Speed:
    """Steps per second, not counting the first block: it may have had to wait for kernels to be compiled."""

    def __init__(self) -> None:
        self.first, self.started = 0, 0.0

    def __call__(self, step: int) -> str:
        now = time.perf_counter()
        if not self.started:
            self.first, self.started = step, now
            return ""
        return f"   {(step - self.first) / max(now - self.started, 1e-9):.0f} steps/s"


def _figures(run: Run, speed: _Speed) -> str:
    record = run.history.last
    settings = run.settings
    noisy, dropout = settings.noise or settings.input_noise, settings.dropout or settings.recurrent_dropout
    disturbed = " with noise" if noisy else " with dropout" if dropout else ""
    exact = "" if record.exact != record.exact else f"   exact{disturbed} {_percent(record.exact)} %"
    return f"loss {record.loss:#.3g}{exact}{speed(run.step)}   {record.seconds:.1f} s"


def _percent(share: float) -> str:
    """Whole percents, rounded down: 100 only if nothing was wrong."""
    return f"{int(100 * share + 1e-9):>3}"


CLASSIC_HEADER = "     pair       error      a +   b   predicted   true"


def classic_line(logged: Logged) -> str:
    """A line of the classic log."""
    error = _error(logged)
    return f"  {logged.pair:>7}  {error:<10}   {logged.a:>4} + {logged.b:>3}   {logged.predicted:>9}   {logged.true:>4}"


def article_entry(logged: Logged, bits: int) -> str:
    """An entry of the classic log in the article's form, the most significant digit first."""
    digits = (" ".join(f"{number:0{bits}b}") for number in (logged.predicted, logged.true))
    predicted, true = (f"[{each}]" for each in digits)
    return "\n".join(
        [
            f"Error:[{_error(logged)}]",
            f"Pred:{predicted}",
            f"True:{true}",
            f"{logged.a} + {logged.b} = {logged.predicted}",
            "------------",
        ]
    )


def _error(logged: Logged) -> str:
    """The error as the demo printed it."""
    return f"{logged.error:.8f}".rstrip("0")
