"""A frame shows what the plain cells compute and what central differences say."""

import json

import numpy as np
import pytest

from oracles.of_cells import named_cell
from throughtime import tasks
from throughtime.batch import Batch
from throughtime.cells import elman, gru, lstm
from throughtime.network import Network
from throughtime.studio.example import Example, of_batch, of_operands, of_sample, of_word
from throughtime.studio.frame import Framer, check
from throughtime.studio.opened import of_network
from throughtime.studio.plan import plan
from throughtime.studio.snapshot import Snapshot
from throughtime.tasks.from_file import DataFile
from throughtime.training.loop import train

FORWARD = {"elman": elman.forward, "lstm": lstm.forward, "gru": gru.forward}
NAMES = {"elman": ["net_h", "h"], "lstm": ["i", "f", "C_tilde", "o", "C", "h"], "gru": ["r", "z", "n", "q", "h"]}


def framed(settings, example=None, **of_snapshot):
    planned = plan(settings)
    net = planned.begin()
    framer = Framer(planned.task, planned.specification)
    example = example or of_sample(planned.task, 3)
    return planned, net, json.loads(framer.frame(Snapshot(0, net.parameters, **of_snapshot), example))


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_states_are_those_of_the_plain_cells(cell):
    planned = plan({"cell": cell, "hidden": 5, "seed": 4})
    _, net, frame = framed({"cell": cell, "hidden": 5, "seed": 4}, of_operands(planned.task, (100, 27)))
    x, _ = planned.task.encode(100, 27)
    plain = named_cell(cell, net.views)
    first = [np.zeros((1, 5))] * (2 if cell == "lstm" else 1)
    tape = FORWARD[cell](plain, x, *first)
    shown = frame["trace"]["layers"][0]
    for name in NAMES[cell]:
        np.testing.assert_allclose(shown[name], getattr(tape, name), rtol=1e-12, atol=1e-15)
    assert frame["example"]["operands"] == ["100", "27"]
    assert frame["example"]["states"] == [0] * 8  # 100 and 27 have no bit in common
    assert frame["check"]["greatest"] < 1e-8
    assert frame["check"]["checked"] == frame["check"]["parameters"] == len(net.parameters)


def test_the_carry_is_that_after_each_step():
    task = tasks.find("addition", bits=4)
    _, _, frame = framed({"bits": 4}, of_operands(task, (3, 5)))
    assert frame["example"]["states"] == [1, 1, 1, 0]  # 011 + 101: carries out of bits 1, 2 and 3
    assert frame["example"]["symbols"] == ["11", "10", "01", "00"]
    assert [row[0] for row in frame["trace"]["d"][0]] == [0, 0, 0, 1]


@pytest.mark.parametrize("name", list(tasks.names))
@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_every_task_and_cell(name, cell):
    planned, _, frame = framed({"task": name, "cell": cell, "hidden": 3}, running=True)
    T = len(frame["trace"]["x"][0])
    assert len(frame["example"]["right"]) == (1 if planned.specification.output == "last step" else T)
    assert frame["check"] is None
    space = frame["space"]
    assert len(space["points"]) == len(space["label"]) <= 512
    assert max(space["label"]) < len(space["labels"])
    assert 0.3 < sum(space["share"]) <= 1 + 1e-9
    assert 8 <= frame["exact"]["checked"] <= 128


def test_a_wrong_gradient_is_found_out():
    planned, net, _ = framed({"hidden": 3})
    example = of_sample(planned.task, 3)
    _, gradient = net.gradient(example.batch.x, example.batch.y)
    wrong = gradient.copy()
    wrong[7] += 1e-3
    assert check(net, example, gradient)["greatest"] < 1e-8
    assert check(net, example, wrong)["greatest"] == pytest.approx(1e-3, rel=1e-4)


