"""What parity, counter and comparison share, and their machines."""

from itertools import pairwise

import numpy as np
import pytest

from throughtime.batch import Batch
from throughtime.tasks import Comparison, Counter, Parity, Tomita
from throughtime.tasks.machine import Machine


@pytest.mark.parametrize("task", [Parity(), Counter(modulus=2), Counter(modulus=3), Counter(modulus=5)], ids=str)
def test_counts_of_ones(oracles, task):
    for word in oracles.words(task.machine, 9):
        _, found = task.retrace(np.array(word, float)[:, None])
        for t in range(9):
            ones = sum(word[: t + 1])
            wanted = ones % 2 if isinstance(task, Parity) else int(ones % task.modulus == 0)
            assert found[t, 0] == wanted
    assert oracles.distinct(task.machine) == len(task.machine.next)


@pytest.mark.parametrize("language", range(1, 8))
def test_words_that_stay_leave_a_language_for_good_only_when_they_may(language):
    """Another symbol than the one drawn stands only where that one would have led to where nothing follows."""
    machine, rng = Tomita(language=language).machine, np.random.default_rng(language)
    dead = {q for q, after in enumerate(machine.next.tolist()) if set(after) == {q}}
    assert set(np.flatnonzero(machine.absorbing)) == dead
    words, kept = rng.integers(2, size=(12, 300)), rng.integers(13, size=300)
    for word, stays, free in zip(words.T.tolist(), machine.staying(words, kept).T.tolist(), kept, strict=True):
        q = 0
        for t, (drawn, letter) in enumerate(zip(word, stays, strict=True)):
            avoided = int(machine.next[q, drawn]) in dead and t < free
            assert letter == (1 - drawn if avoided else drawn)
            q = int(machine.next[q, letter])
            assert t >= free or q not in dead


def test_where_every_symbol_leads_to_an_end_none_avoids_it():
    machine = Machine(
        np.array([[0.0], [1.0]]), np.array([[1, 1], [1, 1]]), np.zeros((2, 2, 1), int), ("begin", "end"), ("0", "1")
    )
    assert machine.absorbing.tolist() == [False, True]
    assert machine.staying(np.array([[1], [0], [1]]), np.array([3])).ravel().tolist() == [1, 0, 1]


def test_comparison_of_all_pairs(oracles):
    task = Comparison()
    for a in range(32):
        for b in range(32):
            x = np.array([[a >> t & 1, b >> t & 1] for t in range(5)], float)
            found = task.retrace(x)[1][:, 0]
            assert found.tolist() == [(a % 2**t) > (b % 2**t) for t in range(1, 6)]
    assert oracles.distinct(task.machine) == len(task.machine.next) == 2


@pytest.mark.parametrize("task", [Parity(), Counter(modulus=4), Comparison(bits=9), Tomita(language=7)], ids=str)
def test_samples_are_what_the_machine_tells(rng, task):
    batch = task.sample(rng, 40)
    assert batch.x.shape == (40, task.bits, task.inputs)
    assert batch.y.shape == (40, task.bits, task.outputs) == (40, task.bits, 1)
    for x, y in zip(batch.x, batch.y, strict=True):
        np.testing.assert_array_equal(task.retrace(x)[1], y)


def test_bits_are_fair(rng):
    for task in (Parity(), Comparison()):
        x = task.sample(rng, 6400).x
        assert (abs(x.mean(axis=0) - 0.5) < 0.03).all()
        assert all(abs(np.corrcoef(x[:, s, 0], x[:, t, 0])[0, 1]) < 0.06 for s, t in pairwise(range(task.bits)))


def test_right_forgives_padding_and_what_is_not_asked(rng):
    task = Parity(bits=4)
    full = task.sample(rng, 4)
    y = full.y.copy()
    y[0, 3] = 1 - y[0, 3]
    y[1, 2] = 1 - y[1, 2]
    y[2, 0] = np.nan
    assert task.right(y, full).tolist() == [False, False, False, True]
    assert task.right(y, Batch(full.x, full.y, np.array([3, 3, 3, 3]))).tolist() == [True, False, False, True]
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]], float)
    assert task.right(y, Batch(full.x, full.y, mask=mask)).tolist() == [True, True, False, True]


def test_render():
    task = Parity()
    x, y = np.array([[1.0], [0], [1], [1]]), np.array([[0.9], [0.8], [0.3], [0.6]])
    assert task.render(x, y) == "  bit       1 0 1 1\n  parity    1 1 0 1      right"
    y[3] = 0.5
    assert task.render(x, y) == (
        "  bit       1 0 1 1\n  parity    1 1 0 ?      wrong\n            1 1 0 1      is right"
    )
    pair = np.array([[1.0, 0], [0, 1]])
    assert Comparison().render(pair, np.array([[1.0], [0.0]])) == (
        "  a             1 0\n  b             0 1\n  comparison    1 0      right"
    )


def test_only_bits_are_read():
    with pytest.raises(ValueError, match=r"^parity reads bits, 0 or 1, got \[0.5\]$"):
        Parity().retrace(np.array([[1.0], [0.5]]))


def test_evaluate_all_words_or_some(oracles):
    task = Parity(bits=6)
    net = oracles.Follower(task.machine, wrong=["0110"])
    found = task.evaluate(net)
    assert (found.checked, found.wrong, found.exhaustive) == (64, 4, True)
    assert found.first_wrong.startswith("  bit       0 1 1 0 0 0\n")
    assert task.evaluate(net, bits=3).wrong == 0
    some = task.evaluate(net, samples=320, bits=30)
    assert (some.checked, some.exhaustive) == (320, False)
    assert 5 <= some.wrong <= 40
    assert some.first_wrong.startswith("  bit       0 1 1 0 ")
    assert some == task.evaluate(net, samples=320, bits=30)
    assert some.first_wrong != task.evaluate(net, samples=320, bits=30, seed=1).first_wrong


def test_options_are_checked():
    with pytest.raises(ValueError, match=r"^bits must be a whole number of at least 1, got 0$"):
        Parity(bits=0)
    with pytest.raises(ValueError, match=r"^modulus must be a whole number from 2 to 1000, got 1$"):
        Counter(modulus=1)
