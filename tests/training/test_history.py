"""How often a run is measured and looked at: points for a curve, callbacks, validation.

The parameters depend on none of it.
"""

import numpy as np
import pytest

import throughtime as tt
from throughtime.training.checkpoint import load_run, resume

TASK = tt.tasks.Addition(bits=5)
RNG = np.random.default_rng(0)
DATA = tt.Batch(RNG.normal(size=(7, 5, 2)), RNG.random((7, 5, 1)))
OTHER = tt.Batch(RNG.normal(size=(4, 5, 2)), RNG.random((4, 5, 1)))
SETTINGS = {"batch": 4, "optimizer": tt.Adam(0.02), "noise": 0.1, "seed": 5}


def adder(**fields):
    return tt.Network(**{"cell": "elman", "inputs": 2, "hidden": 3, "outputs": 1} | fields)


def steps_of(run):
    return run.history["step"].tolist()


@pytest.mark.parametrize("steps", [50, 99, 200, 300, 1234, 2500])
def test_at_least_fifty_points(steps):
    run = tt.train(adder(), TASK, steps=steps, **SETTINGS)
    assert 50 <= len(run.history) <= 120
    assert run.history.last.step == steps
    assert (np.diff(run.history["step"]) > 0).all()
    assert (np.diff(run.history["seconds"]) >= 0).all()


def test_a_short_run_has_a_point_for_each_step():
    assert steps_of(tt.train(adder(), TASK, steps=7, **SETTINGS)) == [1, 2, 3, 4, 5, 6, 7]
    assert steps_of(tt.train(adder(), TASK, steps=0, **SETTINGS)) == []


def test_records_are_the_means_of_single_steps():
    single = tt.train(adder(), DATA, steps=30, log_every=1, **SETTINGS)
    grouped = tt.train(adder(), DATA, steps=30, log_every=7, **SETTINGS)
    assert steps_of(single) == [*range(1, 31)]
    assert steps_of(grouped) == [7, 14, 21, 28, 30]
    begin = 0
    for record in grouped.history:
        for column in ("loss", "gradient_norm", "exact", "bits"):
            mean = single.history[column][begin : record.step].mean()
            assert getattr(record, column) == pytest.approx(mean, rel=1e-12)
        begin = record.step


def test_each_steps_loss_is_its_own():
    """The loss before the step, of the sequences that the step reads."""
    net = adder()
    run = tt.train(net, DATA, steps=4, batch=7, optimizer=tt.GradientDescent(0.3), shuffle=False)
    for record in run.history:
        loss, gradient = net.gradient(DATA.x, DATA.y)
        assert record.loss == pytest.approx(loss / 7, rel=1e-12)
        assert record.gradient_norm == pytest.approx(np.linalg.norm(gradient / 7), rel=1e-12)
        net.parameters = net.parameters - 0.3 * gradient / 7


@pytest.mark.parametrize("what", [TASK, DATA], ids=["task", "data"])
@pytest.mark.parametrize("window", [None, 2])
def test_parameters_do_not_depend_on_who_looks(what, window):
    plain = tt.train(adder(), what, steps=130, window=window, **SETTINGS)
    for settings in (
        {"log_every": 1}, {"log_every": 17}, {"log_every": 10**6}, {"callbacks": [lambda run: None]},
        {"callbacks": [lambda run: None], "log_every": 3, "validate": OTHER},
    ):  # fmt: skip
        run = tt.train(adder(), what, steps=130, window=window, **SETTINGS | settings)
        latest = run.network.parameters if run.latest is None else run.latest
        np.testing.assert_array_equal(latest, plain.network.parameters)
        np.testing.assert_array_equal(run.moments, plain.moments)


@pytest.mark.parametrize("log_every", [1, 4, 13, None])
def test_callbacks_are_called_after_every_record(log_every):
    seen = []
    settings = SETTINGS | {"steps": 60, "log_every": log_every}
    run = tt.train(adder(), TASK, callbacks=[lambda run: seen.append((run.step, len(run.history)))], **settings)
    assert seen == [(record.step, k) for k, record in enumerate(run.history, 1)]
    quiet = tt.train(adder(), TASK, **settings)
    assert [record.loss for record in run.history] == [record.loss for record in quiet.history]


