"""S and S' over all floats, against forty exact digits; the Elman activations and their derivatives."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import throughtime
from oracles import exact
from oracles.agree import assert_agree
from throughtime.cells.activations import ACTIVATIONS, sigmoid_derivative
from throughtime.cells.symbols import sigmoid, softplus

FINITE = st.floats(allow_nan=False, allow_infinity=False)
GRID = np.concatenate(
    [
        np.linspace(-750, 750, 1501), np.linspace(-40, 40, 801), np.geomspace(1e-300, 1e-3, 30),
        -np.geomspace(1e-300, 1e-3, 30), [0.0, -0.0, 1e4, -1e4, 1e100, -1e100, 1e308, -1e308],
        [np.finfo(float).max, np.finfo(float).min, np.finfo(float).tiny, 5e-324],
    ]
)  # fmt: skip
EACH = [(sigmoid, exact.sigmoid), (sigmoid_derivative, exact.sigmoid_derivative), (softplus, exact.softplus)]


def test_they_are_public():
    assert throughtime.sigmoid is sigmoid
    assert throughtime.sigmoid_derivative is sigmoid_derivative


@pytest.mark.parametrize(("f", "truth"), EACH)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_full_relative_accuracy_everywhere(f, truth, dtype):
    limits = np.finfo(dtype)
    x = np.clip(GRID, limits.min, limits.max).astype(dtype)
    got = f(x)
    assert got.dtype == dtype
    worst = max(exact.relative_error(g, truth(v), limits.tiny) for v, g in zip(x, got, strict=True))
    assert worst <= 5 * limits.eps


@given(FINITE)
def test_any_float(x):
    s, derivative = sigmoid(x), sigmoid_derivative(x)
    tiny, eps = np.finfo(float).tiny, np.finfo(float).eps
    assert exact.relative_error(s, exact.sigmoid(x), tiny) <= 5 * eps
    assert exact.relative_error(derivative, exact.sigmoid_derivative(x), tiny) <= 5 * eps
    assert derivative == sigmoid_derivative(-x)
    assert abs(s + sigmoid(-x) - 1) <= eps


@given(FINITE, FINITE)
def test_sigmoid_never_falls(a, b):
    low, high = min(a, b), max(a, b)
    assert sigmoid(low) <= sigmoid(high)


def test_nothing_warns_or_overflows():
    with np.errstate(over="raise", invalid="raise", divide="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (sigmoid, sigmoid_derivative):
            assert np.isfinite(f(GRID)).all()
            f(np.array([np.inf, -np.inf]))


def test_limits():
    assert sigmoid([-np.inf, -0.0, 0.0, np.inf]).tolist() == [0, 0.5, 0.5, 1]
    assert sigmoid_derivative([-np.inf, 0.0, np.inf]).tolist() == [0, 0.25, 0]
    assert np.isnan(sigmoid(np.nan))
    assert np.isnan(sigmoid_derivative(np.nan))


@pytest.mark.parametrize("f", [sigmoid, sigmoid_derivative])
def test_shapes(f):
    for shape in ((), (0,), (3,), (2, 0, 4), (2, 3, 4)):
        assert f(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("f", [sigmoid, sigmoid_derivative])
@pytest.mark.parametrize("dtype", ["int64", "int8", "uint8", "uint64", "bool"])
def test_whole_numbers_become_float64(f, dtype):
    x = np.array([0, 1, 1, 0]) if dtype == "bool" else np.array([0, 1, 3, 100])
    got = f(x.astype(dtype))
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got, f(x.astype(float)))


def test_the_most_negative_whole_numbers():
    assert sigmoid(np.array([-128], "int8")) == sigmoid(-128.0)
    assert sigmoid(np.array([np.iinfo("int64").min])) == 0


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_derivatives(name):
    net = np.array([-30, -3.2, -0.7, -1e-3, 1e-3, 0.4, 2.9, 30])
    activation = ACTIVATIONS[name]
    truth = {"sigmoid": exact.sigmoid, "tanh": exact.tanh, "relu": lambda x: max(x, 0)}[name]
    h = activation.f(net)
    assert_agree(h, np.array([float(truth(x)) for x in net]), 1e-15)
    assert_agree(activation.f_prime(h), activation.f(net + 1e-30j).imag / 1e-30, 1e-14)


def test_relu_is_flat_at_zero_and_below():
    h = ACTIVATIONS["relu"].f(np.array([-2.0, 0.0, 2.0]))
    assert h.tolist() == [0, 0, 2]
    assert ACTIVATIONS["relu"].f_prime(h).tolist() == [0, 0, 1]
