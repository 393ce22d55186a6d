"""A budget of work: the same verdict at any load of the machine, since no clock is read."""

from __future__ import annotations

import itertools
import time

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, forgetful

import throughtime as tt
from throughtime.proof import Proved, Unknown, checker, image, prove, sets
from throughtime.proof.budget import CALL, NUMBER, SECOND, SINGLE, Budget, OutOfBudget
from throughtime.proof.counterexample import Allowance, first_wrong, shorten
from throughtime.proof.extraction import extract
from throughtime.proof.samples import samples
from throughtime.proof.search import Search
from throughtime.proof.system import System
from throughtime.proof.zonotope import box


def test_work_that_is_more_than_is_left_is_not_done():
    budget = Budget.of(1.0)
    budget.take(SECOND)
    with pytest.raises(OutOfBudget):
        budget.take(1)


def hard():
    """A network that has learned a little parity by chance: no proof within the budgets below."""
    net = built.elman(tt.tasks.Parity().machine, steep=6.0)
    net.parameters[:] += np.random.default_rng(3).normal(0, 0.3, len(net.parameters))
    return net


def as_found(net, machine, budget):
    found = prove(net, machine, budget=budget)
    if isinstance(found, Proved):
        return found.certificate.text
    return (str(found), found.search) if isinstance(found, Unknown) else found.word


@pytest.mark.parametrize("budget", [0.0, 0.01, 0.1, 10.0])
def test_no_clock_decides(budget, monkeypatch):
    nets = [(built.two_unit_adder(), ADDITION), (hard(), tt.tasks.Parity().machine)]
    before = [as_found(*one, budget) for one in nets]
    nonsense = itertools.cycle([0.0, 1e9, -1e9, float("nan"), float("inf")])
    for clock in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
        monkeypatch.setattr(time, clock, lambda: next(nonsense))
    assert [as_found(*one, budget) for one in nets] == before


@pytest.mark.parametrize("value", [float("nan"), -1, "x", None, True, [1.0]])
@pytest.mark.parametrize("name", ["budget", "epsilon", "input_noise", "seed"])
def test_numbers_that_are_none_are_refused_before_anything_is_done(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be a"):
        prove(built.two_unit_adder(), ADDITION, **{name: value})
    if name == "budget":
        with pytest.raises(ValueError, match=r"^budget must be a"):
            tt.train_until_proved(tt.Network(inputs=2, hidden=2, outputs=1), tt.tasks.Addition(), budget=value)


def test_walks_are_charged_before_they_are_done(monkeypatch):
    """A search whose budget is just too small for them does not begin them."""
    system = System.of(built.two_unit_adder(), ADDITION)
    cost = sets.STEPS * (sets.WALKS * system.work + CALL)
    begun = []
    real = sets._walked
    monkeypatch.setattr(sets, "_walked", lambda *given: begun.append(given) or real(*given))
    for budget, walked in ((cost - 1, 0), (cost, 1)):
        found = Search(system, ADDITION, Budget(budget), 0, lambda line: None).verdict()
        assert isinstance(found, Unknown)
        assert found.reason == "no error found in the budget"
        assert len(begun) == walked


def test_lingering_hulls_and_representatives_are_charged():
    system = System.of(built.elman(ADDITION), ADDITION)
    tried = samples(system, ADDITION)
    with pytest.raises(OutOfBudget):
        sets.linger(tried, ADDITION, 0, Budget(sets.LONG * (sets.LINGERING * system.work + CALL) - 1))
    walks, spent = sets.walk(tried, ADDITION, 0), Budget(1e12)
    tracking = extract(system, ADDITION, 0.5, 1000, budget=spent)
    assert 1e12 - spent.left >= SINGLE * (len(tracking.label) - 1)
    with pytest.raises(OutOfBudget):
        sets.hulls(tracking, tried, walks, Budget(NUMBER * walks.states.size - 1))
    assert isinstance(sets.hulls(tracking, tried, walks, Budget(1e12)), sets.Sets)


@pytest.mark.parametrize("hidden", [4, 32])
@pytest.mark.parametrize(("cell", "layers"), [("elman", 1), ("elman", 2), ("lstm", 1), ("gru", 1), ("gru", 2)])
def test_images_are_charged_for_the_products_that_they_compute(cell, layers, hidden, monkeypatch):
    """Those of generators and matrices, counted where they are multiplied: large networks were charged threefold."""
    net = tt.Network(cell=cell, inputs=2, hidden=hidden, outputs=1, layers=layers)
    system, done, real = System.of(net, ADDITION), [], image.affine

    def counted(Z, M, b):
        done.append(Z.G[..., 0].size * M.size if M.shape[1] > 1 else 0)  # without the readout
        return real(Z, M, b)

    for name, value in (("affine", counted), ("FUNCTION", 0), ("CALL", 0)):
        monkeypatch.setattr(image, name, value)
    center = np.random.default_rng(0).uniform(-0.5, 0.5, (3, system.width))
    image.image(system, box(center - 0.1, center + 0.1), 1e-10)
    charged = image.work(system, 3, system.width)
    assert sum(done) <= charged <= 3 * sum(done)
    assert charged == sum(done) or (cell, layers) != ("elman", 1)


def test_a_check_is_not_charged(monkeypatch):
    search = Search(System.of(built.two_unit_adder(), ADDITION), ADDITION, Budget.of(10.0), 0, lambda line: None)
    left = []
    check = checker.check

    def watched(*given):
        left.append(search.budget.left)
        report = check(*given)
        left.append(search.budget.left)
        return report

    monkeypatch.setattr(checker, "check", watched)
    assert isinstance(search.run(), Proved)
    assert left[0] == left[1] < Budget.of(10.0).left


def test_shortening_a_word_ends_too():
    net, word = forgetful(60), (*[1] * 59, 3, *[1] * 300, 0)
    system = System.of(net, ADDITION)
    whole = word[: first_wrong(system, ADDITION, np.array([word]))[0]]
    assert shorten(system, ADDITION, word, Allowance(shortening=Budget(0)))[0] == whole
    assert len(shorten(system, ADDITION, word, Allowance())[0]) == 60