def test_a_run_that_was_stopped_and_goes_on_has_the_same_history(tmp_path):
    settings = SETTINGS | {"steps": 200, "validate": OTHER}
    whole = tt.train(adder(), TASK, **settings)
    stop = [lambda run: run.step >= 96]
    assert tt.train(adder(), TASK, callbacks=stop, out=tmp_path, **settings).step == 96
    rest = resume(tmp_path, validate=OTHER)
    assert load_run(tmp_path).history == rest.history
    for column in ("step", "loss", "exact", "gradient_norm", "learning_rate", "validation_loss"):
        np.testing.assert_array_equal(rest.history[column], whole.history[column])
    np.testing.assert_array_equal(rest.network.parameters, whole.network.parameters)


# Validation


def validated(run):
    return [record.step for record in run.history if record.validation_loss is not None]


def test_validation_is_measured_in_short_runs_and_at_the_end():
    for steps, wanted in [(1, [1]), (7, [7]), (99, [10, 20, 50, 99]), (250, [10, 20, 50, 100, 200, 250])]:
        run = tt.train(adder(), DATA, steps=steps, validate=OTHER, **SETTINGS)
        assert validated(run) == wanted
        losses = run.history["validation_loss"]
        best = run.network.loss(OTHER.x, OTHER.y) / len(OTHER)
        assert best == pytest.approx(np.nanmin(losses), rel=1e-12)
        assert run.best is not None
    assert validated(tt.train(adder(), DATA, steps=0, validate=OTHER)) == []


def test_an_epoch_is_the_rhythm_where_it_is_longer():
    many = tt.Batch(RNG.normal(size=(330, 2, 2)), RNG.random((330, 2, 1)))
    run = tt.train(adder(), many, steps=700, batch=1, validate=OTHER)
    assert validated(run) == [10, 20, 50, 100, 200, 330, 660, 700]


def test_the_end_is_not_counted_when_a_run_goes_on(tmp_path):
    settings = SETTINGS | {"validate": OTHER}
    tt.train(adder(), DATA, steps=5, out=tmp_path, **settings)
    assert validated(load_run(tmp_path)) == [5]
    resume(tmp_path, DATA, steps=37, validate=OTHER)
    run = resume(tmp_path, DATA, steps=120, validate=OTHER)
    whole = tt.train(adder(), DATA, steps=120, **settings)
    assert validated(run) == validated(whole) == [10, 20, 50, 100, 120]
    assert run.best.loss == whole.best.loss
    np.testing.assert_array_equal(run.network.parameters, whole.network.parameters)


def test_patience_needs_something_to_measure_on():
    for how in (lambda: tt.train(adder(), DATA, steps=3, patience=1), lambda: tt.train_many(
        adder().specification, DATA, seeds=[0], steps=3, patience=1)):  # fmt: skip
        with pytest.raises(ValueError, match="patience counts validations: it needs validate, a Batch"):
            how()


# Advice


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")  # uncompiled
@pytest.mark.parametrize(
    ("x", "y", "advice"),
    [
        (1.0, 1.0, r"lower the learning rate \(it is 1e\+300\) or give a clip"),
        (1e9, 1.0, r"x goes up to \d\.\d+e\+09 in feature 1: standardise it"),
        (1.0, 1e9, r"y goes up to \d\.\d+e\+0[89] in output 0: standardise it"),
    ],
)
def test_what_overflows_is_looked_for_in_the_data_first(x, y, advice):
    data = tt.Batch(DATA.x * [1.0, x], DATA.y * y)
    net = adder(activation="relu", readout="identity", init="uniform")
    with pytest.raises(tt.NotFinite, match=f"not finite: {advice}"):
        tt.train(net, data, steps=200, optimizer=tt.GradientDescent(1e300))


def test_a_run_is_shown_in_one_line():
    run = tt.train(adder(), TASK, steps=200, **SETTINGS)
    assert repr(run).startswith("Run(Network(elman, 2 → 1 × 3 → 1, 22 parameters), step 200 of 200, loss ")
    assert len(repr(run)) < 120
    assert tt.__version__.count(".") == 2
