"""What is opened or uploaded becomes something to show and, where it is known what it should do, to train."""

from dataclasses import replace

import numpy as np
import pytest
from running import Requester

from throughtime import tasks
from throughtime.network import Network
from throughtime.proof.lessons import LESSONS, train_until_proved
from throughtime.studio.opened import of_path, of_upload, with_data
from throughtime.studio.plan import listed, plan, unable
from throughtime.studio.session import Session
from throughtime.tasks import Addition
from throughtime.tasks.from_file import DataFile
from throughtime.training import recipes
from throughtime.training.loop import train
from throughtime.training.optimisers import Adam


def test_a_run_goes_on_in_its_folder(tmp_path):
    task = Addition(bits=5)
    net = Network(cell="gru", inputs=2, hidden=3, outputs=1, bidirectional=True, dtype="float32")
    trained = train(net, task, steps=3, out=tmp_path / "run")
    for path in (tmp_path / "run", tmp_path / "run" / "model.safetensors"):
        found = of_path(path)
        assert found.folder == tmp_path / "run"
        assert found.step == 3
        assert [record["step"] for record in found.history] == [1, 2, 3]
        assert found.plan.task == task
        assert found.plan.specification == net.specification
        np.testing.assert_array_equal(found.plan.begin().parameters, trained.network.parameters)


def test_the_classic_recipe_is_opened_with_its_pairs_and_runs_again_from_update_0(tmp_path):
    from throughtime.weights.files import save_network

    folder = tmp_path / "run"
    run = recipes.classic(pairs=20, out=folder)
    save_network(run.network, folder / "model.safetensors", "addition")
    found = of_path(folder)
    assert found.plan.task == Addition()
    assert (found.folder, found.step) == (folder, 20)
    there = Requester()
    opened, again, *_ = there.found(
        ("begin", replace(found.plan, network=None), folder), ("restore", 0), ("step", 20, folder)
    )
    assert (opened.step, opened.checkpoints) == (20, [0, 20])
    assert again.step == 0
    np.testing.assert_array_equal(of_path(folder).plan.begin().parameters, run.network.parameters)
    assert of_path(folder).plan.data is not None  # the model names its task still


@pytest.mark.parametrize(("seed", "checkpoints"), [(3, [0, 20]), (4, [20])])
def test_update_0_of_a_run_is_shown_where_it_began_as_its_seed_says(tmp_path, seed, checkpoints):
    net = Network(inputs=2, hidden=3, outputs=1, seed=seed)
    train(net, Addition(), steps=20, seed=3, out=tmp_path / "run")
    there = Requester()
    (opened,) = there.found(("begin", replace(of_path(tmp_path / "run").plan, network=None), tmp_path / "run"))
    assert opened.checkpoints == checkpoints


@pytest.mark.parametrize(("seed", "again"), [(3, True), (4, False)])
def test_a_run_begins_again_only_with_the_weights_that_it_began_with(tmp_path, seed, again):
    net = Network(inputs=2, hidden=3, outputs=1, seed=seed)
    train(net, Addition(), steps=20, seed=3, out=tmp_path / "run")
    opened = replace(of_path(tmp_path / "run").plan, network=None)
    there = Requester()
    _, answer = there.found(("begin", opened, tmp_path / "run"), ("refuse_reset",))
    assert answer is None if again else "are not those of its seed" in answer
    if again:
        np.testing.assert_array_equal(opened.begin().parameters, net.parameters)


def test_a_run_that_learns_from_its_errors_is_shown_and_not_trained_without_them(tmp_path):
    folder, task = tmp_path / "run", Addition(bits=3)
    net = Network(inputs=2, hidden=2, outputs=1)
    train_until_proved(net, task, steps=5, rounds=1, budget=0.0, out=folder)
    assert (folder / LESSONS).is_file()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    opened = of_path(folder)
    session = Session(opened.plan, opened.folder)
    with pytest.raises(ValueError, match=f"train --resume {folder} --until-proved goes on with it"):
        session._kept_in()
    assert "until-proved" in unable(opened.plan, opened.folder)["train"]
    there = Requester()
    there.found(("begin", session.plan, folder), ("restore", 0))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_reset_of_the_classic_recipe_begins_with_its_own_weights(tmp_path):
    from throughtime.weights.files import save_network

    folder = tmp_path / "run"
    run = recipes.classic(pairs=30, seed=3, out=folder)
    save_network(run.network, folder / "model.safetensors", "addition")
    begun = replace(of_path(folder).plan, network=None)
    np.testing.assert_array_equal(begun.begin().parameters, recipes.classic_network(seed=3).parameters)
    there = Requester()
    there.train(begun, None)
    there.go_on()
    np.testing.assert_array_equal(there.trainer.run.network.parameters, run.network.parameters)
    assert there.trainer.kept.steps[0] == 0


