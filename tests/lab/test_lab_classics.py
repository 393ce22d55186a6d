"""The classic tasks, small: what is counted, and where a network without memory stands."""

from dataclasses import replace

import numpy as np
import pytest

from throughtime.experiments.lab import networks
from throughtime.experiments.lab.classics import CLASSICS, Attempt, baseline, measure, row
from throughtime.tasks import Parity


def test_a_row_is_the_median_of_those_that_solved_it():
    attempts = [Attempt("GRU", 5, seed, seed < 3, 100 * (seed + 1), seed, 10, 0.5) for seed in range(4)]
    found = row(attempts)
    assert (found.solved, found.seeds, found.sequences) == (3, 4, 200)
    assert found.wrong == pytest.approx(0.15)
    assert row(attempts[3:]).sequences is None


def test_the_baseline_is_the_loss_of_guessing():
    """Five symbols of eight that nobody remembers: 5 ln 8, as in Arjovsky et al. for ten."""
    task = CLASSICS["copy"].task(5)
    batch = task.sample(np.random.default_rng(0), 50)
    guess = np.full(9, 1 / 8)
    guess[8] = 0
    found = np.where(np.arange(15)[:, None] < 10, np.eye(9)[8], guess)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = -np.nansum(batch.y * np.where(batch.y > 0, np.log(found), 0)) / 50
    assert loss == pytest.approx(baseline(task)) == pytest.approx(10.397, abs=1e-3)


def test_training_ends_when_it_is_enough():
    asked = []

    def enough(run):
        asked.append(run.step)
        return len(asked) == 2

    (run,) = networks.trained(
        networks.LSTM, Parity(bits=3), [5], lambda seed, net, run: run, steps=350, batch=4, enough=enough
    )
    assert (asked, run.step, run.stopped) == ([100, 200], 200, "enough")
    asked[:] = [0] * 9
    (run,) = networks.trained(
        networks.LSTM, Parity(bits=3), [5], lambda seed, net, run: run, steps=250, batch=4, enough=enough
    )
    assert (asked[9:], run.step, run.stopped) == ([100, 200, 250], 250, "steps")


def test_reber_is_solved_in_a_few_thousand_sequences():
    found = []
    (only,) = [c for c in CLASSICS["reber"].contestants if c is networks.GRU_OPEN]
    attempts = measure(replace(CLASSICS["reber"], contestants=(only,)), seeds=1, progress=found.append)
    assert attempts[0].solved
    assert attempts[0].sequences % 800 == 0
    assert attempts[0].wrong / attempts[0].tested < 0.01
    assert found == [row(attempts)]


def test_all_networks_of_a_task_have_about_as_many_parameters():
    for name, classic in CLASSICS.items():
        sizes = [len(kind.plan(classic.task(classic.sizes[0]), 0).begin().parameters) for kind in classic.contestants]
        assert max(sizes) < 1.3 * min(sizes), name
