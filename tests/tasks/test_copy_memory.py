import numpy as np
import pytest

from throughtime.tasks import CopyMemory


def test_samples_are_symbols_delay_signal_and_recall(rng):
    task = CopyMemory(delay=5, length=3, symbols=4)
    batch = task.sample(rng, 400)
    assert (task.inputs, task.outputs) == (6, 5)
    assert batch.x.shape == (400, 11, 6)
    assert batch.y.shape == (400, 11, 5)
    assert (batch.x.sum(axis=2) == 1).all()
    assert (batch.y.sum(axis=2) == 1).all()
    read, answers = batch.x.argmax(axis=2), batch.y.argmax(axis=2)
    assert set(read[:, :3].ravel()) == {0, 1, 2, 3}
    assert (read[:, 3:] == [4, 4, 4, 4, 5, 4, 4, 4]).all()
    assert (answers[:, :8] == 4).all()
    assert (answers[:, 8:] == read[:, :3]).all()


def test_the_papers_sizes(rng):
    batch = CopyMemory(delay=100).sample(rng, 2)
    assert batch.x.shape == (2, 120, 10)
    assert batch.y.shape == (2, 120, 9)
    assert batch.x[:, 109, 9].tolist() == [1, 1]


def test_right_is_the_likeliest_class_at_every_step(rng):
    task = CopyMemory(delay=2, length=2)
    batch = task.sample(rng, 3)
    y = 0.2 * batch.y + 0.1
    y[1, 0, 0] = 0.9
    y[2, -1] = np.roll(y[2, -1], 1)
    assert task.right(y, batch).tolist() == [True, False, False]


def test_render():
    task = CopyMemory(delay=2, length=2)
    x = np.eye(10)[[7, 0, 8, 9, 8, 8]]
    y = np.eye(9)[[8, 8, 8, 8, 7, 0]]
    assert task.render(x, y) == "  read         7 0 · ? · ·\n  predicted    · · · · 7 0      right"
    y = np.eye(9)[[8, 8, 8, 8, 7, 1]]
    assert task.render(x, y) == (
        "  read         7 0 · ? · ·\n  predicted    · · · · 7 1      wrong\n               · · · · 7 0      is right"
    )


def test_evaluate(oracles):
    task = CopyMemory(delay=1, length=1)
    y = task.sample(np.random.default_rng(0), 30).y
    y[4] = y[4][::-1]
    found = task.evaluate(oracles.Answers(y), samples=30)
    assert (found.checked, found.wrong, found.exhaustive) == (30, 1, False)
    assert found.first_wrong.endswith("is right")


def test_options_are_checked():
    for options in ({"delay": 0}, {"length": 0}, {"symbols": 1}):
        with pytest.raises(ValueError, match=f"^{next(iter(options))} must be a whole number of at least"):
            CopyMemory(**options)
