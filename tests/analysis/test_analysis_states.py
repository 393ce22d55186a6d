"""Principal axes and fixed points whose answers are known."""

import numpy as np
import pytest

import throughtime as tt
from oracles.step_functions import STEPS
from throughtime.analysis.fixed_points import fixed_points
from throughtime.analysis.state_space import principal_axes, trajectories


def still(cell="elman", hidden=1, **fields):
    """A network of zeros."""
    net = tt.Network(cell=cell, inputs=1, hidden=hidden, outputs=1, **fields)
    net.parameters[:] = 0
    return net


def test_principal_axes_of_an_ellipse():
    """Points on an ellipse of radii 5 and 2, turned by 30°: the axes are its own, with variances 25/2 and 4/2."""
    angle = np.arange(360) * np.pi / 180
    turn = np.array([[np.sqrt(3) / 2, 1 / 2], [-1 / 2, np.sqrt(3) / 2]])
    found = principal_axes(np.stack([5 * np.cos(angle), 2 * np.sin(angle)], axis=1) @ turn + [7, -3])
    np.testing.assert_allclose(found.mean, [7, -3], atol=1e-12)
    np.testing.assert_allclose(found.axes, turn, atol=1e-12)
    np.testing.assert_allclose(found.share, [25 / 29, 4 / 29], rtol=1e-12)
    np.testing.assert_allclose(found.back(found.along([1.0, 2])), [1, 2], rtol=1e-12)


def test_trajectories_lie_at_the_distances_of_the_states():
    net = tt.Network(cell="lstm", inputs=1, hidden=2, outputs=1, seed=1)
    trace = net.trace(np.random.default_rng(0).standard_normal((3, 5, 1)), np.zeros((3, 5, 1)), lengths=[5, 3, 4])
    axes, ways = trajectories(trace, count=4)
    assert [way.shape for way in ways] == [(6, 4), (4, 4), (5, 4)]
    assert axes.share.sum() == pytest.approx(1)
    whole = np.concatenate([trace.h[0], trace.C[0]], axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(np.diff(ways[0][1:], axis=0), axis=1), np.linalg.norm(np.diff(whole, axis=0), axis=1), rtol=1e-12
    )


def test_the_three_fixed_points_of_one_tanh_unit():
    """h = tanh(2h) holds at 0, where the derivative is 2, and at ±0.957504024…, where it is 2(1 − h²)."""
    net = still(activation="tanh")
    net["U"] = 2
    found = fixed_points(net, [0.0])
    assert [point.kind for point in found] == ["stable", "stable", "unstable"]
    at = sorted(point.state[0] for point in found)
    np.testing.assert_allclose(at, [-0.957504024077, 0, 0.957504024077], atol=1e-10)
    np.testing.assert_allclose(found[0].eigenvalues, 2 * (1 - 0.957504024077**2), rtol=1e-10)
    assert found[2].eigenvalues[0] == 2


def test_a_saddle_and_a_spiral():
    net = still(hidden=2, activation="tanh")
    net["U"] = np.diag([2.0, 0.5])
    found = fixed_points(net, [0.0])
    assert [point.kind for point in found] == ["stable", "stable", "saddle"]
    np.testing.assert_allclose(found[2].eigenvalues, [2, 0.5], atol=1e-9)
    net["U"] = 0.9 * np.array([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]])
    (spiral,) = fixed_points(net, [0.0])
    assert (spiral.kind, spiral.turns) == ("stable", True)
    np.testing.assert_allclose(sorted(np.angle(spiral.eigenvalues)), [-1, 1], rtol=1e-6)
    net["U"] = np.eye(2)
    assert {point.kind for point in fixed_points(net, [0.0], tolerance=1e-6)} == {"marginal"}


def test_of_an_lstm_without_recurrent_weights():
    """C = i C̃ / (1 − f) and h = o tanh(C), with gates that only the biases and the input decide."""
    net = still("lstm")
    net["input.b"], net["forget.b"], net["candidate.V"], net["output.b"] = 1, 2, 3, -1
    (point,) = fixed_points(net, [0.5])
    i, f, o = tt.sigmoid(np.array([1.0, 2, -1]))
    C = i * np.tanh(1.5) / (1 - f)
    np.testing.assert_allclose(point.state, [o * np.tanh(C), C], rtol=1e-9)
    np.testing.assert_allclose(point.eigenvalues, [f, 0], atol=1e-12)
    assert point.kind == "stable"


def test_of_a_gru_without_recurrent_weights():
    """h = ñ, and a step keeps the share z of the way that is left."""
    net = still("gru")
    net["update.b"], net["candidate.V"] = 1, 2
    (point,) = fixed_points(net, [0.25])
    np.testing.assert_allclose(point.state, np.tanh(0.5), rtol=1e-9)
    np.testing.assert_allclose(point.eigenvalues, tt.sigmoid(1.0), rtol=1e-9)


def test_of_a_cell_of_ones_own():
    """min_gru with h_tilde = 2 and z = S(1): h comes to rest at 2, and keeps the share 1 − z of the way left."""
    net = still(STEPS["min_gru"])
    net["b_z"], net["b_h"] = 1, 2
    (point,) = fixed_points(net, [0.25])
    np.testing.assert_allclose(point.state, 2, rtol=1e-9)
    np.testing.assert_allclose(point.eigenvalues, 1 - tt.sigmoid(1.0), rtol=1e-9)


def test_of_two_layers_and_from_given_starts():
    """Each layer is one tanh unit with U = 2, the second reads nothing of the first: 3 × 3 points."""
    net = still(activation="tanh", layers=2)
    net["layer0.U"] = net["layer1.U"] = 2
    assert len(fixed_points(net, [0.0])) == 9
    (near,) = fixed_points(net, [0.0], starts=[[0.9, -0.9]])
    np.testing.assert_allclose(near.state, [0.957504024077, -0.957504024077], rtol=1e-10)


def test_a_slow_point_is_found_where_there_is_no_fixed_point_near():
    """Just past the bifurcation of h = tanh(2h + b), h − tanh(2h + b) is least near −√½, but not 0."""
    net = still(activation="tanh")
    net["U"], net["b_h"] = 2, 0.54
    assert all(point.speed < 1e-9 for point in fixed_points(net, [0.0]))
    slow = [p for p in fixed_points(net, [0.0], starts=[[-0.75]], tolerance=1e-2) if p.speed > 1e-4]
    np.testing.assert_allclose(slow[0].state, -np.sqrt(0.5), atol=0.01)


def test_what_is_wrong():
    with pytest.raises(ValueError, match="starts must be a whole number of at least 1"):
        fixed_points(still(), [0.0], starts=0)
    with pytest.raises(ValueError, match=r"(tolerance|apart) must be a number"):
        fixed_points(still(), [0.0], tolerance=0)
    with pytest.raises(ValueError, match=r"count must be a whole number of at least 1|at least one state"):
        principal_axes(np.zeros((3, 2)), 0)
