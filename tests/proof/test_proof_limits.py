"""Where a search ends without a verdict, what it tells on the way, and what it refuses."""

from __future__ import annotations

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, forgetful
from own_cells import OWN

import throughtime as tt
from throughtime.proof import Machine, Unknown, checker, image, prove, sweep
from throughtime.proof.budget import Budget
from throughtime.proof.extraction import Tracking, extract
from throughtime.proof.samples import samples
from throughtime.proof.search import Search
from throughtime.proof.sets import Sets, hulls, walk
from throughtime.proof.system import System


def test_the_budget_ends_the_search():
    net = forgetful(60)
    assert isinstance(prove(net, ADDITION, budget=0), Unknown)
    rng = np.random.default_rng(0)
    net = built.empty(cell="elman", inputs=2, hidden=3, outputs=1)
    net.parameters[:] = rng.normal(0, 1, len(net.parameters))
    net["b_y"][:] = -12  # 0 always, by far
    machine = Machine(ADDITION.symbols, ADDITION.next, 0 * ADDITION.outputs, ("q0", "q1"), ADDITION.symbol_names)
    unknown = prove(net, machine, budget=0.0)
    assert isinstance(unknown, Unknown)
    assert unknown.right_to == 8
    assert str(unknown) == "undecided: right up to 8 steps, no error found in the budget"
    assert "noise" in unknown.details


def test_ctrl_c_is_unknown():
    def interrupt(line):
        raise KeyboardInterrupt

    unknown = prove(built.two_unit_adder(), ADDITION, progress=interrupt)
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "no error found until it was interrupted"


def test_progress_is_told():
    lines = []
    prove(built.elman(ADDITION), ADDITION, progress=lines.append)
    assert lines[0] == "looking for an error"
    assert any("checking the proof" in line for line in lines)


def test_nothing_is_proved_that_the_checker_rejects(monkeypatch):
    def refuse(text, tick=None):
        raise checker.Rejected("no")

    monkeypatch.setattr(checker, "check", refuse)
    monkeypatch.setattr("throughtime.proof.search.FINEST", 1.0)
    unknown = prove(built.two_unit_adder(), ADDITION, budget=5)
    assert isinstance(unknown, Unknown)
    assert unknown.failed == "the checker did not follow: no"


def test_states_that_overflow_are_unknown():
    net = built.empty(cell="elman", activation="relu", inputs=1, hidden=1, outputs=1, readout="identity")
    net["V"][:], net["U"][:], net["b_h"][:] = 1.0, 1e20, 1.0
    machine = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("0", "1"))
    unknown = prove(net, machine)
    assert unknown.verdict == "unknown"
    assert "overflow" in str(unknown)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"bidirectional": True}, "bidirectional"),
        ({"output": "last step"}, "last step"),
        ({"readout": "softmax", "outputs": 1}, "softmax"),
        ({"inputs": 3}, "reads 3 features, a symbol of the machine has 2"),
        ({"outputs": 2}, "has 2 outputs, the machine has 1"),
    ],
)
def test_what_cannot_be_proved_is_refused_in_one_sentence(fields, complaint):
    net = built.empty(**{"inputs": 2, "hidden": 2, "outputs": 1} | fields)
    with pytest.raises(ValueError, match=complaint):
        prove(net, ADDITION)


def test_a_task_in_place_of_its_machine_is_refused():
    with pytest.raises(ValueError, match=r"got Addition; say task\.machine$"):
        prove(built.two_unit_adder(), tt.tasks.Addition())


