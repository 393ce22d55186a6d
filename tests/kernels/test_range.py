"""The compiled activations, readouts and losses over the whole range of floats, through the network that uses them."""

import numpy as np
import pytest

from oracles import exact
from oracles.cases import CELLS, COMPILED, FORMS, problem
from oracles.layout import unpack
from oracles.passes import run
from throughtime.network import Network

COUNT = 1501 if COMPILED else 151
NET_INPUTS = np.concatenate(
    [
        np.linspace(-745, 745, COUNT), np.linspace(-20, 20, COUNT), np.linspace(-1, 1, COUNT),
        np.geomspace(1e-300, 1e-2, 30), -np.geomspace(1e-300, 1e-2, 30), [0.0, 1e4, -1e4, 1e100, -1e100, 1e308, -1e308],
    ]
)  # fmt: skip


def plain_wire(**fields):
    """A network of one unit whose net input is x, and whose readout reads the state unchanged."""
    net = Network(inputs=1, hidden=1, outputs=1, bias=False, **fields)
    net.parameters[:] = 0
    net["V"] = 1
    net["W"] = 1
    return net


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_activations_keep_full_relative_accuracy(activation, dtype):
    limits = np.finfo(dtype)
    x = np.clip(NET_INPUTS, limits.min, limits.max).astype(dtype)
    states, _ = plain_wire(activation=activation, dtype=dtype).hidden(x[:, None, None])
    truth = getattr(exact, activation)
    worst = max(exact.relative_error(h, truth(v), limits.tiny) for h, v in zip(states.ravel(), x, strict=True))
    assert worst <= 6 * limits.eps


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_relu_changes_nothing_above_zero(dtype):
    x = np.clip(NET_INPUTS, np.finfo(dtype).min, np.finfo(dtype).max).astype(dtype)
    states, _ = plain_wire(activation="relu", dtype=dtype).hidden(x[:, None, None])
    np.testing.assert_array_equal(states.ravel(), np.maximum(x, 0))


def test_the_sigmoid_readout_keeps_full_relative_accuracy():
    y = plain_wire(activation="relu").predict(np.abs(NET_INPUTS)[:, None, None])
    net = plain_wire(activation="relu")
    net["W"] = -1
    low = net.predict(np.abs(NET_INPUTS)[:, None, None])
    tiny, eps = np.finfo(float).tiny, np.finfo(float).eps
    for a, b, v in zip(y.ravel(), low.ravel(), np.abs(NET_INPUTS), strict=True):
        assert exact.relative_error(a, exact.sigmoid(v), tiny) <= 6 * eps
        assert exact.relative_error(b, exact.sigmoid(-v), tiny) <= 6 * eps


# What the losses of a saturated readout are: nothing is lost to a log of 0 or an exp of 1000


def reading(net_y, **fields):
    """A network that tells g(net_y) whatever it reads."""
    net = Network(inputs=1, hidden=1, outputs=len(net_y), **fields)
    net.parameters[:] = 0
    net["b_y"] = net_y
    return net


X = np.zeros((1, 1, 1))


@pytest.mark.parametrize("net_y", [0.0, 1.0, -1.0, 30.0, -40.0, 800.0, -800.0, 1e6, -1e6])
@pytest.mark.parametrize("d", [0.0, 1.0, 0.3])
def test_binary_cross_entropy(net_y, d):
    net = reading([net_y], loss="binary_cross_entropy")
    loss, gradient = net.gradient(X, np.full((1, 1, 1), d))
    # −d ln S(net) − (1−d) ln S(−net), and ln S(net) = −ln(1 + exp(−net)) = min(net, 0) − ln(1 + exp(−|net|))
    tail = float(exact.sigmoid(-abs(net_y))) / float(exact.sigmoid(abs(net_y)))
    wanted = d * max(-net_y, 0) + (1 - d) * max(net_y, 0) + np.log1p(tail)
    assert loss == pytest.approx(wanted, rel=1e-14)
    assert unpack(net.specification, gradient)["b_y"][0] == pytest.approx(float(exact.sigmoid(net_y)) - d, abs=1e-15)


@pytest.mark.parametrize("shift", [0.0, 1e3, -1e3, 1e6])
def test_cross_entropy_does_not_see_a_shift(shift):
    logits = np.array([np.log(1), np.log(2), np.log(5)])
    net = reading(logits + shift, readout="softmax", loss="cross_entropy")
    loss, gradient = net.gradient(X, np.array([[[0, 1.0, 0]]]))
    near = 1e-14 if not shift else 1e-9
    assert loss == pytest.approx(np.log(8 / 2), rel=near)
    np.testing.assert_allclose(unpack(net.specification, gradient)["b_y"], [1 / 8, 2 / 8 - 1, 5 / 8], rtol=near)
    np.testing.assert_allclose(net.predict(X)[0, 0], [1 / 8, 2 / 8, 5 / 8], rtol=near)


def test_cross_entropy_of_a_saturated_softmax():
    net = reading([1000.0, -1000.0, 0.0], readout="softmax", loss="cross_entropy")
    assert net.loss(X, np.array([[[0, 1.0, 0]]])) == 2000
    assert net.loss(X, np.array([[[1.0, 0, 0]]])) == 0
    assert net.predict(X)[0, 0].tolist() == [1, 0, 0]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1e2, 1e5])
def test_saturated_networks_stay_finite(name, form, scale):
    q = problem((3, 5, 1), **CELLS[name], **FORMS[form])
    q.net.parameters[:] *= scale
    found = run(q)
    for array in (found.loss, found.gradient, found.d_x, found.d_h_0, found.y):
        assert np.isfinite(array).all()


@pytest.mark.parametrize("name", CELLS)
def test_what_is_not_a_number_is_not_hidden(name):
    """No fast mathematics may assume that there are no NaNs: a diverged network must be seen."""
    q = problem((2, 2), **CELLS[name])
    q.net.parameters[0] = np.nan
    loss, gradient = q.net.gradient(q.x, q.y)
    assert np.isnan(loss)
    assert np.isnan(gradient).any()
    assert np.isnan(q.net.predict(q.x)).any()
