"""Each option, in each place: the command line, the studio, a sweep and an estimator make the same Plan, or refuse
alike.
"""

import json
import tomllib
from dataclasses import asdict, replace

import numpy as np
import pytest

from throughtime import tasks
from throughtime.cli import plan as command_line
from throughtime.experiments.sweeps.trial import planned
from throughtime.network import Network
from throughtime.sklearn import SequenceLabeler
from throughtime.sklearn.options import Targets, options_of
from throughtime.studio import messages
from throughtime.studio import plan as studio
from throughtime.studio.opened import of_path
from throughtime.training import schedules
from throughtime.training.loop import proceed, train
from throughtime.training.optimisers import OPTIMISERS
from throughtime.training.options import OPTIONS
from throughtime.training.plan import Plan, own, plan
from throughtime.training.settings import Settings
from throughtime.weights.network_specification import CHOICES, NetworkSpecification

LSTM = {"cell": "lstm"}
PER_STEP = {"optimizer": "gradient-descent", "batch": 1, "noise": 0.0}
GOOD = [
    ("cell", "gru", {}), ("activation", "tanh", {}), ("hidden", 5, {}), ("layers", 2, {}), ("bidirectional", True, {}),
    ("layer_norm", True, {}),
    ("dtype", "float32", {}), ("steps", 7, {}), ("batch", 3, {}), ("optimizer", "rmsprop", {}),
    ("learning_rate", 0.5, {}), ("schedule", "step:5:0.25", {}), ("clip", 2.5, {}), ("clip", 0, {}),
    ("noise", 0.125, {}), ("input_noise", 0.125, {}), ("dropout", 0.25, {}), ("recurrent_dropout", 0.25, {}),
    ("weight_decay", 0.25, {}),
    ("cell_penalty", 0.5, LSTM),
    ("window", 3, {}), ("update", "per-step", PER_STEP), ("seed", 12, {}),
]  # fmt: skip
BAD = [
    ("cell", "lsmt", {}), ("activation", "softmax", {}), ("activation", "tanh", LSTM), ("hidden", 0, {}),
    ("layers", 0, {}), ("layer_norm", True, {"hidden": 1}),
    ("dtype", "float16", {}), ("steps", -1, {}), ("batch", 0, {}), ("optimizer", "sgd", {}),
    ("learning_rate", -1.0, {}), ("schedule", "sideways", {}), ("clip", -1.0, {}), ("noise", -0.5, {}),
    ("input_noise", -0.5, {}),
    ("dropout", -0.5, {}), ("dropout", 1.0, {}), ("recurrent_dropout", 1.0, {}),
    ("recurrent_dropout", 0.5, {"cell": "indrnn"}), ("weight_decay", -1.0, {}), ("cell_penalty", -1.0, {}),
    ("cell_penalty", 1.0, {}), ("window", 0, {}), ("window", 3, {"bidirectional": True}), ("update", "per-hour", {}),
    ("update", "per-step", {}), ("seed", -1, {}),
]  # fmt: skip


def test_every_option_is_tried():
    assert {name for name, *_ in GOOD} == set(OPTIONS)
    assert {name for name, *_ in BAD} == set(OPTIONS) - {"bidirectional"}


def test_the_table_knows_all_choices():
    assert all(OPTIONS[name].choices == CHOICES[name] for name in ("activation", "dtype"))
    assert OPTIONS["optimizer"].choices == tuple(OPTIMISERS)


def of_the_command_line(options, monkeypatch):
    """As `throughtime train` comes to it from words, but for the training."""
    from typer.testing import CliRunner

    from throughtime.cli import training
    from throughtime.cli.app import app

    made = []

    def run(given):
        try:
            made.append(command_line.plan(given))
        except ValueError as refused:  # the program would print it
            made.append(refused)

    monkeypatch.setattr(training, "run", run)
    words = ["train", "addition"]
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        words += [flag] if value is True else [f"{flag}={value}"]
    CliRunner().invoke(app, words, catch_exceptions=False)
    if isinstance(made[0], ValueError):
        raise made[0]
    return made[0]


