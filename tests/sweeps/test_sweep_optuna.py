"""Optuna as the search: what it tries, what is ended, and that a search goes on as if it had not been stopped."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import throughtime as tt
from throughtime.experiments.sweeps import optuna_search
from throughtime.experiments.sweeps.space import Space
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.summary import summary
from throughtime.experiments.sweeps.trial import Result

optuna = pytest.importorskip("optuna", reason="its search needs optuna: pip install 'throughtime[sweep]'")

HERE = str(Path(__file__).parent)
OPTIONS = {
    "learning_rate": {"from": 0.001, "to": 0.5, "scale": "log"}, "hidden": {"from": 2, "to": 6},
    "optimizer": ["adam", "rmsprop"], "steps": 60, "batch": 8, "gap": 1,
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def hasty():
    """Files that need not outlast a power cut."""
    connect = sqlite3.connect

    def connected(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sqlite3.connect", connected)
        patched.setattr("sqlite3.dbapi2.connect", connected)
        yield


def search(out, trials, **more):
    given = {"options": OPTIONS, "seeds": 2, "search": "optuna", "trials": trials, "search_seed": 5} | more
    return tt.sweep("recall", out=out, **given)


def without_times(store):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in store.rows()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A search of 14 trials without a break."""
    return search(tmp_path_factory.mktemp("whole") / "s.sqlite", 14)


@pytest.fixture
def study():
    def opened(store):
        path = optuna_search.study_path(store.path)
        storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
        trials = optuna.load_study(study_name=None, storage=storage).trials
        storage.engine.dispose()
        return trials

    return opened


def test_its_rows_are_those_of_the_study(whole, study):
    trials = study(whole)
    rows = [whole.rows()[2 * number : 2 * number + 2] for number in range(14)]
    states = {optuna.trial.TrialState.COMPLETE: "steps", optuna.trial.TrialState.PRUNED: "pruned"}
    for trial, of_trial in zip(trials, rows, strict=True):
        assert {row["stopped"] for row in of_trial} == {states[trial.state]}
        for row in of_trial:
            assert (row["hidden"], row["optimizer"]) == (trial.params["hidden"], trial.params["optimizer"])
            assert row["learning_rate"] == pytest.approx(trial.params["learning_rate"], rel=1e-5)
        if trial.state == optuna.trial.TrialState.COMPLETE:
            assert trial.value == pytest.approx(1 - (of_trial[0]["exact"] + of_trial[1]["exact"]) / 2)
        else:
            assert [row["exact"] for row in of_trial] == [None, None]
            assert of_trial[0]["steps_taken"] < 60
            assert of_trial[1]["steps_taken"] == 0
    assert {trial.state for trial in trials} == set(states)


