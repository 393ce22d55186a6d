"""What one training step does to its batch, and what a run tells of it, against a loop over `Network.gradient`."""

import numpy as np
import pytest
from numba.core import config

from oracles import reference
from oracles.cases import LOSSES
from oracles.split_mix import keeps
from throughtime.batch import Batch
from throughtime.kernels.gaussian import normal
from throughtime.network import Network, load
from throughtime.tasks import Addition, CopyMemory, Parity
from throughtime.training.checkpoint import load_run
from throughtime.training.loop import NotFinite, train
from throughtime.training.optimisers import Adam, GradientDescent, Momentum
from throughtime.training.source import DROPOUT, INPUTS, NOISE, DataSource, TaskSource, key, lay_out, stream

TASK = Addition(bits=5)
RNG = np.random.default_rng(1)
CELLS = ["elman", "lstm", "gru"]


def ragged(outputs=2, loss="squared", output="every step"):
    """Sequences of several lengths with weights, and other numbers behind their ends."""
    y = RNG.dirichlet(np.ones(outputs), (6, 5)) if loss == "cross_entropy" else RNG.random((6, 5, outputs))
    mask = RNG.choice([0.0, 1.0, 1.7], (6, 5))
    lengths = np.array([5, 1, 3, 4, 5, 2], np.int32)
    x = RNG.normal(size=(6, 5, 2))
    return Batch(x, y[:, 0], lengths) if output == "last step" else Batch(x, y, lengths, mask)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ["every step", "last step"])
@pytest.mark.parametrize("form", [{}, {"bidirectional": True, "layers": 2}], ids=["plain", "deep"])
def test_gradient_descent_over_masked_ragged_data(loss, output, form):
    data = ragged(2, LOSSES[loss]["loss"], output)
    net = Network(cell="gru", inputs=2, hidden=3, outputs=2, output=output, init="uniform", **LOSSES[loss], **form)
    run = train(net, data, steps=5, log_every=5, batch=3, optimizer=GradientDescent(0.2), shuffle=False)
    theta, losses, norms = net.parameters.copy(), [], []
    for step in range(5):
        part = data[3 * (step % 2) : 3 * (step % 2) + 3]
        found, gradient = Network.of(net.specification, theta).gradient(part.x, part.y, part.lengths, part.mask)
        losses.append(found / 3)
        norms.append(np.linalg.norm(gradient / 3))
        theta = theta - 0.2 * gradient / 3
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-11, atol=1e-14)
    assert run.history.last.loss == pytest.approx(np.mean(losses), rel=1e-12)
    assert run.history.last.gradient_norm == pytest.approx(np.mean(norms), rel=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_float32(cell):
    """The same run in both precisions: single ones are close, and single all the way."""
    runs = {}
    for dtype in ("float32", "float64"):
        net = Network(cell=cell, inputs=2, hidden=6, outputs=1, dtype=dtype, seed=3)
        runs[dtype] = train(net, TASK, steps=40, batch=8, optimizer=Momentum(0.1), noise=0.1, weight_decay=0.01)
    single, double = runs["float32"], runs["float64"]
    assert single.network.parameters.dtype == single.moments.dtype == np.float32
    np.testing.assert_allclose(single.network.parameters, double.network.parameters, atol=2e-5)
    assert (single.network.parameters != double.network.parameters).any()


@pytest.mark.parametrize("cell", CELLS)
def test_no_noise_and_no_limit_are_what_zero_means(cell):
    net = Network(cell=cell, inputs=2, hidden=4, outputs=1)
    plain = train(net, TASK, steps=9, batch=4).network.parameters
    nothing = {
        "noise": [0, 0.0],
        "input_noise": [0],
        "dropout": [0],
        "clip": [0.0, 1e9],
        "weight_decay": [0],
        "cell_penalty": [0],
    }
    for zero in ({name: value} for name, values in nothing.items() for value in values):
        np.testing.assert_array_equal(train(net, TASK, steps=9, batch=4, **zero).network.parameters, plain)
    for something in ({"noise": 1e-3}, {"input_noise": 1e-3}, {"dropout": 0.5}, {"clip": 1e-3}, {"weight_decay": 1e-3}):
        assert (train(net, TASK, steps=9, batch=4, **something).network.parameters != plain).any()


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="uncompiled kernels make other noise")
@pytest.mark.parametrize("cell", ["elman", "gru"])
def test_noise_is_added_to_what_is_fed_back(cell):
    """Two steps with the numbers of the generator, against complex steps through the reference's noisy pass."""
    net = Network(cell=cell, inputs=2, hidden=2, outputs=1, layers=2, init="uniform", seed=4)
    data = Batch(RNG.normal(size=(3, 4, 2)), RNG.random((3, 4, 1)))
    settings = {"batch": 3, "noise": 0.4, "seed": 12, "shuffle": False, "optimizer": GradientDescent(0.5)}
    run = train(net, data, steps=2, **settings)
    s, theta = net.specification, net.parameters.copy()
    T, B, H = 4, 3, 2
    for step in range(2):
        drawn = np.empty(2 * (T + 2) * B * H)
        normal(key(12, NOISE) + np.uint64(step), 0, drawn)
        noise = 0.4 * drawn.reshape(2, 1, T + 2, B, H)[:, :, 1:-1].transpose(0, 1, 3, 2, 4)

        def loss(vector, noise=noise):
            zero = np.zeros((2, B, H))
            point = {"parameters": vector, "x": data.x, "h_0": zero, "C_0": zero}
            return reference.loss(s, point, [T] * B, data.y, np.ones((B, T)), noise=noise) / B

        gradient = np.array([loss(theta + 1e-30j * row).imag / 1e-30 for row in np.eye(len(theta))])
        theta = theta - 0.5 * gradient
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-10, atol=1e-12)


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="uncompiled kernels make other noise")
@pytest.mark.parametrize("window", [None, 3])
def test_noise_on_inputs_is_added_to_what_is_read(window):
    """Two steps with the numbers of the generator, drawn for each window, against the network's own gradient."""
    net = Network(cell="gru", inputs=2, hidden=4, outputs=1, init="uniform", seed=4)
    data = Batch(RNG.normal(size=(3, 6, 2)), RNG.random((3, 6, 1)))
    settings = {"batch": 3, "input_noise": 0.4, "seed": 12, "shuffle": False, "optimizer": GradientDescent(0.5)}
    run = train(net, data, steps=2, window=window, **settings)

    def noisy(x, step):
        drawn = np.empty(x.size)
        normal(key(12, INPUTS) + np.uint64(step), 0, drawn)
        return x + 0.4 * drawn.reshape(-1, 3, 2).transpose(1, 0, 2)

    descend(net, data, window, noisy)
    np.testing.assert_allclose(run.network.parameters, net.parameters, rtol=1e-12, atol=1e-14)


