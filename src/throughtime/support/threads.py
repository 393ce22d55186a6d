"""Work that several threads share, and how many of them there are.

`concurrent.futures`, with the logging that it brings, is imported when threads start: most programs start none. That is
while Ctrl-C is held back, since a module that was interrupted could not be imported any more.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from throughtime.support.checks import whole_number
from throughtime.support.interrupts import as_they_end, deferred

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")
R = TypeVar("R")


def threads_of_environment() -> int | None:
    """What `NUMBA_NUM_THREADS` in the environment says; None if it is not there, a ValueError if it is no number."""
    given = os.environ.get("NUMBA_NUM_THREADS")
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and int(given[:9]) > 0 and len(given) < 10):
        raise ValueError(
            f"NUMBA_NUM_THREADS in the environment must be a number of threads from 1 on, got {given!r:.40}"
        )
    return int(given)


def processors() -> int:
    """How many threads there are for work that does not say how many.

    As many as `NUMBA_NUM_THREADS` in the environment says, or as there are processors that this process may use. In a
    thread other than the main one it is 1: whoever has started threads, as Dask does, has shared out the processors.
    """
    if threading.current_thread() is not threading.main_thread():
        return 1
    given = threads_of_environment()
    if given is not None:
        return given
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Team:
    """Threads for work whose parts do not depend on each other.

    They start with the first work that has several parts, and end when nobody holds the team any more.

    Parameters
    ----------
    threads : int ≥ 1, optional
        With the one that calls; `processors()` when not given.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = processors() if threads is None else whole_number("threads", threads, 1)
        self._others: ThreadPoolExecutor | None = None

    def share(self, work: Callable[[int], Any], parts: int) -> None:
        """Do `work(0)` to `work(parts - 1)`, each on whichever thread is free; the one that calls is among them.

        Raises
        ------
        Exception
            What a part raised, when all that had begun have ended; the others are then not begun.
        KeyboardInterrupt
            After Ctrl-C, when all have ended.
        """
        others = min(self.threads, parts) - 1
        if others < 1:
            for part in range(parts):
                work(part)
            return
        left = deque(range(parts))
        helping: list[Future[None]] = []

        def take() -> None:
            while left:
                try:
                    part = left.popleft()
                except IndexError:  # another thread was faster
                    return
                try:
                    work(part)
                except BaseException:
                    left.clear()
                    raise

        with deferred():
            from concurrent.futures import ThreadPoolExecutor, wait

            if self._others is None:
                self._others = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="throughtime")
            team = self._others
            try:
                helping += (team.submit(take) for _ in range(others))
                take()
            finally:
                wait(helping)
            for future in helping:
                future.result()


def _pool(threads: int) -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads)


def on_threads(work: Callable[[T, Callable[[], bool]], R], items: Iterable[T], threads: int | None = None) -> list[R]:
    """The values of `work(item, stop)` for each item, in their order, several at the same time.

    Parameters
    ----------
    work : function of an item and a function
        It should end soon when that function says True: after Ctrl-C, or when another one raised an exception.
    items : iterable
    threads : int ≥ 1, optional
        `processors()` when not given.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when all have ended.
    """
    at_once, failed = threads or processors(), False
    found: dict[int, R] = {}
    with deferred() as ctrl_c, _pool(at_once) as pool:

        def submit(numbered: tuple[int, T]) -> Future[R]:
            return pool.submit(work, numbered[1], lambda: ctrl_c.came or failed)

        try:
            for ended in as_they_end(submit, enumerate(items), at_once, ctrl_c):
                for (place, _), future in ended:
                    found[place] = future.result()
        except BaseException:
            failed = True
            raise
    return [found[place] for place in sorted(found)]
