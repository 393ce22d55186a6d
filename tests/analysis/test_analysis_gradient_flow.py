"""Jacobians against differences and against the engine's own backward pass; exponents of systems that are known."""

import numpy as np
import pytest

import throughtime as tt
from oracles import plain_cells
from oracles.differentiate import central_differences
from oracles.step_functions import STEPS
from throughtime.analysis import gradient_flow
from throughtime.analysis.one_step import OneStep, states
from throughtime.weights.parameters import view_name

CELLS = ("elman", "lstm", "gru")
OWN = list(STEPS)


def network(cell, layers=1, **fields):
    """Small, with no number at 0."""
    net = tt.Network(cell=cell, inputs=2, hidden=3, outputs=2, layers=layers, seed=4, **fields)
    net.parameters[:] += np.random.default_rng(5).normal(0, 0.5, net.parameters.shape)
    return net


def batch(lengths=(6, 4)):
    rng = np.random.default_rng(6)
    return rng.standard_normal((len(lengths), max(lengths), 2)), rng.random((len(lengths), max(lengths), 2)), lengths


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", OWN)
def test_a_step_of_any_cell(cell, layers):
    """F against the plain operations of the graph, ∂F against a complex step."""
    graph = STEPS[cell]
    net = network(graph, layers)
    step, rng, N = OneStep(net), np.random.default_rng(7), len(graph.states)
    before, x = np.abs(rng.standard_normal((2, step.size))) + 0.1, rng.standard_normal((2, 2))

    def after(state, x):
        parts, found = state.reshape(N, layers, 3), []
        for layer in range(layers):
            prefix = f"layer{layer}." if layers > 1 else ""
            p = {name: net[prefix + view_name(graph, name)] for name in graph.parameters}
            values = plain_cells.forward(graph, p, x[None, None], [part[None] for part in parts[:, layer]]).values
            found.append([values[place][0, 0] for place in graph.after])
            x = found[-1][0]
        return np.array(found).transpose(1, 0, 2).ravel()

    np.testing.assert_allclose(step(before, x), [after(s, row) for s, row in zip(before, x, strict=True)], rtol=1e-13)
    jacobian = step.jacobian(before, x)
    assert jacobian.shape == (2, step.size, step.size)
    for row in range(2):
        for k in range(step.size):
            moved = before[row] + 1e-30j * (np.arange(step.size) == k)
            wanted = after(moved, x[row].astype(complex)).imag / 1e-30
            np.testing.assert_allclose(jacobian[row, :, k], wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_a_step_is_the_engines_and_its_jacobian_that_of_differences(cell, layers):
    net = network(cell, layers)
    step, rng = OneStep(net), np.random.default_rng(7)
    before, x = rng.standard_normal((2, step.size)), rng.standard_normal((2, 2))
    parts = before.reshape(2, -1, layers, 3).transpose(1, 2, 0, 3)
    _, after = net.step(x, tt.State(**dict(zip(net.specification.graph.states, parts, strict=True))))
    engine = np.concatenate([vectors for array in after.arrays for vectors in array], axis=1)
    np.testing.assert_allclose(step(before, x), engine, rtol=1e-13)
    jacobian = step.jacobian(before, x)
    for row in range(2):
        for j in range(step.size):
            differences = central_differences(
                lambda at, j=j, r=row: step(at["s"][None], x[r])[0, j], {"s": before[row]}
            )
            np.testing.assert_allclose(jacobian[row, j], differences["s"], atol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_an_error_at_the_end_goes_back_through_the_products(cell):
    """∂E_n/∂h_k = δ_y_n Wᵀ ∂h_n/∂s_k: the row of the products is what the engine's backward pass finds."""
    net, (x, y, lengths) = network(cell), batch()
    mask = np.zeros(y.shape[:2])
    mask[np.arange(2), np.array(lengths) - 1] = 1
    trace = net.trace(x, y, lengths, mask)
    for b, n in enumerate(lengths):
        products = gradient_flow.products(gradient_flow.jacobians(trace, b))
        assert len(products) == n + 1
        through_time = (trace.delta_y[b, n - 1] @ net["W"].T) @ products[:, :3]
        whole = np.concatenate([trace.d_h[b, :n], trace.d_C[b, :n]], axis=1) if cell == "lstm" else trace.d_h[b, :n]
        if cell == "lstm":  # d_C holds what goes through h_t as well; the state's C is taken with h_t as it is
            whole[:, 3:] -= trace.d_h[b, :n] * trace.o[b, :n] * (1 - np.tanh(trace.C[b, :n]) ** 2)
        np.testing.assert_allclose(through_time[1:], whole, rtol=1e-10, atol=1e-14)


def test_the_norm_by_distance_of_one_unit_worked_by_hand():
    """h_t = tanh(2 h_{t-1}) from 0 with input 0 stays at 0, where every step's derivative is 2."""
    net = tt.Network(inputs=1, hidden=1, outputs=1, activation="tanh")
    net.parameters[:] = 0
    net["U"] = 2
    trace = net.trace(np.zeros((2, 5, 1)), np.zeros((2, 5, 1)), lengths=[5, 3])
    norms = gradient_flow.norm_by_distance(trace)
    np.testing.assert_array_equal(norms, [[1, 2, 4, 8, 16, 32], [1, 2, 4, 8, np.nan, np.nan]])
    assert states(trace, 1).shape == (4, 1)


def test_singular_values_of_a_known_product():
    """diag(3, 1) twice, turned by a right angle in between: 3·1 and 1·3."""
    turn = np.array([[0.0, -1], [1, 0]])
    values = gradient_flow.singular_values(
        gradient_flow.products(np.array([turn @ np.diag([3.0, 1]), np.diag([3.0, 1])]))
    )
    np.testing.assert_allclose(values, [[3, 3], [3, 1], [1, 1]], rtol=1e-14)


def test_lyapunov_exponents_of_a_linear_system_are_logarithms_of_eigenvalues():
    """At rest in 0 a tanh network is h U: its exponents are the ln |λ| of U, a triangular matrix here."""
    net = tt.Network(inputs=1, hidden=3, outputs=1, activation="tanh")
    net.parameters[:] = 0
    net["U"] = np.array([[0.5, 3, -1], [0, -0.9, 2], [0, 0, 0.1]])
    exponents = gradient_flow.lyapunov_exponents(net, np.zeros((600, 1)), skip=100)
    np.testing.assert_allclose(exponents, np.log([0.9, 0.5, 0.1]), atol=1e-3)


def test_lyapunov_exponents_of_gates_that_stand_still():
    """Without recurrent weights, C forgets by f = S(b_f) at each step, and h at once."""
    net = tt.Network(cell="lstm", inputs=1, hidden=2, outputs=1)
    net.parameters[:] = 0
    net["forget.b"] = [2.0, -1]
    exponents = gradient_flow.lyapunov_exponents(net, np.ones((50, 1)))
    np.testing.assert_allclose(exponents[:2], np.log(tt.sigmoid(np.array([2.0, -1]))), rtol=1e-12)
    assert (exponents[2:] < -30).all()


def test_what_is_wrong():
    both = tt.Network(inputs=2, hidden=3, outputs=2, bidirectional=True)
    with pytest.raises(ValueError, match="bidirectional"):
        OneStep(both)
    with pytest.raises(ValueError, match=r"states must be \(N, 3\)"):
        OneStep(network("gru"))(np.zeros((2, 4)), np.zeros(2))
    with pytest.raises(ValueError, match=r"x must be \(2,\) or \(5, 2\), got \(3,\)"):
        OneStep(network("gru"))(np.zeros((5, 3)), np.zeros(3))
    with pytest.raises(ValueError, match=r"more than skip = 4 steps, got \(4, 2\)"):
        gradient_flow.lyapunov_exponents(network("gru"), np.zeros((4, 2)), skip=4)
    with pytest.raises(ValueError, match="sequence must be a whole number from 0 to 1, got 2"):
        states(network("gru").trace(*batch()), 2)
