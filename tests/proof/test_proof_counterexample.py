"""Counterexamples: replayed, as short and simple as can be, and written as people write them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, broken, forgetful, outputs_on, prove, wrong_on

from throughtime import Network, tasks
from throughtime.cells import NAMES
from throughtime.proof import Machine, Proved, Refuted, counterexample
from throughtime.proof.budget import SECOND, Budget
from throughtime.proof.counterexample import Allowance, exhaust, first_wrong, replay, shorten, surely_wrong
from throughtime.proof.decimals import last_net_y
from throughtime.proof.search import search_for
from throughtime.proof.system import System
from throughtime.proof.words import spell


def test_shortening_leaves_nothing_out_that_could_be():
    net = forgetful(12)
    system = System.of(net, ADDITION)
    rng = np.random.default_rng(0)
    noise = tuple(rng.integers(4, size=20).tolist())
    word, _ = shorten(system, ADDITION, (*noise, 0, *[2] * 15, 3), Allowance())
    assert word == (*[1] * 11, 3)
    assert surely_wrong(system, ADDITION, word, Allowance())
    assert not surely_wrong(system, ADDITION, word[:-1], Allowance())


def test_a_word_that_is_right_when_it_is_read_alone_refutes_nothing():
    """Of many words at once one may be wrong by rounding alone, which is another one there."""
    net = built.elman(ADDITION)
    assert shorten(System.of(net, ADDITION), ADDITION, (3, 0, 2), Allowance())[0] == (3, 0, 2)
    assert search_for(net, ADDITION, Budget.of(1)).refute((3, 0, 2)) is None


def test_all_short_words_are_tried():
    net = built.elman(broken(ADDITION, np.random.default_rng(0)))
    length, word = exhaust(System.of(net, ADDITION), ADDITION)
    assert word is not None
    assert length == len(word) - 1
    assert exhaust(System.of(built.elman(ADDITION), ADDITION), ADDITION, most=4**4) == (4, None)


def test_one_half_is_no_answer():
    net = built.empty(cell="gru", inputs=2, hidden=2, outputs=1)
    proof = prove(net, ADDITION)
    assert isinstance(proof, Refuted)
    assert proof.word == (0,)
    assert proof.given == (0.5,)
    assert proof.details == "predicted 0.5, right is 0 (in state “carry 0”); all shorter ones are right"


def test_words_are_shown_as_people_write_them():
    parity = tasks.Parity().machine
    proof = prove(built.elman(broken(parity, np.random.default_rng(0))), parity)
    assert str(proof) == f"refuted   wrong at step {len(proof.word)}:  {''.join(map(str, proof.word))}"
    minus = tasks.Subtraction().machine
    assert " − " in str(prove(built.elman(ADDITION), minus))
    named = Machine(parity.symbols, parity.next, parity.outputs, parity.state_names, ("left", "right"))
    assert str(prove(built.elman(broken(named, np.random.default_rng(0))), named)).endswith(("left", "right"))


# ---------------------------------------------------------------- minimal


def late(length):
    """A wrong adder whose shortest errors are too long to try all words, and its system."""
    net = forgetful(length)
    return net, System.of(net, ADDITION)


@pytest.mark.parametrize("length", [10, 14, 30])
def test_nothing_can_be_left_out_and_no_operand_is_simpler(length):
    """No prefix is wrong, nor the word without symbols in a row, nor with a symbol earlier in the alphabet."""
    net, system = late(length)
    rng = np.random.default_rng(length)
    for _ in range(5):
        start = rng.integers(4, size=12).tolist()
        word = (*start, 0, *rng.integers(1, 3, size=length + 4).tolist(), 3)
        assert first_wrong(system, ADDITION, np.array([word])).any()
        word, shortest = shorten(system, ADDITION, word, Allowance())
        assert wrong_on(net, ADDITION, word)
        assert len(word) == length
        assert shortest == (length <= 9)
        for size in range(1, len(word)):
            cuts = np.array([word[:at] + word[at + size :] for at in range(len(word) - size + 1)])
            assert not first_wrong(system, ADDITION, cuts).any()
        simpler = [(*word[:at], s, *word[at + 1 :]) for at in range(len(word)) for s in range(word[at])]
        assert not first_wrong(system, ADDITION, np.array(simpler)).any()


def test_random_networks_have_words_that_cannot_be_made_simpler():
    """Many small random networks, held against a machine that agrees with them but for rare words."""
    rng, longest = np.random.default_rng(3), 0
    for _ in range(60):
        net = built.empty(cell="elman", activation="tanh", inputs=2, hidden=3, outputs=1)
        net.parameters[:] = rng.normal(0, 1.2, len(net.parameters))
        net["b_y"][:] -= 0.9 * np.abs(net["W"]).sum() + net["b_y"]  # nearly always 0
        machine = Machine(ADDITION.symbols, 0 * ADDITION.next, 0 * ADDITION.outputs, ("q", "p"), tuple("abcd"))
        system = System.of(net, machine)
        words = rng.integers(4, size=(3000, 40))
        steps = first_wrong(system, machine, words)
        if not steps.any():
            continue
        at = int(np.where(steps > 0, steps, 0).argmax())
        word, shortest = shorten(system, machine, tuple(words[at].tolist()), Allowance())
        assert wrong_on(net, machine, word)
        longest = max(longest, len(word))
        if shortest:
            _, found = exhaust(system, machine)
            assert found is None or len(found) == len(word)
        else:
            simpler = [(*word[:k], s, *word[k + 1 :]) for k in range(len(word)) for s in range(word[k])]
            assert not len(simpler) or not (first_wrong(system, machine, np.array(simpler)) > 0).any()
    assert longest > 2


def test_the_shortest_is_found_by_trying_all():
    """`exhaust` gives the first wrong word, in the order of length and alphabet."""
    rng = np.random.default_rng(4)
    for _ in range(30):
        net = built.empty(cell="gru", inputs=2, hidden=2, outputs=1)
        net.parameters[:] = rng.normal(0, 2, len(net.parameters))
        system = System.of(net, ADDITION)
        length, word = exhaust(system, ADDITION)
        for n in range(1, length + 2):
            words = np.array(list(np.ndindex(*[4] * min(n, 5))))
            bad = np.flatnonzero(first_wrong(system, ADDITION, words) == n) if n <= 5 else []
            if n <= min(length, 5):
                assert not len(bad)
            elif len(bad):
                assert word == tuple(words[bad[0]].tolist())


# ---------------------------------------------------------------- replay


FORMS = ((True, 1, "float64"), (False, 2, "float32"), (True, 2, "float32"))


@pytest.mark.parametrize(
    "fields",
    [{"cell": c, "bias": b, "layers": n, "dtype": d} for c in ("elman", "lstm", "gru") for b, n, d in FORMS],
)
def test_a_replay_gives_what_the_cells_give(fields):
    rng = np.random.default_rng(5)
    net = built.empty(inputs=2, hidden=4, outputs=1, **fields)
    net.parameters[:] = rng.normal(0, 1, len(net.parameters))
    word = rng.integers(4, size=30)
    y, d = replay(System.of(net, ADDITION), ADDITION, word)
    near = 1e-12 if net.specification.dtype == "float64" else 1e-4
    assert y == pytest.approx(outputs_on(net, ADDITION, word), abs=near)
    assert (d == ADDITION.run(word)[1]).all()


@pytest.mark.parametrize("steps", [20, 300, 10_000])
def test_work_with_decimals_is_bounded_for_words_of_any_length(monkeypatch, steps):
    """A GRU that fails late on Tomita's fourth language had prove compute with thousands of digits, for hours."""
    system = System.of(Network(cell="gru", inputs=2, hidden=16, outputs=1, seed=0), ADDITION)
    asked = []

    def undecided(system, word, digits):
        asked.append(digits)
        return [(Decimal(-1), Decimal(1))]

    monkeypatch.setattr(counterexample, "last_net_y", undecided)
    monkeypatch.setattr(counterexample, "_last_net_y", lambda system, word, budget: (-np.ones(1), np.ones(1)))
    assert not surely_wrong(system, ADDITION, (3,) * steps, Allowance())
    assert sum(steps * system.work * digits**2 for digits in asked) <= counterexample.SURE * SECOND
    assert asked[0] == 50


