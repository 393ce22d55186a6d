"""Processor time of whole processes: commands with kernels in the cache, and the first training ever without."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.measure import Context
from benchmarks.rows import Figure

TIMES = 7
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
    "tt.load('runs/addition-elman-0/model.safetensors'){}.predict(np.zeros((1, 8, 2)))"
)


def measured(context: Context) -> Iterator[Figure]:
    """The least of several processes, and the one that compiles."""
    with tempfile.TemporaryDirectory() as folder:
        kernels = {"THROUGHTIME_CACHE": f"{folder}/kernels"}
        cold = _seconds(["-m", "throughtime", "train", "addition"], folder, kernels)
        yield Figure("`train addition`, first ever", cold, "s", 8.0, "compiles the kernels")
        for command, target in LATER.items():
            words = ["-m", "throughtime", *command.split()]
            seconds = min(_seconds(words, folder, kernels) for _ in range(TIMES))
            yield Figure(f"`{command}`", seconds, "s", target, "processor time of the whole process")
        for how, target in (".quick()", 0.25), ("", None):
            words = ["-c", PREDICT.format(how)]
            seconds = min(_seconds(words, folder, kernels) for _ in range(TIMES))
            note = "by the kernels" if target is None else "in plain NumPy"
            yield Figure(f"`tt.load(…){how}.predict(x)`, one sequence", seconds, "s", target, note)
        nothing = min(_seconds(["-c", "import numpy"], folder, kernels) for _ in range(TIMES))
        yield Figure("`import numpy` alone", nothing, "s", note="what any of them takes at least")


def _seconds(words: list[str], folder: str, variables: dict[str, str]) -> float:
    """The processor time of a process, on all its threads."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | variables
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
