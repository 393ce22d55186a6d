"""A batch in shards: the same bits on any number of threads, and the gradient of the whole batch."""

import os
import signal
import threading

import numpy as np
import pytest
from numba.core import config

import throughtime as tt
from throughtime.kernels import loop, shards
from throughtime.support.threads import Team
from throughtime.training.checkpoint import load_run, resume

compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="uncompiled kernels make other noise")
RNG = np.random.default_rng(3)
B, T = 37, 6  # four shards of 8 to 12 rows


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch):
    monkeypatch.setattr(shards, "_PRODUCTS", 0.0)
    monkeypatch.setattr(shards, "_STEPS", 0)


def data(output="every step", rows=2 * B + 5):
    mask = RNG.choice([0.0, 1.0, 1.7], (rows, T))
    x, y, lengths = RNG.normal(size=(rows, T, 3)), RNG.random((rows, T, 2)), RNG.integers(1, T + 1, rows)
    return tt.Batch(x, y[:, 0], lengths) if output == "last step" else tt.Batch(x, y, lengths, mask)


def network(**fields):
    return tt.Network(**{"cell": "gru", "inputs": 3, "hidden": 5, "outputs": 2, "init": "uniform", "seed": 2} | fields)


def same(one, other):
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)
    np.testing.assert_array_equal(one.moments, other.moments)
    assert [(r.loss, r.bits, r.exact, r.gradient_norm) for r in one.history.records] == [
        (r.loss, r.bits, r.exact, r.gradient_norm) for r in other.history.records
    ]
    assert (one.step, one.stopped) == (other.step, other.stopped)


EVERYTHING = {
    "noise": 0.2, "input_noise": 0.1, "dropout": 0.3, "recurrent_dropout": 0.2, "clip": 0.05, "weight_decay": 0.01,
    "cell_penalty": 0.1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({"cell": "elman"}, {}),
        ({"cell": "gru", "dtype": "float32"}, {}),
        ({"cell": "lstm"}, EVERYTHING),
        ({"cell": "lstm", "dtype": "float32", "layers": 2}, EVERYTHING | {"window": 4}),
        ({"cell": "gru", "layers": 2, "bidirectional": True}, {"noise": 0.1, "dropout": 0.5, "recurrent_dropout": 0.3}),
        ({"cell": "elman", "output": "last step", "bidirectional": True, "dtype": "float32"}, {"dropout": 0.5}),
        ({"cell": "lstm", "output": "last step"}, {"noise": 0.1}),
    ],
)
def test_the_same_bits_on_any_number_of_threads(fields, settings):
    net, sequences = network(**fields), data(fields.get("output", "every step"))
    runs = [tt.train(net, sequences, steps=6, batch=B, log_every=1, threads=n, **settings) for n in (1, 2, 3, 7)]
    assert runs[0].step == 6
    for run in runs[1:]:
        same(run, runs[0])


def test_the_same_bits_in_whatever_order_shards_are_done(monkeypatch):
    net, sequences, settings = network(dtype="float32"), data(), {"steps": 4, "batch": B, "threads": 2}
    there = tt.train(net, sequences, **settings)
    monkeypatch.setattr(Team, "share", lambda team, work, parts: [work(part) for part in reversed(range(parts))])
    same(tt.train(net, sequences, **settings), there)
    # Planted: sums in the order in which shards have ended.
    in_order = loop.add_shards
    monkeypatch.setattr(loop, "add_shards", lambda gradients, measured: backwards(in_order, gradients, measured))
    planted = tt.train(net, sequences, **settings)
    assert (planted.network.parameters != there.network.parameters).any()
    np.testing.assert_allclose(planted.network.parameters, there.network.parameters, rtol=1e-3)


def backwards(add_shards, gradients, measured):
    gradients[:], measured[:] = gradients[::-1].copy(), measured[::-1].copy()
    add_shards(gradients, measured)


@pytest.mark.parametrize("output", ["every step", "last step"])
def test_the_gradient_of_all_shards_is_that_of_the_batch(output):
    net, sequences = network(output=output, layers=2, bidirectional=True), data(output, rows=B)
    run = tt.train(net, sequences, steps=1, batch=B, shuffle=False, optimizer=tt.GradientDescent(1.0), threads=2)
    loss, gradient = net.gradient(sequences.x, sequences.y, sequences.lengths, sequences.mask)
    np.testing.assert_allclose(net.parameters - run.network.parameters, gradient / B, rtol=1e-11, atol=1e-15)
    assert run.history.last.loss == pytest.approx(loss / B, rel=1e-13)


