"""Training: the same bits however it is cut, noise, windows, validation, and how it ends."""

import numpy as np
import pytest

from throughtime.batch import Batch
from throughtime.network import Network, load
from throughtime.tasks import Addition
from throughtime.training.checkpoint import load_run, resume
from throughtime.training.loop import NotFinite, train
from throughtime.training.optimisers import Adam, GradientDescent

TASK = Addition(bits=5)
RNG = np.random.default_rng(0)
DATA = Batch(RNG.normal(size=(7, 9, 2)), RNG.random((7, 9, 1)), np.array([9, 2, 7, 9, 1, 5, 8]))


def adder(**fields):
    return Network(inputs=2, hidden=4, outputs=1, **{"cell": "elman"} | fields)


@pytest.mark.parametrize("first", [1, 37, 100, 130])
@pytest.mark.parametrize("what", [TASK, DATA], ids=["task", "data"])
def test_cut_anywhere_it_goes_on_to_the_same_bits(tmp_path, first, what):
    settings = {"steps": 150, "batch": 4, "optimizer": Adam(0.02), "noise": 0.2, "seed": 5}
    whole = train(adder(), what, **settings)
    train(adder(), what, **settings | {"steps": first}, out=tmp_path / "run")
    rest = resume(tmp_path / "run", what if what is DATA else None, steps=150)
    np.testing.assert_array_equal(rest.network.parameters, whole.network.parameters)
    np.testing.assert_array_equal(rest.moments, whole.moments)
    np.testing.assert_array_equal(load(tmp_path / "run").parameters, whole.network.parameters)


def test_one_seed_the_same_bits_another_seed_others():
    def parameters(seed, noise):
        return train(adder(), TASK, steps=20, batch=4, noise=noise, seed=seed).network.parameters

    np.testing.assert_array_equal(parameters(3, 0.3), parameters(3, 0.3))
    assert (parameters(3, 0.3) != parameters(4, 0.3)).any()
    assert (parameters(3, 0.3) != parameters(3, 0.0)).any()


