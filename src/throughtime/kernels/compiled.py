"""How every kernel is compiled: without Python, and kept on disk for the next process.

Numba's own cache looks only at the file of the function that is called; a kernel that calls one in another file would
go on using the old one after that was changed. So our cache has a folder of its own for each state of all kernel sources
and each engine, below `$THROUGHTIME_CACHE` or the user's cache folder. It needs no write access to where the package is
installed, and Numba replaces its files atomically, so that two processes may compile at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import caching, config
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from throughtime.kernels.machine import ENGINE


@cache
def cache_directory() -> Path:
    """The folder that holds the compiled kernels of these sources for this engine on this Numba."""
    sources = hashlib.sha256(f"{numba.__version__} {ENGINE.name}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(source.read_bytes())
    base = os.environ.get("THROUGHTIME_CACHE") or Path(
        os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "throughtime"
    )
    return Path(base, f"kernels-{sources.hexdigest()[:16]}")


class _Locator(caching.InTreeCacheLocator):
    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)
        self._cache_path = str(cache_directory())

    def get_source_stamp(self) -> str:
        return cache_directory().name


class _CacheImpl(caching.CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012  as Numba declares it


class _Cache(caching.FunctionCache):
    _impl_class = _CacheImpl


def _cached(compiled: Any, function: Callable[..., Any]) -> Any:
    if not config.DISABLE_JIT:  # type: ignore[attr-defined]
        with contextlib.suppress(RuntimeError):  # where no cache can be written, each process compiles for itself
            compiled._cache = _Cache(function)
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function to machine code at its first call for each signature, or take it from the disk."""
    return _cached(numba.njit(function, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"}), function)


def inlined(function: Callable[..., Any]) -> Any:
    """A kernel that is a part of a loop: LLVM makes one piece of both."""
    return _cached(numba.njit(function, nogil=True, error_model="numpy", forceinline=True), function)


def exported(signature: Any, function: Callable[..., Any]) -> Any:
    """A kernel with a C signature, at an address."""
    # Not numba.cfunc, which compiles before it can be told of our cache.
    compiled = _cached(CFunc(function, normalize_signature(signature), {}, {"error_model": "numpy"}), function)
    compiled.compile()
    return compiled
