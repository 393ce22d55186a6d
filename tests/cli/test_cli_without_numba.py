"""Commands that read a little need no Numba, and print what they print by the kernels."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from throughtime.passes import quick
from throughtime.weights.files import save_network

PROGRAM = """
import contextlib, io, json, sys
sys.modules["numba"] = sys.modules["llvmlite"] = None
from throughtime.cli import app
for arguments in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            app(arguments)
    except SystemExit as left:
        print(json.dumps([left.code, out.getvalue(), err.getvalue()]))
json.dump(sorted(sys.modules), sys.stderr)
"""
SLOW_TO_IMPORT = {
    "concurrent.futures", "csv", "email", "filelock", "importlib.metadata", "logging", "multiprocessing",
    "numpy.ma", "numpy.random", "orjson", "pydantic", "random", "rich", "tempfile", "zipfile",
    "throughtime.experiments", "throughtime.kernels.compiled", "throughtime.proof", "throughtime.studio",
    "throughtime.tasks.parity", "throughtime.trace.explain", "throughtime.trace.json_form",
}  # fmt: skip
"""What takes a millisecond or more, and a sum needs for nothing."""
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e[-−]?\d+)?)")
SHOWN = 1e-3
"""Of a number with four digits, the last may be another; one of 17 digits differs by less."""
OWN = """
from throughtime import cell, sigmoid

@cell
def min_gru(p, x, h):
    z = sigmoid(x @ p.V_z + p.b_z)
    h = (1 - z) * h + z * (x @ p.V_h + p.b_h)
    return h
"""


def without_numba(commands):
    """The status, output and errors of each, in one process that cannot import Numba; and what it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=json.dumps(commands), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()], set(json.loads(done.stderr))


def alike(throughtime, monkeypatch, commands, relative=1e-9):
    """Each command prints the same without Numba and by the kernels, apart from the last digits."""
    plain, _ = without_numba(commands)
    monkeypatch.setattr(quick, "MOST", -1)
    for arguments, (status, out, err) in zip(commands, plain, strict=True):
        compiled = throughtime(*arguments)
        assert (status, err) == (compiled.status, compiled.err), arguments
        if "--json" in arguments:
            same_numbers(json.loads(out), compiled.json, relative)
        else:
            same_words(out, compiled.out, max(relative, SHOWN))


def same_words(found, wanted, relative):
    """Of two texts, all but the last digits of numbers, and numbers that are nothing but what rounding has left."""
    one, other = NUMBER.split(found), NUMBER.split(wanted)
    assert one[::2] == other[::2]
    numbers = [[float(number.replace("−", "-")) for number in words[1::2]] for words in (one, other)]
    assert numbers[0] == pytest.approx(numbers[1], rel=relative, abs=1e-12)


def same_numbers(found, wanted, relative):
    """Of two JSON documents, all but the last digits."""
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        found, wanted = list(found.values()), list(wanted.values())
    if isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted, strict=True):
            same_numbers(one, other, relative)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=relative, abs=relative / 100)
    else:
        assert found == wanted


def saved(path, task, seed=3, **fields):
    """The file of a network of random parameters."""
    net = tt.Network(inputs=task.inputs, outputs=task.outputs, seed=seed, **fields)
    net.parameters[:] = np.random.default_rng(seed).normal(0, 0.9, net.parameters.shape)
    save_network(net, Path(path), task.name)
    return path


def about_sums(path, bits=5):
    of = ["--model", path]
    return [
        ["add", "107", "27", *of],
        ["add", "107", "27", "--json", *of],
        ["trace", "107", "27", *of],
        ["trace", "107", "27", "--json", *of],
        ["trace", "107", "27", "--step", "3", "--unit", "1", *of],
        ["evaluate", path, "--bits", str(bits)],
        ["evaluate", path, "--bits", "40", "--samples", "20", "--json"],
        ["info", path],
    ]


def test_a_trained_network(throughtime, adder_file, monkeypatch):
    alike(throughtime, monkeypatch, about_sums(adder_file, bits=8))


@pytest.mark.parametrize(
    "fields",
    [
        {"cell": "lstm", "hidden": 3, "layers": 2, "dtype": "float32"},
        {"cell": "gru", "hidden": 4, "bidirectional": True, "layer_norm": True},
        pytest.param({"cell": "slstm", "hidden": 3, "bias": False}, marks=pytest.mark.long),
        pytest.param({"cell": "peephole", "hidden": 3}, marks=pytest.mark.long),
    ],
    ids=lambda fields: fields["cell"],
)
def test_random_networks(throughtime, monkeypatch, fields):
    commands = about_sums(saved("sums.safetensors", tt.tasks.Addition(bits=8), **fields))
    alike(throughtime, monkeypatch, commands, 1e-4 if "dtype" in fields else 1e-9)


@pytest.mark.long
def test_a_cell_of_ones_own(throughtime, monkeypatch):
    Path("mine.py").write_text(OWN)
    assert throughtime("train", "addition", "--cell", "mine.py:min_gru", "--hidden", 4, "--steps", 5).status == 0
    alike(throughtime, monkeypatch, about_sums("runs/addition-min_gru-0"))


def test_a_sum_waits_for_nothing_that_it_does_not_need(adder_file):
    of = ["--model", adder_file]
    commands = [["add", "107", "27", *of], ["trace", "107", "27", *of], ["evaluate", *of], ["info", *of]]
    found, imported = without_numba(commands)
    assert [status for status, *_ in found] == [0] * len(commands)
    assert not SLOW_TO_IMPORT & imported


def test_a_run_waits_for_no_more_than_its_model(throughtime):
    assert throughtime("train", "addition", "--steps", 5).status == 0
    found, imported = without_numba([["add", "107", "27"], ["info"], ["evaluate"]])
    assert [status for status, *_ in found] == [1, 0, 1]  # an untrained network adds wrong
    assert not SLOW_TO_IMPORT & imported


def test_parity(throughtime, monkeypatch):
    path = saved("parity.safetensors", tt.tasks.Parity(bits=8), hidden=4)
    alike(throughtime, monkeypatch, [["trace", "--model", path, "--seed", "7"], ["evaluate", path], ["info", path]])


def test_a_data_file(throughtime, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [f"{n},{t},{rng.normal():.3f},{rng.normal(20, 5):.3f}" for n in range(6) for t in range(5 + n)]
    Path("data.csv").write_text("\n".join(["sequence,time,a,b", *lines]) + "\n")
    trained = throughtime(
        "train", "data.csv", "--option", "inputs=a", "--option", "outputs=b", "--hidden", 3, "--steps", 4
    )
    assert trained.status == 0
    run = "runs/data-elman-0" if Path("runs/data-elman-0").exists() else str(next(Path("runs").iterdir()))
    of = ["--data", "data.csv", "--option", "inputs=a", "--option", "outputs=b"]
    alike(throughtime, monkeypatch, [["evaluate", run, *of], ["trace", "--model", run, *of], ["info", run]])


def test_help_of_every_command_needs_no_numpy():
    program = PROGRAM.replace('sys.modules["numba"]', 'sys.modules["numpy"] = sys.modules["numba"]')
    commands = [[], ["train", "--help"], ["evaluate", "--help"], ["lab", "--help"], ["sweep", "show", "--help"]]
    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(commands), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(json.loads(line)[0] == 0 for line in done.stdout.splitlines())
