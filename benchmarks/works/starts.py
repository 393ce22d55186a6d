"""Whole processes: the command line with kernels in the cache, and the first training ever without."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Context
from benchmarks.rows import Figure

TIMES = 3
LATER = {
    "--help": 0.25,
    "train addition": 1.0,
    "add 107 27": 0.25,
    "info": 0.25,
    "trace 107 27": 0.25,
    "evaluate": 0.25,
}
PREDICT = (
    "import numpy as np, throughtime as tt; "
    "tt.load('runs/addition-elman-0/model.safetensors').predict(np.zeros((1, 8, 2)))"
)


def measured(context: Context) -> Iterator[Figure]:
    """The least of three whole processes, and the one that compiles."""
    with tempfile.TemporaryDirectory() as folder:
        kernels = {"THROUGHTIME_CACHE": f"{folder}/kernels"}
        cold = _seconds(["-m", "throughtime", "train", "addition"], folder, kernels)
        yield Figure("`train addition`, first ever", cold, "s", 8.0, "compiles the kernels")
        for command, target in LATER.items():
            words = ["-m", "throughtime", *command.split()]
            seconds = min(_seconds(words, folder, kernels) for _ in range(TIMES))
            yield Figure(f"`{command}`", seconds, "s", target, "the whole process")
        if next(Path(folder).glob("runs/addition-elman-0/model.safetensors"), None):
            words = ["-c", PREDICT]
            seconds = min(_seconds(words, folder, kernels) for _ in range(TIMES))
            yield Figure("`tt.load(…).predict(x)`, one sequence", seconds, "s", 0.25, "the whole process")
        nothing = min(_seconds(["-c", "import numpy"], folder, kernels) for _ in range(TIMES))
        yield Figure("`import numpy` alone", nothing, "s", note="what any of them takes at least")


def _seconds(words: list[str], folder: str, variables: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], cwd=folder, env=os.environ | variables, check=True, capture_output=True)
    return time.perf_counter() - start