def descend(net, data, window, disturbed):
    """Two steps of plain descent at 0.5, one for each window, on what a step's disturbance makes of the inputs."""
    state = net.initial_state(len(data.x))
    for step in range(2):
        part = slice(None) if window is None else slice(step * window, (step + 1) * window)
        passed = net.forward(disturbed(data.x[:, part], step), initial_state=state)
        passed.loss(data.y[:, part])
        gradient = passed.backward().gradient
        state = passed.final if window else state
        net.parameters[:] -= 0.5 * gradient / len(data.x)


def test_the_data_keep_their_inputs():
    data = Batch(RNG.normal(size=(3, 6, 2)), RNG.random((3, 6, 1)))
    before = data.x.copy()
    train(Network(inputs=2, hidden=3, outputs=1), data, steps=3, batch=3, input_noise=0.5)
    np.testing.assert_array_equal(data.x, before)


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="uncompiled kernels make other masks")
@pytest.mark.parametrize("window", [None, 3])
def test_dropout_is_a_mask_on_what_is_read(window):
    """Two steps with masks by their definition, one for each window, against the network's own gradient of what is
    left.
    """
    net = Network(cell="lstm", inputs=3, hidden=4, outputs=1, init="uniform", seed=4)
    data = Batch(RNG.normal(size=(3, 6, 3)), RNG.random((3, 6, 1)))
    settings = {"batch": 3, "dropout": 0.4, "seed": 12, "shuffle": False, "optimizer": GradientDescent(0.5)}
    run = train(net, data, steps=2, window=window, **settings)

    def masked(x, step):
        return x * keeps(key(12, DROPOUT) + np.uint64(step), 0.4, 9).reshape(3, 1, 3) / 0.6

    descend(net, data, window, masked)
    np.testing.assert_allclose(run.network.parameters, net.parameters, rtol=1e-12, atol=1e-14)


