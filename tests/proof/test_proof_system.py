"""A network as a map: the same numbers as the network gives, and steps no farther off than their allowance."""

from __future__ import annotations

import built_networks as built
import numpy as np
import pytest
from known_networks import ADDITION

import throughtime as tt
from throughtime.proof import Machine, checker
from throughtime.proof.arithmetic import step_error
from throughtime.proof.certificate import certificate
from throughtime.proof.checker.network import Arithmetic
from throughtime.proof.checker.sets import points
from throughtime.proof.extraction import Tracking
from throughtime.proof.sets import Sets
from throughtime.proof.system import System

KINDS = [("elman", "sigmoid"), ("elman", "tanh"), ("elman", "relu"), ("lstm", "sigmoid"), ("gru", "sigmoid")]

SYMBOLS = np.array([[0.0, 1.0], [1.0, -1.0], [0.25, 0.5]])
MACHINE = Machine(SYMBOLS, np.zeros((1, 3), int), np.zeros((1, 3, 2), int), ("q",), tuple("abc"))


def network(kind, scale, rng, **fields):
    net = tt.Network(cell=kind[0], activation=kind[1], inputs=2, outputs=2, loss="squared", **fields)
    net.parameters[:] = rng.normal(0, scale, len(net.parameters))
    return net


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-12), ("float32", 1e-3)])
def test_step_by_step_it_gives_what_the_network_predicts(kind, layers, bias, dtype, near):
    """What is proved is proved of the network that people run: the compiled one."""
    rng = np.random.default_rng(1)
    for readout in ("sigmoid", "identity"):
        net = network(kind, 0.5, rng, hidden=5, layers=layers, bias=bias, dtype=dtype, readout=readout)
        system, words = System.of(net, MACHINE), rng.integers(3, size=(40, 12))
        predicted = net.predict(SYMBOLS[words])
        state = system.start(40)
        for t, letters in enumerate(words.T):
            state, y = system.step(state, letters)
            assert y == pytest.approx(predicted[:, t], rel=near, abs=near)
            assert state.dtype == y.dtype == dtype
            assert state.shape == (40, system.width)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_compiled_network_is_off_by_less_than_its_allowance(kind, dtype):
    """Its first step, held against the checker's balls: what h is off by reaches y through W."""
    rng, worst = np.random.default_rng(5), 0.0
    for _ in range(20):
        net = network(kind, 2, rng, hidden=8, readout="identity", dtype=dtype)
        system = System.of(net, MACHINE)
        zero = np.zeros((1, system.width))
        tracking = Tracking(zero, np.zeros(1, np.int64), np.zeros((1, 3), np.int64), zero, np.full(1, 0.5))
        view = checker.Proof(certificate(system, MACHINE, tracking, Sets(zero, zero), 1, 0.0).text).network
        how, known = Arithmetic(dtype, 0.0, 1), {}
        start = points(np.zeros(system.width))
        y = net.predict(SYMBOLS[:, None])[:, 0]
        allowed = step_error(system, 1.0) * (np.abs(net["W"]).sum(axis=0) + 1)
        for a in range(3):
            exact = view.step(how, start, points(SYMBOLS[a]), known)[1].set.x[:, 0]
            worst = max(worst, float((np.abs(y[a] - exact) / allowed).max()))
    assert 1e-4 < worst < 1


@pytest.mark.parametrize(("cell", "activation"), KINDS)
def test_a_float32_step_is_off_by_less_than_its_allowance(cell, activation):
    rng = np.random.default_rng(3)
    worst = 0.0
    for _ in range(30):
        fields = {"cell": cell, "activation": activation, "inputs": 2, "hidden": 8, "outputs": 1, "layers": 2}
        single, double = built.empty(dtype="float32", **fields), built.empty(**fields)
        single.parameters[:] = rng.normal(0, 2, len(single.parameters))
        double.parameters[:] = single.parameters
        near, exact = System.of(single, ADDITION), System.of(double, ADDITION)
        state = rng.uniform(-2, 2, (500, near.width)).astype(np.float32)
        letter = rng.integers(4, size=500)
        rounded, _ = near.step(state, letter)
        after, _ = exact.step(state.astype(np.float64), letter)
        off = np.abs(rounded - after)[:, : near.columns(1).start]  # the layer above reads what was computed
        worst = max(worst, off.max() / step_error(near, 2.0))
    assert 1e-3 < worst < 1
