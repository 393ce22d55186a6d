"""What training is told: kept as it was given, refused in one sentence that names the setting and what it got."""

import tomllib

import numpy as np
import pytest
import tomli_w

from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.tasks import Addition, Reber
from throughtime.training import optimisers, schedules
from throughtime.training.kinds import from_dict
from throughtime.training.loop import train
from throughtime.training.settings import Settings

TASK = Addition(bits=5)
RNG = np.random.default_rng(0)
DATA = Batch(RNG.normal(size=(4, 3, 2)), RNG.random((4, 3, 1)))
OPTIMISERS = [
    optimisers.GradientDescent(0.3), optimisers.Momentum(0.1, 0.8), optimisers.RMSprop(0.02, 0.7, 1e-6),
    optimisers.Adam(0.03, 0.8, 0.95, 1e-7), optimisers.GradientDescent(1),
]  # fmt: skip
SCHEDULES = [schedules.Constant(), schedules.Cosine(0.25), schedules.StepDecay(7, 0.5), schedules.WarmUp(9)]
WHOLE = [("steps", 0), ("batch", 1), ("seed", 0), ("window", 1), ("patience", 1), ("log_every", 1)]
REAL = ["clip", "noise", "input_noise", "dropout", "recurrent_dropout", "weight_decay", "cell_penalty"]


def adder(**fields):
    return Network(**{"inputs": 2, "hidden": 3, "outputs": 1} | fields)


def refused(message, what=TASK, net=None, **settings):
    with pytest.raises(ValueError, match=message) as error:
        train(net or adder(), what, **{"steps": 1} | settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stepz": 50}, 'train has no setting "stepz", did you mean steps[?]$'),
        ({"validation": None}, 'train has no setting "validation", did you mean validate[?]$'),
        ({"zzz": 1}, 'train has no setting "zzz", there are steps, batch, .*, columns, threads$'),
        ({"lr": 0.1}, "train has no setting lr: it is the optimizer's, as in optimizer=tt.Adam"),
        ({"learning_rate": 0.1}, "train has no setting learning_rate: it is the optimizer's"),
        ({"optimizer": "rmsprop"}, "got 'rmsprop'; say optimizer=tt.RMSprop"),
        ({"optimizer": optimisers.Momentum}, "say optimizer=tt.Momentum"),
        ({"optimizer": 0.01}, "got 0.01; say optimizer=tt.Adam"),
        ({"schedule": "warmup"}, "got 'warmup'; say schedule=tt.WarmUp"),
    ],
)
def test_what_to_write_instead(settings, message):
    refused(message, **settings)


def test_what_is_trained_is_a_network():
    with pytest.raises(ValueError, match=r"what is trained must be a Network, .* got NetworkSpecification$"):
        train(adder().specification, TASK)


@pytest.mark.parametrize("optimizer", OPTIMISERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_written_as_toml_and_read_again(optimizer, schedule):
    for more in (
        {},
        {
            "clip": 1.5,
            "noise": 0.1,
            "dropout": 0.2,
            "recurrent_dropout": 0.3,
            "window": 4,
            "patience": 2,
            "shuffle": False,
            "seed": 2**40,
        },
    ):
        settings = Settings(optimizer=optimizer, schedule=schedule, **more)
        assert Settings.from_dict(tomllib.loads(tomli_w.dumps(settings.as_dict()))) == settings


@pytest.mark.parametrize(("name", "least"), WHOLE)
def test_whole_numbers(name, least):
    for value in (
        least - 1,
        2.0,
        "3",
        True,
        float("nan"),
        *([] if name in ("window", "patience", "log_every") else [None]),
    ):
        refused(rf"\A{name} must be a whole number of at least {least}, got {value!r}\Z", **{name: value})


@pytest.mark.parametrize("name", REAL)
def test_real_numbers(name):
    for value in (-0.1, float("nan"), float("inf"), "1", True, *([] if name == "clip" else [None])):
        refused(rf"\A{name} must be a number of at least 0, got {value!r}\Z", **{name: value})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("optimizer", "adam", "optimizer must be one of GradientDescent, .*, Adam, got 'adam'; say optimizer=tt.Adam"),
        (
            "schedule",
            "cosine",
            "schedule must be one of Constant, Cosine, StepDecay, WarmUp, got 'cosine'; say schedule=tt.Cosine",
        ),
        ("shuffle", "no", "shuffle must be true or false, got 'no'"),
        ("update", "per day", 'update must be "per batch" or "per step", got \'per day\''),
        ("dropout", 1, "dropout must be a probability from 0 to below 1, got 1"),
        ("recurrent_dropout", 1.5, "recurrent_dropout must be a probability from 0 to below 1, got 1.5"),
        ("validate", 3, "validate must be a Batch, got int"),
        ("validate", Batch(np.zeros((2, 2, 5)), np.zeros((2, 2, 1))),
            "have 5 inputs and 1 outputs, but the network 2 and 1"),
    ],
)  # fmt: skip
def test_choices(name, value, message):
    refused(message, **{name: value})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.StepDecay(0), "every of a schedule must be a whole number of at least 1, got 0"),
        (lambda: schedules.StepDecay(2.5), "every of a schedule must be a whole number of at least 1, got 2.5"),
        (lambda: schedules.StepDecay(3, -1.0), "factor of a schedule must be a number of at least 0, got -1.0"),
        (lambda: schedules.WarmUp(0), "warm_up of a schedule must be a whole number of at least 1, got 0"),
        (lambda: schedules.Cosine(float("nan")), "final of a schedule must be a number of at least 0, got nan"),
        (lambda: optimisers.Adam(float("nan")), "learning_rate must be a number of at least 0, got nan"),
        (lambda: optimisers.Adam("fast"), "learning_rate must be a number of at least 0, got 'fast'"),
        (lambda: optimisers.RMSprop(epsilon=-1), "epsilon must be a number of at least 0, got -1"),
        (lambda: optimisers.Momentum(momentum=1.0), "momentum must be a number from 0 to below 1, got 1.0"),
        (
            lambda: from_dict("optimizer", optimisers.OPTIMISERS, {"name": "sgd"}),
            "optimizer must be one of gradient-descent, .* got 'sgd'",
        ),
        (
            lambda: from_dict("schedule", schedules.SCHEDULES, {"name": "linear"}),
            "schedule must be one of constant, .* got 'linear'",
        ),
        (lambda: Settings.from_dict(None), "training settings must be a table of batch, "),
        (lambda: Settings.from_dict({"steps": 3}), "training settings must be a table of batch, "),
    ],
)
def test_optimisers_and_schedules(make, message):
    with pytest.raises(ValueError, match=rf"\A{message}"):
        make()