def test_other_runs_on_sequences_are_not_taken_for_the_classic_recipe(tmp_path):
    from throughtime.weights.files import save_network

    task = Addition()
    data = task.sample(np.random.default_rng(0), 10)
    run = train(recipes.classic_network(), data, steps=10, batch=1, out=tmp_path / "run")
    save_network(run.network, tmp_path / "run" / "model.safetensors", "addition")
    found = of_path(tmp_path / "run")
    assert (found.folder, found.plan.data) == (None, None)


def test_a_model_that_says_nothing(tmp_path):
    adder = Network(cell="elman", inputs=3, hidden=4, outputs=1)
    adder.save(tmp_path / "adder.safetensors")
    assert of_path(tmp_path / "adder.safetensors").plan.task == Addition(operands=3)
    other = Network(cell="lstm", inputs=3, hidden=4, outputs=2, readout="identity", output="last step")
    other.save(tmp_path / "other.safetensors")
    unknown = of_path(tmp_path / "other.safetensors").plan
    assert unknown.task.waiting
    drawn = unknown.task.sample(np.random.default_rng(0), 5)
    assert drawn.y.shape == (5, 2)
    assert not np.any(drawn.mask)

    (tmp_path / "data.jsonl").write_text('{"x": [[1, 2, 3], [4, 5, 6]], "y": [0.5, 1.5]}\n')
    known, data = of_upload(tmp_path / "data.jsonl", "mine.jsonl", unknown, None)
    assert not known.task.waiting
    assert known.task is data
    assert data.name == "mine.jsonl"
    np.testing.assert_array_equal(known.begin().parameters, other.parameters)


def test_a_run_on_data_goes_on_when_its_data_is_there(tmp_path):
    rows = [f"{s},{t},{s},{t},{s % 2}\n" for s in range(9) for t in range(4)]
    (tmp_path / "data.csv").write_text(f"sequence,time,x1,x2,y\n{''.join(rows)}")
    data = tasks.read(tmp_path / "data.csv").batch
    net = Network(cell="elman", inputs=2, hidden=3, outputs=1)
    settings = {"batch": 2, "optimizer": Adam(0.01), "noise": 0.1, "seed": 3}
    train(net, data, steps=5, out=tmp_path / "run", **settings)
    found = of_path(tmp_path / "run")
    assert (found.folder, found.step, bool(found.plan.task.waiting)) == (
        tmp_path / "run",
        5,
        True,
    )  # no adder, though of its shape
    ready, _ = of_upload(tmp_path / "data.csv", "data.csv", found.plan, None)
    begun, on = Requester().found(("begin", ready, found.folder), ("step", 3, found.folder))
    assert (begun.step, on.step) == (5, 8)
    np.testing.assert_array_equal(on.parameters, train(net, data, steps=8, **settings).network.parameters)


WEATHER = [  # day, hour, pressure, temperature: their means are 1013 and 20, their deviations 3 and 4
    "1,1,1010,16,0.5,rain\n", "1,2,1016,24,0.5,sunny\n", "2,1,1016,16,0.5,sunny\n", "2,2,1010,24,0.5,rain\n"
]  # fmt: skip


@pytest.fixture
def weather(tmp_path):
    """A run on a data file, that file, and the run's model alone."""
    file, folder, model = tmp_path / "weather.csv", tmp_path / "run", tmp_path / "model alone.safetensors"
    file.write_text("sequence,time,pressure (hPa),temp °C,constant,weather\n" + "".join(WEATHER))
    data = DataFile.read(file, inputs="pressure (hPa),temp °C,constant", outputs="weather")
    net = Network(cell="gru", inputs=3, hidden=3, outputs=2, readout="softmax", loss="cross_entropy")
    train(net, data.sequences, steps=2, out=folder, columns=data.columns)
    model.write_bytes((folder / "model.safetensors").read_bytes())
    return file, folder, model


