"""The page's modules: their own tests, with Node's test runner, against what Python says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parent / "page"


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.long
def test_the_modules_pass_their_own_tests(tmp_path):
    printed = subprocess.run([sys.executable, PAGE / "fixtures.py"], capture_output=True, check=True, timeout=600)
    (tmp_path / "fixtures.json").write_bytes(printed.stdout)
    tests = sorted(map(str, PAGE.glob("*.test.mjs")))
    assert tests
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", *tests],
        env={**os.environ, "FIXTURES": str(tmp_path / "fixtures.json")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