def test_a_steep_loss_does_not_make_a_right_gradient_wrong():
    task = tasks.find("addition", bits=16)
    net = Network(cell="elman", inputs=2, hidden=8, outputs=1, activation="tanh")
    net.parameters[:] = np.random.default_rng(3).normal(0, 4, len(net.parameters))
    example = of_batch(task, task.sample(np.random.default_rng(3), 1))
    _, gradient = net.gradient(example.batch.x, example.batch.y)
    assert np.abs(gradient).max() > 20
    assert check(net, example, gradient)["right"]
    wrong = gradient.copy()
    wrong[3] += 1e-5 * np.abs(gradient).max()
    assert not check(net, example, wrong)["right"]
    assert check(net, example, wrong)["relative"] == pytest.approx(1e-5, rel=0.1)


def test_a_small_gradient_is_not_right_for_being_small():
    task = tasks.find("addition")
    net = Network(cell="gru", inputs=2, hidden=4, outputs=1)
    example = of_sample(task, 0)
    net["b_y"][:] = 0
    batch = example.batch
    y = net.predict(batch.x)
    small = Example(Batch(batch.x, y + 1e-5, None, batch.mask))
    _, gradient = net.gradient(small.batch.x, small.batch.y)
    assert np.abs(gradient).max() < 1e-3
    assert check(net, small, gradient)["right"]
    assert not check(net, small, gradient * (1 + 1e-4))["right"]


def test_where_no_step_is_scored_nothing_is_right_or_wrong():
    net = Network(cell="gru", inputs=2, hidden=3, outputs=2, readout="softmax", loss="cross_entropy")
    unknown = of_network(net, None)
    framer = Framer(unknown.task, unknown.specification)
    frame = json.loads(framer.frame(Snapshot(0, net.parameters), of_sample(unknown.task, 0)))
    assert frame["example"]["has_targets"] is False
    assert frame["example"]["right"] == []
    assert frame["check"] is frame["exact"] is None
    assert frame["space"]["labels"] == ["state"]
    assert set(frame["space"]["label"]) == {0}


def test_the_classes_of_a_file_have_their_names_and_large_inputs_a_right_gradient(tmp_path):
    path = tmp_path / "weather.csv"
    path.write_text("sequence,time,pressure,weather\n1,1,1010,rain\n1,2,1016,sunny\n2,1,1016,sunny\n2,2,1010,rain\n")
    data = DataFile.read(path, standardise=False, inputs="pressure", outputs="weather")
    net = Network(cell="gru", inputs=1, hidden=3, outputs=2, readout="softmax", loss="cross_entropy")
    for name, view in net.views.items():
        if name.endswith("V"):
            view /= 1000
    framer = Framer(data, net.specification)
    example = of_batch(data, data.sequences[:1])
    frame = json.loads(framer.frame(Snapshot(0, net.parameters), example))
    assert frame["space"]["labels"] == ["rain", "sunny"]
    assert frame["trace"]["d"][0] == [[1, 0], [0, 1]]
    assert frame["check"]["greatest"] < 1e-6
    _, gradient = net.gradient(example.batch.x, example.batch.y)
    gradient[0] *= 1.001
    assert check(net, example, gradient)["greatest"] == pytest.approx(abs(gradient[0]) * 1e-3, rel=0.01)


def test_float32_is_checked_in_float64():
    net = Network(cell="elman", inputs=2, hidden=4, outputs=1, dtype="float32")
    example = of_sample(tasks.find("addition"), 0)
    _, gradient = net.gradient(example.batch.x, example.batch.y)
    assert check(net, example, gradient)["greatest"] < 1e-5


def test_the_space_is_of_principal_axes_and_does_not_spin():
    planned = plan({"hidden": 6})
    framer = Framer(planned.task, planned.specification)
    net = planned.begin()
    first = framer.space(net)
    h = net.hidden(framer.sequences.x)[0].reshape(-1, 6)[framer.shown]
    centred = h - h.mean(axis=0)
    variance = np.linalg.svd(centred, compute_uv=False) ** 2 / len(h)
    np.testing.assert_allclose(first["share"], variance[:2] / variance.sum(), rtol=1e-9)
    np.testing.assert_allclose(first["points"], centred @ np.array(first["axes"]).T, atol=1e-6)
    turned = Framer(planned.task, planned.specification)
    turned.axes = np.array([[0, 1], [1, 0]]) @ np.array(first["axes"]) * [[1], [-1]]  # swapped and mirrored
    np.testing.assert_allclose(turned.space(net)["axes"], turned.axes, atol=1e-9)
    rng = np.random.default_rng(0)
    for _ in range(20):
        before = framer.axes
        net.parameters += rng.normal(0, 0.02, len(net.parameters))
        framer.space(net)
        assert np.linalg.det(framer.axes @ before.T) > 0.5
        np.testing.assert_allclose(framer.axes @ framer.axes.T, np.eye(2), atol=1e-12)


