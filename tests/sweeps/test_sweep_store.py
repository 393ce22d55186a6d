"""A sweep's file: damaged, foreign, made by an older version, written by several at once, killed while it is made."""

import contextlib
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import throughtime as tt
from throughtime.experiments.sweeps.space import Space
from throughtime.experiments.sweeps.store import Store
from throughtime.experiments.sweeps.summary import summary
from throughtime.experiments.sweeps.trial import Result

SPACE = Space.of("recall", {"gap": [1, 2, 3], "cell": "lstm"}, seeds=4)


def result(trial):
    return Result(trial.number, trial.seed, 0.5 + 0.01 * trial.number, None, 1.5, 20, 2.0, "steps")


@pytest.fixture
def half(tmp_path):
    """A file with 7 of 12 rows, of which one failed."""
    store = Store(tmp_path / "half.sqlite", SPACE)
    for trial in SPACE.runs()[:6]:
        store.add([(trial, result(trial))])
    store.add([(SPACE.runs()[6], Result.failed(SPACE.runs()[6], ValueError("no\nsuch thing")))])
    return store.path


def told(path, change):
    """What a file is said to be after a change by SQL."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(change)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=path.name) as refused:
        Store(path, SPACE).results()
    assert path.read_bytes() == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_what_failed_is_kept_and_tried_again(half):
    store = Store(half, SPACE)
    failed = store.results()[6]
    assert (failed.stopped, failed.error, failed.exact) == ("failed", "no such thing", None)
    assert [trial.number for trial in store.missing()] == [6, 7, 8, 9, 10, 11]
    group = next(group for group in summary(store).groups if group.options["gap"] == 2)
    assert (group.runs, group.failed, group.error, group.mean) == (2, 1, "no such thing", pytest.approx(0.545))
    trial = SPACE.runs()[6]
    assert store.add([(trial, result(trial))])
    assert not store.add([(trial, Result.failed(trial, ValueError("later")))])
    assert store.results()[6] == result(trial)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("UPDATE sweep SET space = '{}'", "not that of a sweep"),
        (f"UPDATE sweep SET space = '{'[' * 100_000}'", "nested too deeply"),
        ("UPDATE sweep SET space = x'ff00'", "holds no sweep"),
        ("UPDATE sweep SET space = replace(space, '\"recall\"', '5')", "task of a sweep must be a name"),
        ("UPDATE sweep SET space = replace(space, '[1, 2, 3]', '[[1]]')", "gap must be a number"),
        (
            "UPDATE sweep SET space = replace(space, '[1, 2, 3]', '{\"least\": 1, \"greatest\": 1000000000000, "
            "\"scale\": \"linear\"}')",
            "at most 1,000,000 runs, and this one would have 4,000,000,000,000",
        ),
        ("UPDATE sweep SET space = replace(space, 'null', '10000000')", "trials must be a whole number from 1 to"),
        ("UPDATE results SET options = '{}'", "trial 0 has other options than the sweep"),
        ("UPDATE results SET options = replace(options, '1', '4')", "trial 0 has other options than the sweep"),
        ("UPDATE results SET options = replace(options, '1', '[1]')", "trial 0 has other options than the sweep"),
        ("UPDATE results SET options = 'x'", "the options of a row"),
        ("DELETE FROM sweep", "does not say which"),
        ("DROP TABLE results", "its tables are others"),
        ("ALTER TABLE results ADD COLUMN more", "its tables are others"),
        ("CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM results; END", "its tables are others"),
        ("PRAGMA user_version = 7", "its format is newer"),
        ("PRAGMA application_id = 5", "another program made it"),
        ("UPDATE results SET exact = 'x'", "exact must be a number from 0 to 1"),
        ("UPDATE results SET exact = 7", "exact must be a number from 0 to 1"),
        ("UPDATE results SET trial = trial + 12", "trial must be a whole number from 0 to 11"),
        ("UPDATE results SET seed = seed + 1", "trial 0 has another seed"),
        ("UPDATE results SET stopped = x'ff'", "does not say why"),
        ("UPDATE results SET stopped = 'failed'", "does not say whether it failed"),
        ("UPDATE results SET steps_taken = 2.5", "steps_taken must be a whole number"),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_of_it(half, change, message):
    assert message in told(half, change)


def test_damaged_bytes_are_refused_or_change_nothing_that_is_read(half):
    """300 damaged files: cut short, overwritten, with zeros, pages exchanged."""
    content, rng = half.read_bytes(), random.Random(0)
    outcomes = {"right": 0, "refused": 0, "other": 0}
    right = Store(half).results()
    for number in range(300):
        damaged = bytearray(content)
        kind = number % 4
        if kind == 0:
            del damaged[rng.randrange(len(damaged)) :]
        elif kind == 1:
            for _ in range(rng.choice([1, 4, 50])):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        elif kind == 2:
            start = rng.randrange(len(damaged))
            damaged[start : start + 700] = bytes(len(damaged[start : start + 700]))
        else:
            a, b = (4096 * rng.randrange(len(damaged) // 4096) for _ in range(2))
            damaged[a : a + 4096], damaged[b : b + 4096] = damaged[b : b + 4096], damaged[a : a + 4096]
        half.write_bytes(damaged)
        said = ""
        try:
            store = Store(half)
            found = store.results()
            summary(store)
            outcomes["right" if found == right else "other"] += 1
        except ValueError as error:
            said = str(error)
            outcomes["refused"] += 1
        assert not said or (said.startswith(str(half)) and "\n" not in said)
    assert outcomes["right"] > 20  # what was hit holds no content
    assert outcomes["refused"] > 100
    assert outcomes["other"] < 10  # a number that stands there instead of another one


def test_files_of_others_are_left_as_they_are(tmp_path):
    theirs = tmp_path / "theirs.sqlite"
    with contextlib.closing(sqlite3.connect(theirs)) as connection, connection:
        connection.execute("CREATE TABLE results (name TEXT)")
        connection.execute("INSERT INTO results VALUES ('mine')")
    for path, content in [
        (theirs, theirs.read_bytes()),
        (tmp_path / "a.txt", b"a text"),
        (tmp_path / "long", b"x" * 9000),
    ]:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path.name} holds no sweep"):
            Store(path, SPACE)
        assert path.read_bytes() == content
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "long", "theirs.sqlite"]


@pytest.mark.parametrize(
    ("path", "message"),
    [(".", "no regular file"), ("no/s.sqlite", "cannot be opened"), (os.devnull, "no regular file")],
)
def test_where_no_file_can_be(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        Store(path, SPACE)


def test_names_that_mean_something_to_sqlite_are_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "50%41#.sqlite"):
        Store(name, SPACE)
        assert Store(name).space == SPACE
        assert (tmp_path / name).stat().st_size > 0


def test_a_file_that_cannot_be_written_is_said_so_and_kept(half):
    store = Store(half)
    rows = store.results()
    (half.parent / "half.sqlite-journal").mkdir()  # as if the folder were not to be written to
    with pytest.raises(ValueError, match=r"half\.sqlite cannot be (opened|written)"):
        store.add([(SPACE.runs()[11], result(SPACE.runs()[11]))])
    (half.parent / "half.sqlite-journal").rmdir()
    assert Store(half).results() == rows


def test_a_file_of_version_1_is_continued(tmp_path):
    path = tmp_path / "old.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(
            "CREATE TABLE sweep (space TEXT NOT NULL); CREATE TABLE results (trial INTEGER PRIMARY KEY, seed INTEGER "
            "NOT NULL, exact REAL, root_mean_square REAL, loss REAL, steps_taken INTEGER NOT NULL, seconds REAL NOT "
            "NULL, stopped TEXT NOT NULL, options TEXT NOT NULL) WITHOUT ROWID; PRAGMA user_version = 1;"
        )
        described = json.loads(SPACE.to_json())
        del described["search"], described["trials"], described["search_seed"], described["data"]
        connection.execute(
            "INSERT INTO sweep VALUES (?)", (json.dumps(described | {"random": None, "random_seed": 0}),)
        )
        options = json.dumps({"gap": 1, "cell": "lstm"})
        connection.execute("INSERT INTO results VALUES (3, 3, 0.25, NULL, 1.5, 20, 2.0, 'steps', ?)", (options,))
    assert Store(path).results() == [Result(3, 3, 0.25, None, 1.5, 20, 2.0, "steps")]
    assert len(Store(path, SPACE).missing()) == 11


PROGRAM = """
import os, signal, sqlite3, sys
from throughtime.experiments.sweeps import store
from throughtime.experiments.sweeps.space import Space
from throughtime.experiments.sweeps.trial import Result
space = Space.of("recall", {"gap": 1}, seeds=2)
connect = sqlite3.connect

