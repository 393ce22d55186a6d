"""A run that was cut, interrupted or killed goes on to the same bits as one that never stopped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from numba.core import config

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.tasks import Addition, Recall
from throughtime.training import checkpoint
from throughtime.training.checkpoint import load_run, resume
from throughtime.training.loop import proceed, train
from throughtime.training.optimisers import Adam, Momentum
from throughtime.training.schedules import StepDecay, WarmUp
from throughtime.training.workspace import Workspace

compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="too many steps for uncompiled kernels")
TASK = Addition(bits=7)
RNG = np.random.default_rng(0)
DATA = Batch(RNG.normal(size=(11, 7, 2)), RNG.random((11, 7, 1)), RNG.integers(1, 8, 11).astype(np.int32))


def adder(**fields):
    return Network(**{"inputs": 2, "hidden": 4, "outputs": 1, "seed": 2} | fields)


def same(one, other):
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)
    np.testing.assert_array_equal(one.moments, other.moments)
    assert one.step == other.step


def in_pieces(folder, cuts, net, what, **settings):
    """Train up to each of the cuts, each time from the disk."""
    run = train(net, what, out=folder, **settings | {"steps": cuts[0]})
    for steps in cuts[1:]:
        run = resume(folder, what, steps=steps, validate=settings.get("validate"))
    return run


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
@pytest.mark.parametrize("what", [TASK, DATA], ids=["task", "data"])
@pytest.mark.parametrize("cuts", [(1, 2, 3, 31), (15, 16, 31), (30, 31)])
def test_windows_cut_half_way_through_the_sequences(tmp_path, cell, what, cuts):
    """Three windows to a sequence: a cut at 31 or 16 falls between two of them, and their states have to be kept."""
    settings = {"steps": 31, "batch": 4, "window": 3, "optimizer": Momentum(0.2), "schedule": WarmUp(25), "seed": 3}
    net = adder(cell=cell, layers=2)
    same(in_pieces(tmp_path, cuts, net, what, **settings), train(net, what, **settings))


@compiled_only
@pytest.mark.parametrize("cuts", [(999, 1200), (1000, 1200), (1001, 1200), (1, 500, 1100, 1200)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("recurrent_dropout", [0.0, 0.3])
def test_cut_in_a_block_at_its_end_and_in_the_next(tmp_path, cuts, dtype, recurrent_dropout):
    settings = {
        "steps": 1200,
        "batch": 2,
        "noise": 0.1,
        "input_noise": 0.1,
        "dropout": 0.2,
        "recurrent_dropout": recurrent_dropout,
        "clip": 0.5,
        "weight_decay": 0.1,
    }
    settings |= {"optimizer": Adam(0.01), "schedule": StepDecay(300, 0.5)}
    net = adder(dtype=dtype)
    whole = train(net, TASK, **settings)
    run = in_pieces(tmp_path, cuts, net, TASK, **settings)
    same(run, whole)
    assert run.network.parameters.dtype == run.moments.dtype == dtype


@compiled_only
@pytest.mark.parametrize("cuts", [(130, 450), (200, 450), (250, 251, 450), (99, 101, 450)])
def test_cut_with_validation(tmp_path, cuts):
    """The network that did best is kept, and training goes on from the newest one."""
    settings = {"steps": 450, "batch": 4, "validate": DATA, "optimizer": Adam(0.3), "seed": 1}
    whole = train(adder(), DATA, **settings)
    run = in_pieces(tmp_path, cuts, adder(), DATA, **settings)
    same(run, whole)
    np.testing.assert_array_equal(run.latest, whole.latest)
    assert (run.latest != run.network.parameters).any()
    assert run.best.loss == whole.best.loss
    assert run.best.waited == whole.best.waited
    measured, wanted = ([r for r in x.history if r.validation_loss is not None] for x in (run, whole))
    assert [(r.step, r.validation_loss) for r in measured] == [(r.step, r.validation_loss) for r in wanted]
    read = load_run(tmp_path)
    np.testing.assert_array_equal(read.network.parameters, run.network.parameters)
    np.testing.assert_array_equal(read.latest, run.latest)


def test_what_a_block_has_drawn_does_not_depend_on_the_validation():
    """Validation only looks: the parameters that training reaches are the same with it."""
    settings = {"steps": 120, "batch": 2, "seed": 6, "optimizer": Adam(0.01)}
    test = TASK.sample(RNG, 3)
    one, other = train(adder(), TASK, **settings), train(adder(), TASK, validate=test, **settings)
    np.testing.assert_array_equal(one.network.parameters, other.latest)


def test_a_run_in_memory_goes_on_too():
    net, settings = adder(cell="lstm"), {"batch": 3, "seed": 9, "noise": 0.2}
    run = train(net, TASK, steps=5, **settings)
    run.settings = train(net, TASK, steps=12, **settings).settings
    same(proceed(run, TASK), train(net, TASK, steps=12, **settings))


def test_targets_after_the_last_step_and_options_of_the_task(tmp_path):
    task = Recall(gap=4, noise=0.5)
    net = Network(cell="gru", inputs=1, hidden=3, outputs=1, output="last step", loss="binary_cross_entropy")
    settings = {"steps": 30, "batch": 5, "seed": 1}
    train(net, task, out=tmp_path, **settings | {"steps": 11})
    assert load_run(tmp_path).task == task
    same(resume(tmp_path, steps=30), train(net, task, **settings))


@compiled_only
def test_ctrl_c_in_the_middle_of_a_kernel_leaves_a_whole_state(tmp_path, monkeypatch):
    """The signal comes through when the kernel has moved the parameters and nobody has counted the steps yet."""
    net, settings = adder(hidden=64), {"batch": 200, "optimizer": Adam(0.001), "noise": 0.1}
    real = Workspace.take
    for number in (2, 3, 5):
        folder, left = tmp_path / str(number), iter(range(number - 1, -1, -1))

        def pressed(work, run, *given, left=left):
            before = run.network.parameters.copy()
            taken = real(work, run, *given)
            if not next(left):
                assert (run.network.parameters != before).any()
                signal.raise_signal(signal.SIGINT)
            return taken

        with monkeypatch.context() as during:
            during.setattr(Workspace, "take", pressed)
            run = train(net, TASK, steps=10**6, out=folder, **settings)
        assert (run.stopped, next(left, None)) == ("interrupted", None)
        same(run, train(net, TASK, steps=run.step, **settings))
        same(load_run(folder), run)
        assert run.history.last.step == run.step
        resumed = resume(folder, steps=run.step + 7)
        same(resumed, train(net, TASK, steps=run.step + 7, **settings))


@pytest.mark.long
@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_bits_with_one_and_two_threads(threads):
    program = """
