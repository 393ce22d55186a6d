"""The readouts and losses in plain NumPy: values from their definitions, derivatives by complex steps, and their
limits.
"""

import numpy as np
import pytest

from oracles import reference
from oracles.agree import assert_agree
from oracles.cases import LOSSES as KINDS
from oracles.differentiate import central_differences, complex_step
from oracles.layout import unpack
from throughtime.network import Network
from throughtime.weights.losses import LOSSES, READOUTS, softmax


def drawn(kind, outputs, seed=0):
    """net_y (3,4,O) and targets: no probabilities that add up to 1, since soft targets need not."""
    rng = np.random.default_rng(seed)
    net, d = rng.normal(0, 1.5, (3, 4, outputs)), rng.normal(0, 1, (3, 4, outputs))
    return net, d if KINDS[kind]["loss"] == "squared" else rng.uniform(0.02, 0.9, d.shape)


class Kind:
    """A specification's part that the reference needs."""

    def __init__(self, kind):
        self.loss, self.readout = KINDS[kind]["loss"], KINDS[kind]["readout"]

    def E(self, net, d):
        return reference.errors(self, reference.READOUTS[self.readout](net), d)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outputs", [1, 2, 5])
def test_value(kind, outputs):
    net, d = drawn(kind, outputs)
    k = Kind(kind)
    E, delta = LOSSES[k.loss](k.readout, net, d)
    assert E.shape == net.shape[:-1]
    assert delta.shape == net.shape
    np.testing.assert_allclose(E, k.E(net, d), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outputs", [2, 5])
def test_delta_is_the_derivative(kind, outputs):
    net, d = drawn(kind, outputs, seed=1)
    k = Kind(kind)
    _, delta = LOSSES[k.loss](k.readout, net, d)
    assert_agree(delta, complex_step(lambda p: k.E(p["net"], d).sum((-1, -2)), {"net": net})["net"], 1e-13)
    own = central_differences(lambda p: LOSSES[k.loss](k.readout, p["net"], d)[0].sum(), {"net": net})["net"]
    assert_agree(delta, own, 1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_losses_may_be_differentiated_by_a_complex_step(kind):
    net, d = drawn(kind, 3)
    k = Kind(kind)
    _, delta = LOSSES[k.loss](k.readout, net, d)
    found = complex_step(lambda p: LOSSES[k.loss](k.readout, p["net"], d)[0].sum((-1, -2)), {"net": net})["net"]
    assert_agree(delta, found, 1e-13)


@pytest.mark.parametrize("name", READOUTS)
def test_readouts(name):
    net, v = drawn("squared-identity", 4)
    readout = READOUTS[name]
    y = readout.g(net)
    assert_agree(y, reference.READOUTS[name](net), 1e-14)
    along = complex_step(lambda p: (v * readout.g(p["net"])).sum((-1, -2, -3)), {"net": net})["net"]
    assert_agree(readout.times_g_prime(v, y), along, 1e-13)


def test_softmax_does_not_overflow():
    assert softmax(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]
    assert softmax(np.array([-8e307, 0, 8e307])).tolist() == [0, 0, 1]
    np.testing.assert_allclose(softmax(np.log([1.0, 2, 5]) - 1e4), [1 / 8, 2 / 8, 5 / 8], rtol=1e-11)


@pytest.mark.parametrize("net", [800.0, -800.0, 1e8, -1e8])
def test_binary_cross_entropy_of_a_saturated_sigmoid(net):
    E, delta = LOSSES["binary_cross_entropy"]("sigmoid", np.array([net]), np.array([0.0]))
    assert max(net, 0) == E
    assert delta == (net > 0)
    E, delta = LOSSES["binary_cross_entropy"]("sigmoid", np.array([net]), np.array([1.0]))
    assert max(-net, 0) == E
    assert delta == -(net < 0)


def test_cross_entropy_of_a_saturated_softmax():
    net = np.array([1000.0, -1000.0, 0.0])
    E, delta = LOSSES["cross_entropy"]("softmax", net, np.array([0.0, 1, 0]))
    assert E == 2000
    assert delta.tolist() == [1, -1, 0]


def test_small_losses_keep_their_digits():
    """A nearly right answer still has a loss: ln(1 + exp(−40)), not ln 1."""
    E, _ = LOSSES["binary_cross_entropy"]("sigmoid", np.array([40.0]), np.array([1.0]))
    np.testing.assert_allclose(E, np.exp(-40), rtol=1e-14)
    net = Network(inputs=1, hidden=1, outputs=1, loss="binary_cross_entropy")
    net.parameters[:] = 0
    net["b_y"] = 40
    assert net.loss(np.zeros((1, 1, 1)), np.ones((1, 1, 1))) == pytest.approx(np.exp(-40), rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_uses_them(kind):
    """A network that only has b_y: its loss and gradient are those of the readout at b_y."""
    net_y, d = drawn(kind, 3)
    if kind != "squared-identity":
        d = np.random.default_rng(2).dirichlet(np.ones(3), (3, 4))
    net = Network(inputs=1, hidden=2, outputs=3, **KINDS[kind])
    net.parameters[:] = 0
    net["b_y"] = net_y[0, 0]
    loss, gradient = net.gradient(np.ones((3, 4, 1)), d)
    same = np.broadcast_to(net_y[0, 0], net_y.shape)
    E, delta = LOSSES[KINDS[kind]["loss"]](KINDS[kind]["readout"], same, d)
    assert loss == pytest.approx(E.sum(), rel=1e-13)
    assert_agree(unpack(net.specification, gradient)["b_y"], delta.sum((0, 1)), 1e-13)