def of_the_studio(options, monkeypatch):
    text = json.dumps({"type": "configure", "settings": {"task": "addition", **options}})
    return studio.plan(messages.read(text).settings)


def of_a_sweep(options, monkeypatch):
    return planned("addition", {name: v for name, v in options.items() if name != "seed"}, options.get("seed", 0))


PLACES = {"command line": of_the_command_line, "studio": of_the_studio, "sweep": of_a_sweep}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "value", "more"), GOOD)
def test_the_same_plan(place, name, value, more, monkeypatch):
    options = more | {name: value}
    wanted = plan("addition", **options)
    if place == "studio" and name not in studio.SETTINGS:
        with pytest.raises(ValueError, match=f'has no "{name}"'):
            PLACES[place](options, monkeypatch)
        return
    assert PLACES[place](options, monkeypatch) == wanted
    assert wanted != plan("addition", **more) or (name, value) == ("clip", 0)
    assert wanted.options()[name] == value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("name", "value", "more"), BAD)
def test_the_same_refusal(place, name, value, more, monkeypatch):
    options = more | {name: value}
    with pytest.raises(ValueError, match=r".") as refused:
        plan("addition", **options)
    sentence = str(refused.value)
    assert name in sentence
    with pytest.raises(ValueError, match=r".") as here:
        PLACES[place](options, monkeypatch)
    found = str(here.value)
    of_the_page = (f"{name} must be", f'settings has no "{name}"')  # it says how much it can show, too
    assert found == sentence or (place == "studio" and found.startswith(of_the_page))


@pytest.mark.parametrize(("name", "value", "more"), GOOD)
def test_an_estimator_makes_the_same_plan(name, value, more):
    """The options that an estimator has under these names; its epochs, batches and seed are its own."""
    if name in ("steps", "batch", "seed", "window", "update"):
        assert not hasattr(SequenceLabeler(), name)
        return
    task = Targets(2, 3, "softmax", "every step")
    options = {"cell": "elman", "activation": "tanh"} | more | {name: value}
    if options["cell"] != "elman":
        del options["activation"]
    made = options_of(SequenceLabeler(**options)).plan(task, 10, 6, 3)
    of_estimators = {"hidden": 32, "learning_rate": 0.01, "clip": 1.0, "batch": 10, "steps": 6, "seed": 3}
    wanted = plan(task, **of_estimators | options)
    assert made == replace(wanted, settings=replace(wanted.settings, shuffle=False))


@pytest.mark.parametrize(("name", "value", "more"), BAD)
def test_an_estimator_refuses_alike(name, value, more):
    if not hasattr(SequenceLabeler(), name):
        return
    given = {"cell": "elman", "activation": "tanh"} | more | {name: value}
    if more == LSTM:
        given["activation"] = "sigmoid"  # its default, tanh, stands for none
    with pytest.raises(ValueError, match=f"^{name}"):
        options_of(SequenceLabeler(**given)).plan(Targets(2, 3, "softmax", "every step"), 10, 6, 3)


@pytest.mark.parametrize("name", tasks.names)
def test_the_options_of_each_task_are_everywhere(name, monkeypatch):
    for option in tasks.names[name].choices():
        value = {"yes or no": True, "number": 0.5}.get(option.kind) or int(max(option.least or 0, 5))
        wanted = plan(tasks.find(name, **{option.name: value}))
        assert plan(name, **{own(option.name): value}) == wanted
        assert of_a_sweep({}, None).task == tasks.Addition()
        assert planned(name, {own(option.name): value}) == wanted
        assert command_line.plan({"task": name, "option": [f"{option.name}={value}".lower()]}) == wanted
        assert studio.plan({"task": name, own(option.name): value}) == wanted
        assert wanted.options()[own(option.name)] == value
        assert option.help


@pytest.mark.parametrize("name", tasks.names)
def test_options_make_the_plan_again(name):
    made = plan(name)
    assert plan(**made.options()) == made
    found = messages.read(json.dumps({"type": "configure", "settings": studio.chosen(made)}))
    assert studio.plan(found.settings) == made


