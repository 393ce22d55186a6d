"""Trained networks: proved, refuted, in float32, without biases; and every machine of the tasks."""

from __future__ import annotations

import numpy as np
import pytest
from known_networks import ADDITION, errors, wrong_on

import throughtime as tt
from throughtime import tasks
from throughtime.proof import Proved, Refuted, automaton_of, prove
from throughtime.proof.counterexample import MOST_WORDS
from throughtime.training import recipes


def trained(task, cell=None, activation=None, seed=1001, network=None, **settings):
    """As the default recipe has it, but for the settings given."""
    recipe = recipes.default(task, cell, activation)
    net = tt.Network(**recipe.network | (network or {}), init=recipe.init, seed=seed)
    return tt.train(net, task, **recipe.settings | settings, seed=seed).network


@pytest.fixture(scope="module")
def adder():
    return trained(tasks.Addition())


@pytest.fixture(scope="module")
def proof(adder):
    proof = prove(adder, ADDITION)
    assert isinstance(proof, Proved)
    return proof


def test_a_trained_adder_is_proved_and_makes_no_error(adder, proof):
    assert errors(adder, ADDITION, words=1000, steps=500) == 0
    x = ADDITION.symbols[np.random.default_rng(0).integers(4, size=(200, 500))]
    d = np.array([ADDITION.run(word)[1] for word in (x @ [2, 1]).astype(int)])
    assert (np.abs(adder.predict(x) - d) < 0.5).all()
    assert 0 < proof.margin < 0.5
    assert proof.epsilon == 1e-10


def test_its_automaton_is_two_states(proof):
    least = automaton_of(proof).minimised()
    assert least.names == ["carry 0", "carry 1"]
    assert (least.next == ADDITION.next).all()
    assert (least.outputs == ADDITION.outputs).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_in_float32_it_is_proved_with_its_own_allowance(adder, dtype):
    net = tt.Network(cell="elman", inputs=2, hidden=16, outputs=1, dtype=dtype)
    net.parameters[:] = adder.parameters
    proof = prove(net, ADDITION)
    assert isinstance(proof, Proved)
    assert proof.epsilon == 1e-10 if dtype == "float64" else 1e-6 < proof.epsilon < 1e-2
    assert proof.certificate.is_of(net)
    assert proof.certificate.is_of(adder) == (dtype == "float64")


def test_without_biases():
    net = trained(tasks.Addition(), network={"bias": False}, noise=0.1)
    proof = prove(net, ADDITION, budget=3)
    assert not isinstance(proof, Refuted) or wrong_on(net, ADDITION, proof.word)
    assert not isinstance(proof, Proved) or errors(net, ADDITION) == 0


def test_the_same_seed_gives_the_same_certificate(adder, proof):
    assert prove(adder, ADDITION, seed=0).certificate.text == proof.certificate.text
    assert prove(adder, ADDITION, seed=6).certificate.text != proof.certificate.text


@pytest.mark.long
@pytest.mark.parametrize(
    ("cell", "activation", "fewest"),
    [("elman", "tanh", 2), ("lstm", None, 2), ("gru", None, 1)],
)
def test_default_recipes_prove(cell, activation, fewest):
    """Of three networks each, so many at least; and all that is said is true."""
    proved = 0
    for seed in (1001, 1002, 1003):
        net = trained(tasks.Addition(), cell, activation, seed)
        proof = prove(net, ADDITION)
        proved += isinstance(proof, Proved)
        assert not isinstance(proof, Proved) or errors(net, ADDITION) == 0
        assert not isinstance(proof, Refuted) or wrong_on(net, ADDITION, proof.word)
    assert proved >= fewest


@pytest.mark.long
def test_relu_trained():
    net = trained(tasks.Addition(), "elman", "relu")
    proof = prove(net, ADDITION, budget=5)
    assert not isinstance(proof, Proved) or errors(net, ADDITION) == 0
    assert not isinstance(proof, Refuted) or wrong_on(net, ADDITION, proof.word)


@pytest.mark.long
def test_two_layers_trained():
    net = trained(tasks.Addition(), network={"layers": 2, "hidden": 8})
    proof = prove(net, ADDITION)
    assert not isinstance(proof, Refuted) or wrong_on(net, ADDITION, proof.word)
    assert not isinstance(proof, Proved) or errors(net, ADDITION) == 0


@pytest.mark.long
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_plainly_trained_networks_are_wrong_at_some_length(cell):
    """Without noise in training; each adds 8 bits without an error."""
    refuted = 0
    for seed in (0, 1):
        net = trained(tasks.Addition(), cell, seed=seed, noise=0.0, weight_decay=0.0, cell_penalty=0.0)
        assert tasks.Addition().evaluate(net).wrong == 0
        proof = prove(net, ADDITION)
        assert not isinstance(proof, Proved) or errors(net, ADDITION) == 0
        if isinstance(proof, Refuted):
            assert proof.step > 8
            assert wrong_on(net, ADDITION, proof.word)
            assert str(proof).startswith(f"refuted   wrong at bit {proof.step}:  ")
            refuted += 1
    assert refuted


TASKS = {
    "three operands": tasks.Addition(operands=3),
    "subtraction": tasks.Subtraction(),
    "times 3": tasks.Multiplication(factor=3),
    "parity": tasks.Parity(),
    "modulo 3": tasks.Counter(modulus=3),
    "comparison": tasks.Comparison(),
    **{f"tomita {k}": tasks.Tomita(language=k) for k in range(1, 8)},
}


@pytest.mark.long
@pytest.mark.parametrize("name", TASKS)
def test_every_machine_of_the_tasks_trains_and_what_is_said_is_true(name):
    task = TASKS[name]
    net = trained(task)
    proof = prove(net, task.machine, budget=3)
    wrong = errors(net, task.machine, words=300)
    if isinstance(proof, Refuted):
        assert wrong_on(net, task.machine, proof.word)
    elif isinstance(proof, Proved):
        assert wrong == 0
        least = automaton_of(proof).minimised()
        assert len(least.next) == len(task.machine.next)
    else:
        letters = len(task.machine.symbols)
        assert letters**proof.right_to <= MOST_WORDS < letters ** (proof.right_to + 1)
        assert proof.reason
