"""States that drift: automata whose tolerance is smaller there, and networks that only they prove."""

from __future__ import annotations

from dataclasses import replace

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION, errors

import throughtime as tt
from throughtime.proof import Proved, Refuted, prove
from throughtime.proof.extraction import Tracking, extract
from throughtime.proof.system import System


def gap(system: System, machine, tracking: Tracking) -> np.ndarray:
    """How far the states (Q,A) that follow representatives are from those that they count as, in its tolerances."""
    A = len(machine.symbols)
    start = np.repeat(tracking.points, A, axis=0)
    after = system.embedded(system.step(start, np.tile(np.arange(A), len(tracking.points)))[0])
    to = tracking.succ.ravel()
    return np.linalg.norm(after - system.embedded(tracking.points)[to], axis=1) / tracking.tolerance[to]


def test_each_representative_has_the_tolerance_of_its_place():
    system = System.of(built.elman(ADDITION, steep=8.0), ADDITION)
    whole = extract(system, ADDITION, 0.5, 1000)
    assert isinstance(whole, Tracking)
    assert (whole.tolerance == 0.5).all()
    assert gap(system, ADDITION, whole).max() <= 1 + 1e-6
    tolerance = np.where(whole.label == 1, 0.01, 0.5)
    finer = extract(system, ADDITION, 0.5, 1000, before=replace(whole, tolerance=tolerance))
    assert isinstance(finer, Tracking)
    assert len(finer.label) > len(whole.label)
    assert (finer.tolerance == np.where(finer.label == 1, 0.01, 0.5)).all()
    assert gap(system, ADDITION, finer).max() <= 1 + 1e-6


@pytest.mark.long
@pytest.mark.parametrize(("cell", "seed"), [("gru", 1000), ("lstm", 1001)])
def test_networks_that_forget_slowly_are_proved(cell, seed):
    """One symbol again and again takes a state 2 to 5 percent of the way at each step."""
    task = tt.tasks.Parity()
    settings = {
        "gru": {"steps": 4000, "optimizer": tt.Adam(0.02), "noise": 0.2, "weight_decay": 0.01},
        "lstm": {
            "steps": 6000, "optimizer": tt.Adam(0.01), "noise": 0.5, "weight_decay": 0.01, "cell_penalty": 0.008,
        },
    }[cell]  # fmt: skip
    net = tt.Network(cell=cell, inputs=1, hidden=8, outputs=1, seed=seed)
    net = tt.train(net, task, batch=64, schedule=tt.Cosine(0.05), seed=seed, **settings).network
    proof = prove(net, task.machine, budget=20.0)
    assert isinstance(proof, Proved)
    assert errors(net, task.machine, words=300, steps=500) == 0


@pytest.mark.long
def test_boxes_that_become_narrower_only_in_many_steps_close():
    """In each of four steps the box of an image is as wide as the one before, or wider, though states contract."""
    task = tt.tasks.Tomita(language=3)
    net = tt.Network(
        cell="lstm", inputs=1, hidden=16, outputs=1, loss="binary_cross_entropy", init="glorot", seed=1001
    )  # fmt: skip
    settings = {"noise": 0.2, "weight_decay": 0.01, "cell_penalty": 0.003, "clip": 1.0, "optimizer": tt.Adam(0.01)}
    net = tt.train(net, task, batch=64, steps=4000, schedule=tt.Cosine(0.05), seed=1001, **settings).network
    proof = prove(net, task.machine, budget=4.0)
    assert isinstance(proof, Proved)
    assert proof.m == 16
    assert errors(net, task.machine, words=300, steps=500) == 0


@pytest.mark.long
def test_a_word_of_hundreds_of_steps_refutes():
    """The lasso that shows it was known to be wrong in doubles only, and the network was undecided."""
    task = tt.tasks.Tomita(language=4)
    net = tt.Network(cell="gru", inputs=1, hidden=16, outputs=1, loss="binary_cross_entropy", init="glorot", seed=1001)
    settings = {"noise": 0.2, "weight_decay": 0.02, "clip": 1.0, "optimizer": tt.Adam(0.01)}
    net = tt.train(net, task, batch=64, steps=4000, schedule=tt.Cosine(0.05), seed=1001, **settings).network
    proof = prove(net, task.machine, budget=1.0)
    assert isinstance(proof, Refuted)
    assert len(proof.word) > 300
