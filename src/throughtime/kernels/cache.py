"""Machine code on the disk, for the next process.

Numba's own cache looks only at the file of the function that is called; a kernel that calls one in another file would
go on using the old one after that was changed. So our cache has a folder of its own for each state of all kernel
sources and each engine, below the user's cache folder (`disk.cache_folder`). It needs no write access to where the
package is installed. Each signature of each kernel is one file with a name that follows from both, written atomically,
so that any number of processes may compile at the same time.

What is in a file is machine code inside a pickle, so whoever can write one can run code as the user who reads it.
Therefore a folder or a file is used only if it belongs to this user or to root, and nobody else may write to it. A file
begins with the SHA-256 of its key and of all that follows: whatever is damaged counts as not there, is compiled anew
and written again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import stat
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numba
from llvmlite.binding import address_of_symbol
from numba.core.compiler import CompileResult
from numba.core.runtime.nrt import rtsys
from numba.core.serialize import dumps

from throughtime.kernels.machine import ENGINE
from throughtime.support.disk import cache_folder, is_private, remove_leftovers, write_atomically

_HASH = hashlib.sha256().digest_size
_LEFT_BEHIND = 3600.0
"""Seconds after which a file that is half written is no other process's any more."""


@cache
def cache_directory() -> Path:
    """The folder that holds the compiled kernels of these sources for this engine on this Numba and Python."""
    sources = hashlib.sha256(f"{numba.__version__} {sys.implementation.cache_tag} {ENGINE.name}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(source.read_bytes())
    return cache_folder() / f"kernels-{sources.hexdigest()[:16]}"


@cache
def _folder() -> Path | None:
    """The folder, there and safe to use; None where it is not, which is said once."""
    folder = cache_directory()
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:  # where no cache can be, each process compiles for itself
        return None
    if not is_private(status):
        print(
            f"throughtime: the compiled kernels in {folder} are not used, since others may have written them: remove "
            "that folder, or set THROUGHTIME_CACHE to one of your own",
            file=sys.stderr,
        )
        return None
    remove_leftovers(folder, _LEFT_BEHIND)
    return folder


class Cache:
    """Where the machine code of a function is kept, together with which kernels it calls by their symbols.

    Numba's dispatchers ask it before they compile, and hand it what they have compiled.

    Parameters
    ----------
    function : the plain function
    symbols : dict
        Module, name and types of the kernel behind each symbol.
    """

    def __init__(self, function: Any, symbols: dict[str, Any]) -> None:
        self._function, self._symbols = function, symbols

    @property
    def cache_path(self) -> str:
        """For Numba's statistics."""
        return str(cache_directory())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for a signature, or None.

        Numba's registries are loaded, which takes longer than the code, only where it needs a symbol of theirs.
        """
        rtsys.initialize(target_context)
        key = self._key(sig, target_context.codegen())
        content = _read(self._name(key))
        if content is None or content[:_HASH] != _checksum(key, content[_HASH:]):
            return None
        with contextlib.suppress(Exception):  # such as a library that was changed and kept its version
            calls, outside, data = pickle.loads(content[_HASH:])
            if not all(map(address_of_symbol, outside)):
                target_context.refresh()
            for module, name, arguments in calls:  # whose symbols have to be there before this code is
                getattr(import_module(module), name).compile(arguments)
            return CompileResult._rebuild(target_context, *data)
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a signature; nothing where that cannot be."""
        folder = _folder()
        if folder is None or any(not part.can_cache for part in data.lifted) or data.library.has_dynamic_globals:
            return
        key = self._key(sig, data.codegen)
        called = [f.name for f in data.library._final_module.functions if f.is_declaration]
        calls = [self._symbols[name] for name in called if name in self._symbols]
        outside = [name for name in called if not (name in self._symbols or name.startswith("llvm."))]
        content = dumps((calls, outside, data._reduce()))
        with contextlib.suppress(OSError):
            write_atomically(folder / self._name(key), _checksum(key, content) + content, rights=0o644, lasting=False)

    def _key(self, sig: Any, codegen: Any) -> bytes:
        f = self._function
        code = hashlib.sha256(f.__code__.co_code).hexdigest()
        return repr((f.__module__, f.__qualname__, code, sig, codegen.magic_tuple())).encode()

    def _name(self, key: bytes) -> str:
        module = self._function.__module__.rpartition(".")[2]
        return f"{module}.{self._function.__name__}-{hashlib.sha256(key).hexdigest()[:16]}"


def _checksum(key: bytes, content: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(key).digest() + content).digest()


def _read(name: str) -> bytes | None:
    folder = _folder()
    if folder is None:
        return None
    with contextlib.suppress(OSError), (folder / name).open("rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and is_private(status):
            return file.read()
    return None
