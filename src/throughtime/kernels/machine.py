"""The vector instructions that the kernels are written in.

An *engine* is a set of vector instructions: `avx512`, `avx2`, `neon`, `plain` (128-bit vectors that LLVM maps to
whatever there is) or `numpy` (no LLVM IR for products: row operations that Numba compiles; slow, and always there). The
environment variable `THROUGHTIME_TILE`, read at import, forces an engine below the machine's own, so that tests can run
each of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from numba.core.registry import cpu_target


@dataclass(frozen=True)
class Engine:
    """A set of vector instructions.

    name : str
    vector_bytes : int
        Bytes of one vector register; 0 for `numpy`.
    tile_rows : int
        Rows of the matrix tile whose accumulators, two vectors a row, fill about half of the registers.
    fused : bool
        Whether there is an instruction for a · b + c; where there is none, asking for it would be a library call.
    scales : bool
        Whether there is one for a · 2^b.
    """

    name: str
    vector_bytes: int
    tile_rows: int
    fused: bool
    scales: bool = False

    def lanes(self, itemsize: int) -> int:
        """Elements of `itemsize` bytes in one vector."""
        return max(1, self.vector_bytes // itemsize)

    def tile_columns(self, itemsize: int) -> int:
        """Columns of a tile: those of two vectors."""
        return 2 * self.lanes(itemsize) if self.vector_bytes else 32


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("avx512", 64, 8, True, True),
        Engine("avx2", 32, 4, True),
        Engine("neon", 16, 8, True),
        Engine("plain", 16, 4, False),
        Engine("numpy", 0, 1, False),
    )
}


def _choose() -> Engine:
    forced = os.environ.get("THROUGHTIME_TILE")
    if forced:
        if forced not in ENGINES:
            raise ValueError(f"THROUGHTIME_TILE must be one of {', '.join(ENGINES)}, got {forced!r}")
        return ENGINES[forced]
    # Numba's own view of the processor, not the processor's: NUMBA_CPU_NAME may hold Numba below it.
    triple, _, features = cpu_target.target_context.codegen().magic_tuple()
    available = set(features.split(","))
    if {"+avx512f", "+avx512dq", "+avx512vl"} <= available:
        return ENGINES["avx512"]
    if {"+avx2", "+fma"} <= available:
        return ENGINES["avx2"]
    if triple.startswith(("aarch64", "arm64")):
        return ENGINES["neon"]
    return ENGINES["plain"]


ENGINE = _choose()
