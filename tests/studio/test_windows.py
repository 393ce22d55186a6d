"""A Windows that is simulated: what differs there is taken away or refused in each process, and the program does its
work.

No folder can be opened, there are no user ids, no `sysconf` and none of POSIX's modules; a file can be replaced at the
third attempt only, since others have it open; text that goes through a pipe is in cp1252; folders have spaces in their
names.
"""

import json
import os
import subprocess
import sys

import pytest
from running import at_rest, receive, send, studio

from throughtime.training.checkpoint import load_run

SYSTEM = """
import errno, os, sys, time

for name in ("getuid", "geteuid", "getgid", "sysconf", "mkfifo", "fork", "forkpty", "chown"):
    delattr(os, name)
for name in ("pwd", "grp", "resource", "termios", "tty", "pty"):
    sys.modules[name] = None
real_open, real_replace, tried = os.open, os.replace, {}

def opened(path, *more, **options):
    if not isinstance(path, int) and os.path.isdir(path):
        raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
    return real_open(path, *more, **options)

def replaced(old, new, **options):
    tried[os.fspath(new)] = tried.get(os.fspath(new), 0) + 1
    if os.path.exists(new) and tried[os.fspath(new)] % 3:
        raise PermissionError(errno.EACCES, "Access is denied", os.fspath(new))
    real_replace(old, new, **options)

os.open = opened

import throughtime.support.disk as disk
disk.WINDOWS = True
disk.os = type(os)("os")  # only our files are open elsewhere
vars(disk.os).update(vars(os))
disk.os.replace = replaced
"""


@pytest.fixture
def windows(tmp_path, monkeypatch):
    """A folder in which every Python that is started is on the simulated system."""
    place, work = tmp_path / "site", tmp_path / "C" / "My Documents"
    place.mkdir()
    work.mkdir(parents=True)
    (place / "sitecustomize.py").write_text(SYSTEM)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(place), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    monkeypatch.chdir(work)
    return work


def throughtime(*arguments, status=0):
    command = [sys.executable, "-m", "throughtime", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=600, check=False)
    out, err = done.stdout.decode("cp1252"), done.stderr.decode("cp1252")
    assert done.returncode == status, err
    return out, err


def test_it_is_simulated(windows):
    program = (
        "import os; from throughtime.support import disk; print(hasattr(os, 'getuid'), disk.WINDOWS); os.open('.', 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["False", "True"]
    assert "PermissionError" in done.stderr


@pytest.mark.long
def test_it_trains_saves_goes_on_and_adds(windows):
    out, err = throughtime("train", "addition", "--out", "my runs/an adder", "--steps", "1000")
    assert "saved" in out
    assert err == ""
    throughtime("train", "--resume", "my runs/an adder", "--steps", "2000", "--quiet")
    out, err = throughtime("add", "107", "27", "--model", "my runs/an adder", "--json")
    assert "134" in json.dumps(json.loads(out))
    out, _ = throughtime("prove", "my runs/an adder", "--certificate", "a proof.json")
    assert "proved" in out
    assert "accepted" in throughtime("check", "a proof.json")[0]
    throughtime("export", "my runs/an adder", "--to", "numpy", "-o", "an adder.py")
    assert (windows / "an adder.py").exists()
    out, _ = throughtime("trace", "107", "27", "--step", "3", "--unit", "2", "--model", "my runs/an adder")
    assert "?" not in out
    assert not list(windows.rglob("*.part"))


@pytest.mark.long
def test_the_studio_trains_and_saves(windows):
    with studio(windows, "--port", "18400") as running:
        with running.page() as page:
            send(page, "train")
            frame = receive(page, "frame", lambda frame: at_rest(frame) and frame["step"] == 2000)
            assert frame["exact"]["right"] == frame["exact"]["checked"]
        assert running.interrupt() == 0, running.printed
    folder = windows / "runs" / "addition-elman-0"
    assert load_run(folder).step == 2000
    out, _ = throughtime("add", "107", "27", "--model", str(folder))
    assert "= 134" in out
