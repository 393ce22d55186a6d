"""What a figure depends on beside the code: the machine, threads, vector instructions, versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = ("throughtime", "numpy", "numba", "llvmlite", "torch", "onnxruntime", "pandas", "pyarrow")
THREADS = ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
INSTRUCTIONS = ("native", "avx2")
AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+cmov,+cx16,+f16c,+fma,+lzcnt,+mmx,+movbe,+popcnt,+sse,+sse2,+sse3,"
    "+sse4.1,"
    "+sse4.2,+ssse3,+64bit,+cx8,+fxsr,+sahf,+xsave",
    "OPENBLAS_CORETYPE": "Haswell",
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
}
"""What keeps Numba, NumPy's OpenBLAS and PyTorch below AVX-512.

ONNX Runtime has no such switch and uses all there is.
"""


def environment(threads: int, instructions: str) -> dict[str, str]:
    """For a process that measures: the same threads on each side, and no instructions above these."""
    kept = {name: value for name, value in os.environ.items() if name not in (*AVX2, "OPENBLAS_L2_SIZE")}
    return kept | dict.fromkeys(THREADS, str(threads)) | (AVX2 if instructions == "avx2" else {})


def installed(library: str) -> bool:
    """Whether a peer is there to be compared with."""
    return find_spec(library) is not None


def describe() -> dict[str, object]:
    """The processor, its cores, the engine of the kernels, and the versions of what is installed."""
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
        "python": platform.python_version(),
        "versions": versions,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
