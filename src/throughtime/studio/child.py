"""Processes of the studio's own. Ctrl-C does not reach them: the server says when they end, and they end with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection
from typing import Any

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
        with _signals_held_back(), _one_thread():
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
def _signals_held_back() -> Iterator[None]:
    """Ctrl-C waits: the process inherits this, so that it cannot be interrupted before it can say what to do then."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # its start would let them through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenBLAS reads how many threads it has when the process imports NumPy; the other cores are the page's."""
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = before
