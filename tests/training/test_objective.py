"""Training by a loss of one's own: with the squared loss, the steps are those of the kernels, disturbed or not."""

import numpy as np
import pytest

import throughtime as tt
from throughtime.training import workspace
from throughtime.training.loop import proceed
from throughtime.training.objective import loss_of
from throughtime.training.run import NotFinite, Run
from throughtime.training.settings import Settings

RNG = np.random.default_rng(0)


def squared(y, d, weights, lengths):
    assert (y.shape, d.shape[:2]) == (d.shape, weights.shape)
    w = weights[..., None]
    return float((w * (y - d) ** 2).sum() / 2), w * (y - d)


def data_of(n=10, steps=6, output="every step"):
    lengths = RNG.integers(1, steps + 1, n)
    x, shape = RNG.normal(size=(n, steps, 2)), (n, steps) if output == "every step" else (n,)
    mask = RNG.integers(0, 3, shape).astype(float)
    if output == "every step":
        mask *= np.arange(steps) < lengths[:, None]
    return tt.Batch(x, RNG.normal(size=(*shape, 3)), lengths, mask)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("network", "settings"),
    [
        ({}, {"optimizer": tt.Adam(0.02), "weight_decay": 0.1}),
        ({"output": "last step"}, {"optimizer": tt.Momentum(0.01)}),
        ({"bidirectional": True, "layers": 2}, {"dropout": 0.3, "input_noise": 0.1}),
        ({}, {"noise": 0.1, "dropout": 0.2, "recurrent_dropout": 0.2, "cell_penalty": 0.1}),
    ],
)
def test_training_with_the_squared_loss_is_that_of_the_kernels(network, settings, dtype):
    net = tt.Network(cell="lstm", inputs=2, hidden=5, outputs=3, readout="identity", dtype=dtype, **network)
    chosen = Settings(steps=30, batch=4, schedule=tt.Cosine(), clip=0.5, seed=3, **settings)
    data, theirs, ours = data_of(output=net.specification.output), Run(net.copy(), chosen), Run(net.copy(), chosen)
    proceed(theirs, data)
    for until in (7, 20, None):
        proceed(ours, data, until=until, objective=squared)
    tolerance = {"rtol": 1e-9, "atol": 1e-11} if dtype == "float64" else {"rtol": 1e-3, "atol": 1e-5}
    np.testing.assert_allclose(ours.network.parameters, theirs.network.parameters, **tolerance)
    assert ours.step == 30
    assert ours.history["step"][-1] == 30
    assert ours.history["loss"][-1] == pytest.approx(theirs.history["loss"][-1], rel=1e-3)
    found = loss_of(ours.network, data, squared)
    assert found == pytest.approx(ours.network.loss(data.x, data.y, data.lengths, data.mask), rel=1e-5)


@pytest.mark.parametrize("threads", [1, 2])
def test_shards_are_judged_together(threads, monkeypatch):
    net = tt.Network(cell="gru", inputs=2, hidden=4, outputs=3, readout="identity")
    data, chosen = data_of(), Settings(steps=5, batch=10, dropout=0.2)
    whole = proceed(Run(net.copy(), chosen), data, objective=squared)
    monkeypatch.setattr("throughtime.kernels.shards.shards", lambda size, T, B: [slice(0, 3), slice(3, 10)])
    parts = proceed(Run(net.copy(), chosen), data, objective=squared, threads=threads)
    assert len(workspace.Workspace(net, chosen, 6, None).shards) == 2
    np.testing.assert_allclose(parts.network.parameters, whole.network.parameters, rtol=1e-9)


def test_a_run_that_bursts_says_so():
    net = tt.Network(cell="gru", inputs=2, hidden=3, outputs=3, readout="identity")
    run = Run(net, Settings(steps=3, batch=4))
    with pytest.raises(NotFinite, match=r"at step 1 is nan .* lower the learning rate"):
        proceed(run, data_of(), objective=lambda y, d, weights, lengths: (np.nan, y))
    assert run.step == 0


@pytest.mark.parametrize(
    "settings", [{"window": 3}, {"update": "per step", "batch": 1, "optimizer": tt.GradientDescent()}]
)
def test_what_it_takes_is_said(settings):
    net = tt.Network(cell="elman", inputs=2, hidden=3, outputs=3, readout="identity")
    with pytest.raises(ValueError, match="an objective is for a Batch: it takes no validate, no window"):
        proceed(Run(net, Settings(steps=3, **settings)), data_of(), objective=squared)
    with pytest.raises(ValueError, match="an objective is for a Batch"):
        proceed(Run(net, Settings(steps=3)), data_of(), data_of(), objective=squared)
