"""Standardisation, its way into a network's weights, and the columns that are kept with it."""

import numpy as np
import pytest

import throughtime as tt
from oracles import plain_networks
from oracles.step_functions import STEPS
from throughtime.tasks.columns import Columns
from throughtime.tasks.standardisation import Standardisation
from throughtime.weights.own_units import in_own_units


def test_mean_and_deviation_are_numpys():
    x = np.random.default_rng(0).normal(1013, [5, 0.01], size=(40, 7, 2))
    found = Standardisation.of(x)
    np.testing.assert_allclose(found.mean, x.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, x.std((0, 1)), rtol=1e-9)
    np.testing.assert_allclose(found.undo(found.apply(x)), x, rtol=1e-12)
    weights = np.arange(7) < np.arange(1, 41)[:, None] % 7 + 1
    weighed = Standardisation.of(x, weights)
    np.testing.assert_allclose(weighed.mean, x[weights].mean(0), rtol=1e-12)
    np.testing.assert_allclose(weighed.deviation, x[weights].std(0), rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-300, 1e-15, 1.0, 1e9, 1e300])
def test_the_unit_does_not_matter(unit):
    varied = unit * (5 + np.random.default_rng(0).normal(size=(200, 1)) / 100)
    constant = np.full((200, 1), 0.1 * unit)
    found = Standardisation.of(np.hstack([varied, constant]))
    assert found.constant.tolist() == [False, True]
    np.testing.assert_allclose(found.apply(np.hstack([varied, constant])).std(0), [1, 0], atol=1e-6)
    assert found.apply(np.array([[0, 7 * unit]]))[0, 1] == 0
    assert found.undo(np.array([[0, 3.0]]))[0, 1] == pytest.approx(0.1 * unit)


@pytest.mark.parametrize(
    "cell", ["elman", "lstm", "gru", STEPS["min_gru"]], ids=lambda cell: getattr(cell, "name", cell)
)
@pytest.mark.parametrize("fields", [{}, {"layers": 2}, {"bidirectional": True, "layers": 2}, {"output": "last step"}])
def test_a_network_in_own_units_predicts_what_the_standardised_one_does(cell, fields):
    rng = np.random.default_rng(1)
    x = rng.normal([1013, 0.002, 8], [4, 0.0005, 1e-30], size=(5, 6, 3))
    x[..., 2] = 8
    y = rng.normal([15, -300], [2, 90], size=(50, 2))
    sx, sy = Standardisation.of(x), Standardisation.of(y)
    net = tt.Network(cell=cell, inputs=3, hidden=4, outputs=2, readout="identity", seed=3, **fields)
    net.parameters[:] += rng.normal(size=len(net.parameters)) / 5
    before = net.parameters.copy()
    lengths = np.array([6, 1, 3, 6, 2])
    wanted = sy.undo(net.predict(sx.apply(x), lengths))
    found = in_own_units(net, sx, sy).predict(x, lengths)
    real = np.arange(6) < lengths[:, None] if wanted.ndim == 3 else slice(None)
    np.testing.assert_allclose(found[real], wanted[real], rtol=1e-9)
    np.testing.assert_array_equal(net.parameters, before)


def test_what_no_weights_can_hold_is_refused():
    tiny = Standardisation(np.zeros(1), np.array([1e-39]))
    net = tt.Network(inputs=1, hidden=2, outputs=1, dtype="float32")
    with pytest.raises(ValueError, match=r"^float32 cannot hold weights for numbers of such sizes"):
        in_own_units(net, tiny)
    with pytest.raises(ValueError, match="without biases"):
        in_own_units(tt.Network(inputs=1, hidden=2, outputs=1, bias=False), tiny)
    with pytest.raises(
        ValueError, match=r"the cell odd adds no bias to x @ p.V_a, which could take in a mean: add one"
    ):
        in_own_units(tt.Network(cell=STEPS["odd"], inputs=1, hidden=2, outputs=1), tiny)


WITHOUT_BIAS = ("odd", "ran", "fastgrnn")
"""What these multiply x by is a term of nothing that a bias of its own is added to."""


