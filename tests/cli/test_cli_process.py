"""The program as a process of its own: signals, pipes, full disks, and what it imports."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-c", "from throughtime.cli import main; main()")
DEADLY = """if True:
    import os, signal, sys, throughtime.training.checkpoint as c
    from throughtime.cli import main
    from throughtime.support import disk
    left = int(sys.argv.pop())
    def line(frame, event, argument):
        global left
        if frame.f_code.co_filename not in (c.__file__, disk.__file__):
            return None
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return line
    c.SECONDS_BETWEEN_CHECKPOINTS = 0.0
    sys.settrace(line)
    main()
"""
"""The same program, with a checkpoint after every block of steps, killed before the n-th line of what writes them."""
TRAIN = ("train", "addition", "--hidden", "64", "--steps", "1200", "--learning-rate", "0.0001", "--out", "run")
"""Sixty blocks of steps, too small for the network to become exact: there is no proof to wait for at the end."""
KILLS, LINES = 10, 1500
"""Processes that are killed, and before which of these lines at most: the whole run takes ten thousand of them."""


def run(*arguments, program=PROGRAM, **options):
    return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=600, check=False, **options)


def start(*arguments, program=PROGRAM, **options):
    return subprocess.Popen(
        [*program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def result_of(folder):
    """The model's bytes, and the history without the seconds, which no two runs have alike."""
    records = [json.loads(line) for line in Path(folder, "history.jsonl").read_text().splitlines()]
    return Path(folder, "model.safetensors").read_bytes(), [record | {"seconds": 0} for record in records]


@pytest.mark.parametrize("command", [[], ["train"]])
def test_help_needs_no_numpy(command):
    program = (
        "import sys, throughtime.cli as c\n"
        f"try: c.app({[*command, '--help']!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'numba', 'pydantic', 'rich'} & set(sys.modules)))"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [["tasks"], ["train", "addition", "--steps", "50"]])
def test_a_reader_who_has_seen_enough_hears_nothing_more(arguments):
    process = start(*arguments)
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait() == 141


@pytest.mark.parametrize("moment", ["throughtime.cli.app", "throughtime.cli.sweep", "typer"])
def test_ctrl_c_while_the_program_starts_is_one_line(moment):
    program = (
        "import sys\n"
        "class CtrlC:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {moment!r}: raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, CtrlC())\n"
        f"{PROGRAM[-1]}"
    )
    outcome = run(program=(sys.executable, "-c", program))
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, "", "interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that closes files")
@pytest.mark.parametrize(("closed", "arguments", "status"), [(">&-", "tasks", 0), (">&- 2>&-", "tasks --nope", 2)])
def test_a_closed_output_is_written_to_no_more(closed, arguments, status):
    command = f"{shlex.join(map(str, PROGRAM))} {arguments} {closed}"
    outcome = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (status, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["tasks"], ["--help"], ["train", "addition", "--steps", "5"]])
def test_a_full_device_is_told_in_one_line(arguments):
    with Path("/dev/full").open("w") as full:
        outcome = subprocess.run([*PROGRAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("error: standard output cannot be written: No space left on device")
    assert outcome.stderr.count("\n") == 1


def test_a_file_that_may_not_grow_is_told_in_one_line():
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    outcome = run("train", "addition", "--quiet", preexec_fn=small_files)
    assert outcome.returncode == 2
    assert outcome.stderr.startswith(
        "error: runs/addition-elman-0/checkpoint.safetensors cannot be written: File too large; make room"
    )
    assert outcome.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What comes of the training that the tests below interrupt when nothing does."""
    folder = tmp_path_factory.mktemp("whole")
    assert run(*TRAIN, cwd=folder).returncode == 0
    return result_of(folder / "run")


@pytest.mark.long
def test_ctrl_c_saves_the_run_and_it_goes_on_to_the_same_bits(whole):
    process = start(*TRAIN)
    for line in process.stdout:
        if line.startswith("  learning"):
            process.send_signal(signal.SIGINT)
            break
    _, err = process.communicate()
    assert process.returncode == 130
    assert re.fullmatch(
        r"interrupted after step \d+ of 1200, saved in run; to continue: throughtime train --resume run\n", err
    )
    step = int(err.split()[3])
    assert 0 < step < 1200
    assert result_of("run")[1][-1]["step"] == step
    outcome = run("train", "--resume", "run", "--json")
    assert outcome.returncode == 0
    assert json.loads(outcome.stdout)["steps"] == 1200
    assert result_of("run") == whole


@pytest.mark.long
def test_killed_while_it_writes_it_goes_on_to_the_same_bits(whole):
    """Between two writes nothing on disk changes, so there is no other moment."""
    moments = random.Random(0)
    for _ in range(KILLS):
        arguments = ("train", "--resume", "run") if Path("run", "run.toml").exists() else TRAIN
        moment = str(moments.randint(1, LINES))
        killed = run(*arguments, "--quiet", moment, program=(sys.executable, "-c", DEADLY))
        assert (killed.returncode, killed.stdout, killed.stderr) == (-signal.SIGKILL, "", "")
    outcome = run("train", "--resume", "run", "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert result_of("run") == whole


@pytest.mark.long
def test_a_process_trains_alike_on_one_thread_and_two():
    for threads in ("1", "2"):
        outcome = run("train", "parity", "--steps", "100", "--threads", threads, "--out", f"on{threads}", "--quiet")
        assert (outcome.returncode, outcome.stderr) == (0, "")
    assert result_of("on1") == result_of("on2")


THREADS = "error: NUMBA_NUM_THREADS in the environment must be a number of threads from 1 on, got "


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NUMBA_NUM_THREADS", "abc", THREADS),
        ("NUMBA_NUM_THREADS", "0", THREADS),
        (
            "NUMBA_OPT",
            "x",
            "note: Environment variable 'NUMBA_OPT' is defined but its associated value 'x' could not be ",
        ),
        ("THROUGHTIME_TILE", "x", "error: THROUGHTIME_TILE must be one of "),
    ],
)
def test_what_the_environment_says_wrong_is_told_in_one_line(name, value, said):
    done = run("info", "--engine", env=os.environ | {name: value})
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout == "") == ((2, True) if said.startswith("error") else (0, False))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("exact · 65 536 × ½ …", "exact · 65 536 × ½ …"),
        ("δ_h ← ∂E/∂h, Σ ≤ 1e−5", "delta_h <- dE/dh, sum  <= 1e-5"),
        ("‖δ‖ ∘ τ, C̃ ∈ 10⁵, x₂", "||delta|| * tau, C~ ? 10^5, x_2"),
    ],
)
def test_a_terminal_without_some_signs_shows_their_names(text, shown):
    program = "import sys, throughtime.cli.shell; sys.stdout.reconfigure(errors='throughtime.named'); "
    program += f"print({text!r}, end='')"
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=True, env=environment)
    assert done.stdout.decode("cp1252") == shown
