"""Processes of the studio's own. Ctrl-C does not reach them: the server says when they end, and they end with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from throughtime.support.interrupts import left_to_this_process

LEFT_TO_THE_SERVER = ("SIGINT", "SIGBREAK")
"""Signals that a terminal sends to all of its processes; no system has both."""


def start(target: Callable[..., None], name: str, *arguments: Any) -> tuple[Any, Connection]:
    """A process that runs `target(connection, *arguments)`, and the other end of its connection.

    Raises
    ------
    OSError
        If the system has no room for it.
    """
    spawn = get_context("spawn")  # as on every system; a fork would take the event loop and its threads along
    here, there = spawn.Pipe()
    process = spawn.Process(target=_run, args=(target, there, *arguments), name=name, daemon=True)
    try:
        with left_to_this_process(), _one_thread():
            process.start()
    except OSError:
        here.close()
        raise
    finally:
        there.close()
    return process, here


def _run(target: Callable[..., None], connection: Connection, *arguments: Any) -> None:
    for name in LEFT_TO_THE_SERVER:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    target(connection, *arguments)


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenBLAS reads its number of threads when NumPy is imported, training at each run; other cores are the page's."""
    before = {name: os.environ.get(name) for name in ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
    os.environ.update(dict.fromkeys(before, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
