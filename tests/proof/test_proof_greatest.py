"""The greatest input noise, and the greatest ε, that are proved: brackets of what is true, in one budget."""

from __future__ import annotations

import json

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION

from throughtime import proof
from throughtime.proof import Machine, Proved, Refuted, checker, greatest, prove_greatest
from throughtime.proof.budget import Budget
from throughtime.proof.greatest import NEAR, most_noise

BITS = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.array([[[0], [1]]]), ("s",), ("0", "1"))


def threshold(at: float):
    """A network whose output is 1 where its input is above a number: what it bears is known."""
    net = built.empty(activation="relu", inputs=1, hidden=1, outputs=1)
    net["layer0.V"][:], net["W"][:], net["b_y"][:] = 1, 40, -40 * at
    return net


@pytest.mark.parametrize(("at", "bears"), [(0.5, 0.5), (0.3, 0.3), (0.9, 0.1), (0.02, 0.02)])
def test_the_greatest_noise_is_found_to_a_twentieth(at, bears):
    found = prove_greatest(threshold(at), BITS)
    assert isinstance(found.proof, Proved)
    assert bears / NEAR**2 <= found.value <= bears <= found.beyond * 1.001
    assert found.verdict is None if at == 0.5 else isinstance(found.verdict, Refuted)
    symbols = json.loads(found.proof.certificate.text)["specification"]["symbols"]
    ends = [[float.fromhex(end) for end in symbol[0]] for symbol in symbols]
    assert np.allclose(ends, [[-found.value, found.value], [1 - found.value, 1 + found.value]])
    assert checker.check(found.proof.certificate.text).margin > 0


def test_the_greatest_epsilon_is_stored_in_the_certificate():
    """net_y is at least 20 from 0; a state that is off by ε moves it by 40 ε, and it may be off by ε itself."""
    found = prove_greatest(threshold(0.5), BITS, "epsilon")
    assert isinstance(found.proof, Proved)
    assert 20 / 41 / NEAR**2 <= found.value <= 20 / 41 < found.beyond
    assert float.fromhex(json.loads(found.proof.certificate.text)["epsilon"]) == found.value


def test_what_is_given_of_the_other_is_kept():
    found = prove_greatest(threshold(0.5), BITS, "epsilon", input_noise=0.25)
    assert 10 / 41 / NEAR**2 <= found.value <= 10 / 41 < found.beyond
    assert found.proof.machine.hi[0, 0] == 0.25


def test_no_proof_of_the_least_is_the_verdict_on_it():
    net = built.two_unit_adder()
    net["b_y"][:] += 20
    found = prove_greatest(net, ADDITION)
    assert isinstance(found.proof, Refuted)
    assert (found.value, found.beyond, found.verdict) == (0, 0, found.proof)


def test_all_attempts_have_one_budget(monkeypatch):
    given, spent, searches = [], [], []
    real = greatest.search_for

    def watched(net, machine, budget, *others, **more):
        search = real(net, machine, budget, *others, **more)
        given.append(budget.left)
        searches.append(search)
        decided = search.decided

        def seen():
            found = decided()
            spent.append(given[-1] - max(budget.left, 0))
            return found

        search.decided = seen
        return search

    monkeypatch.setattr(greatest, "search_for", watched)
    whole = Budget.of(0.5).left
    prove_greatest(threshold(0.3), BITS, budget=0.5)
    assert len(given) > 3
    assert sum(spent) <= whole
    assert all(search.allowed is searches[0].allowed for search in searches)  # and one for words that are wrong
    for k, share in enumerate(given[1:], 1):
        left = whole - sum(spent[:k])
        assert share <= max(left / 4, 2 * max(spent[:k])) * 1.001
        assert share <= left


def test_ctrl_c_keeps_what_is_proved(monkeypatch):
    left = [3]
    real = greatest.search_for

    def pressed(*given, **more):
        search = real(*given, **more)
        left[0] -= 1
        if left[0] == 0:
            search.run = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
        return search

    monkeypatch.setattr(greatest, "search_for", pressed)
    found = prove_greatest(threshold(0.3), BITS)
    assert isinstance(found.proof, Proved)
    assert found.value > 0
    assert left == [0]


def test_most_noise():
    assert most_noise(ADDITION) == 0.5
    assert most_noise(ADDITION.off_by(0.1)) == pytest.approx(0.4)
    one = Machine(np.array([[3.0]]), np.zeros((1, 1), int), np.zeros((1, 1, 1), int), ("s",), ("a",))
    assert most_noise(one) == 1


@pytest.mark.parametrize("of", ["noise", "", None, 1])
def test_what_has_no_greatest_is_refused(of):
    with pytest.raises(ValueError, match=r'^of must be "input noise" or "epsilon", got '):
        proof.prove_greatest(built.two_unit_adder(), ADDITION, of)
