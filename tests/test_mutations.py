"""The checks of gradients see every error that they are there for: each is planted in a copy of the package, and they
fail.

The copies are run uncompiled.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import throughtime
from oracles.mutations import FORMS, MASKS, MUTATIONS, NORMALISED, OUTSIDE, RECURRENT, TWICE

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process for each planted error"),
]

PROJECT = Path(__file__).parents[1]
PACKAGE = Path(throughtime.__file__).parent
SCRIPT = PROJECT / "tests/oracles/planted.py"


@pytest.fixture(scope="module")
def checker():
    """A process that runs tests with copies of the package, see `oracles/planted.py`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment |= {"NUMBA_DISABLE_JIT": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        [sys.executable, SCRIPT], cwd=PROJECT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.stdin.close()


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(PACKAGE, tmp_path / "throughtime", ignore=shutil.ignore_patterns("__pycache__")))


def run_checks(checker, copy, *checks):
    """→ the exit status of pytest, and what it printed."""
    output = copy.parent / "output"
    print(copy.parent, output, *checks, sep="\t", file=checker.stdin, flush=True)
    status = int(checker.stdout.readline())
    printed = output.read_text()
    assert printed.startswith(str(copy)), printed
    return status, printed


def test_the_checks_pass_on_the_kernels_as_they_are(checker, copy):
    status, printed = run_checks(checker, copy, FORMS, OUTSIDE, TWICE, MASKS, NORMALISED, RECURRENT)
    assert status == 0, printed


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_an_error_is_seen(checker, copy, mutation):
    file, pattern, replacement, check = MUTATIONS[mutation]
    source = copy / file
    before = source.read_text()
    after, found = re.subn(pattern, replacement, before, count=1, flags=re.DOTALL)
    assert found, f"{file} has no {pattern!r} any more: find the place again, in tests/oracles/mutations.py"
    assert after != before
    source.write_text(after)
    status, printed = run_checks(checker, copy, check)
    assert status == 1, printed
    failure = printed[printed.index("= FAILURES =") :]
    assert "AssertionError" in failure, f"not a wrong number, but a crash:\n{failure}"
