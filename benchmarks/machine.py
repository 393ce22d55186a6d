"""What a figure depends on beside the code: the machine, the number of threads, the versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = ("throughtime", "numpy", "numba", "llvmlite", "torch", "onnxruntime")


def installed(library: str) -> bool:
    """Whether a peer is there to be compared with."""
    return find_spec(library) is not None


def describe(threads: int) -> dict[str, object]:
    """The processor, its cores, the engine of the kernels, threads, and the versions of what is installed."""
    from throughtime.kernels.machine import ENGINE

    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "engine": ENGINE.name,
        "threads": threads,
        "python": platform.python_version(),
        "versions": versions,
    }


def use_threads(threads: int) -> None:
    """The same number of threads on both sides; to be called before NumPy, Numba or PyTorch are imported."""
    for name in ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
