"""Work in threads that the end of the program does not wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Found = TypeVar("Found")

_NAME = "aside"


async def aside(function: Callable[..., Found], *arguments: object) -> Found:
    """The result or error of a function, computed beside the event loop.

    The threads of `asyncio.to_thread` are joined at the program's end, so that Ctrl-C would wait for a long
    computation.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def settle(found: Found | None, error: BaseException | None) -> None:
        if answer.cancelled():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found)  # type: ignore[arg-type]

    def work() -> None:
        found, wrong = None, None
        try:
            found = function(*arguments)
        except BaseException as error:
            wrong = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, found, wrong)

    threading.Thread(target=work, name=_NAME, daemon=True).start()
    return await answer


def busy() -> bool:
    """Whether such a thread still works."""
    return any(thread.name == _NAME for thread in threading.enumerate())
