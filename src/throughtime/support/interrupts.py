"""Ctrl-C where threads or processes work: it is held back while it could strike inside one of Python's locks.

An exception that is raised while a lock of Python's is held (in `pool.submit`, in `wait`) may leave it held, and who
waits for it waits for ever. So the main thread lets Ctrl-C be noted only, and ends its work itself.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

_SECONDS = 0.2
"""After which a waiting thread looks whether Ctrl-C came: on Windows it does not wake it."""


class Deferred:
    """The value of `deferred`: `came` says whether Ctrl-C came, and `queue` gets None when it does."""

    def __init__(self) -> None:
        self.came = False
        self.queue: SimpleQueue[Any] = SimpleQueue()  # its put may be called from a handler of signals

    def _note(self, *_: Any) -> None:
        self.came = True
        self.queue.put(None)


@contextmanager
def deferred() -> Iterator[Deferred]:
    """Hold Ctrl-C back: within, it is noted only; behind, it is a KeyboardInterrupt, unless something else went wrong.

    In a thread that is not the main one nothing is to be held back: Ctrl-C never comes there.
    """
    ctrl_c = Deferred()
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield ctrl_c
        return
    signal.signal(signal.SIGINT, ctrl_c._note)
    try:
        yield ctrl_c
    except (KeyboardInterrupt, GeneratorExit):
        if not ctrl_c.came:  # else it may be Ctrl-C's own doing
            raise
    finally:
        signal.signal(signal.SIGINT, handler)
    if ctrl_c.came:
        handler(signal.SIGINT, None)  # which raises it, unless it is someone's own
        raise KeyboardInterrupt


@contextmanager
def left_to_this_process() -> Iterator[None]:
    """Processes that are begun within do not get Ctrl-C, unless they ask for it: they inherit that it waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing import resource_tracker  # which only who begins processes waits for

    resource_tracker.ensure_running()  # its start would let it through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def as_they_end(
    submit: Callable[[T], Future[R]], items: Iterable[T], at_once: int, ctrl_c: Deferred
) -> Iterator[list[tuple[T, Future[R]]]]:
    """The futures of items as they end, those together that have ended meanwhile; after Ctrl-C no more of them.

    At most `at_once` of them are submitted at a time.
    """
    waiting, running = iter(items), 0

    def begin(item: T) -> None:
        submit(item).add_done_callback(lambda future: ctrl_c.queue.put((item, future)))

    for item in islice(waiting, at_once):
        begin(item)
        running += 1
    while running and not ctrl_c.came:
        ended: list[tuple[T, Future[R]] | None] = []
        try:
            ended.append(ctrl_c.queue.get(timeout=_SECONDS))
            while True:
                ended.append(ctrl_c.queue.get_nowait())
        except Empty:
            pass
        futures = [one for one in ended if one is not None]
        if futures:
            yield futures
        running -= len(futures)
        for item in islice(waiting, 0 if ctrl_c.came else len(futures)):
            begin(item)
            running += 1