def test_what_is_pruned_was_above_the_median_of_those_before(whole, study):
    """The rule of Vizier's median, from what the study stores: best so far, against the others at the same part."""
    trials = study(whole)
    for number, trial in enumerate(trials):
        if trial.state == optuna.trial.TrialState.PRUNED:
            part = max(trial.intermediate_values)
            before = sorted(
                other.intermediate_values[part]
                for other in trials[:number]
                if other.state == optuna.trial.TrialState.COMPLETE
            )
            middle = (before[(len(before) - 1) // 2] + before[len(before) // 2]) / 2
            assert min(trial.intermediate_values.values()) > middle


def test_the_table_has_what_was_pruned_last(whole):
    found = summary(whole)
    assert (found.measure, found.done, found.runs) == ("exact", 28, 28)
    pruned = [group.pruned for group in found.groups]
    assert pruned == sorted(pruned)
    assert set(pruned) == {0, 2}


@pytest.mark.parametrize("moment", [1, 8, 17, 22])
def test_interrupted_after_any_row_it_goes_on_as_without_a_break(whole, tmp_path, moment):
    def stop(trial, result, done, of):
        if done == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "s.sqlite", 14, progress=stop)
    assert without_times(search(tmp_path / "s.sqlite", 14)) == without_times(whole)


@pytest.mark.parametrize("moment", [3, 12])
def test_interrupted_within_a_trial_it_goes_on_as_without_a_break(whole, tmp_path, monkeypatch, moment, study):
    run, begun = optuna_search.run, []

    def interrupted(*arguments):
        begun.append(arguments)
        if len(begun) == moment:
            raise KeyboardInterrupt
        return run(*arguments)

    monkeypatch.setattr(optuna_search, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path / "s.sqlite", 14)
    store = search(tmp_path / "s.sqlite", 14)
    assert without_times(store) == without_times(whole)
    states = [trial.state.name for trial in study(store)]
    assert (states.count("FAIL"), len(states)) == (1, 15)
    search(tmp_path / "s.sqlite", 14, progress=lambda *_: pytest.fail("ran again"))


def test_interrupted_before_its_rows_are_written_a_trial_is_run_again(whole, tmp_path, monkeypatch):
    """A study that had been told of it by then would be one of other results."""

    def interrupted(store, some):
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(Store, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path / "s.sqlite", 2)
    assert without_times(search(tmp_path / "s.sqlite", 2)) == without_times(whole)[:4]


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="killed processes")
def test_killed_it_goes_on(whole, tmp_path):
    program = f"""if True:
        import os, signal, sys
        sys.path[:0] = {[HERE, *sys.path]!r}
        from test_sweep_optuna import search
        search(sys.argv[1], 14, progress=lambda trial, result, done, of: done == 9 and os.kill(os.getpid(), 9))
    """
    killed = subprocess.run([sys.executable, "-c", program, tmp_path / "s.sqlite"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert without_times(search(tmp_path / "s.sqlite", 14)) == without_times(whole)


def test_options_that_change_what_a_loss_means_prune_nothing():
    space = {"search": "optuna", "trials": 3}
    for options, ends in [
        ({"hidden": [4, 8], "learning_rate": {"from": 0.01, "to": 0.1}}, True),
        ({"noise": [0.0, 0.1]}, False),
        ({"dropout": {"from": 0.0, "to": 0.1}}, False),
        ({"recurrent_dropout": [0.0, 0.1]}, False),
        ({"bits": [4, 8]}, False),
        ({"cell": ["elman", "lstm"]}, False),  # whose recipes differ in noise
        ({"cell": ["elman", "gru"], "noise": 0.1}, True),
    ]:
        assert optuna_search._losses_compare(Space.of("addition", options, **space)) is ends, options


def test_real_numbers_are_measured_by_their_error(tmp_path, study):
    (tmp_path / "walk.csv").write_text(
        "time,sequence,a,b\n" + "".join(f"{t},{s},{t * s},{t + s}.5\n" for s in range(4) for t in range(5))
    )
    options = {"inputs": "a", "outputs": "b", "steps": 5, "hidden": {"from": 2, "to": 5}}
    store = tt.sweep(str(tmp_path / "walk.csv"), options, search="optuna", trials=3, out=tmp_path / "s.sqlite")
    assert summary(store).measure == "root_mean_square"
    assert [trial.value for trial in study(store)] == [result.root_mean_square for result in store.results()]


def test_a_trial_that_fails_is_told_and_not_tried_again(tmp_path, monkeypatch, study):
    monkeypatch.setattr(optuna_search, "run", lambda task, trial, prune=None: Result.failed(trial, LookupError("no")))
    store = search(tmp_path / "s.sqlite", 2)
    assert [result.error for result in store.results()] == ["LookupError: no"] * 4
    assert [trial.state.name for trial in study(store)] == ["FAIL", "FAIL"]
    search(tmp_path / "s.sqlite", 2, progress=lambda *_: pytest.fail("ran again"))


def test_what_is_wrong(tmp_path, monkeypatch):
    out, made = tmp_path / "s.sqlite", tmp_path / "s.optuna.db"
    for more, message in [
        ({"jobs": 2}, "in one process: leave out jobs and a scheduler"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "in one process: leave out jobs and a scheduler"),
        ({"options": OPTIONS | {"hiden": 3}}, "hiden"),
        ({"options": OPTIONS | {"hidden": [4, "x"]}}, "hidden must be a whole number"),
    ]:
        with pytest.raises(ValueError, match=message):
            search(out, 2, **more)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "optuna", None)
        with pytest.raises(ValueError, match=r"needs optuna: pip install 'throughtime\[sweep\]'$"):
            search(out, 2)
    assert os.listdir(tmp_path) == []

    made.write_text("no database, and long enough to be looked at as one" * 30)
    with pytest.raises(ValueError, match=r"s\.optuna\.db cannot be used as a study of Optuna: file is not a database"):
        search(out, 3)
    made.unlink()
    store = search(out, 3)
    with closing(sqlite3.connect(out)) as connection, connection:
        connection.execute("DELETE FROM results")
    with pytest.raises(ValueError, match=r"s\.optuna\.db is not the study of the results in .*: remove both"):
        search(out, 3)
    out.unlink()
    made.unlink()
    store = Store(out, store.space)
    with closing(optuna_search.searched(store.space, store)) as first:
        next(first)
        with pytest.raises(ValueError, match=r"another program searches in .*s\.sqlite"):
            next(optuna_search.searched(store.space, store))


CHANGES = {
    "it seeks the greatest": "UPDATE study_directions SET direction = 'MAXIMIZE'",
    "no direction": "UPDATE study_directions SET direction = 'SIDEWAYS'",
    "two directions": "INSERT INTO study_directions VALUES (99, 'MINIMIZE', 1, 1)",
    "a trial less": "DELETE FROM trials WHERE number = 3",
    "a trial that waits": "UPDATE trials SET state = 'WAITING' WHERE number = 3",
    "a trial that failed": "UPDATE trials SET state = 'FAIL' WHERE number = 3",
    "a state that is none": "UPDATE trials SET state = 'NOPE' WHERE number = 3",
    "another value": "UPDATE trial_values SET value = value + 1e-9 WHERE trial_id = 3",
    "another number": "UPDATE trial_user_attributes SET value_json = '77' WHERE trial_id = 3",
    "a number twice": "UPDATE trial_user_attributes SET value_json = '1' WHERE trial_id = 3",
    "no number": "UPDATE trial_user_attributes SET value_json = '[1]' WHERE trial_id = 3",
    "no JSON": "UPDATE trial_user_attributes SET value_json = 'nonsense' WHERE trial_id = 3",
    "other options": "UPDATE trial_params SET param_value = 7 - param_value WHERE param_name = 'hidden'",
    "a choice that is none": "UPDATE trial_params SET param_value = 9 WHERE param_name = 'optimizer'",
    "no kind of option": "UPDATE trial_params SET distribution_json = '{}'",
    "no options": "DROP TABLE trial_params",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_study_that_says_other_than_the_rows_is_refused(whole, tmp_path, change):
    """What it suggests next would follow from what did not happen."""
    shutil.copy(whole.path, tmp_path / "s.sqlite")
    shutil.copy(optuna_search.study_path(whole.path), made := tmp_path / "s.optuna.db")
    search(tmp_path / "s.sqlite", 14)
    with closing(sqlite3.connect(made)) as connection, connection:
        assert connection.execute(change).rowcount != 0
    with pytest.raises(
        ValueError, match=r"^\S*s\.optuna\.db (is not the study of the results in|cannot be used as a study)"
    ):
        search(tmp_path / "s.sqlite", 14)


def test_names_that_mean_something_in_addresses_are_files(tmp_path):
    store = search(tmp_path / "50%41#?x=1.sqlite", 1)
    assert len(store.results()) == 2
    assert (tmp_path / "50%41#?x=1.optuna.db").stat().st_size > 0