def test_the_penalty_is_half_of_the_sum_of_squares():
    net = Network(cell="lstm", inputs=2, hidden=2, outputs=1, init="uniform", seed=4)
    data = Batch(RNG.normal(size=(2, 3, 2)), RNG.random((2, 3, 1)), np.array([3, 2]))
    run = train(net, data, steps=1, batch=2, optimizer=GradientDescent(1.0), shuffle=False, cell_penalty=0.7)
    zero = np.zeros((1, 2, 2))

    def loss(vector):
        point = {"parameters": vector, "x": data.x, "h_0": zero, "C_0": zero}
        return reference.loss(net.specification, point, [3, 2], data.y, np.ones((2, 3)), penalty=0.7) / 2

    gradient = [loss(net.parameters + 1e-30j * row).imag / 1e-30 for row in np.eye(len(net.parameters))]
    np.testing.assert_allclose(net.parameters - run.network.parameters, gradient, rtol=1e-10, atol=1e-14)


def test_clipping_scales_the_whole_gradient():
    net = Network(inputs=2, hidden=3, outputs=1, seed=1)
    _, gradient = net.gradient(*TASK.encode(3, 9))
    x, d = TASK.encode(3, 9)
    norm = np.linalg.norm(gradient)
    for clip in (norm / 3, norm * 3):
        run = train(net, Batch(x, d), steps=1, batch=1, optimizer=GradientDescent(1.0), clip=clip)
        step = net.parameters - run.network.parameters
        np.testing.assert_allclose(step, gradient * min(1, clip / norm), rtol=1e-10, atol=1e-15)
        assert run.history.last.gradient_norm == pytest.approx(norm)  # before it was clipped


def test_what_is_counted_right():
    """Of 3 sequences, the outputs that are asked for: a wrong one behind the end or without weight does not count."""
    net = Network(inputs=1, hidden=2, outputs=2, readout="sigmoid")
    net.parameters[:] = 0
    net["b_y"] = [5.0, -5.0]  # tells 1, 0 whatever it reads
    y = np.tile([1.0, 0.0], (3, 4, 1))
    y[0, 1, 0] = 0  # wrong
    y[1, 2, 1] = 1  # behind the end
    y[2, 3, 0] = 0  # without weight
    data = Batch(np.ones((3, 4, 1)), y, np.array([4, 2, 4]), np.array([[1.0] * 4, [1.0] * 4, [1.0, 1, 1, 0]]))
    record = train(net, data, steps=1, batch=3, optimizer=GradientDescent(0.0), shuffle=False).history.last
    assert record.bits == pytest.approx(1 - 1 / (2 * (4 + 2 + 3)))
    assert record.exact == pytest.approx(2 / 3)
    real = train(Network(inputs=1, hidden=2, outputs=2, readout="identity"), data, steps=1, batch=3).history.last
    assert np.isnan([real.bits, real.exact]).all()