def test_parameters_that_are_not_finite_are_refused():
    net = built.two_unit_adder()
    net.parameters[3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        prove(net, ADDITION)


def test_symbols_that_float32_cannot_tell_apart_are_refused():
    machine = Machine(
        np.array([[1.0], [1.0 + 1e-9]]), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("a", "b")
    )
    net = built.empty(inputs=1, hidden=2, outputs=1, dtype="float32")
    with pytest.raises(ValueError, match="differ in float32"):
        prove(net, machine)


def test_a_search_has_no_state_of_its_own_between_calls():
    assert not any(
        isinstance(value, list | dict | set) for name, value in vars(Search).items() if not name.startswith("__")
    )


@pytest.mark.parametrize("together", [1, 5])
def test_sets_that_are_swept_in_parts_stick_out_as_far(together, monkeypatch):
    net = built.elman(ADDITION, steep=8.0)
    system, budget = System.of(net, ADDITION), Budget()
    tracking = extract(system, ADDITION, 0.1, 1000)
    tried = samples(system, ADDITION)
    found = hulls(tracking, tried, walk(tried, ADDITION, 0), budget)
    narrow = found.wider(-0.2 * (found.hi - found.lo), -0.2 * (found.hi - found.lo))
    given = system, ADDITION, tracking, narrow, np.arange(len(narrow.lo)), 2, 1e-10
    whole = sweep.sweep(*given, 10**6, budget)
    monkeypatch.setattr(sweep, "TOGETHER", together)
    parts = sweep.sweep(*given, 10**6, budget)
    assert whole.worst > 0
    assert len(narrow.lo) > together
    np.testing.assert_allclose(parts.below, whole.below, atol=1e-12)
    np.testing.assert_allclose(parts.above, whole.above, atol=1e-12)
    assert parts.images == whole.images
    sweep.sweep(*given, whole.images, budget)
    with pytest.raises(sweep.Doubtful, match="had to be looked at"):
        sweep.sweep(*given, whole.images - 1, budget)


def two_sets(net, wide):
    """A network that never is wrong, and two sets that follow each other: a point, and one so wide (n,)."""
    machine = Machine(ADDITION.symbols, ADDITION.next, 0 * ADDITION.outputs, ADDITION.state_names, ("a", "b", "c", "d"))
    net["b_y"][:] = -100
    system = System.of(net, machine)
    n, A = system.width, len(machine.symbols)
    succ = np.repeat([[1], [0]], A, axis=1)
    tracking = Tracking(np.zeros((2, n)), np.zeros(2, np.int64), succ, np.zeros((2, A, 1)), np.full(2, 0.5))
    return system, machine, tracking, Sets(np.stack([0 * wide, -wide]), np.stack([0 * wide, wide]))


@pytest.mark.parametrize("at_once", [1, 300])
def test_sets_that_have_different_numbers_of_generators_are_swept_in_parts(at_once, monkeypatch):
    """Of a point, an exact function that is read twice is off by nothing; of a set it is, and has generators for it."""
    net = built.empty(inputs=2, hidden=3, outputs=1, **OWN["clipped"])
    net.parameters[:] = np.random.default_rng(0).normal(0, 0.5, len(net.parameters))
    given = *two_sets(net, np.full(6, 0.5)), np.arange(2), 3, 0.0, 10**6, Budget()
    whole = sweep.sweep(*given)
    monkeypatch.setattr(sweep, "AT_ONCE", at_once)
    parts = sweep.sweep(*given)
    assert whole.worst > 0.1
    np.testing.assert_allclose(parts.below, whole.below, atol=1e-12)
    np.testing.assert_allclose(parts.above, whole.above, atol=1e-12)


def test_the_set_that_is_widest_in_one_coordinate_is_swept_first(monkeypatch):
    """Where it may be wrong, that is seen before work on others is done."""
    net = built.empty(inputs=2, hidden=2, outputs=1, activation="tanh")
    net["U"][:], net["W"][:] = 1, 1000
    system, machine, tracking, sets = two_sets(net, np.array([0.5, 0.0]))
    sets = sets.wider(*np.array([[1e-3, 1e-3], [0, 0]])[[[0, 1]] * 2])
    one = image.work(system, 1, 2)
    monkeypatch.setattr(sweep, "TOGETHER", 1)
    given = system, machine, tracking, sets
    assert sweep.sweep(*given, np.array([0]), 1, 0.0, 10**6, Budget(one)).worst > 1e-3
    with pytest.raises(sweep.Doubtful, match='an output on "a" may be wrong'):
        sweep.sweep(*given, np.arange(2), 1, 0.0, 10**6, Budget(one))


@pytest.mark.parametrize("most", [100, 1])
def test_when_automata_are_too_large_those_before_are_made_finer_the_coarsest_first(most, monkeypatch):
    """And if even the first one is, there are none."""
    tolerances = []
    monkeypatch.setattr(Search, "attempt", lambda *given: None)
    monkeypatch.setattr(Search, "finer_where_wide", lambda search, tracking, tolerance: tolerances.append(tolerance))
    monkeypatch.setattr("throughtime.proof.search.MOST_SETS", most)
    unknown = prove(built.elman(ADDITION, steep=8.0), ADDITION)
    closed = [0.5 * 0.7**k for k in range(len(tolerances))]
    np.testing.assert_allclose(tolerances, closed)
    assert (len(closed) > 10) == (most == 100)
    assert unknown.reason == "no error found"
    assert unknown.tolerance == (None if most == 1 else tolerances[-1])
    too_fine = 0.5 * 0.7 ** len(closed)
    assert unknown.failed == f"closed at τ = {too_fine:.2g}, the automaton would have more than {most} states"
