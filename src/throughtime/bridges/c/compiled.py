"""A written file, compiled and run, to be compared with the network."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array
from throughtime.bridges.agreement import greatest_difference
from throughtime.bridges.c.writing import name_in_c, to_c
from throughtime.bridges.exported import Exported, Lengths, exported
from throughtime.support.disk import write_atomically

_MOST_SECONDS = 300


def save_c(net: Any, path: Any, dtype: str | None = None) -> float | None:
    """Write the file of `to_c`; where a C compiler makes a library of it, after it was run and compared with the
    network.

    Returns
    -------
    float : the greatest difference between its outputs and the network's, on random sequences; None without a compiler.

    Raises
    ------
    OSError
        If the compiler refuses the file, though it works; nothing is written.
    """
    path = Path(path)
    what = exported(net)
    text = to_c(what, path.stem, dtype)
    difference = None
    with tempfile.TemporaryDirectory(prefix="throughtime-", ignore_cleanup_errors=True) as folder:
        source = Path(folder, "network.c")
        source.write_text(text)
        try:
            library = compiled(source)
        except OSError:
            if _compiler_works(source.with_name("nothing.c")):
                raise
            library = None
        if library is not None:
            difference = greatest_difference(what, Compiled(library, name_in_c(path.stem), what, dtype).predict)
    write_atomically(path, text.encode())
    return difference


def _compiler_works(source: Path) -> bool:
    """Whether there is a compiler, with a C library, and a folder from which what it makes can be run."""
    source.write_text("#include <math.h>\ndouble nothing(double x) { return tanh(x); }\n")
    try:
        compiled(source)
    except OSError:
        return False
    return True


def compiled(source: Path, *options: str) -> ctypes.CDLL:
    """A file in C as a library beside it, loaded.

    Raises
    ------
    OSError
        If there is no compiler, cc, or it refuses the file (with its complaint), or takes too long; or the library
        cannot be loaded.
    """
    library = source.with_suffix(".so")
    command = ["cc", "-std=c99", "-shared", "-fPIC", *options, "-o", str(library), str(source), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_MOST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"cc took more than {_MOST_SECONDS} seconds") from error
    if done.returncode:
        raise OSError(f"cc does not compile {source.name}: {done.stderr}")
    return ctypes.CDLL(str(library))


class Compiled:
    """A network's functions in a compiled library.

    Parameters
    ----------
    library : CDLL
    name : what its names begin with
    what : Exported
    dtype : "float64" or "float32", optional
        As it was given to `to_c`.
    """

    def __init__(self, library: ctypes.CDLL, name: str, what: Exported, dtype: str | None = None) -> None:
        s = what.network.specification
        self._library, self._name = library, name
        self._dtype = np.dtype(dtype or s.dtype)
        self._inputs, self._outputs, self._each = s.inputs, what.outputs, what.each
        pooled = (what.outputs + 2) * what.pooled
        self._state = np.zeros(len(s.graph.states) * s.layers * s.hidden + pooled, self._dtype)

    def predict(self, x: Array, lengths: Lengths) -> Array:
        """NAME_predict of x (B,T,I), or (B,T) → y (B,T,O) or (B,O)."""
        x = np.ascontiguousarray(x, self._dtype).reshape(*x.shape[:2], self._inputs)
        y = np.empty((*x.shape[: 1 + self._each], self._outputs), self._dtype)
        for row, out in zip(x, y, strict=True):
            refused = self._function("predict")(ctypes.c_long(len(row)), _pointer(row), _pointer(out))
            if refused:
                raise ValueError(f"{self._name}_predict refuses a sequence of {len(row)} steps")
        return y

    def reset(self) -> None:
        """NAME_reset of the state."""
        self._function("reset")(_pointer(self._state))

    def step(self, x: Array) -> Array:
        """NAME_step of x (I) → y (O)."""
        y = np.empty(self._outputs, self._dtype)
        self._function("step")(_pointer(self._state), _pointer(np.ascontiguousarray(x, self._dtype)), _pointer(y))
        return y

    def _function(self, name: str) -> Any:
        return getattr(self._library, f"{self._name}_{name}")


def _pointer(array: Array) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)
