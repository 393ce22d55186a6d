"""Other vector instructions than this machine's own, and the cache of the kernels, in processes of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import config

from throughtime.kernels.machine import ENGINE, ENGINES

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested"),
]
HERE = Path(__file__).parent
ADD = """
import numba.core.event as events, numpy as np, throughtime as tt
with events.install_recorder("numba:compile") as recorder:
    net = tt.Network(cell="elman", inputs=2, hidden=3, outputs=1)
    print(net.predict(np.ones((2, 4, 2))).sum())
print(len(recorder.buffer) // 2)
"""


def environment(**variables):
    return os.environ | {name: str(value) for name, value in variables.items()}


@pytest.mark.skipif("THROUGHTIME_TILE" in os.environ, reason="is itself the process of an engine")
@pytest.mark.parametrize("name", ["avx2", "plain", "numpy"])
def test_a_lesser_engine(name):
    """Products, activations, and both passes of an LSTM, which has all that the other cells are made of."""
    if name == "avx2" and not ENGINE.name.startswith("avx"):
        pytest.skip("this machine has no AVX2")
    tests = [HERE / "test_product.py", HERE / "test_vector_activations.py", HERE / "test_twins.py"]
    chosen = "(test_product or test_vector_activations or lstm) and not sizes and not layers and not directions"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n0",
        "-p",
        "no:cacheprovider",
        *map(str, tests),
        "-k",
        chosen,
    ]
    done = subprocess.run(command, env=environment(THROUGHTIME_TILE=name), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_the_engine_that_is_asked_for_is_taken():
    done = subprocess.run(
        [sys.executable, "-c", "from throughtime.kernels.machine import ENGINE; print(ENGINE.name)"],
        env=environment(THROUGHTIME_TILE="plain"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["plain"]
    assert set(ENGINES) == {"avx512", "avx2", "neon", "plain", "numpy"}


def start(cache):
    return subprocess.Popen(
        [sys.executable, "-c", ADD], env=environment(THROUGHTIME_CACHE=cache), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def told(process):
    out, err = process.communicate()
    assert process.returncode == 0, err
    number, compiled = out.split()
    return number, int(compiled)


def test_two_processes_compile_at_once_and_a_third_compiles_nothing(tmp_path):
    first, second = start(tmp_path), start(tmp_path)
    (one, compiled), (two, _) = told(first), told(second)
    assert compiled > 0
    assert one == two
    assert told(start(tmp_path)) == (one, 0)


def test_without_a_folder_to_write_into_each_process_compiles(tmp_path):
    (tmp_path / "file").write_text("")
    _, compiled = told(start(tmp_path / "file" / "cache"))
    assert compiled > 0
