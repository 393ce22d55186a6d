"""Machine code on the disk, for the next process.

Numba's own cache looks only at the file of the function that is called; a kernel that calls one in another file would
go on using the old one after that was changed. So our cache has a folder of its own for each state of all kernel sources
and each engine, below `$THROUGHTIME_CACHE` or the user's cache folder. It needs no write access to where the package is
installed. Each signature of each kernel is one file with a name that follows from both, written atomically, so that
any number of processes may compile at the same time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

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

    @classmethod
    def from_function(cls, function: Any, file: str) -> _Locator:
        """Itself, though nobody may write there: what is there can be read."""
        return cls(function, file)

    def get_source_stamp(self) -> str:
        return cache_directory().name


class _Files(caching.IndexDataCacheFile):
    """A file for each key, in place of Numba's index, which two processes that compile at once can mix up."""

    def _name(self, key: Any) -> str:
        name: str = self._data_name(int(hashlib.sha256(repr(key).encode()).hexdigest()[:16], 16))
        return name

    def load(self, key: Any) -> Any:
        """What was saved with this key, or None."""
        with contextlib.suppress(OSError, EOFError, ValueError):
            return self._load_data(self._name(key))
        return None

    def save(self, key: Any, data: Any) -> None:
        """Write it, whole or not at all; nothing where that cannot be."""
        with contextlib.suppress(OSError):
            self._save_data(self._name(key), data)


class _CompileResults(caching.CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012  as Numba declares it


class Cache(caching.FunctionCache):
    """Where the machine code of a function is kept, together with which kernels it calls by their symbols.

    Parameters
    ----------
    function : the plain function
    symbols : dict
        Module, name and types of the kernel behind each symbol.
    """

    _impl_class = _CompileResults

    def __init__(self, function: Any, symbols: dict[str, Any]) -> None:
        super().__init__(function)
        self._symbols = symbols
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())

    def _load_overload(self, sig: Any, target_context: Any) -> Any:
        saved = self._cache_file.load(self._index_key(sig, target_context.codegen()))
        if saved is None:
            return None
        calls, data = saved
        for module, name, arguments in calls:  # whose symbols have to be there before this code is
            getattr(import_module(module), name).compile(arguments)
        return self._impl.rebuild(target_context, data)

    def _save_overload(self, sig: Any, data: Any) -> None:
        if self._impl.check_cachable(data):
            with contextlib.suppress(OSError):  # where no cache can be written, each process compiles for itself
                self._impl.locator.ensure_cache_path()
                key = self._index_key(sig, data.codegen)
                called = [f.name for f in data.library._final_module.functions if f.is_declaration]
                calls = [self._symbols[name] for name in called if name in self._symbols]
                self._cache_file.save(key, (calls, self._impl.reduce(data)))