def test_work_with_decimals_is_bounded_for_all_words_of_a_search_together(monkeypatch):
    """Each word had its own, and a search asks of several: these came to 57 seconds of work."""
    search = search_for(built.empty(cell="gru", inputs=2, hidden=16, outputs=1), ADDITION, Budget.of(0.0))
    asked = []

    def undecided(system, word, digits):
        asked.append(len(word) * system.work * digits**2)
        return [(Decimal(-1), Decimal(1))]

    monkeypatch.setattr(counterexample, "last_net_y", undecided)
    monkeypatch.setattr(counterexample, "_last_net_y", lambda system, word, budget: (-np.ones(1), np.ones(1)))
    for steps in (300, 310, 320, 10_000, 330, 5):
        assert search.refute((3,) * steps) is None
    before = sum(asked)
    assert before <= counterexample.SURE * SECOND
    assert search.refute((3,) * 6) is None
    assert sum(asked) > before  # what was too much for a long word is left for a short one


def rotating() -> tuple[built.Built, Machine]:
    """A network that turns a vector by an angle at each step, and a machine whose output is always 0.

    Errors of rounding are turned as it is; taken each at its worst, they become 1.4 times larger at every step.
    """
    net = built.empty(cell="elman", activation="tanh", inputs=1, hidden=2, outputs=1)
    angle, small = np.pi / 4, 2.0**-20  # so small that tanh is as good as linear
    net["V"][:] = [[small, 0.0]]
    net["U"][:] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    net["W"][:] = [[1 / small], [0.0]]
    machine = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("0", "1"))
    return net, machine