def test_the_network_that_is_given_is_not_changed():
    net = adder()
    before = net.parameters.copy()
    train(net, TASK, steps=3)
    np.testing.assert_array_equal(net.parameters, before)


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
@pytest.mark.parametrize("window", [1, 4, 9, 50])
def test_windows_are_one_update_each_with_the_state_carried_on(cell, window):
    net = adder(cell=cell)
    run = train(net, DATA, steps=-(-9 // window), batch=7, optimizer=GradientDescent(0.2), window=window, shuffle=False)
    theta, state = net.parameters.copy(), net.initial_state(7)
    for start in range(0, 9, window):
        now = Network.of(net.specification, theta)
        length = np.clip(DATA.lengths - start, 0, window)
        gradient = np.zeros_like(theta)
        new = state.numbers.copy()
        for b in range(7):
            if not length[b]:
                continue
            x, d = (array[b : b + 1, start : start + length[b]] for array in (DATA.x, DATA.y))
            y = now.predict(x, initial_state=state[b : b + 1])
            h, after = now.hidden(x, initial_state=state[b : b + 1])
            delta_y = (y - d) * y * (1 - y)
            back = now.backward(x, delta_y @ now["W"].T, initial_state=state[b : b + 1])
            part = Network.of(net.specification, back.gradient)
            part["W"] += np.einsum("bth,bto->ho", h, delta_y)
            part["b_y"] += delta_y.sum((0, 1))
            gradient += part.parameters
            new[:, :, b] = after.numbers[:, :, 0]
        theta = theta - 0.2 * gradient / 7
        state = type(state).of(state.names, new)
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-11, atol=1e-13)


def test_data_is_read_equally_often_whatever_the_batch():
    from throughtime.training.source import DataSource

    marked = Batch(np.arange(7.0).reshape(7, 1, 1), np.zeros((7, 1, 1)))
    source = DataSource(marked, seed=2, shuffle=True)
    seen = np.concatenate([source.batches(first, 2, 3).x[:, 0, 0] for first in range(0, 14, 2)])
    assert len(seen) == 42
    assert np.bincount(seen.astype(int)).tolist() == [6] * 7
    assert (seen[:7] != np.arange(7)).any()
    in_order = DataSource(marked, seed=2, shuffle=False).batches(1, 3, 3).x[:, 0, 0]
    assert in_order.tolist() == [3, 4, 5, 6, 0, 1, 2, 3, 4]


def test_validation_keeps_the_best_and_patience_stops():
    run = train(adder(), DATA, steps=5000, batch=7, optimizer=GradientDescent(40.0), validate=DATA, patience=3, seed=1)
    losses = run.history["validation_loss"]
    measured = losses[~np.isnan(losses)]
    assert run.stopped == "patience"
    assert run.step < 5000
    assert (measured[-3:] >= measured.min()).all()
    best = run.network.loss(DATA.x, DATA.y, DATA.lengths) / 7
    assert best == pytest.approx(measured.min(), rel=1e-12)


def test_a_callback_stops_and_ctrl_c_saves(tmp_path):
    assert train(adder(), TASK, steps=5000, batch=1, callbacks=[lambda run: run.step >= 200]).stopped == "callback"

    def interrupt(run):
        raise KeyboardInterrupt

    run = train(adder(), TASK, steps=5000, batch=1, callbacks=[interrupt], out=tmp_path)
    assert run.stopped == "interrupted"
    np.testing.assert_array_equal(load_run(tmp_path).network.parameters, run.network.parameters)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")  # uncompiled
def test_a_loss_that_is_not_finite_stops_with_the_last_good_parameters(tmp_path):
    net = adder(activation="relu", readout="identity")
    with pytest.raises(NotFinite, match=r"the loss at step \d+ is .*lower the learning rate") as caught:
        train(net, DATA, steps=5000, batch=7, optimizer=GradientDescent(1e3), out=tmp_path)
    kept = caught.value.run.network.parameters
    assert np.isfinite(kept).all()
    np.testing.assert_array_equal(load(tmp_path).parameters, kept)


def test_a_penalty_keeps_the_cell_states_small():
    def size(penalty):
        net = train(adder(cell="lstm"), TASK, steps=100, batch=8, optimizer=Adam(0.05), cell_penalty=penalty).network
        return np.abs(net.trace(*TASK.encode(13, 9)).C).mean()

    assert size(0.1) < 0.7 * size(0.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": -1}, "steps must be a whole number of at least 0, got -1"),
        ({"batch": 0}, "batch must be a whole number of at least 1, got 0"),
        ({"noise": float("nan")}, "noise must be a number of at least 0, got nan"),
        ({"update": "per step"}, "it needs optimizer GradientDescent and batch 1"),
        ({"cell_penalty": 0.1}, "cell_penalty is for cells with a second state, such as an LSTM: elman has one alone"),
    ],
)
def test_settings_that_do_not_fit(settings, message):
    with pytest.raises(ValueError, match=message):
        train(adder(), TASK, **{"steps": 1} | settings)


def test_sequences_that_do_not_fit():
    with pytest.raises(ValueError, match="the sequences have 2 inputs and 1 outputs, but the network 3 and 1"):
        train(Network(inputs=3, hidden=2, outputs=1), TASK, steps=1)
    with pytest.raises(ValueError, match="output at 'every step', but the network at 'last step'"):
        train(adder(output="last step"), TASK, steps=1)


def test_history_columns_and_its_file(tmp_path):
    run = train(adder(), TASK, steps=300, batch=8, optimizer=Adam(0.02), out=tmp_path)
    assert run.history["step"].tolist()[-1] == 300
    read = load_run(tmp_path).history
    for column in ("step", "loss", "exact", "bits", "gradient_norm", "learning_rate"):
        np.testing.assert_array_equal(read[column], run.history[column])
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"step": 99999, "loss"')
    assert len(load_run(tmp_path).history) == len(run.history)
    with pytest.raises(KeyError, match="history has no column 'losses'"):
        run.history["losses"]


@pytest.mark.parametrize("name", ["run.toml", "checkpoint.safetensors"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff", None])
def test_a_damaged_run_is_one_sentence(tmp_path, name, content):
    train(adder(), TASK, steps=1, out=tmp_path)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        load_run(tmp_path)


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path):
    train(adder(), TASK, steps=1, out=tmp_path)
    with pytest.raises(ValueError, match="holds a run already"):
        train(adder(), TASK, steps=1, out=tmp_path)


def test_a_run_folder_runs_no_code_of_its_choice(tmp_path):
    train(adder(), TASK, steps=1, out=tmp_path)
    described = (tmp_path / "run.toml").read_text()
    (tmp_path / "run.toml").write_text(described.replace('name = "addition"', 'name = "os:getcwd"'))
    with pytest.raises(ValueError, match="its task os:getcwd is not one of ours, give it again"):
        load_run(tmp_path)
