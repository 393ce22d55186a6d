"""A network's outputs, loss and gradient of a batch in shards: the same bits on any number of threads."""

import math

import numpy as np
import pytest

import throughtime as tt
from throughtime.kernels import shards
from throughtime.passes import sharded
from throughtime.passes.one_pass import Pass
from throughtime.support.threads import Team

RNG = np.random.default_rng(4)
B, T = 37, 6  # four shards of 8 to 12 rows
THREADS = [1, 2, 3, 7]
FIELDS = [
    {"cell": "elman"},
    {"cell": "lstm", "dtype": "float32"},
    {"cell": "gru", "layers": 2, "bidirectional": True},
    {"cell": "lstm", "output": "last step", "bidirectional": True, "dtype": "float32"},
    {"cell": "gru", "output": "last step"},
]


@pytest.fixture
def small(monkeypatch):
    """Shards of few rows; the function makes one of all."""
    monkeypatch.setattr(shards, "_PRODUCTS", 0.0)
    monkeypatch.setattr(shards, "_STEPS", 0)
    return lambda: monkeypatch.setattr(shards, "_PRODUCTS", np.inf)


def network(**fields):
    return tt.Network(**{"inputs": 3, "hidden": 5, "outputs": 2, "init": "uniform", "seed": 2} | fields)


def batch(net):
    last = net.specification.output == "last step"
    y, mask = RNG.random((B, T, 2)), RNG.choice([0.0, 1.0, 1.7], (B, T))
    given = {"lengths": RNG.integers(1, T + 1, B), "mask": mask[:, 0] if last else mask}
    return RNG.normal(size=(B, T, 3)), y[:, 0] if last else y, given


def close(one, other, dtype):
    np.testing.assert_allclose(one, other, rtol=1e-4 if dtype == "float32" else 1e-12, atol=1e-6)


@pytest.mark.parametrize("fields", FIELDS)
def test_loss_and_gradient(fields, small):
    net = network(**fields)
    x, y, given = batch(net)
    found = [net.gradient(x, y, **given, threads=n) for n in THREADS]
    losses = [net.loss(x, y, **given, threads=n) for n in THREADS]
    assert {loss for loss, _ in found} | set(losses) == {losses[0]}
    for _, gradient in found[1:]:
        np.testing.assert_array_equal(gradient, found[0][1])
    small()
    loss, gradient = net.gradient(x, y, **given, threads=3)
    assert (gradient != found[0][1]).any()
    close(found[0][1], gradient, net.specification.dtype)
    close(losses[0], loss, net.specification.dtype)


@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("begun", [False, True])
def test_outputs(fields, begun, small):
    net = network(**fields)
    x, _, given = batch(net)
    state = net.hidden(x)[1] if begun else None
    found = [net.predict(x, given["lengths"], state, threads=n) for n in THREADS]
    for y in found[1:]:
        np.testing.assert_array_equal(y, found[0])
    rows = [x[b, :n] for b, n in enumerate(given["lengths"])]
    if not begun:
        listed = net.predict(rows, threads=2)
        for b, n in enumerate(given["lengths"]):
            np.testing.assert_array_equal(listed[b], found[0][b, :n] if found[0].ndim == 3 else found[0][b])
    small()
    close(found[0], net.predict(x, given["lengths"], state, threads=2), net.specification.dtype)


def test_the_same_bits_in_whatever_order_shards_are_done(small, monkeypatch):
    net = network(cell="lstm", dtype="float32")
    x, y, given = batch(net)
    loss, gradient = net.gradient(x, y, **given)
    monkeypatch.setattr(Team, "share", lambda team, work, parts: [work(part) for part in reversed(range(parts))])
    again = net.gradient(x, y, **given)
    assert again[0] == loss == net.loss(x, y, **given)
    np.testing.assert_array_equal(again[1], gradient)


def test_losses_of_shards_are_added_one_after_the_other(small, monkeypatch):
    """Python's own sum rounds otherwise from 3.12 on."""
    net = network(cell="gru")
    x, y, _ = batch(net)
    of_shards = iter([0.1, 0.2, 0.3, 0.0])
    monkeypatch.setattr(Pass, "loss", lambda *_: next(of_shards))
    monkeypatch.setattr(sharded, "sum", math.fsum, raising=False)
    assert net.loss(x, y, threads=1) == 0.1 + 0.2 + 0.3 != math.fsum([0.1, 0.2, 0.3])


def test_what_is_wrong_is_said_of_the_batch(small):
    net = network(cell="gru")
    x, y, _ = batch(net)
    bad = x.copy()
    bad[30, 0, 1] = np.nan
    for call in (lambda n: net.predict(bad, threads=n), lambda n: net.gradient(bad, y, threads=n),
                 lambda n: net.loss(bad, y, threads=n)):  # fmt: skip
        for threads in (1, 3):
            with pytest.raises(ValueError, match="sequence 30, step 0, feature 1"):
                call(threads)
    wrong = y.copy()
    wrong[33, 2, 0] = 7
    with pytest.raises(ValueError, match="got 7 at sequence 33, step 2"):
        net.gradient(x, wrong, threads=2)
    with pytest.raises(ValueError, match="mask must be"):
        net.loss(x, y, mask=np.full((B, T), -1.0), threads=2)
    with pytest.raises(ValueError, match="y must be"):
        net.gradient(x, y[:-1], threads=2)
    with pytest.raises(ValueError, match="the state must have"):
        net.predict(x, initial_state=net.initial_state(B - 1), threads=2)
    with pytest.raises(ValueError, match="a state must be a State"):
        net.predict(x, initial_state=(net.initial_state(B).h,), threads=2)
    with pytest.raises(ValueError, match="threads must be"):
        net.predict(x, threads=0)


def test_validation_has_the_threads_of_its_run(small, monkeypatch):
    seen, share = set(), Team.share
    monkeypatch.setattr(Team, "share", lambda team, work, parts: (seen.add(team.threads), share(team, work, parts))[1])
    net = network(cell="gru")
    x, y, given = batch(net)
    data = tt.Batch(x, y, given["lengths"], given["mask"])
    runs = [tt.train(net, data, steps=12, batch=B, validate=data, threads=n) for n in (5, 1)]
    assert seen == {5, 1}
    found = [run.history["validation_loss"] for run in runs]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.isfinite(found[0]).any()


def test_outputs_that_no_memory_holds_are_refused(small):
    net = network()
    with pytest.raises(ValueError, match=r"^the outputs of 1,000,000 sequences of 10,000,000 steps needs? about 160"):
        net.predict(np.broadcast_to(0.0, (10**6, 10**7, 3)))