import hashlib, throughtime as tt
for cell in ("elman", "lstm"):
    net = tt.Network(cell=cell, inputs=2, hidden=8, outputs=1)
    run = tt.train(net, tt.tasks.Addition(bits=8), steps=40, batch=16, noise=0.2, seed=4)
    print(hashlib.sha256(run.network.parameters.tobytes()).hexdigest())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env=os.environ | {"NUMBA_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)},
    )  # fmt: skip
    here = []
    for cell in ("elman", "lstm"):
        net = Network(cell=cell, inputs=2, hidden=8, outputs=1)
        here.append(train(net, Addition(bits=8), steps=40, batch=16, noise=0.2, seed=4).network.parameters)
    from hashlib import sha256

    assert done.stdout.split() == [sha256(parameters.tobytes()).hexdigest() for parameters in here]


def test_two_runs_at_once_in_one_process_do_not_mix():
    settings = {"steps": 30, "batch": 8, "noise": 0.3}
    alone = [train(adder(), TASK, seed=seed, **settings) for seed in range(4)]
    together = [None] * 4

    def work(seed):
        together[seed] = train(adder(), TASK, seed=seed, **settings)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        same(one, other)


CHILD = """
import sys, throughtime as tt
from throughtime.training import checkpoint
checkpoint.SECONDS_BETWEEN_CHECKPOINTS = 0.0
folder, steps = sys.argv[1], int(sys.argv[2])
told = [lambda run: print(run.step, flush=True)]
try:
    tt.resume(folder, steps=steps, callbacks=told)
except ValueError:
    net = tt.Network(inputs=2, hidden=4, outputs=1, seed=2)
    tt.train(
        net, tt.tasks.Addition(bits=7), steps=steps, batch=200, noise=0.1, optimizer=tt.Adam(0.01), out=folder,
        callbacks=told
    )
"""


@compiled_only
@pytest.mark.long
def test_killed_at_random_moments_many_times(tmp_path):
    steps, rng, survived = 300_000, np.random.default_rng(0), 0
    folder = tmp_path / "run"
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), str(steps)], stdout=subprocess.PIPE, text=True
        )
        found = int(process.stdout.readline())  # its first block is done; from here on any moment may be its last
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0, 0.3))
        process.kill()
        process.communicate()
        run = load_run(folder)  # whole, whenever it was killed
        assert run.step >= found > survived
        survived = run.step
        assert run.history.last.step == run.step
    target = survived + 1500
    run = resume(folder, steps=target)
    same(run, train(adder(), TASK, steps=target, batch=200, noise=0.1, optimizer=Adam(0.01)))
    steps_told = [json.loads(line)["step"] for line in (folder / checkpoint.HISTORY).read_text().splitlines()]
    assert steps_told == sorted(set(steps_told))
