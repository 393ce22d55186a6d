"""Ratios against other libraries, taken pair by pair: `python -m benchmarks --help`."""

import os

# Where these are set for another machine's OpenBLAS they slow NumPy down.
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)
