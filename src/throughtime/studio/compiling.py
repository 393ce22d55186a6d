"""Compilation of kernels in this process, of which Numba sends an event; a kernel in the cache is not compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from numba.core import event

_KIND = "numba:compile"


class _Listener(event.Listener):
    def __init__(self, begins: Callable[[], object]) -> None:
        self.begins = begins

    def on_start(self, event: event.Event) -> None:
        self.begins()

    def on_end(self, event: event.Event) -> None:
        """Only the beginning matters."""


@contextmanager
def noted(begins: Callable[[], object]) -> Iterator[None]:
    """Within it, `begins` is called, in the thread that compiles, as often as a kernel begins to be compiled."""
    listener = _Listener(begins)
    event.register(_KIND, listener)  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        event.unregister(_KIND, listener)  # type: ignore[no-untyped-call]
