"""The flat vector of parameters, its names, its views, and what stands in it at first."""

from math import prod

import numpy as np
import pytest

from oracles.cases import CELLS, FORMS, problem
from oracles.layout import unpack
from throughtime.network import Network
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import Views, blocks, count

EVERY = [(name, form, bias) for name in CELLS for form in FORMS for bias in (True, False)]


def network(name, form, bias=True, **more):
    return Network(**{"inputs": 2, "hidden": 3, "outputs": 4, "bias": bias, **CELLS[name], **FORMS[form], **more})


@pytest.mark.parametrize(("name", "form", "bias"), EVERY)
def test_views_lie_where_the_documentation_says(name, form, bias):
    net = network(name, form, bias)
    net.parameters[:] = np.arange(len(net.parameters))
    wanted = unpack(net.specification, net.parameters)
    assert len(net.names) == len(wanted)
    for full, array in wanted.items():
        np.testing.assert_array_equal(net[full], array)
        assert full in net
    assert sum(net[short].size for short in net.names) == len(net.parameters) == count(net.specification)


@pytest.mark.parametrize(("name", "form", "bias"), EVERY)
def test_views_and_vector_are_the_same_numbers(name, form, bias):
    net = network(name, form, bias)
    for k, short in enumerate(net):
        net[short][...] = k + 1.5
    assert set(net.parameters) == {k + 1.5 for k in range(len(net.names))}
    net.parameters[:] = 7
    assert all((net[short] == 7).all() for short in net.names)
    for short in net.names:
        net[short] = -1.0
    assert (net.parameters == -1).all()


def names(name, form, bias=True):
    return network(name, form, bias).names


def test_names_of_one_layer():
    assert names("tanh", "one-layer") == ["V", "U", "b_h", "W", "b_y"]
    assert names("tanh", "one-layer", bias=False) == ["V", "U", "W"]
    gates = ["input", "forget", "candidate", "output"]
    assert names("lstm", "one-layer") == [f"{gate}.{symbol}" for symbol in "VUb" for gate in gates] + ["W", "b_y"]
    gates = ["reset", "update", "candidate"]
    assert names("gru", "one-layer") == [
        *(f"{gate}.{symbol}" for symbol in "VUb" for gate in gates), "candidate.c", "W", "b_y",
    ]  # fmt: skip
    assert "candidate.c" not in names("gru", "one-layer", bias=False)


def test_names_of_more():
    assert names("relu", "two-layers") == [
        "layer0.V", "layer0.U", "layer0.b_h", "layer1.V", "layer1.U", "layer1.b_h", "W", "b_y",
    ]  # fmt: skip
    assert names("relu", "both-directions") == [
        "forward.V", "forward.U", "forward.b_h", "backward.V", "backward.U", "backward.b_h", "W", "b_y",
    ]  # fmt: skip
    both = network("lstm", "two-layers-both-directions")
    assert "layer1.backward.forget.U" in both.names
    assert both["layer1.backward.forget.U"].shape == (3, 3)
    assert both["layer1.backward.forget.V"].shape == (6, 3)
    assert both["layer0.backward.forget.V"].shape == (2, 3)
    assert both["W"].shape == (6, 4)


def test_full_names_are_understood_everywhere():
    net = network("gru", "one-layer")
    net["layer0.forward.reset.U"] = 5
    np.testing.assert_array_equal(net["reset.U"], 5)
    for full in ("layer0.reset.U", "forward.reset.U", "layer0.forward.reset.U"):
        assert full in net
    for wrong in ("layer1.reset.U", "backward.reset.U", "reset", "", "reset.c", "layer0.forward", 3, None):
        assert wrong not in net


def test_a_network_is_what_its_parameters_are_now():
    """Written in place, through the vector or a view, the next call sees it; results are not kept from before."""
    q = problem((3, 3), cell="gru", layers=2)
    before = q.net.predict(q.x)
    q.net["W"][0, 0] += 0.5
    changed = q.net.predict(q.x)
    assert (changed != before)[..., 0].all()
    np.testing.assert_array_equal(changed[..., 1], before[..., 1])
    q.net["W"][0, 0] -= 0.5
    view = q.net["layer1.update.U"]
    view *= 2
    twice = q.net.predict(q.x)
    assert (twice[:, 1:] != before[:, 1:]).all()
    q.net.parameters[:] = 0
    np.testing.assert_array_equal(q.net.predict(q.x), 0.5)


