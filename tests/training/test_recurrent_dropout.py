"""Recurrent dropout: one mask on U for each update, against steps of plain descent that a test takes itself."""

import numpy as np
import pytest
from numba.core import config

import throughtime as tt
from oracles import reference
from oracles.split_mix import keeps
from throughtime.kernels import bernoulli
from throughtime.sklearn import SequenceClassifier
from throughtime.training.source import RECURRENT, key

RNG = np.random.default_rng(1)
P, SEED, RATE = 0.4, 12, 0.5
B, T, H = 3, 6, 4
GATES = {
    "elman": ["U"],
    "lstm": ["input.U", "forget.U", "candidate.U", "output.U"],
    "gru": ["reset.U", "update.U", "candidate.U"],
}
"""The recurrent matrices that lie side by side, in their order."""


def two_gates(p, x, h):
    """A cell of one's own: two matrices that multiply different values, and a vector that is none."""
    z = tt.sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    return (1 - z) * h + z * tt.tanh(x @ p.V_h + (z * h) @ p.U_h + p.u * h + p.b_h)


@pytest.fixture(autouse=True)
def _masks_by_their_definition(monkeypatch):
    """Uncompiled, the kernel draws other numbers: then what it is tested to draw."""

    def keep(key, counter, p, out):
        out[:] = keeps(key, p, counter + len(out))[counter:] / (1 - p)

    if config.DISABLE_JIT:
        monkeypatch.setattr(bernoulli, "keep", keep)


def data(output="every step"):
    x, y = RNG.normal(size=(B, T, 3)), RNG.random((B, T, 2))
    return tt.Batch(x, y[:, 0]) if output == "last step" else tt.Batch(x, y)


def network(**fields):
    return tt.Network(**{"inputs": 3, "hidden": H, "outputs": 2, "init": "uniform", "seed": 4} | fields)


def settings(**more):
    return {"steps": 2, "batch": B, "shuffle": False, "optimizer": tt.GradientDescent(RATE), "seed": SEED} | more


def masked(net, groups, step):
    """A copy of the network's mask: 1 but for the matrices of each group, side by side in a layer and direction."""
    mask = tt.Network.of(net.specification, np.ones_like(net.parameters))
    s, size = net.specification, 0
    names = [
        [f"layer{layer}.{direction}.{name}" for name in group]
        for layer in range(s.layers) for direction in ("forward", "backward")[: s.directions] for group in groups
    ]  # fmt: skip
    kept = keeps(key(SEED, RECURRENT) + np.uint64(step), P, sum(H * H * len(group) for group in names)) / (1 - P)
    for group in names:
        side_by_side = kept[size : size + H * H * len(group)].reshape(H, -1)
        size += side_by_side.size
        for name, part in zip(group, np.split(side_by_side, len(group), axis=1), strict=True):
            mask[name][:] = part
    return mask.parameters


@pytest.mark.parametrize("cell", GATES)
def test_two_steps_against_complex_steps_through_plain_numpy(cell):
    net, sequences = network(cell=cell), data()
    run = tt.train(net, sequences, **settings(recurrent_dropout=P))
    theta = net.parameters.copy()
    for step in range(2):
        mask, zero = masked(net, [GATES[cell]], step), np.zeros((1, B, H))
        assert (mask == 0).any()

        def loss(vector, mask=mask, zero=zero):
            point = {"parameters": vector * mask, "x": sequences.x, "h_0": zero, "C_0": zero}
            return reference.loss(net.specification, point, [T] * B, sequences.y, np.ones((B, T))) / B

        theta = theta - RATE * np.array([loss(theta + 1e-30j * row).imag / 1e-30 for row in np.eye(len(theta))])
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("fields", "groups"),
    [
        ({"cell": "lstm", "layers": 2, "bidirectional": True}, [GATES["lstm"]]),
        ({"cell": "gru", "bidirectional": True, "output": "last step"}, [GATES["gru"]]),
        ({"cell": "elman", "layers": 3, "layer_norm": True}, [["U"]]),
        ({"cell": tt.cell(two_gates)}, [["U_z"], ["U_h"]]),
    ],
    ids=["deep", "both directions", "normalised", "own"],
)
def test_every_layer_direction_and_cell(fields, groups):
    net, sequences = network(**fields), data(fields.get("output", "every step"))
    run = tt.train(net, sequences, **settings(recurrent_dropout=P))
    theta = net.parameters.copy()
    for step in range(2):
        mask = masked(net, groups, step)
        _, gradient = tt.Network.of(net.specification, theta * mask).gradient(sequences.x, sequences.y)
        theta = theta - RATE * gradient * mask / B
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-11, atol=1e-14)