def test_a_long_word_is_surely_wrong_without_more_digits(monkeypatch):
    """Decimals would need more digits than steps: a GRU that was wrong at step 379 stayed undecided."""
    net, machine = rotating()
    system = System.of(net, machine)
    monkeypatch.setattr(counterexample, "last_net_y", lambda *given: pytest.fail("decimals were asked"))
    monkeypatch.setattr(counterexample, "SURE", 0.0)
    turned, more = (1,) + (0,) * 400, (1,) + (0,) * 404
    assert surely_wrong(system, machine, turned, Allowance())  # 50 times: net_y is nearly 1, right is 0
    assert not surely_wrong(system, machine, more, Allowance())  # and by a half: nearly −1


@pytest.mark.parametrize("cell", [cell for cell in NAMES if cell not in ("minlstm", "slstm")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bounds_that_zonotopes_give_hold_those_of_decimals(cell, dtype):
    net = Network(cell=cell, inputs=2, hidden=3, outputs=2, layers=2, dtype=dtype)
    net.parameters[:] = np.random.default_rng(0).normal(0, 1.5, len(net.parameters))
    outputs = np.zeros((1, len(ADDITION.symbols), 2), int)
    system = System.of(net, Machine(ADDITION.symbols, ADDITION.next[:1] * 0, outputs, ("q",), ADDITION.symbol_names))
    word = tuple(np.random.default_rng(1).integers(4, size=25).tolist())
    ends = counterexample._last_net_y(system, word, Budget.of(5.0))
    for low, high, (least, most) in zip(*ends, last_net_y(system, word, 120), strict=True):
        assert Fraction(low) <= Fraction(least) < Fraction(most) <= Fraction(high)
        assert high - low < 1e-6 * (1 + abs(high))
        assert most - least < 1e-30


def test_zonotopes_that_follow_a_word_have_a_budget_of_their_own(monkeypatch):
    net, machine = rotating()
    system = System.of(net, machine)
    monkeypatch.setattr(counterexample, "FOLLOWED", 0.001)
    assert surely_wrong(system, machine, (1, *(0,) * 8), Allowance())  # by decimals, which need few digits here


def test_zonotopes_of_errors_beyond_float64_leave_it_open(monkeypatch):
    """Comparing a bound that was no number ended `prove` with InvalidOperation.

    A zigzag of slope 3.9 keeps states in [0, 1], and makes bounds of their errors eight times larger at a step.
    """
    net = built.empty(cell="elman", activation="relu", inputs=1, hidden=4, outputs=1)
    slopes = 3.9 * np.array([1, -2, 2, -2])
    net["V"][:], net["U"][:], net["W"][:, 0] = 0.05, slopes[:, None], slopes
    net["b_h"][:] = -np.arange(4) / 4
    machine = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("0", "1"))
    system, word = System.of(net, machine), (1,) + (0,) * 400
    assert 0 < replay(system, machine, word)[0][-1, 0] < 1
    monkeypatch.setattr(counterexample, "SURE", 0.0)
    with np.errstate(all="ignore"):
        assert not surely_wrong(system, machine, word, Allowance())


@pytest.mark.parametrize(("y", "right"), [(1.75, 1), (-0.75, 0), (1.75, 0), (-0.75, 1)])
def test_a_linear_output_is_wrong_beyond_the_right_number_too(y, right):
    """Above 1.5 or below −0.5 it was wrong in floating point, and never known to be so in real numbers."""
    net = built.empty(cell="elman", activation="tanh", inputs=1, hidden=1, outputs=1, readout="identity")
    net["b_y"][:] = y
    outputs = np.full((1, 2, 1), right)
    machine = Machine(np.array([[0.0], [1.0]]), np.zeros((1, 2), int), outputs, ("q",), ("0", "1"))
    proof = prove(net, machine)
    assert isinstance(proof, Refuted)
    assert proof.word == (0,)
    net["b_y"][:] = right
    assert not surely_wrong(System.of(net, machine), machine, (0,), Allowance())


def test_an_error_that_only_rounding_makes_is_no_refutation():
    """net_y is −2⁻⁶⁰ in real numbers, 0 in floating point: right is 0, told is exactly one half."""
    net = built.empty(cell="elman", activation="relu", inputs=1, hidden=3, outputs=1)
    net["V"][:] = 1.0
    net["W"][:] = [[1.0], [-1.0], [-(2.0**-60)]]
    machine = Machine(np.array([[1.0]]), np.zeros((1, 1), int), np.zeros((1, 1, 1), int), ("q",), ("1",))
    net["W"][:, 0] = [1.0, -(2.0**-60), -1.0]  # 1 − 2⁻⁶⁰ − 1: the middle one is lost
    system = System.of(net, machine)
    assert not surely_wrong(system, machine, (0,), Allowance())
    assert prove(net, machine).verdict == "unknown"
    wrong = Machine(machine.symbols, machine.next, 1 + machine.outputs, ("q",), ("1",))
    assert surely_wrong(system, wrong, (0,), Allowance())
    assert isinstance(prove(net, wrong), Refuted)


def test_long_words_are_shown_by_their_ends():
    net, _ = late(30)
    machine = ADDITION
    proof = prove(net, machine)
    assert isinstance(proof, Refuted)
    assert spell(machine, proof.word) in str(proof)
    long = (3,) + (1,) * 199
    assert spell(machine, long) == f"{'0' * 32}…{'0' * 31}1 + {'1' * 32}…{'1' * 32}"
    named = Machine(np.eye(2), np.zeros((1, 2), int), np.zeros((1, 2, 1), int), ("q",), ("left", "right"))
    assert spell(named, (0, 1)) == "left right"
    assert spell(named, (0,) * 100).split(" ") == ["left"] * 32 + ["…"] + ["left"] * 32


@pytest.mark.parametrize(("task", "text"), [
    (tasks.Addition(), "01 + 11"), (tasks.Subtraction(), "01 − 11"), (tasks.Parity(), "10"),
    (tasks.Comparison(), "11 01"), (tasks.Addition(operands=3), "00 + 01 + 11")])  # fmt: skip
def test_words_of_each_task(task, text):
    """A word of two symbols, read from the least significant bit."""
    machine = task.machine
    word = (1, 0) if len(machine.symbols) == 2 else (3, 1)
    assert spell(machine, word) == text


@pytest.mark.parametrize(
    ("cell", "activation"), [("elman", "tanh"), ("elman", "relu"), ("lstm", None), ("peephole", None)]
)
def test_what_is_beyond_doubles_is_not_known(cell, activation):
    """Bounds of ∞ − ∞ were no numbers, and comparing them with a decimal ended `prove` with an error."""
    fields = {"activation": activation} if activation else {}
    net = Network(cell=cell, inputs=2, hidden=3, outputs=1, seed=1, **fields)
    net.parameters[:] = np.where(net.parameters < 0, -1, 1) * np.finfo(float).max
    assert not isinstance(prove(net, ADDITION), Proved)


def test_a_sum_that_overflows_says_nothing_of_its_sign():
    net = built.empty(cell="elman", activation="tanh", inputs=1, hidden=5, outputs=1)
    net["b_h"][:] = 40.0
    net["W"][:, 0] = np.array([1, 1, -1, -1, -1]) * np.finfo(float).max
    machine = Machine(
        np.zeros((1, 1)), np.zeros((1, 1), int), np.zeros((1, 1, 1), int), ("q",), ("0",)
    )  # net_y < 0: right
    with np.errstate(all="ignore"):
        assert not surely_wrong(System.of(net, machine), machine, (0,), Allowance())