@pytest.mark.parametrize("name", WITHOUT_BIAS)
def test_a_cell_without_a_bias_for_the_mean_is_refused(name):
    net = tt.Network(cell=STEPS[name], inputs=2, hidden=3, outputs=2)
    with pytest.raises(ValueError, match="which could take in a mean: add one, or do not standardise"):
        in_own_units(net, Standardisation.of(np.arange(24.0).reshape(3, 4, 2)))


@pytest.mark.parametrize("name", [name for name in STEPS if name not in WITHOUT_BIAS])
def test_every_cell_takes_a_standardisation_in(name):
    """Without compiling any: the oracle is plain NumPy."""
    rng = np.random.default_rng(0)
    x = rng.normal([1013, 0.002], [4, 0.0005], size=(3, 4, 2))
    scale, net = (
        Standardisation.of(x),
        tt.Network(cell=STEPS[name], inputs=2, hidden=3, outputs=2, bidirectional=True, layers=2),
    )
    net.parameters[:] += rng.normal(size=len(net.parameters)) / 5
    wanted = plain_networks.predict(net, scale.apply(x))
    np.testing.assert_allclose(plain_networks.predict(in_own_units(net, scale), x), wanted, rtol=1e-9)


COLUMNS = Columns(
    ("a", "b"), ("kind",), True, "classes", ("down", "up", "x y"), "last step", "run", "t",
    Standardisation(np.array([1.5, 2]), np.array([0.1, 0])), Standardisation.none(3),
)  # fmt: skip


def test_columns_are_kept_to_the_bit():
    values = COLUMNS.as_dict()
    assert Columns.from_dict(values, 2, 3).as_dict() == values
    assert Columns.from_dict(values, 2, 3).inputs == ("a", "b")


@pytest.mark.parametrize(
    "damage",
    [
        {"inputs": ["a"]}, {"inputs": "ab"}, {"inputs": [1, 2]}, {"named": 1}, {"targets": "kinds"},
        {"output": "first"}, {"classes": ["down", "up"]}, {"x": {"mean": [1]}},
        {"x": {"mean": [1, 2], "deviation": [1]}}, {"time": None}, {"x": {"mean": [1, 2], "deviation": [1, -1]}},
        {"x": {"mean": [float("nan"), 2], "deviation": [1, 1]}}, {"x": 3}, {"more": 1},
    ],
)  # fmt: skip
def test_damaged_columns_are_refused_in_one_sentence(damage):
    with pytest.raises(ValueError, match=r"^columns[. ]"):
        Columns.from_dict(COLUMNS.as_dict() | damage, 2, 3)
    with pytest.raises(ValueError, match="2 inputs and 5 outputs"):
        Columns.from_dict(COLUMNS.as_dict(), 2, 5)


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 838.86), ("float64", 4.5036e11)])
def test_features_that_vary_too_little_for_a_dtype(dtype, limit):
    """The limit is 1e-4 of a deviation: 2^23 · 1e-4 and 2^52 · 1e-4 deviations."""
    scale = Standardisation(np.array([0, 0.999, -0.999, 1.001, -1.001, 1.001]) * limit, np.array([1.0, 1, 1, 1, 1, 0]))
    assert scale.blurred(dtype).tolist() == [False, False, False, True, True, False]
    with pytest.raises(ValueError, match=r"^d: numbers around .* that vary by 1 are hardly told apart in " + dtype):
        scale.check_distinct(dtype, "abcdef")
    Standardisation.none(3).check_distinct(dtype, "abc")


@pytest.mark.parametrize("of", ["x", "y"])
def test_an_estimator_whose_features_are_blurred_is_not_written(of):
    from throughtime.bridges.exported import exported
    from throughtime.sklearn import SequenceRegressor

    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=(6, 3, 1)), "y": rng.normal(size=6)}
    data[of] += 1e6  # where float32 has steps of a sixteenth of a deviation
    model = SequenceRegressor(max_iter=1, hidden=2, dtype="float32", random_state=0).fit(data["x"], data["y"])
    kind = {"x": "feature", "y": "target"}[of]
    with pytest.raises(
        ValueError, match=rf"^{kind} 0: numbers around \S+ that vary by \S+ are hardly told apart in float32: choose"
    ):
        exported(model)
