"""Verdicts on networks whose truth is known: an exact adder, any machine in every cell, an adder that fails late."""

from __future__ import annotations

import json

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, CELLS, MACHINES, broken, forgetful, prove, wrong_on

from throughtime.proof import Proved, Refuted, checker
from throughtime.proof.certificate import fingerprint


@pytest.mark.parametrize("cell", CELLS)
def test_an_exact_adder_is_proved(cell):
    proof = prove(CELLS[cell](ADDITION), ADDITION)
    assert isinstance(proof, Proved)
    assert checker.check(proof.certificate.text).sets == proof.sets
    assert proof.margin > 0.3
    assert json.loads(proof.certificate.text)["network"]["step"]["name"] in ("elman", "lstm", "gru")


@pytest.mark.parametrize("cell", CELLS)
def test_an_adder_with_a_wrong_output_is_refuted_where_it_is(cell):
    machine = broken(ADDITION, np.random.default_rng(0))
    net = CELLS[cell](machine)
    proof = prove(net, ADDITION)
    assert isinstance(proof, Refuted)
    assert proof.shortest
    assert wrong_on(net, ADDITION, proof.word)
    assert not wrong_on(net, machine, proof.word)


@pytest.mark.parametrize("name", MACHINES)
def test_every_machine_of_the_tasks_is_proved(name):
    machine = MACHINES[name]
    assert isinstance(prove(built.elman(machine), machine), Proved)
    proof = prove(built.elman(broken(machine, np.random.default_rng(1))), machine)
    assert isinstance(proof, Refuted)
    assert wrong_on(built.elman(broken(machine, np.random.default_rng(1))), machine, proof.word)


@pytest.mark.long
@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("cell", ["tanh", "relu", "lstm", "gru"])
def test_every_machine_in_every_cell(name, cell):
    machine = MACHINES[name]
    assert isinstance(prove(CELLS[cell](machine), machine), Proved)
    net = CELLS[cell](broken(machine, np.random.default_rng(2)))
    proof = prove(net, machine)
    assert isinstance(proof, Refuted)
    assert wrong_on(net, machine, proof.word)


def test_the_two_unit_adder_is_proved():
    proof = prove(built.two_unit_adder(), ADDITION)
    assert isinstance(proof, Proved)
    assert proof.sets <= 4
    assert str(proof).startswith("proved    right for numbers of every length (")


@pytest.mark.parametrize("length", [9, 17, 30, 60])
def test_an_adder_that_fails_only_at_a_known_length_is_never_proved(length):
    net = forgetful(length)
    proof = prove(net, ADDITION, budget=5)
    assert not isinstance(proof, Proved)
    if isinstance(proof, Refuted):
        assert proof.step == length
        assert wrong_on(net, ADDITION, proof.word)
        assert str(proof) == f"refuted   wrong at bit {length}:  1{'0' * (length - 1)} + {'1' * length}"
    else:
        assert proof.right_to < length


def test_its_certificate_would_be_rejected_too():
    """The sets of the right adder, with the weights of one that fails at length 30."""
    content = json.loads(prove(built.two_unit_adder(), ADDITION).certificate.text)
    wrong = json.loads(prove(built.two_unit_adder(4.5), ADDITION).certificate.text)
    net = forgetful(30)
    for text in (content, wrong):
        text["weights"] = [float(w).hex() for w in net.parameters]
        text["sha256"] = fingerprint(net.parameters)
        with pytest.raises(checker.Rejected):
            checker.check(json.dumps(text))