@pytest.mark.parametrize(
    "settings",
    [
        {"optimizer": optimisers.Adam()}, {"optimizer": optimisers.Momentum()}, {"batch": 2}, {"clip": 1.0},
        {"noise": 0.1}, {"input_noise": 0.1}, {"dropout": 0.1}, {"recurrent_dropout": 0.1}, {"weight_decay": 0.1},
        {"window": 3},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_update_per_step_does_not_take(settings):
    plain = {"update": "per step", "batch": 1, "optimizer": optimisers.GradientDescent()}
    train(adder(), TASK, steps=1, **plain)
    refused('update "per step" is plain gradient descent', **plain | settings)


@pytest.mark.parametrize("fields", [{"layers": 2}, {"bidirectional": True}, {"output": "last step"}], ids=str)
def test_networks_that_the_update_per_step_does_not_train(fields):
    data = DATA if "output" not in fields else Batch(DATA.x, DATA.y[:, 0])
    plain = {"update": "per step", "batch": 1, "optimizer": optimisers.GradientDescent()}
    refused("is for one layer that reads forward and has an output at every step", data, adder(**fields), **plain)


def test_networks_that_do_not_fit_a_window():
    refused("a window needs a network that reads forward", net=adder(bidirectional=True), window=2)
    refused("a window needs", Batch(DATA.x, DATA.y[:, 0]), adder(output="last step"), window=2)
    refused(
        "a window needs sequences of one number of steps", Reber(), Network(inputs=7, hidden=3, outputs=7), window=3
    )


def test_sequences_that_do_not_fit():
    refused("the sequences have 2 inputs and 1 outputs, but the network 3 and 1", net=adder(inputs=3))
    refused("the sequences have 2 inputs and 1 outputs, but the network 2 and 4", DATA, adder(outputs=4))
    refused("an output at 'every step', but the network at 'last step'", net=adder(output="last step"))
    refused("an output at 'last step', but the network at 'every step'", Batch(DATA.x, DATA.y[:, 0]))
    refused("the data holds no sequence", DATA[:0])
    at = "at sequence 0, step 0"
    refused(
        f"x must be finite numbers, got inf {at}, feature 0", Batch(np.full((1, 2, 2), np.inf), np.zeros((1, 2, 1)))
    )
    refused(f"y must be finite numbers, got nan {at}, output 0", Batch(np.zeros((1, 2, 2)), np.full((1, 2, 1), np.nan)))
    refused("a network is trained on a task or a Batch, got tuple", (DATA.x, DATA.y))


def test_schedules_over_a_whole_run():
    """As they are written: half a cosine, powers of a factor, a straight line."""
    k = np.arange(40)
    np.testing.assert_allclose(schedules.Cosine(0.1).factors(k, 40), 0.1 + 0.9 * (1 + np.cos(np.pi * k / 39)) / 2)
    np.testing.assert_allclose(schedules.StepDecay(9, 0.5).factors(k, 40), [0.5 ** (i // 9) for i in range(40)])
    np.testing.assert_array_equal(schedules.WarmUp(8).factors(k, 40), [min(1, (i + 1) / 8) for i in range(40)])
    assert schedules.Cosine().factors(np.array([0]), 1) == [1.0]
    run = train(adder(), TASK, steps=20, optimizer=optimisers.GradientDescent(0.5), schedule=schedules.StepDecay(4))
    assert run.history.last.learning_rate == pytest.approx(0.5 * 0.1**4)
