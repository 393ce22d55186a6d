"""A run's folder is one state, whenever its process was killed; it is one process's alone; and nothing of others is
lost.
"""

import builtins
import contextlib
import io
import os
import subprocess
import sys

import numpy as np
import pytest

import throughtime as tt
from throughtime.batch import Batch
from throughtime.network import Network
from throughtime.tasks import Addition, Subtraction
from throughtime.training import checkpoint, folder
from throughtime.training.checkpoint import Writer, load_run, resume
from throughtime.training.loop import Run, proceed, train
from throughtime.training.settings import Settings
from throughtime.weights import files

TASK = Addition(bits=5)
SETTINGS = {"batch": 2, "seed": 3, "optimizer": tt.Adam(0.05)}
RNG = np.random.default_rng(0)
DATA = Batch(RNG.normal(size=(3, 4, 2)), RNG.random((3, 4, 1)))


def net():
    return Network(inputs=2, hidden=3, outputs=1, seed=1)


class Killed(BaseException):
    """The process is no more: from here on it does nothing to the disk."""


class Disk:
    """Lets a process do so many things to the disk and no more."""

    def __init__(self, monkeypatch, left):
        self.left = left
        for name in ("open", "replace", "unlink", "fsync", "mkdir", "chmod"):
            monkeypatch.setattr(os, name, self.counted(getattr(os, name)))
        real = builtins.open

        def opened(path, mode="r", *more, **options):
            found = real(path, mode, *more, **options)
            return found if "a" not in mode else Cut(self, found)

        monkeypatch.setattr(io, "open", opened)  # pathlib's

    def counted(self, real):
        def call(*arguments, **options):
            if not self.left:
                raise Killed
            self.left -= 1
            return real(*arguments, **options)

        return call