def test_inputs_are_drawn_about_the_mean_of_each_column(weather):
    drawn = np.random.default_rng(5).standard_normal((40, 8, 3))
    for path, x, said in [
        (weather[1], drawn * [1, 1, 0], "column, standardised as in training;"),
        (weather[2], [1013, 20, 0.5] + drawn * [3, 4, 0], "column;"),
    ]:
        found = of_path(path).plan
        batch = found.task.sample(np.random.default_rng(5), 40)
        np.testing.assert_allclose(batch.x, x, rtol=1e-12, atol=1e-12)
        assert not batch.mask.any()
        first, second, *columns = found.task.render(batch.x[0], batch.y[0]).splitlines()
        assert first == f"  inputs drawn at random about the mean of each {said}"
        assert second == "  give the file to see its sequences"
        assert columns == [
            "  input 0  pressure (hPa): mean 1013, deviation 3", "  input 1  temp °C: mean 20, deviation 4",
            "  input 2  constant: mean 0.5, deviation 0", "  output 0  rain", "  output 1  sunny",
        ]  # fmt: skip
        assert (
            found.task.waiting
            == "this network was trained on a data file, which is not here: upload that file to train it on"
        )
        assert listed(found)[0]["name"] == found.options()["task"] == "data file"


def test_a_network_with_its_data_is_shown_what_it_learned_from(weather):
    standardised, own = (with_data(of_path(path).plan, weather[0], "weather.csv") for path in weather[1:])
    np.testing.assert_allclose(standardised.task.data.batch.x[0], [[-1, -1, 0], [1, 1, 0]], atol=1e-12)
    np.testing.assert_array_equal(own.task.data.batch.x[0], [[1010, 16, 0.5], [1016, 24, 0.5]])
    predicted = [one.begin().predict(one.task.data.batch.x) for one in (standardised, own)]
    np.testing.assert_allclose(predicted[0], predicted[1], atol=1e-9)
    assert not own.task.waiting
    assert own.task.waiting is None


def test_data_with_other_columns_is_refused(weather, tmp_path):
    (tmp_path / "other.csv").write_text("sequence,time,x,y\n1,1,0.5,0\n1,2,0.7,1\n")
    for path in weather[1:]:
        with pytest.raises(ValueError, match=r'expected a column "pressure \(hPa\)"'):
            of_upload(tmp_path / "other.csv", "other.csv", of_path(path).plan, None)
    Network(cell="gru", inputs=3, hidden=3, outputs=4).save(tmp_path / "unnamed.safetensors")
    with pytest.raises(ValueError, match=r"other\.csv has 1 inputs and 1 outputs, but the network 3 and 4"):
        with_data(of_path(tmp_path / "unnamed.safetensors").plan, tmp_path / "other.csv", "other.csv")


def test_a_model_of_a_file_is_no_adder_though_of_its_shape(tmp_path):
    (tmp_path / "d.csv").write_text("sequence,time,x1,x2,y\n1,1,5,6,0\n1,2,7,7,1\n")
    data = DataFile.read(tmp_path / "d.csv")
    train(
        Network(cell="elman", inputs=2, hidden=3, outputs=1),
        data.sequences,
        steps=1,
        out=tmp_path,
        columns=data.columns,
    )
    (tmp_path / "model.safetensors").rename(tmp_path / "alone.safetensors")
    assert of_path(tmp_path / "alone.safetensors").plan.task.waiting


def test_uploaded_data_is_a_task(tmp_path):
    (tmp_path / "upload.csv").write_text("sequence,time,x,y\n1,1,0.5,0\n1,2,0.7,1\n2,1,0.1,0\n")
    found, data = of_upload(
        tmp_path / "upload.csv", "mine.csv", plan({}), lambda data: plan({"task": data.name, "hidden": 3}, data)
    )
    assert found.options()["task"] == "mine.csv"
    assert found.specification.inputs == 1
    assert found.sequences is data.sequences


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no run"):
        of_path(tmp_path)
    (tmp_path / "broken.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"broken\.safetensors"):
        of_path(tmp_path / "broken.safetensors")
    with pytest.raises(ValueError, match="the studio shows up to"):
        plan({"hidden": 128, "layers": 4, "cell": "lstm"})
    with pytest.raises(ValueError, match='there is no task "adition"'):
        plan({"task": "adition"})
    with pytest.raises(ValueError, match='cell must be "elman", '):
        plan({"cell": "rnm"})
    with pytest.raises(ValueError, match='optimizer must be "gradient-descent", '):
        plan({"optimizer": "sgd"})