def test_operands_of_every_calculation():
    for name, operands, d in [
        ("addition", (6, 7), 13), ("subtraction", (9, 4), 5), ("multiplication", (21,), 63),
    ]:  # fmt: skip
        example = of_operands(tasks.find(name), operands)
        target = sum(int(bit) << t for t, bit in enumerate(example.batch.y[0, :, 0]))
        assert target == d, name
        assert example.operands == operands
    assert of_operands(tasks.find("comparison"), (9, 4)).batch.y[0, -1, 0] == 1
    assert of_operands(tasks.find("comparison"), (4, 9)).batch.y[0, -1, 0] == 0
    with pytest.raises(ValueError, match="takes 2 numbers, got 3"):
        of_operands(tasks.find("addition"), (1, 2, 3))
    with pytest.raises(ValueError, match="parity takes no numbers"):
        of_operands(tasks.find("parity"), (1,))


def test_a_word_of_a_machine_is_a_sum():
    task = tasks.find("addition")
    example = of_word(task, (3, 2, 1, 0))  # symbols 11, 10, 01, 00
    assert example.operands == (3, 5)
    assert example.batch.y[0, :, 0].tolist() == [0, 0, 0, 1]


def test_sequences_that_no_page_can_show_are_refused_before_any_is_drawn():
    class Endless(tasks.Addition):
        def sample(self, rng, batch):
            raise AssertionError("drawn")

    with pytest.raises(ValueError, match="of up to 1,100 steps, got one of 1,000,000"):
        Framer(Endless(bits=10**6), plan({}).specification)


def test_the_check_of_a_large_network_takes_few_of_its_parameters():
    planned = plan({"hidden": 100, "cell": "lstm", "bits": 256})
    framer = Framer(planned.task, planned.specification)
    frame = json.loads(framer.frame(Snapshot(0, planned.begin().parameters), of_sample(planned.task, 0)))
    check = frame["check"]
    assert check["greatest"] < 1e-7
    assert 4 <= check["checked"] < 60
    assert check["checked"] * 2 * check["parameters"] * 256 <= 2**30


def test_no_untrained_network_keeps_the_carry():
    for seed in range(40):
        planned = plan({"seed": seed, "cell": ("elman", "lstm", "gru")[seed % 3]})
        keeper = Framer(planned.task, planned.specification).space(planned.begin())["keeper"]
        assert not keeper["keeps"]
        assert keeper["steps"] == 512


@pytest.mark.parametrize("seed", range(5))
def test_what_is_said_of_the_keeper_holds_over_other_sequences(seed):
    planned = plan({"seed": seed, "steps": 1000})
    run = train(
        planned.begin(), planned.task, steps=1000, batch=64, optimizer=planned.settings.optimizer, noise=0.2, seed=seed
    )
    keeper = Framer(planned.task, planned.specification).space(run.network)["keeper"]
    assert keeper["keeps"]
    x = planned.task.sample(np.random.default_rng(99), 500).x
    unit = run.network.hidden(x)[0][..., keeper["unit"]]
    carries = np.zeros(unit.shape, int)
    carry = np.zeros(500, int)
    for t in range(x.shape[1]):
        carry = (x[:, t].sum(axis=1) + carry) // 2
        carries[:, t] = carry
    zero, one = keeper["means"]
    told = (unit > (zero + one) / 2) == (one > zero)
    for state in (0, 1):
        assert (told[carries == state] == state).mean() > 0.9
