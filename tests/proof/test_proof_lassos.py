"""Lassos, of which none is left out, and walks that linger: they find the errors that random words do not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from known_networks import ADDITION, forgetful, wrong_on

import throughtime as tt
from throughtime.proof.budget import Budget
from throughtime.proof.counterexample import first_wrong
from throughtime.proof.lassos import MOST, lassos, longest, wrong_lasso
from throughtime.proof.samples import samples
from throughtime.proof.sets import linger
from throughtime.proof.system import System


@pytest.mark.parametrize("symbols", [1, 2, 4])
def test_every_lasso_is_there_once(symbols):
    def unrolled(prefix, cycle):
        return (*prefix, *cycle * 24)[:24]

    found = [unrolled(*lasso) for lasso in lassos(symbols)]
    words = [word for size in range(longest(symbols) + 1) for word in product(range(symbols), repeat=size)]
    assert len(set(found)) == len(found)
    assert set(found) == {unrolled(prefix, cycle) for prefix in words for cycle in words if cycle}


def test_of_many_symbols_there_are_not_too_many():
    assert len(lassos(100)) == MOST // 100
    assert len(lassos(10**6)) == 1


@pytest.mark.parametrize("length", [20, 60])
def test_a_late_error_is_found(length):
    net = forgetful(length)
    system = System.of(net, ADDITION)
    word = wrong_lasso(system, ADDITION, Budget())
    assert word is not None
    assert first_wrong(system, ADDITION, np.array([word]))[0] == len(word) == length


LSTM = {
    "batch": 64, "steps": 6000, "optimizer": tt.Adam(0.01), "schedule": tt.Cosine(0.05),
    "weight_decay": 0.01, "cell_penalty": 0.008,
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize(("seed", "noise", "bit"), [(32, 0.2, 137), (33, 0.5, 50)])
def test_adders_that_are_right_on_all_numbers_of_8_bits_are_refuted(seed, noise, bit):
    task = tt.tasks.Addition()
    net = tt.Network(cell="lstm", inputs=2, hidden=8, outputs=1, seed=seed)
    net = tt.train(net, task, **LSTM, noise=noise, seed=seed).network
    assert task.evaluate(net, bits=8).wrong == 0
    proof = tt.prove(net, task.machine)
    assert proof.verdict == "refuted"
    assert proof.step <= bit
    assert wrong_on(net, task.machine, proof.word)


def test_walks_linger_in_what_they_read_and_leave_it_again():
    tried = samples(System.of(forgetful(60), ADDITION), ADDITION)
    walks = linger(tried, ADDITION, 0)
    for row in (1, 2):  # of each three walks, the first reads symbols as they come
        words = walks.words[:, row::3]
        assert max((words[t:] == words[:-t]).mean(axis=0).max() for t in (1, 2, 3)) > 0.95
    assert (walks.words[1:] == walks.words[:-1]).mean(axis=0)[::3].max() < 0.5
    assert walks.error is not None
    assert first_wrong(tried.system, ADDITION, np.array([walks.error]))[0] == len(walks.error)
