"""The machine code on the disk: found again, never another engine's or another source's, and not needed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core import config

import throughtime
from throughtime.kernels.machine import ENGINE, ENGINES

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested")
OTHER = "plain" if ENGINE.name != "plain" else "numpy"
SIGMOID = """
import numba.core.event as events, numpy as np
with events.install_recorder("numba:compile") as recorder:
    from throughtime.kernels.activations import sigmoid_row
    out = np.zeros(9)
    sigmoid_row(np.linspace(-3, 3, 9), out)
print(len(recorder.buffer) // 2, sum(sigmoid_row.stats.cache_hits.values()), out.sum())
"""
FOLDER = "from throughtime.kernels.cache import cache_directory; print(cache_directory())"


def told(program, package=None, **variables):
    """What a fresh Python prints; a variable that is None is not set."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("THROUGHTIME", "XDG"))}
    environment |= {name: str(value) for name, value in variables.items() if value is not None}
    if package:
        environment["PYTHONPATH"] = str(package)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def copied(folder):
    shutil.copytree(
        Path(throughtime.__file__).parent, folder / "throughtime", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


def test_the_second_process_compiles_nothing(tmp_path):
    compiled, hits, value = told(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    assert int(compiled) > 0
    assert hits == "0"
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path) == ["0", "1", value]


def test_a_kernel_has_the_same_symbol_in_every_process(tmp_path):
    """Else a process that compiles a kernel, and finds on the disk another that calls it, would have no such symbol."""
    program = SIGMOID + "from throughtime.kernels import compiled; print(*sorted(compiled._symbols))"
    found = [told(program, THROUGHTIME_CACHE=tmp_path / seed, PYTHONHASHSEED=seed)[3:] for seed in "0123"]
    assert len(found[0]) > 0
    assert found == [found[0]] * 4


def test_an_engine_has_machine_code_of_its_own(tmp_path):
    told(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    compiled, hits, _ = told(SIGMOID, THROUGHTIME_CACHE=tmp_path, THROUGHTIME_TILE=OTHER)
    assert int(compiled) > 0
    assert hits == "0"
    assert len(list(tmp_path.iterdir())) == 2
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path)[:2] == ["0", "1"]
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path, THROUGHTIME_TILE=OTHER)[:2] == ["0", "1"]


def test_every_engine_has_a_folder_of_its_own(tmp_path):
    folders = [told(FOLDER, THROUGHTIME_CACHE=tmp_path, THROUGHTIME_TILE=name)[0] for name in ENGINES]
    assert len(set(folders)) == len(ENGINES)
    assert told(FOLDER, THROUGHTIME_CACHE=tmp_path)[0] in folders


@pytest.mark.long
def test_a_change_in_any_kernel_is_seen_and_a_touched_file_is_none(tmp_path):
    package, cache = copied(tmp_path / "copy"), tmp_path / "cache"
    compiled, _, value = told(SIGMOID, package, THROUGHTIME_CACHE=cache)
    assert int(compiled) > 0
    source = package / "throughtime" / "kernels" / "activations.py"
    os.utime(source, (1, 1))
    assert told(SIGMOID, package, THROUGHTIME_CACHE=cache) == ["0", "1", value]
    changed = source.read_text().replace(
        "numerator = builder.select(", "one = self.number(2)\n        numerator = builder.select("
    )
    assert changed != source.read_text()
    source.write_text(changed)
    assert told(SIGMOID, package, THROUGHTIME_CACHE=cache)[2] != value
    before = told(FOLDER, package, THROUGHTIME_CACHE=cache)
    (package / "throughtime" / "kernels" / "gru.py").write_text("")  # which no sigmoid calls
    assert told(FOLDER, package, THROUGHTIME_CACHE=cache) != before


def test_where_it_is(tmp_path):
    home, xdg, own = tmp_path / "home", tmp_path / "xdg", tmp_path / "own"
    assert Path(told(FOLDER, HOME=home)[0]).parent == home / ".cache" / "throughtime"
    assert Path(told(FOLDER, HOME=home, XDG_CACHE_HOME=xdg)[0]).parent == xdg / "throughtime"
    assert Path(told(FOLDER, HOME=home, XDG_CACHE_HOME=xdg, THROUGHTIME_CACHE=own)[0]).parent == own
    assert not list(tmp_path.iterdir())  # asking makes no folder


@pytest.mark.long
@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME", "THROUGHTIME_CACHE"])
def test_where_no_folder_can_be_made_each_process_compiles(tmp_path, variable):
    """Below a file nobody can make a folder, not even root."""
    (tmp_path / "file").write_text("")
    for _ in range(2):
        compiled, hits, _ = told(SIGMOID, **{variable: tmp_path / "file" / "below"})
        assert int(compiled) > 0
        assert hits == "0"


def test_an_engine_that_there_is_not(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FOLDER], env=os.environ | {"THROUGHTIME_TILE": "mmx"}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "THROUGHTIME_TILE must be one of avx512, avx2, neon, plain, numpy, got 'mmx'" in done.stderr


def test_importing_the_package_does_not_import_numba():
    assert told("import sys, throughtime; print('numba' in sys.modules)") == ["False"]
