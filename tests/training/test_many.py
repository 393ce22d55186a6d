"""Many networks at once are the networks that would be trained one after the other."""

import signal
import threading

import numpy as np
import pytest

import throughtime as tt

TASK = tt.tasks.Addition(bits=5)
SPECIFICATION = tt.NetworkSpecification(cell="gru", inputs=2, hidden=4, outputs=1)
SETTINGS = {"steps": 60, "batch": 8, "optimizer": tt.Adam(0.02), "noise": 0.2, "clip": 1.0}


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
    told = {}
    runs = tt.train_many(SPECIFICATION, TASK, seeds=range(6), progress=told.__setitem__, **SETTINGS)
    assert [told[seed] is run for seed, run in enumerate(runs)] == [True] * 6


def test_ctrl_c_ends_with_what_has_begun():
    told = []

    def interrupt(seed, run):
        if not told:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        told.append(run.stopped)

    runs = tt.train_many(SPECIFICATION, TASK, seeds=range(2000), threads=2, progress=interrupt, **SETTINGS)
    assert 0 < len(runs) < 2000
    assert told[0] == "steps"
    assert {run.stopped for run in runs} <= {"steps", "interrupted"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 0}, "threads must be at least 1, got 0"),
        ({"steps": -1}, "steps"),
        ({"out": "runs"}, "train_many has no out"),
        ({"batch": 0}, "batch"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        tt.train_many(SPECIFICATION, TASK, seeds=range(3), **SETTINGS | arguments)