def hasty(*arguments, **options):  # nothing here cuts the power
    connection = connect(*arguments, **options)
    connection.execute("PRAGMA synchronous = OFF")
    return connection

sqlite3.connect = hasty

def write_all(path):
    file = store.Store(path, space)
    for trial in file.missing():
        file.add([(trial, Result(trial.number, trial.seed, 0.5, None, 1.5, 20, 2.0, "steps"))])
    assert len(store.Store(path).results()) == 2

def child(work):
    pid = os.fork()
    if not pid:
        try:
            work()
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
        os._exit(0)
    return pid
"""


def printed(program, folder):
    """What a program says that begins several processes; they are ended if it takes too long."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    assert not done.stderr
    return done.stdout.split()


needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="the moments at which a process ends are made with fork"
)


@pytest.mark.long
@needs_fork
def test_killed_while_it_is_made_it_goes_on(tmp_path):
    """Killed before every third line of the program's own that writes it.

    Some of them are in the transaction that makes it.
    """
    out = printed(
        """
def killed_at(moment):
    taken = 0
    def line(frame, event, argument):
        nonlocal taken
        if frame.f_code.co_filename != store.__file__:
            return None
        taken += 1
        if taken == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return line
    sys.settrace(line)
    write_all("killed.sqlite")

moment, status = 0, 1
while status:
    moment += 3
    for name in ("killed.sqlite", "killed.sqlite-journal"):
        if os.path.exists(name):
            os.remove(name)
    status = os.waitpid(child(lambda: killed_at(moment)), 0)[1]
    assert status in (0, signal.SIGKILL), status
    write_all("killed.sqlite")
print(moment)
""",
        tmp_path,
    )
    assert int(out[0]) > 100