class Cut:
    """A file that is appended to: half of what is written may be all that comes to the disk."""

    def __init__(self, disk, file):
        self.disk, self.file = disk, file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, text):
        if self.disk.left < 2:
            self.file.write(text[: len(text) // 2])
            raise Killed
        self.disk.left -= 1
        self.file.write(text)


def killed(left, begin, steps, what, folder, **settings):
    """Whether a run was killed before it had done `left` things; it is begun anew or goes on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
        patch.setattr("throughtime.training.trainer._BLOCKS", (7,))
        patch.setattr("throughtime.training.trainer._VALIDATE_EVERY", 14)
        Disk(patch, left)
        try:
            if begin:
                train(net(), what, out=folder, steps=steps, **settings)
            else:
                resume(folder, what, steps=steps, validate=settings.get("validate"))
        except Killed:
            return True
        return False


@pytest.mark.long
@pytest.mark.parametrize("validated", [False, True])
def test_killed_at_every_moment_it_is_one_state(tmp_path, monkeypatch, validated):
    """Every operation on the disk is once the last: what is read is a state that the run was in, the same from all
    sides.
    """
    what = DATA if validated else TASK
    settings = SETTINGS | {"log_every": 7} | ({"validate": DATA} if validated else {})
    passed = {0: net().parameters.copy()}
    monkeypatch.setattr(os, "fsync", lambda number: None)  # which takes long, and is for another kind of death
    monkeypatch.setattr("throughtime.training.trainer._BLOCKS", (7,))
    monkeypatch.setattr("throughtime.training.trainer._VALIDATE_EVERY", 14)
    whole = train(
        net(),
        what,
        steps=28,
        callbacks=[lambda run: passed.update({run.step: run.network.parameters.copy()})],
        **settings,
    )
    ends = {whole.network.parameters.tobytes()}
    kills, begun = 0, 0
    for begin in (True, False):
        for left in range(1000):
            folder = tmp_path / f"{begin}{left}"
            if not begin:
                killed(10**9, True, 14, what, folder, **settings)
            if not killed(left, begin, 28, what, folder, **settings):
                break
            kills += 1
            if not files.holds_run(folder):
                assert not (folder / "model.safetensors").exists()
                assert not killed(10**9, True, 28, what, folder, **settings)  # nothing is in its way
                continue
            begun += 1
            run, read = load_run(folder), tt.load(folder)
            assert read.parameters.tobytes() == run.network.parameters.tobytes()
            now = passed[run.step].tobytes()
            assert (run.network.parameters if run.latest is None else run.latest).tobytes() == now
            recorded = (7, 10, 14, 21, 28) if validated else (7, 14, 21, 28)  # 10 is the first early validation
            assert [record.step for record in run.history] == [step for step in recorded if step <= run.step]
            if (folder / "model.safetensors").exists():
                alone = tt.load(folder / "model.safetensors").parameters.tobytes()
                assert alone in {parameters.tobytes() for parameters in passed.values()} | ends
            unfinished = files.Stored.read(folder).unfinished
            assert unfinished in (
                (f"step {run.step} of 28", f"step {run.step} of 14") if run.step < 28 else (None,)
            ) or (run.step == 14 and not begin)
            again = resume(folder, what, steps=28, validate=settings.get("validate"))
            assert again.network.parameters.tobytes() == whole.network.parameters.tobytes()
            assert again.moments.tobytes() == whole.moments.tobytes()
            assert tt.load(folder / "model.safetensors").parameters.tobytes() == whole.network.parameters.tobytes()
            assert not list(folder.glob("*.part"))
            assert not list(folder.glob(".throughtime-*"))
        else:
            pytest.fail("it was always killed")
    assert kills > 100
    assert begun > 80


def test_a_run_of_the_version_before_that_was_killed(tmp_path):
    """Its model.safetensors is that of its beginning, and its checkpoint says nothing of why it stopped."""
    run = train(net(), TASK, steps=10, out=tmp_path, **SETTINGS)
    run.settings = Settings(steps=20, **SETTINGS)
    run.stopped = None
    run.save(tmp_path)
    net().save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(tt.load(tmp_path).parameters, run.network.parameters)
    assert files.Stored.read(tmp_path).unfinished == "step 10 of 20"


@pytest.mark.parametrize(("stopped", "said"), [("callback", None), ("interrupted", "step 7 of 100")])
def test_what_ended_otherwise_is_not_unfinished(tmp_path, stopped, said):
    def stop(run):
        if stopped == "interrupted":
            raise KeyboardInterrupt
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("throughtime.training.trainer._BLOCKS", (7,))
        train(net(), TASK, steps=100, log_every=7, out=tmp_path, callbacks=[stop], **SETTINGS)
    assert files.Stored.read(tmp_path).unfinished == said


# One process at a time

HOLD = """
import sys, throughtime as tt
from pathlib import Path
from throughtime.training.checkpoint import Writer, load_run
writer = Writer(load_run(sys.argv[1]), Path(sys.argv[1]), new=False)
print("holds", flush=True)
sys.stdin.read()
"""


def test_two_processes_do_not_train_in_one_folder(tmp_path):
    run = train(net(), TASK, steps=3, out=tmp_path / "run", **SETTINGS)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "holds\n"
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for attempt in (
        lambda: resume(tmp_path / "run", steps=9),
        lambda: run.save(tmp_path / "run"),
    ):
        with pytest.raises(ValueError, match=r"another process trains in .*run: wait until it has ended"):
            attempt()
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    assert tt.load(tmp_path / "run").parameters.tobytes() == run.network.parameters.tobytes()  # reading is free
    process.kill()  # and what is left of it is in nobody's way
    process.communicate(timeout=60)
    assert resume(tmp_path / "run", steps=9).step == 9
    assert resume(tmp_path / "run", steps=12).step == 12


def test_two_that_begin_at_once(tmp_path):
    """The second one comes while the first has made nothing but the folder."""
    first = Run(net(), Settings(steps=3, **SETTINGS), TASK)
    writer = Writer(first, tmp_path, new=True)
    with contextlib.suppress(FileNotFoundError):
        for name in ("run.toml", "model.safetensors", "checkpoint.safetensors", "history.jsonl"):
            (tmp_path / name).unlink()
    with pytest.raises(ValueError, match="another process trains in"):
        train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)
    writer.close()
    assert train(net(), TASK, steps=3, out=tmp_path, **SETTINGS).step == 3
    with pytest.raises(ValueError, match="holds a run already"):
        train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)


def test_a_run_that_another_process_ended_just_before_the_lock_was_taken(tmp_path, monkeypatch):
    """What is looked at before is looked at again under the lock."""
    real = folder.take

    def late(path):
        monkeypatch.undo()
        between()
        return real(path)

    monkeypatch.setattr(checkpoint, "take", late)
    between = lambda: train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)  # noqa: E731
    with pytest.raises(ValueError, match="holds a run already"):
        train(net(), TASK, steps=5, out=tmp_path, **SETTINGS)
    assert load_run(tmp_path).step == 3
    monkeypatch.setattr(folder, "take", late)
    between = lambda: resume(tmp_path, steps=20)  # noqa: E731
    again = resume(tmp_path)
    assert again.step == 20  # none of the other's steps is lost
    assert again.network.parameters.tobytes() == load_run(tmp_path).network.parameters.tobytes()
    whole = train(net(), TASK, steps=20, **SETTINGS)
    assert again.network.parameters.tobytes() == whole.network.parameters.tobytes()


OTHER = Batch(DATA.x + 1, DATA.y)


@pytest.mark.parametrize(
    ("begun", "given", "said"),
    [
        (TASK, Addition(bits=8), r"trained on the task addition\(bits=5.*\), not on addition\(bits=8"),
        (TASK, Subtraction(bits=5), r"trained on the task addition\(bits=5.*\), not on subtraction"),
        (TASK, DATA, r"trained on the task addition\(bits=5.*\): give that, or no data"),
        (DATA, TASK, "trained on data: give the same data again"),
        (DATA, None, "trained on data: give the same data again"),
        (DATA, OTHER, "trained on other data"),
    ],
)
def test_a_run_goes_on_with_what_it_was_begun_with(tmp_path, begun, given, said):
    train(net(), begun, steps=3, out=tmp_path, **SETTINGS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=said):
        resume(tmp_path, given, steps=5)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert resume(tmp_path, begun, steps=5).step == 5


def test_a_run_goes_on_with_the_same_validation_data(tmp_path):
    train(net(), DATA, steps=3, out=tmp_path, validate=DATA, **SETTINGS)
    for other in (OTHER, None):
        with pytest.raises(ValueError, match="was validated on other data: give the same validate again"):
            resume(tmp_path, DATA, steps=5, validate=other)
    lines = (tmp_path / "run.toml").read_text().splitlines(keepends=True)
    (tmp_path / "run.toml").write_text("".join(line for line in lines if not line.startswith("validate")))
    assert resume(tmp_path, DATA, steps=5, validate=OTHER).step == 5  # of the version before, which did not note it


@pytest.mark.parametrize("validate", [False, True])
def test_a_mask_that_scores_nothing_is_refused(validate):
    empty = Batch(DATA.x, DATA.y, mask=np.zeros((3, 4)))
    behind = Batch(DATA.x, DATA.y, lengths=np.full(3, 2), mask=np.arange(4) >= np.full((3, 1), 2))
    for nothing in (empty, behind):
        data, options = (DATA, {"validate": nothing}) if validate else (nothing, {})
        with pytest.raises(ValueError, match=f"the mask{' of validate' * validate} is 0 at every target"):
            train(net(), data, steps=3, **SETTINGS, **options)


@pytest.mark.parametrize("name", ["checkpoint", "model"])
def test_a_bit_that_flipped_is_seen(tmp_path, name):
    """Also one that leaves a finite number; a file of the version before, without a checksum, is read."""
    run = train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)
    path = tmp_path / f"{name}.safetensors"
    whole = path.read_bytes()
    changed = bytearray(whole)
    changed[-8] ^= 1  # the lowest bit of the last number
    path.write_bytes(changed)
    with pytest.raises(ValueError, match=rf"{name}\.safetensors is damaged: its numbers are not those that were saved"):
        tt.load(tmp_path if name == "checkpoint" else path)
    path.write_bytes(whole.replace(b"sha256", b"sha2__"))
    assert tt.load(tmp_path).parameters.tobytes() == run.network.parameters.tobytes()


def test_a_block_that_ctrl_c_struck_is_taken_back_with_the_optimisers_memory(monkeypatch):
    run = train(net(), TASK, steps=7, **SETTINGS)
    before = run.step, run.network.parameters.tobytes(), run.moments.tobytes(), len(run.history)

    def pressed(*_, **__):
        assert run.moments.tobytes() != before[2]  # the kernel has done its work
        raise KeyboardInterrupt

    monkeypatch.setattr("throughtime.training.trainer.records_of", pressed)
    run.settings = Settings(steps=14, **SETTINGS)
    proceed(run, TASK)
    assert run.stopped == "interrupted"
    assert (run.step, run.network.parameters.tobytes(), run.moments.tobytes(), len(run.history)) == before


def test_patience_counts_no_early_validation(monkeypatch):
    """Best at step 10 and worse ever after; 20 and 50 are early, 100 and 200 count."""
    losses = iter(range(1, 100))
    monkeypatch.setattr("throughtime.training.trainer.Trainer._measure", lambda self, data: float(next(losses)))
    run = train(net(), DATA, steps=1000, validate=DATA, patience=2, **SETTINGS)
    assert (run.stopped, run.step, run.best.loss, run.best.waited) == ("patience", 200, 1.0, 2)


def test_a_run_that_fails_lets_the_next_one_in(tmp_path):
    def fail(run):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine") as error:
        train(net(), TASK, steps=3, out=tmp_path, callbacks=[fail], **SETTINGS)
    assert resume(tmp_path).step == 3
    assert error.value.__traceback__ is not None  # which would keep a lock alive that is freed by nobody


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def acquire(self):
        raise NotImplementedError

    monkeypatch.setattr("filelock.FileLock.acquire", acquire)
    with pytest.raises(ValueError, match="is on a file system without locks"):
        train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)


# What is not ours


@pytest.mark.parametrize("name", ["model.safetensors", "checkpoint.safetensors", "history.jsonl"])
@pytest.mark.parametrize("content", [b"somebody's", b"", "a model of ours"])
def test_files_of_others_are_not_overwritten(tmp_path, name, content):
    if content == "a model of ours":
        net().save(tmp_path / name)
    else:
        (tmp_path / name).write_bytes(content)
    before = (tmp_path / name).read_bytes()
    if name == "history.jsonl" and content == b"":
        assert train(net(), TASK, steps=3, out=tmp_path, **SETTINGS).step == 3
        return
    for write in (
        lambda: train(net(), TASK, steps=3, out=tmp_path, **SETTINGS),
        lambda: train(net(), TASK, steps=3, **SETTINGS).save(tmp_path),
    ):
        with pytest.raises(ValueError, match=rf"holds {name}, but no run: choose another folder"):
            write()
    assert (tmp_path / name).read_bytes() == before
    assert set(os.listdir(tmp_path)) <= {name, ".lock"}


def test_other_files_of_others_stay(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    train(net(), TASK, steps=3, out=tmp_path, **SETTINGS)
    resume(tmp_path, steps=5)
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_nobody_could_read_is_not_saved(tmp_path, bad):
    broken = net()
    broken["b_h"][1] = bad
    with pytest.raises(ValueError, match="b_h holds numbers that are not finite: such a network is not saved"):
        broken.save(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="parameters holds numbers that are not finite"):
        Run(broken, Settings(**SETTINGS), TASK).save(tmp_path / "run")
    assert not list(tmp_path.rglob("*.safetensors"))


@pytest.mark.parametrize("steps", [0, 1])
def test_a_run_toml_nested_too_deeply(tmp_path, steps):
    train(net(), TASK, steps=steps, out=tmp_path, **SETTINGS)
    with (tmp_path / "run.toml").open("a") as file:
        file.write("deep = " + "[" * 20_000 + "]" * 20_000 + "\n")
    for read in (load_run, tt.load, resume):
        with pytest.raises(ValueError, match=r"run\.toml is nested too deeply"):
            read(tmp_path)