def test_each_window_is_an_update_with_a_mask_of_its_own():
    net, sequences = network(cell="lstm"), data()
    run = tt.train(net, sequences, **settings(recurrent_dropout=P, window=3))
    theta, state = net.parameters.copy(), net.initial_state(B)
    for step in range(2):
        mask, part = masked(net, [GATES["lstm"]], step), slice(3 * step, 3 * step + 3)
        passed = tt.Network.of(net.specification, theta * mask).forward(sequences.x[:, part], initial_state=state)
        passed.loss(sequences.y[:, part])
        theta, state = theta - RATE * passed.backward().gradient * mask / B, passed.final
    np.testing.assert_allclose(run.network.parameters, theta, rtol=1e-11, atol=1e-14)


def test_what_is_measured_clipped_and_decayed():
    """The norm is that of the masked gradient; weight decay takes from every weight, dropped or not."""
    net, sequences = network(), data()
    mask = masked(net, [["U"]], 0)
    loss, gradient = tt.Network.of(net.specification, net.parameters * mask).gradient(sequences.x, sequences.y)
    gradient *= mask / B
    norm = np.linalg.norm(gradient)
    run = tt.train(
        net, sequences, **settings(steps=1, recurrent_dropout=P, clip=norm / 2, weight_decay=0.1)
    )  # fmt: skip
    assert run.history.last.loss == pytest.approx(loss / B, rel=1e-12)
    assert run.history.last.gradient_norm == pytest.approx(norm, rel=1e-12)
    decayed = net.parameters * (1 - RATE * 0.1)
    np.testing.assert_allclose(run.network.parameters, decayed - RATE * gradient / 2, rtol=1e-10, atol=1e-14)


def test_the_same_step_as_without_where_nothing_is_dropped():
    """Steps one by one are those that a block takes, bit for bit."""
    net, sequences = network(cell="gru", layers=2), data()
    more = {"noise": 0.1, "dropout": 0.2, "clip": 1.0, "weight_decay": 0.01}
    plain, one_by_one = (
        tt.train(net, sequences, **settings(steps=9, recurrent_dropout=p, **more)) for p in (0.0, 1e-300)
    )
    np.testing.assert_array_equal(plain.network.parameters, one_by_one.network.parameters)
    np.testing.assert_array_equal(plain.moments, one_by_one.moments)


@pytest.mark.parametrize("cell", ["indrnn", "mingru", "minlstm"])
def test_a_cell_without_recurrent_matrices_is_refused(cell):
    with pytest.raises(ValueError, match=f"recurrent_dropout is for cells with recurrent matrices: {cell} has none"):
        tt.train(network(cell=cell), data(), **settings(recurrent_dropout=P))


def test_an_estimator_learns_with_it():
    X = RNG.normal(size=(40, 8, 1))
    y = X[:, :, 0].sum(axis=1) > 0
    options = {"cell": "gru", "hidden": 8, "max_iter": 60, "random_state": 0}
    model = SequenceClassifier(**options, recurrent_dropout=0.2).fit(X, y)
    assert model.score(X, y) > 0.9
    other = SequenceClassifier(**options).fit(X, y)
    assert (model.network_.parameters != other.network_.parameters).any()
    with pytest.raises(ValueError, match="recurrent_dropout must be a probability from 0 to below 1, got 1"):
        SequenceClassifier(**options, recurrent_dropout=1).fit(X, y)