@needs_fork
def test_three_that_begin_at_the_same_time_share_the_file(tmp_path):
    out = printed(
        """
for number in range(20):
    read, write = os.pipe()
    def begin():
        os.close(write)
        os.read(read, 1)
        write_all(f"{number}.sqlite")
    children = [child(begin) for _ in range(3)]
    os.close(read), os.close(write)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
print("shared")
""",
        tmp_path,
    )
    assert out == ["shared"]


@needs_fork
def test_a_full_disk_is_said_so_and_what_is_there_is_kept(tmp_path):
    """A limit on a file's size makes the disk full."""
    out = printed(
        """
import resource
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = store.Store("full.sqlite", space)
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize("full.sqlite"),) * 2)
trial = space.runs()[0]
try:
    file.add([(trial, Result.failed(trial, ValueError("short")))])
    file.add([(space.runs()[1], Result(1, 1, 0.5, None, 1.5, 20, 2.0, "x" * 9000))])
except ValueError as error:
    assert "full.sqlite cannot be written" in str(error), error
    print(len(store.Store("full.sqlite").results()))
""",
        tmp_path,
    )
    assert out == ["1"]


def test_a_sweep_of_a_changed_data_file_is_another_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{t},{t % 3},{t % 2 + 0.5}\n" for t in range(6))
    Path("d.csv").write_text(f"time,x,y\n{rows}")
    options = {"steps": 1, "hidden": 2}
    tt.sweep("d.csv", options, out="s.sqlite", seeds=1, jobs=1)
    before = Store("s.sqlite").space.data
    assert before == hashlib.sha256(Path("d.csv").read_bytes()).hexdigest()
    assert len(tt.sweep("d.csv", options, out="s.sqlite", seeds=1, jobs=1).results()) == 1
    with sqlite3.connect("s.sqlite") as connection:  # as an older version wrote it
        text = connection.execute("SELECT space FROM sweep").fetchone()[0]
        old = {name: value for name, value in json.loads(text).items() if name != "data"}
    Path("d.csv").write_text(f"time,x,y\n{rows}6,0,9.5\n")
    with pytest.raises(ValueError, match=r"^s\.sqlite holds a sweep of other data: d\.csv has changed since"):
        tt.sweep("d.csv", options, out="s.sqlite", seeds=1, jobs=1)
    assert Store("s.sqlite").space.data == before
    with sqlite3.connect("s.sqlite") as connection:
        connection.execute("UPDATE sweep SET space = ?", (json.dumps(old),))
    assert len(tt.sweep("d.csv", options, out="s.sqlite", seeds=1, jobs=1).results()) == 1