def test_a_gradient_has_the_same_views():
    q = problem((3, 3), cell="lstm")
    _, gradient = q.net.gradient(q.x, q.y)
    views = Views(q.s, gradient)
    assert list(views) == q.net.names
    assert len(views) == len(q.net.names)
    small = 1e-6
    for name in ("forget.b", "W", "candidate.V"):
        index = tuple(np.zeros(views[name].ndim, int))
        here = q.net.loss(q.x, q.y)
        q.net[name][index] += small
        there = q.net.loss(q.x, q.y)
        q.net[name][index] -= small
        assert (there - here) / small == pytest.approx(views[name][index], rel=1e-4)


# What they are at first


@pytest.mark.parametrize(("name", "form", "bias"), EVERY)
def test_glorot(name, form, bias):
    net = Network(inputs=20, hidden=30, outputs=10, bias=bias, **CELLS[name], **FORMS[form])
    for full, array in unpack(net.specification, net.parameters).items():
        symbol = full.split(".")[-1]
        if symbol == "U":
            np.testing.assert_allclose(array.T @ array, np.eye(30), atol=1e-12)
        elif symbol in ("V", "W"):
            bound = np.sqrt(6 / (array.shape[0] + array.shape[1]))
            assert abs(array).max() <= bound
            assert abs(array).max() > 0.95 * bound
            assert abs(array.mean()) < 4 * bound / np.sqrt(3 * array.size)
        else:
            np.testing.assert_array_equal(array, 1 if "forget" in full else 0)


def test_glorot_rotations_are_not_biased():
    """Uniform over all orthogonal matrices (Haar): the sign of a QR factorisation must not show."""
    firsts = np.array([Network(inputs=1, hidden=2, outputs=1, seed=seed)["U"] for seed in range(400)])
    for row in range(2):
        for column in range(2):
            assert abs(firsts[:, row, column].mean()) < 4 * np.sqrt(1 / 2 / 400)
    turning = (np.linalg.det(firsts) > 0).sum()
    assert abs(turning - 200) < 4 * 10


def test_uniform():
    net = Network(inputs=20, hidden=25, outputs=10, cell="gru", init="uniform")
    assert abs(net.parameters).max() <= 1 / 5
    assert abs(net.parameters).max() > 0.99 / 5
    assert abs(net.parameters.mean()) < 4 / 5 / np.sqrt(3 * net.parameters.size)


@pytest.mark.parametrize("seed", [0, 5])
def test_classic(seed):
    """docs/math.md#the-classic-recipe: V, W, U, in this order, from NumPy's legacy generator."""
    net = Network(inputs=2, hidden=16, outputs=1, bias=False, init="classic", seed=seed)
    random = np.random.RandomState(seed)
    for name, shape in (("V", (2, 16)), ("W", (16, 1)), ("U", (16, 16))):
        np.testing.assert_array_equal(net[name], 2 * random.random_sample(shape) - 1)


@pytest.mark.parametrize("init", ["glorot", "uniform", "classic"])
@pytest.mark.parametrize("name", CELLS)
def test_one_seed_decides(init, name):
    def drawn(seed, **more):
        return network(name, "two-layers-both-directions", init=init, seed=seed, **more).parameters

    np.testing.assert_array_equal(drawn(3), drawn(3))
    assert (drawn(3) != drawn(4)).mean() > 0.5
    single = drawn(3, dtype="float32")
    assert single.dtype == np.float32
    np.testing.assert_array_equal(single, drawn(3).astype(np.float32))
    assert drawn(3).dtype == np.float64


@pytest.mark.parametrize("vector", [np.zeros(3), np.zeros((13, 1)), np.zeros(1000)])
def test_a_vector_that_does_not_fit_cannot_take_the_place_of_the_parameters(vector):
    net = Network(inputs=2, hidden=2, outputs=1)
    assert len(net.parameters) == 13
    with pytest.raises((ValueError, TypeError, AttributeError)):
        net.parameters = vector


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_count_is_that_of_all_blocks(cell, layers, bidirectional, bias):
    s = NetworkSpecification(
        cell=cell, inputs=3, hidden=4, outputs=2, layers=layers, bidirectional=bidirectional, bias=bias
    )
    assert count(s) == sum(prod(block.shape) for block in blocks(s))


@pytest.mark.parametrize("field", ["inputs", "hidden", "outputs", "layers"])
def test_what_memory_does_not_hold_is_refused_at_once(field, monkeypatch):
    monkeypatch.setattr("throughtime.support.memory.available", lambda: 10**9)
    with pytest.raises(ValueError, match=r"a network of [0-9,]+ parameters needs about .* of memory, and 1.0 GB"):
        Network(**{"inputs": 2, "hidden": 2, "outputs": 1} | {field: 10**9})
