"""`find`, and users' own tasks."""

import sys
from dataclasses import asdict

import pytest

from throughtime import tasks
from throughtime.tasks.custom import MEMBERS


def test_names_are_as_on_the_command_line():
    assert list(tasks.names) == [
        "addition", "subtraction", "multiplication", "comparison", "parity", "counter", "tomita", "reber",
        "adding-problem", "copy-memory", "recall",
    ]  # fmt: skip


@pytest.mark.parametrize("name", tasks.names)
def test_name_and_options_make_the_task_again(name, rng):
    task = tasks.find(name)
    assert isinstance(task, tasks.names[name])
    assert task.name == name
    assert tasks.find(task.name, **asdict(task)) == task
    assert all(hasattr(task, member) for member in MEMBERS)
    assert task.readout in ("sigmoid", "softmax", "identity")
    assert task.loss in ("squared", "binary_cross_entropy", "cross_entropy")
    batch = task.sample(rng, 5)
    assert batch.x.shape[2] == task.inputs
    assert batch.y.shape[-1] == task.outputs
    assert batch.y.ndim == (3 if task.output == "every step" else 2)
    assert task.right(batch.y, batch).all()
    assert not task.right(1 - batch.y, batch).any()
    assert batch.x.flags.c_contiguous
    if task.machine is not None:
        assert task.machine is task.machine
        assert task.machine.symbols.shape[1] == task.inputs
        assert task.machine.outputs.shape[2] == task.outputs


def test_options_reach_the_task():
    assert tasks.find("addition", bits=12, operands=3) == tasks.Addition(bits=12, operands=3)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "aditon",
            {},
            'there is no task "aditon", did you mean addition? A task of your own is named module:object',
        ),
        ("adding_problem", {}, 'there is no task "adding_problem", did you mean adding-problem?'),
        ("zzz", {}, 'there is no task "zzz", there are addition, subtraction, multiplication'),
        ("addition", {"bit": 3}, 'addition has no option "bit", did you mean bits?'),
        ("recall", {"zzz": 3}, 'recall has no option "zzz", there are gap, noise'),
        ("addition", {"bits": 0}, "bits must be a whole number"),
    ],
)
def test_a_mistake_gets_one_sentence(name, options, message):
    with pytest.raises(ValueError, match="^" + message.replace("?", r"\?")) as caught:
        tasks.find(name, **options)
    assert "\n" not in str(caught.value)


@pytest.fixture
def my_tasks(tmp_path, monkeypatch):
    (tmp_path / "my_tasks.py").write_text(
        "from throughtime.tasks import Parity\n"
        "ready = Parity(bits=5)\n"
        "class Mine(Parity): pass\n"
        "def made(bits=7): return Parity(bits=bits)\n"
        "def breaks(): raise RuntimeError('no\\nluck')\n"
        "class box: inside = Parity(bits=9)\n"
        "nothing = 3\n"
    )
    (tmp_path / "broken_tasks.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("my_tasks", None)


@pytest.mark.usefixtures("my_tasks")
def test_a_users_own_task():
    assert tasks.find("my_tasks:ready").bits == 5
    assert tasks.find("my_tasks:Mine").bits == 16
    assert tasks.find("my_tasks:made").bits == 7
    assert tasks.find("my_tasks:made", bits=3).bits == 3
    assert tasks.find("my_tasks:box.inside").bits == 9


@pytest.mark.usefixtures("my_tasks")
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (
            "no_such:x",
            {},
            "no_such could not be imported for the task no_such:x: ModuleNotFoundError: No module named",
        ),
        (":x", {}, " could not be imported for the task :x: ValueError: Empty module name"),
        (
            "broken_tasks:x",
            {},
            "broken_tasks could not be imported for the task broken_tasks:x: ZeroDivisionError",
        ),
        ("my_tasks:absent", {}, "my_tasks has no absent to be the task my_tasks:absent"),
        ("my_tasks:", {}, "my_tasks has no  to be the task my_tasks:"),
        ("my_tasks:breaks", {}, "my_tasks:breaks could not make a task: RuntimeError: no luck"),
        ("my_tasks:made", {"z": 1}, "my_tasks:made could not make a task: TypeError"),
        ("my_tasks:ready", {"z": 1}, "my_tasks:ready is a task already and takes no options, got z"),
        (
            "my_tasks:nothing",
            {},
            "my_tasks:nothing is no task: it has no name, inputs, outputs, readout, loss",
        ),
    ],
)
def test_a_users_mistake_gets_one_sentence(name, options, message):
    with pytest.raises(ValueError, match="^" + message) as caught:
        tasks.find(name, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "option"), [("addition", "bits"), ("recall", "gap"), ("copy-memory", "delay"), ("adding-problem", "steps")]
)
def test_lengths_that_nobody_can_wait_for_are_refused_at_once(name, option):
    with pytest.raises(ValueError, match=rf"^{option} must be a whole number from \d+ to 1000000, got 100000000$"):
        tasks.find(name, **{option: 10**8})