@compiled_only
@pytest.mark.parametrize("window", [None, 4])
def test_shards_and_the_whole_are_the_same_but_for_rounding(window, monkeypatch):
    """Noise, masks, windows, what is counted: all of it belongs to a sequence, not to its shard."""
    net, sequences = network(cell="lstm"), data()
    settings = EVERYTHING | {"steps": 6, "batch": B, "window": window, "log_every": 1, "optimizer": tt.Momentum(0.1)}
    parts = tt.train(net, sequences, threads=2, **settings)
    monkeypatch.setattr(shards, "_PRODUCTS", np.inf)
    whole = tt.train(net, sequences, threads=2, **settings)
    assert (parts.moments != whole.moments).any()
    np.testing.assert_allclose(parts.network.parameters, whole.network.parameters, rtol=1e-9, atol=1e-12)
    for name in ("loss", "bits", "exact", "gradient_norm"):
        np.testing.assert_allclose(parts.history[name], whole.history[name], rtol=1e-9)


def test_a_run_goes_on_with_another_number_of_threads(tmp_path):
    net, sequences = network(cell="lstm"), data()
    settings = EVERYTHING | {"steps": 9, "batch": B, "window": 4}
    whole = tt.train(net, sequences, threads=1, **settings)
    for n, steps in ((2, 1), (7, 4)):  # the first in the middle of a batch's windows
        folder = tmp_path / str(n)
        tt.train(net, sequences, threads=n, out=folder, **settings | {"steps": steps})
        run = resume(folder, sequences, steps=9, threads=3)
        np.testing.assert_array_equal(run.network.parameters, whole.network.parameters)
        np.testing.assert_array_equal(run.moments, whole.moments)


def test_an_error_in_a_thread_takes_the_step_back(monkeypatch, tmp_path):
    calls, differentiate = [], loop.differentiate

    def failing(*arguments):
        calls.append(1)
        if len(calls) == 11:  # of the third step
            raise MemoryError
        return differentiate(*arguments)

    net, sequences, settings = network(), data(), {"batch": B, "threads": 3, "log_every": 1}
    before = tt.train(net, sequences, steps=2, **settings)
    monkeypatch.setattr(loop, "differentiate", failing)
    with pytest.raises(MemoryError):
        tt.train(net, sequences, steps=9, callbacks=[lambda run: None], out=tmp_path, **settings)
    kept = load_run(tmp_path)
    assert kept.step == 2
    np.testing.assert_array_equal(kept.network.parameters, before.network.parameters)


def test_ctrl_c_in_a_thread_takes_the_step_back_and_the_run_goes_on(monkeypatch, tmp_path):
    calls, differentiate = [], loop.differentiate

    def pressing(*arguments):
        calls.append(1)
        if len(calls) == 11:
            os.kill(os.getpid(), signal.SIGINT)
        return differentiate(*arguments)

    net, sequences, settings = network(), data(), {"batch": B, "threads": 3, "log_every": 1, "steps": 9}
    whole = tt.train(net, sequences, **settings)
    monkeypatch.setattr(loop, "differentiate", pressing)
    run = tt.train(net, sequences, callbacks=[lambda run: None], out=tmp_path, **settings)
    assert (run.step, run.stopped) == (2, "interrupted")
    same(resume(tmp_path, sequences, threads=2), whole)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")  # uncompiled
def test_numbers_that_are_not_finite_are_found_in_any_shard():
    sequences = data(rows=B)
    sequences.x[-1, 0] = 1e200
    net = network(cell="elman", activation="relu", readout="identity")
    stories = []
    for threads in (1, 3):
        with pytest.raises(tt.NotFinite, match="not finite") as caught:
            tt.train(net, sequences, steps=5, batch=B, threads=threads, optimizer=tt.GradientDescent(1e200))
        stories.append((str(caught.value), caught.value.run.network.parameters.tobytes()))
    assert stories[0] == stories[1]


def test_many_networks_have_one_thread_each(monkeypatch):
    seen, share = set(), Team.share

    def watched(team, work, parts):
        seen.add((team.threads, parts, threading.current_thread() is threading.main_thread()))
        share(team, work, parts)

    monkeypatch.setattr(Team, "share", watched)
    net, sequences = network(), data()
    runs = tt.train_many(net.specification, sequences, seeds=range(3), threads=2, steps=3, batch=B)
    assert seen == {(1, 4, False)}
    alone = tt.train(tt.Network(net.specification, seed=1), sequences, seed=1, steps=3, batch=B, threads=3)
    same(runs[1], alone)
