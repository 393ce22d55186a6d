"""Random machines and random networks: whatever is said of them is true."""

from __future__ import annotations

from collections import Counter

import built_networks as built
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_networks import CELLS, broken, errors, wrong_on

from throughtime.proof import Machine, Proved, Refuted, checker, prove
from throughtime.proof.arithmetic import step_error
from throughtime.proof.system import System


def random_machine(rng, states, letters, message):
    symbols = np.array(list(np.ndindex(*[2] * (letters // 2))), float)
    return Machine(
        symbols,
        rng.integers(states, size=(states, letters)),
        rng.integers(2, size=(states, letters, message)),
        tuple(f"q{q}" for q in range(states)),
        tuple("".join(str(int(bit)) for bit in symbol) for symbol in symbols),
    )


@st.composite
def machines(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    return random_machine(rng, draw(st.integers(1, 4)), draw(st.sampled_from([2, 4])), draw(st.integers(1, 2)))


@pytest.mark.long
@settings(max_examples=25)
@given(machines(), st.sampled_from(["sigmoid", "relu", "lstm", "sigmoid, two layers"]), st.integers(0, 1000))
def test_a_network_built_for_any_machine_is_proved_and_refuted_for_another(machine, cell, seed):
    net = CELLS[cell](machine)
    assert isinstance(prove(net, machine), Proved)
    assert errors(net, machine) == 0
    other = broken(machine, np.random.default_rng(seed))
    proof = prove(net, other)
    assert isinstance(proof, Refuted)
    assert wrong_on(net, other, proof.word)


@pytest.mark.long
@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from(
        [("elman", "sigmoid"), ("elman", "tanh"), ("elman", "relu"), ("lstm", "sigmoid"), ("gru", "sigmoid")]
    ),
    st.integers(1, 2),
    st.sampled_from(["float64", "float32"]),
)
def test_what_is_said_of_random_networks_is_true(seed, cell, layers, dtype):
    """Parity in disguise is rarely what they compute; some constant outputs are."""
    rng = np.random.default_rng(seed)
    net = built.empty(cell=cell[0], activation=cell[1], inputs=1, hidden=3, outputs=1, layers=layers, dtype=dtype)
    net.parameters[:] = rng.normal(0, 2, len(net.parameters))
    machine = Machine(
        np.array([[0.0], [1.0]]),
        np.array([[0, 1], [1, 0]]),
        rng.integers(2, size=(2, 2, 1)),
        ("even", "odd"),
        ("0", "1"),
    )
    if rng.integers(2):
        constant = int(rng.integers(2))
        net["b_y"][:] = 8 if constant else -8
        machine = Machine(machine.symbols, machine.next, np.full((2, 2, 1), constant), ("even", "odd"), ("0", "1"))
    proof = prove(net, machine, budget=1)
    if isinstance(proof, Refuted):
        assert wrong_on(net, machine, proof.word)
    if isinstance(proof, Proved):
        assert errors(net, machine) == 0
        assert proof.epsilon >= step_error(System.of(net, machine), checker.check(proof.certificate.text).reach)


def verdict_on_something_like(machine, cell, steep, noise, seed) -> str:
    """Prove a network built for a machine, less steep and with weights off at random; check what is said of it."""
    rng = np.random.default_rng(seed)
    net = {
        "sigmoid": lambda: built.elman(machine, steep=steep),
        "tanh": lambda: built.elman(machine, "tanh", steep=steep),
        "sigmoid, two layers": lambda: built.elman(machine, steep=steep, layers=2),
        "lstm": lambda: built.lstm(machine, steep=steep),
        "gru": lambda: built.gru(machine, steep=steep),
    }[cell]()
    net.parameters[:] += rng.normal(0, noise, len(net.parameters))
    proof = prove(net, machine, budget=0.5)
    if isinstance(proof, Refuted):
        assert wrong_on(net, machine, proof.word)
    else:
        assert errors(net, machine) == 0 or not isinstance(proof, Proved)
    if isinstance(proof, Proved):
        report = checker.check(proof.certificate.text)
        assert (report.sets, report.images) == (proof.sets, proof.images)
        assert proof.epsilon >= step_error(System.of(net, machine), report.reach)
    return proof.verdict


@pytest.mark.long
@pytest.mark.parametrize("cell", ["sigmoid", "tanh", "sigmoid, two layers", "lstm", "gru"])
def test_networks_between_right_and_wrong(cell):
    """Where proofs begin to fail, what is proved must still be true; some of each verdict are met."""
    rng = np.random.default_rng(7)
    seen = Counter()
    for seed in range(16):
        machine = random_machine(rng, int(rng.integers(1, 4)), 2, 1)
        steep = float(rng.choice([4.0, 6.0, 8.0, 12.0]))
        seen[verdict_on_something_like(machine, cell, steep, float(rng.choice([0.3, 0.8])), seed)] += 1
    assert seen["proved"] > 0
    assert seen["refuted"] > 0
