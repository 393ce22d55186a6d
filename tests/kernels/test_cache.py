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
SYMBOLS = """
from numba import int64
from throughtime.kernels.compiled import inlined, kernel
def f(i):
    return i + 1
alone, called = kernel(f), kernel(f)
through = inlined(lambda i: called(i))
outer = kernel(lambda i: through(i))
for one in (alone, outer):
    one.compile((int64,))
print(*(one.overloads[int64,].fndesc.llvm_func_name for one in (alone, called)))
"""
FOLDER = "from throughtime.kernels.cache import cache_directory; print(cache_directory())"


def run(program, package=None, **variables):
    """A fresh Python's run of a program; a variable that is None is not set."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith(("THROUGHTIME", "XDG"))}
    environment |= {name: str(value) for name, value in variables.items() if value is not None}
    environment = {name: value for name, value in environment.items() if variables.get(name, value) is not None}
    if package:
        environment["PYTHONPATH"] = str(package)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done


def told(program, package=None, **variables):
    """What it prints."""
    return run(program, package, **variables).stdout.split()


def copied(folder):
    shutil.copytree(
        Path(throughtime.__file__).parent, folder / "throughtime", ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder


@pytest.mark.long
def test_the_second_process_compiles_nothing(tmp_path):
    compiled, hits, value = told(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    assert int(compiled) > 0
    assert hits == "0"
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path) == ["0", "1", value]


@pytest.mark.long
def test_a_kernel_has_the_same_symbol_in_every_process(tmp_path):
    """Else a process that compiles a kernel, and finds on the disk another that calls it, would have no such symbol."""
    program = SIGMOID + "from throughtime.kernels import compiled; print(*sorted(compiled._symbols))"
    found = [told(program, THROUGHTIME_CACHE=tmp_path / seed, PYTHONHASHSEED=seed)[3:] for seed in "0123"]
    assert len(found[0]) > 0
    assert found == [found[0]] * 4


@pytest.mark.long
def test_an_engine_has_machine_code_of_its_own(tmp_path):
    told(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    compiled, hits, _ = told(SIGMOID, THROUGHTIME_CACHE=tmp_path, THROUGHTIME_TILE=OTHER)
    assert int(compiled) > 0
    assert hits == "0"
    assert len(list(tmp_path.iterdir())) == 2
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path)[:2] == ["0", "1"]
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path, THROUGHTIME_TILE=OTHER)[:2] == ["0", "1"]


@pytest.mark.long
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
    (package / "throughtime" / "kernels" / "sweep.py").write_text("")  # which no sigmoid calls
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


MUTATIONS = """
import pickle, random
from numba.core import sigutils
from throughtime.kernels import cache
kernel = sigmoid_row
(signature,) = [overload.signature for overload in kernel.overloads.values()]
path = cache.cache_directory() / kernel._cache._name(kernel._cache._key(signature.args, kernel.targetctx.codegen()))
good = path.read_bytes()
other = next(p for p in sorted(path.parent.iterdir()) if p != path).read_bytes()
load = lambda: kernel._cache.load_overload(signature.args, kernel.targetctx)
assert load() is not None
draw = random.Random(0)
mutations = [b"", good[:31], good[:32], good[:-1], good + b"x", good[32:], other, bytes(len(good))]
for _ in range(300):
    changed = bytearray(good)
    for _ in range(draw.choice((1, 1, 3, 50))):
        changed[draw.randrange(len(good))] ^= 1 << draw.randrange(8)
    mutations.append(draw.choice((bytes(changed), good[: draw.randrange(len(good))])))
unpickled = []
pickle.loads, real = lambda *given, **more: unpickled.append(given) or real(*given, **more), pickle.loads
for mutation in mutations:
    path.write_bytes(mutation)
    assert mutation == good or load() is None
assert not unpickled
path.write_bytes(good)
assert load() is not None
assert unpickled  # what is whole goes this way
pickle.loads = real
key = kernel._cache._key(signature.args, kernel.targetctx.codegen())
pickled = pickle.dumps(3), pickle.dumps(([("os", "nothing", ())], ())), pickle.dumps(([], (1, 2)))
for foreign in (b"", b"no pickle", *pickled):
    path.write_bytes(cache._checksum(key, foreign) + foreign)  # whole, and of another version of what wrote it
    assert load() is None
path.write_bytes(good)
assert load() is not None
print(len(mutations))
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A cache, and what the program printed that filled it."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, told(SIGMOID, THROUGHTIME_CACHE=folder)


@pytest.fixture
def compiled_value(filled, tmp_path):
    """In the test's own folder a copy of it; how much was compiled for it, and the value."""
    shutil.copytree(filled[0], tmp_path, dirs_exist_ok=True)
    return filled[1][0], filled[1][2]


