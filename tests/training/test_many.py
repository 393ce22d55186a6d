"""Many networks at once are the networks that would be trained one after the other."""

import itertools
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import throughtime as tt

TASK = tt.tasks.Addition(bits=5)
SPECIFICATION = tt.NetworkSpecification(cell="gru", inputs=2, hidden=4, outputs=1)
SETTINGS = {
    "steps": 60,
    "batch": 8,
    "optimizer": tt.Adam(0.02),
    "noise": 0.2,
    "input_noise": 0.1,
    "dropout": 0.1,
    "recurrent_dropout": 0.1,
    "clip": 1.0,
}


def one_by_one(seeds, data=TASK, **settings):
    return [tt.train(tt.Network(SPECIFICATION, seed=seed), data, seed=seed, **settings) for seed in seeds]


def same(runs, others):
    assert len(runs) == len(others)
    for run, other in zip(runs, others, strict=True):
        np.testing.assert_array_equal(run.network.parameters, other.network.parameters)
        np.testing.assert_array_equal(run.moments, other.moments)
        assert [r.loss for r in run.history.records] == [r.loss for r in other.history.records]
        assert (run.step, run.stopped) == (other.step, other.stopped)


@pytest.mark.parametrize("threads", [1, 2, 5, None])
def test_each_has_the_bits_of_a_run_alone(threads):
    seeds = [7, 0, 3, 12, 1, 5]
    same(tt.train_many(SPECIFICATION, TASK, seeds=seeds, threads=threads, **SETTINGS), one_by_one(seeds, **SETTINGS))


def test_on_data_with_validation():
    data, held_out = TASK.sample(np.random.default_rng(0), 40), TASK.sample(np.random.default_rng(1), 16)
    settings = SETTINGS | {"validate": held_out, "patience": 1, "steps": 300}
    runs = tt.train_many(SPECIFICATION, data, seeds=range(4), **settings)
    same(runs, one_by_one(range(4), data, **settings))
    assert all(run.best is not None for run in runs)


def test_one_that_overflows_is_among_the_others():
    runs = tt.train_many(
        tt.NetworkSpecification(cell="elman", activation="relu", inputs=2, hidden=4, outputs=1, readout="identity"),
        TASK, seeds=range(4), steps=40, batch=8, optimizer=tt.GradientDescent(1e6),
    )  # fmt: skip
    assert {run.stopped for run in runs} == {"not finite"}
    assert all(np.isfinite(run.network.parameters).all() for run in runs)


def test_progress_is_told_of_each():
    found = {}
    runs = tt.train_many(SPECIFICATION, TASK, seeds=range(6), progress=found.__setitem__, **SETTINGS)
    assert [found[seed] is run for seed, run in enumerate(runs)] == [True] * 6


def test_ctrl_c_ends_with_what_has_begun():
    found = []

    def interrupt(seed, run):
        if not found:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        found.append(run.stopped)

    runs = tt.train_many(SPECIFICATION, TASK, seeds=range(2000), threads=2, progress=interrupt, **SETTINGS)
    assert 0 < len(runs) < 2000
    assert found[0] == "steps"
    assert {run.stopped for run in runs} <= {"steps", "interrupted"}


INTERRUPTED = """
import signal, sys
import throughtime as tt
from throughtime.training import many
from throughtime.training.loop import Run

def proceed(run, data, validate, *, stop):
    run.stopped = "interrupted" if stop() else "steps"

def press(frame, event, argument):
    global left
    frame.f_trace_opcodes = True
    if event == "opcode":
        left -= 1
        if left == 0:
            signal.raise_signal(signal.SIGINT)
    return press

many.begin = lambda net, data, settings: Run(net, settings)
chosen = many.Settings()
many.Settings.given = lambda *_: chosen  # what comes before the threads is not tried
many.proceed = proceed
signal.signal(signal.SIGINT, signal.default_int_handler)
S = tt.NetworkSpecification(inputs=2, hidden=1, outputs=1)
at, left, returned = 0, 0, 0
while left <= 0:
    at += 4
    left, runs = at, None
    sys.settrace(press)
    try:
        runs = tt.train_many(S, None, seeds=range(3), threads=2)
    except KeyboardInterrupt:
        pass
    sys.settrace(None)
    if runs is not None:
        seeds = [run.settings.seed for run in runs]
        assert seeds == sorted(set(seeds)) and {run.stopped for run in runs} <= {"steps", "interrupted"}
        returned += 1
assert seeds == [0, 1, 2]
print(at // 4, returned)
"""


def test_ctrl_c_at_every_fourth_instruction_of_the_main_thread():
    """Of the standard library's too, which else keeps a lock for ever when it is interrupted inside `submit`."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=600, check=False)
    assert not done.returncode, done.stderr[-2000:]
    tried, returned = map(int, done.stdout.split())
    assert tried > 300
    assert returned > 300


def test_what_progress_or_a_task_raises_comes_out_and_ends_the_others():
    found = []

    def progress(seed, run):
        found.append(seed)
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        tt.train_many(SPECIFICATION, TASK, seeds=range(2000), threads=2, progress=progress, **SETTINGS)
    assert len(found) <= 2


@pytest.mark.parametrize("seeds", [itertools.count(), range(10**15)], ids=["without end", "very many"])
def test_seeds_for_which_there_is_no_memory_are_refused_before_any_is_trained(seeds, monkeypatch):
    monkeypatch.setattr("throughtime.training.many.available", lambda: 10**8)
    monkeypatch.setattr("throughtime.support.memory.available", lambda: 10**8)
    with pytest.raises(ValueError, match=r"the networks of .* seeds.* needs about .* are available: train fewer"):
        tt.train_many(SPECIFICATION, TASK, seeds=seeds, **SETTINGS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 0}, "threads must be a whole number of at least 1, got 0"),
        ({"steps": -1}, "steps"),
        ({"out": "runs"}, "train_many has no out"),
        ({"batch": 0}, "batch"),
        ({"seed": 1}, r"train_many has no seed: each network has its own, as in seeds=range\(3\)"),
        ({"stepz": 50}, 'train_many has no setting "stepz", did you mean steps[?]$'),
        ({"thread": 2}, 'train_many has no setting "thread", did you mean threads[?]$'),
        ({"optimizer": "adam"}, "say optimizer=tt.Adam"),
        ({"seeds": 3}, r"seeds must be whole numbers, one for each network, such as range\(3\), got 3"),
        ({"seeds": "12"}, "seeds must be whole numbers, .* got '12'"),
        ({"seeds": [0, 1.5]}, "a seed must be a whole number of at least 0, got 1.5"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        tt.train_many(SPECIFICATION, TASK, **{"seeds": range(3)} | SETTINGS | arguments)


def test_a_network_is_not_taken_for_what_it_is_made_of():
    """Its parameters would be lost without a word: each seed draws its own."""
    with pytest.raises(ValueError, match=r"needs a NetworkSpecification, got a Network; .* give it net.specification$"):
        tt.train_many(tt.Network(SPECIFICATION), TASK, seeds=[0])
    with pytest.raises(ValueError, match=r"needs a NetworkSpecification, got str$"):
        tt.train_many("gru", TASK, seeds=[0])