def test_every_sequence_is_read_equally_often_in_an_order_of_its_own():
    marked = Batch(np.arange(10.0).reshape(10, 1, 1), np.zeros((10, 1, 1)))
    source = DataSource(marked, seed=2, shuffle=True)
    epochs = source.batches(0, 30, 4).x[:, 0, 0].reshape(12, 10)
    assert (np.sort(epochs) == np.arange(10)).all()
    assert len(np.unique(epochs, axis=0)) == 12
    for first, count in [(0, 1), (3, 5), (29, 1)]:
        np.testing.assert_array_equal(
            source.batches(first, count, 4).x[:, 0, 0], epochs.ravel()[4 * first : 4 * (first + count)]
        )
    assert (DataSource(marked, 3, True).batches(0, 3, 4).x != source.batches(0, 3, 4).x).any()
    in_order = DataSource(marked, 2, False).batches(2, 3, 4).x[:, 0, 0]
    assert in_order.tolist() == [8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    wide = DataSource(marked, 2, True).batches(0, 2, 25).x[:, 0, 0]  # a batch of more than two epochs
    assert np.bincount(wide.astype(int)).tolist() == [5] * 10


@pytest.mark.parametrize("task", [TASK, Parity(bits=4), CopyMemory()], ids=lambda task: task.name)
def test_a_task_is_drawn_block_by_block(task):
    source = TaskSource(task, seed=7, block=5)
    whole = [source.batches(first, 1, 3) for first in range(12)]
    fresh = [TaskSource(task, seed=7, block=5).batches(first, 1, 3) for first in reversed(range(12))][::-1]
    for one, other in zip(whole, fresh, strict=True):
        np.testing.assert_array_equal(one.x, other.x)
        np.testing.assert_array_equal(one.y, other.y)
    assert (whole[1].x != whole[6].x).any()  # the same place in another block
    drawn = task.sample(stream(7, 0, 1), 15)
    np.testing.assert_array_equal(np.concatenate([part.x for part in whole[5:10]]), drawn.x)


def test_how_windows_are_cut():
    data = ragged()
    s = Network(inputs=2, hidden=1, outputs=2).specification
    steps = lay_out(data, s, 3, 2)
    assert steps.x.shape == (6, 2, 3, 2)  # 2 steps · 3 windows, 2 time steps, 3 sequences
    assert steps.carry.tolist() == [False, True, True] * 2
    assert steps.lengths.tolist() == [[2, 1, 2], [2, 0, 1], [1, 0, 0], [2, 2, 2], [2, 2, 0], [0, 1, 0]]
    for window in range(3):
        for t in range(2):
            for b in range(6):
                n, time = b // 3 * 3 + window, 2 * window + t
                weight = data.mask[b, time] if time < data.lengths[b] else 0
                assert steps.mask[n, t, b % 3] == weight
                if time < 5:
                    np.testing.assert_array_equal(steps.x[n, t, b % 3], data.x[b, time])
                    np.testing.assert_array_equal(steps.y[n, t, b % 3], data.y[b, time])


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")  # uncompiled
@pytest.mark.parametrize("settings", [{}, {"update": "per step", "batch": 1}], ids=["per batch", "per step"])
@pytest.mark.parametrize("rate", [1e308, 1e200])
def test_an_update_that_overflows_keeps_the_last_good_parameters(tmp_path, settings, rate):
    net = Network(inputs=2, hidden=3, outputs=1, readout="identity", activation="relu", init="uniform", seed=1)
    data = Batch(1e3 * RNG.normal(size=(8, 5, 2)), 1e3 * RNG.normal(size=(8, 5, 1)))
    with pytest.raises(NotFinite, match="not finite: lower the learning rate") as caught:
        train(net, data, steps=20, optimizer=GradientDescent(rate), out=tmp_path, **settings)
    run = caught.value.run
    assert run.stopped == "not finite"
    assert np.isfinite(run.network.parameters).all()
    assert f"The parameters are those after step {run.step}" in str(caught.value)
    np.testing.assert_array_equal(load(tmp_path).parameters, run.network.parameters)
    assert load_run(tmp_path).step == run.step


def test_no_steps(tmp_path):
    net = Network(inputs=2, hidden=3, outputs=1, seed=5)
    run = train(net, TASK, steps=0, out=tmp_path)
    assert (run.step, run.stopped, len(run.history)) == (0, "steps", 0)
    np.testing.assert_array_equal(run.network.parameters, net.parameters)
    np.testing.assert_array_equal(load(tmp_path).parameters, net.parameters)
    assert run.history["loss"].shape == (0,)


def test_callbacks_see_the_run_and_stop_it_only_with_true():
    seen = []
    settings = {"steps": 4000, "batch": 1, "optimizer": Adam(0.01), "log_every": 1000}
    run = train(Network(inputs=2, hidden=2, outputs=1), TASK, callbacks=[
        lambda run: seen.append((run.step, len(run.history), run.stopped)), lambda run: 1, lambda run: None,
        lambda run: run.step >= 2000,
    ], **settings)  # fmt: skip
    assert run.stopped == "callback"
    assert run.step == 2000
    assert seen == [(1000, 1, None), (2000, 2, None)]


def test_an_error_of_a_callback_comes_through_and_the_run_is_saved(tmp_path):
    def fail(run):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(Network(inputs=2, hidden=2, outputs=1), TASK, steps=10, log_every=10, callbacks=[fail], out=tmp_path)
    assert load_run(tmp_path).step == 10