def test_a_damaged_file_is_never_unpickled(tmp_path, compiled_value):
    assert int(told(SIGMOID + MUTATIONS, THROUGHTIME_CACHE=tmp_path)[-1]) == 308


@pytest.mark.parametrize("damage", ["flipped", "swapped", "folder"])
def test_a_damaged_cache_is_compiled_and_written_again(tmp_path, compiled_value, damage):
    compiled, value = compiled_value
    paths = sorted(next(tmp_path.iterdir()).iterdir())
    contents = [path.read_bytes() for path in paths]
    for number, (path, content) in enumerate(zip(paths, contents, strict=True)):
        if damage == "folder":
            path.unlink()
            path.mkdir()
            continue
        middle = len(content) // 2
        path.write_bytes({
            "flipped": content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :],
            "swapped": contents[number - 1],
        }[damage])  # fmt: skip
    again = run(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    assert again.stdout.split() == [compiled, "0", value]
    assert again.stderr == ""
    if damage != "folder":
        assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path) == ["0", "1", value]


@pytest.mark.long
@pytest.mark.parametrize(
    "whose", ["writable by a group", "writable by all", "another user's", "a file of another user"]
)
def test_what_others_may_have_written_is_not_used(tmp_path, whose):
    """Else they could run code as this user."""
    compiled, _, value = told(SIGMOID, THROUGHTIME_CACHE=tmp_path)
    folder = next(tmp_path.iterdir())
    program = SIGMOID
    if "writable" in whose:
        folder.chmod(0o775)
    elif os.getuid():
        program = f"import os; os.getuid = lambda: {os.getuid() + 1}\n" + SIGMOID
    else:
        for path in [folder] if "file" not in whose else folder.iterdir():
            os.chown(path, 12345, -1)
    done = run(program, THROUGHTIME_CACHE=tmp_path)
    assert done.stdout.split() == [compiled, "0", value]
    if "file" not in whose:
        assert done.stderr.startswith(f"throughtime: the compiled kernels in {folder} are not used")
        assert done.stderr.count("\n") == 1
        folder.chmod(0o755)
        os.chown(folder, os.getuid(), -1)
    assert told(SIGMOID, THROUGHTIME_CACHE=tmp_path) == ["0", "1", value]


@pytest.mark.long
def test_the_cache_is_nobody_elses_to_write_whatever_the_umask(tmp_path):
    program = "import os; os.umask(0)\n" + SIGMOID
    _, _, value = told(program, THROUGHTIME_CACHE=tmp_path)
    for path in (next(tmp_path.iterdir()), *next(tmp_path.iterdir()).iterdir()):
        assert path.stat().st_mode & 0o022 == 0
    assert told(program, THROUGHTIME_CACHE=tmp_path) == ["0", "1", value]


@pytest.mark.long
def test_a_user_without_a_home(tmp_path):
    """No HOME, and a user id that the system does not know, as in many a container."""
    lost = "import os, pwd\npwd.getpwuid = lambda number: {}[number]\n"
    found = Path(told(lost + FOLDER, HOME=None, TMPDIR=tmp_path)[0])
    assert found.parent == tmp_path / f"throughtime-{os.getuid()}"
    _, _, value = told(lost + SIGMOID, HOME=None, TMPDIR=tmp_path)
    assert told(lost + SIGMOID, HOME=None, TMPDIR=tmp_path) == ["0", "1", value]


TRAINED = """
import numpy as np, sys, throughtime as tt
net = tt.Network(inputs=2, hidden=3, outputs=1)
run = tt.train(net, tt.tasks.Addition(bits=4), steps=2, batch=4, noise=0.1, dropout=0.1)
trace = run.network.trace(np.ones((1, 3, 2)), np.ones((1, 3, 1)))
state = run.network.initial_state(1)
y, _ = run.network.step(np.ones((1, 2)), state)
print(trace.loss, y[0, 0], run.network.predict(np.ones((1, 3, 2))).sum(), "numba.np.arraymath" in sys.modules)
"""


@pytest.mark.long
def test_code_from_the_disk_needs_none_of_numbas_registries(tmp_path):
    *numbers, registries = told(TRAINED, THROUGHTIME_CACHE=tmp_path)
    assert registries == "True"
    assert told(TRAINED, THROUGHTIME_CACHE=tmp_path) == [*numbers, "False"]


def test_the_name_of_a_symbol_does_not_follow_from_who_calls_it(tmp_path):
    unusable = tmp_path / "file"
    unusable.touch()
    alone, called = run(SYMBOLS, THROUGHTIME_CACHE=unusable).stdout.split()
    assert alone == called
