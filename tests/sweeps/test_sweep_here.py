"""A sweep on this machine: its rows, stopping and going on, its table and its files."""

import csv
import sqlite3

import numpy as np
import pytest

import throughtime as tt
from throughtime.experiments.sweeps.space import Space, Trial
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.summary import Group, summary
from throughtime.experiments.sweeps.trial import Result, run

pytest.importorskip("joblib", reason="sweeps need joblib: pip install 'throughtime[sweep]'")

OPTIONS = {"cell": ["elman", "gru"], "gap": [1, 5], "steps": 20, "batch": 8}


@pytest.mark.long
def test_stopped_and_continued(tmp_path):
    """Each trial has one row in the end, with the result of the same run on its own."""
    seen = []

    def stop_after_three(trial, result, done, of):
        seen.append(trial.number)
        assert of == 8
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tt.sweep("recall", OPTIONS, seeds=2, out=tmp_path / "s.sqlite", jobs=2, progress=stop_after_three)
    begun = Store(tmp_path / "s.sqlite")
    stored = [result.trial for result in begun.results()]
    missing = [trial.number for trial in begun.missing()]
    assert len(seen) == 3
    assert set(seen) <= set(stored)  # and those that ended together with the third
    assert sorted(stored + missing) == list(range(8))
    assert missing

    later = []
    store = tt.sweep(
        "recall",
        OPTIONS,
        seeds=2,
        out=tmp_path / "s.sqlite",
        jobs=2,
        progress=lambda trial, *_: later.append(trial.number),
    )
    assert sorted(later) == missing
    assert [result.trial for result in store.results()] == list(range(8))
    alone = run("recall", store.space.runs()[6])
    there = store.results()[6]
    assert (alone.exact, alone.loss, alone.seed) == (there.exact, there.loss, 0)
    again = tt.sweep(
        "recall", OPTIONS, seeds=2, out=tmp_path / "s.sqlite", progress=lambda *_: pytest.fail("ran again")
    )
    assert again.results() == store.results()
    in_another_order = dict(reversed(OPTIONS.items()))
    again = tt.sweep(
        "recall", in_another_order, seeds=2, out=tmp_path / "s.sqlite", progress=lambda *_: pytest.fail("ran")
    )
    assert again.rows() == store.rows()
    with pytest.raises(
        ValueError,
        match="holds another sweep, of other options, seeds or trials: write to another file with --out FILE",
    ):
        tt.sweep("recall", OPTIONS, seeds=3, out=tmp_path / "s.sqlite")


def test_a_trial_is_what_train_gives():
    found = run("addition", Trial(0, {"bits": 4, "steps": 100, "learning_rate": 0.01, "optimizer": "rmsprop"}, 3))
    task = tt.tasks.Addition(bits=4)
    net = tt.Network(inputs=2, hidden=16, outputs=1, seed=3)
    trained = tt.train(net, task, steps=100, batch=64, optimizer=tt.RMSprop(0.01), noise=0.2, seed=3)
    assert found.loss == trained.history.last.loss
    checked = task.evaluate(trained.network)
    assert found.exact == 1 - checked.wrong / checked.checked


def test_numbers_that_overflow_are_a_row_too():
    options = {"optimizer": "gradient-descent", "learning_rate": 1e308, "steps": 50, "activation": "relu", "clip": 0.0}
    found = run("parity", Trial(0, options, 0))
    assert found.stopped == "not finite"
    assert found.steps_taken < 50


def test_a_data_file(tmp_path):
    (tmp_path / "walk.csv").write_text(
        "time,sequence,a,b\n" + "".join(f"{t},{s},{t * s},{t + s}.5\n" for s in range(4) for t in range(5))
    )
    options = {"inputs": "a", "outputs": "b", "steps": [3, 6], "hidden": 4}
    store = tt.sweep(str(tmp_path / "walk.csv"), options, out=tmp_path / "s.sqlite", jobs=1)
    found = summary(store)
    assert found.measure == "root_mean_square"
    assert [group.mean for group in found.groups] == sorted(group.mean for group in found.groups)


@pytest.fixture
def store(tmp_path):
    """Results that are made up: exact is 0.1 · gap + 0.01 · seed."""
    made = Store(tmp_path / "made.sqlite", Space.of("recall", {"gap": [1, 2], "cell": "lstm"}, seeds=3))
    for trial in made.space.runs():
        exact = 0.1 * trial.options["gap"] + 0.01 * trial.seed
        result = Result(trial.number, trial.seed, exact, None, 1.5, 20, 2.0, "steps")
        assert made.add([(trial, result)])
        assert not made.add([(trial, result)])
    return made


def test_the_table(store):
    found = summary(store)
    assert (found.measure, found.done, found.runs) == ("exact", 6, 6)
    best, second = found.groups
    assert (best.options, second.options) == ({"gap": 2}, {"gap": 1})
    assert best == Group({"gap": 2}, 3, 0, 0, 0, None, *map(pytest.approx, (0.21, 0.01, 0.2, 0.22)), 2, 2.0)


def test_csv_and_parquet(store, tmp_path):
    store.export(tmp_path / "rows.csv")
    with open(tmp_path / "rows.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["gap"], row["cell"], row["seed"]) for row in rows][4] == ("4", "2", "lstm", "1")
    assert float(rows[4]["exact"]) == pytest.approx(0.21)
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow: pip install 'throughtime[sweep]'")
    store.export(tmp_path / "rows.parquet")
    assert parquet.read_table(tmp_path / "rows.parquet").to_pylist() == store.rows()
    with pytest.raises(ValueError, match=r"ends in \.csv or \.parquet, got .*rows\.txt"):
        store.export(tmp_path / "rows.txt")


def test_its_figure(store):
    mpl = pytest.importorskip("matplotlib", reason="figures need matplotlib: pip install 'throughtime[plot]'")
    mpl.use("agg")
    from matplotlib import pyplot

    from throughtime.experiments.sweeps import figures

    np.testing.assert_allclose(figures.summary(summary(store)).lines[0].get_xydata(), [[1, 0.11], [2, 0.21]])
    pyplot.close("all")


def test_what_is_wrong(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        Store(tmp_path / "no.sqlite")
    (tmp_path / "text.sqlite").write_text("not a database, and long enough to be looked at as one" * 20)
    with pytest.raises(ValueError, match="holds no sweep"):
        Store(tmp_path / "text.sqlite")
    sqlite3.connect(tmp_path / "empty.sqlite").close()
    with pytest.raises(ValueError, match="holds no sweep"):
        Store(tmp_path / "empty.sqlite")
    for options, message in [
        ({"gap": "x"}, "gap must be a whole number"),
        ({"gaap": 1}, "did you mean gap"),
        ({"cell": ["lstm", "gru"], "activation": "tanh"}, "activation is for Elman cells only"),
        ({"optimizer": "sgd"}, 'optimizer must be "gradient-descent"'),
        ({"schedule": "sideways"}, "schedule must be constant"),
        ({"steps": -1}, "steps must be"),
    ]:
        with pytest.raises(ValueError, match=message):
            tt.sweep("recall", options, out=tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()