def test_a_name_of_a_task_and_of_training_means_training():
    assert own("noise") == "task_noise"
    assert own("gap") == "gap"
    made = plan("recall", noise=0.5, task_noise=0.25, gap=3)
    assert (made.settings.noise, made.task) == (0.5, tasks.Recall(gap=3, noise=0.25))
    assert plan("adding-problem", steps=9, task_steps=20).task.steps == 20


def test_what_is_no_option():
    with pytest.raises(ValueError, match=r'^addition has no option "hiden", did you mean hidden'):
        plan("addition", hiden=3)
    with pytest.raises(ValueError, match=r'^addition has no option "gap"'):
        plan("addition", gap=3)
    with pytest.raises(ValueError, match=r'^training has no option "bits"'):
        plan(tasks.Addition(), bits=3)
    assert plan("addition", hidden=None) == plan()


def test_a_page_runs_no_code_and_reads_no_file(tmp_path):
    (tmp_path / "d.csv").write_text("x,y\n1,2\n2,3\n")
    for name in (str(tmp_path / "d.csv"), "os:getcwd", "../d.csv"):
        with pytest.raises(ValueError, match=r"^there is no task"):
            studio.plan({"task": name})
    with pytest.raises(ValueError, match=r"^gap must be a whole number from 0 to 256, got 257"):
        studio.plan({"task": "recall", "gap": 257})


def test_it_is_what_run_toml_says(tmp_path):
    made = plan("recall", gap=2, hidden=3, steps=2, seed=4, cell="gru", clip=0, schedule="cosine:0.5")
    proceed(made.run(), made.sequences, out=tmp_path / "run", new=True)
    written = tomllib.loads((tmp_path / "run" / "run.toml").read_text())
    assert written["task"] == {"name": "recall", **made.task.options}
    assert (written["network"], written["settings"]) == (made.specification.as_dict(), made.settings.as_dict())
    assert of_path(tmp_path / "run").plan == made
    read = tasks.of_table(written["task"])
    assert Plan(read, made.specification, made.init, Settings.from_dict(written["settings"])) == made


@pytest.mark.parametrize("name", ["os:getcwd", "d.csv"])
def test_a_run_decides_neither_what_code_runs_nor_what_is_read(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text("x,y\n1,2\n2,3\n")
    with pytest.raises(ValueError, match=r"not one of ours|there is no task"):
        tasks.of_table({"name": name})


def test_training_it_is_training(tmp_path):
    made = plan("parity", hidden=3, steps=5, seed=2)
    net = Network(**asdict(made.specification) | {"step": None}, init=made.init, seed=2)
    settings = {name: getattr(made.settings, name) for name in ("batch", "optimizer", "noise")}
    by_hand = train(net, tasks.Parity(), steps=5, seed=2, **settings)
    np.testing.assert_array_equal(proceed(made.run(), made.sequences).network.parameters, by_hand.network.parameters)


def test_settings_that_do_not_fit_the_network_are_refused_at_once():
    s = NetworkSpecification(inputs=2, hidden=2, outputs=1, bidirectional=True)
    with pytest.raises(ValueError, match=r"^a window needs"):
        Plan(tasks.Addition(), s, "glorot", Settings(window=2))


@pytest.mark.parametrize("word", ["constant", "cosine:0.05", "step:500:0.5", "warm-up:100"])
def test_a_schedule_is_spelled_as_it_is_read(word):
    assert schedules.spelled(schedules.named(word)) == word


def test_what_the_page_is_told_of_options():
    found = {row["name"]: row for row in studio.options(plan("recall", cell="lstm"))}
    assert set(found) == {*studio.SETTINGS, "gap", "task_noise"}
    assert not found["activation"]["enabled"]
    assert found["cell_penalty"]["enabled"]
    assert not found["window"]["enabled"]  # the answer comes at the end
    assert found["hidden"]["most"] == 128
    assert json.loads(json.dumps(found)) == {
        name: row | {"choices": list(row["choices"])} for name, row in found.items()
    }
    found = {row["name"]: row for row in studio.options(plan())}
    assert found["activation"]["enabled"]
    assert found["window"]["enabled"]
    assert not found["cell_penalty"]["enabled"]
