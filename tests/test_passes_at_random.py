"""Random networks and batches, several calls in turn from two threads at once, in shards and in pieces of time.

The oracle passes each sequence alone in plain NumPy, by the cell's graph: it knows no padding, no shard, no piece, no
memory that is used again.
"""

import threading

import numpy as np
import pytest

import throughtime as tt
from oracles.cases import CELLS, COMPILED, FORMS, LOSSES
from throughtime.kernels import shards
from throughtime.passes import pool
from throughtime.passes.one_pass import Pass
from throughtime.passes.plain import Plain

TOLERANCE = {"float64": 1e-10, "float32": 1e-3}


@pytest.fixture(autouse=True)
def _small_shards_and_pieces(monkeypatch):
    monkeypatch.setattr(shards, "_PRODUCTS", 0.0)
    monkeypatch.setattr(shards, "_STEPS", 0)
    monkeypatch.setattr(pool, "_NUMBERS_OF_A_PIECE", 64)
    monkeypatch.setattr(pool, "_LEAST_PIECE", 2)


def drawn(rng, fields):
    """A network whose sizes are full vectors or just beside them."""
    loss = list(LOSSES.values())[rng.integers(len(LOSSES))]
    sizes = {"inputs": int(rng.integers(1, 6)), "hidden": int(rng.choice([1, 3, 8, 17])), "outputs": 2}
    output, dtype = rng.choice(["every step", "last step"]), rng.choice(["float64", "float32"])
    net = tt.Network(**fields, **loss, **sizes, output=str(output), dtype=str(dtype), bias=bool(rng.integers(2)))
    net.parameters = rng.normal(0, 0.5, net.parameters.shape)
    return net


def batch(s, rng, T):
    """x, y, lengths, mask and state; what must not count is NaN."""
    B = int(rng.integers(5, 17))
    outer, lengths = (B,) if s.output == "last step" else (B, T), rng.integers(1, T + 1, B)
    x, y, mask = rng.normal(size=(B, T, s.inputs)), rng.dirichlet(np.ones(2), outer), rng.choice([0, 1.0, 1.7], outer)
    behind = np.arange(T) >= lengths[:, None]
    x[behind] = y[mask == 0] = np.nan
    if s.output == "every step":
        y[behind], mask[behind] = np.nan, np.nan
    shape = s.layers * s.directions, B, s.hidden
    return x, y, lengths, mask, tt.State(**{name: rng.normal(0, 0.5, shape) for name in s.graph.states})


def alone(net, x, y, lengths, mask, state):
    """loss, gradient, outputs, states, and what comes back, of each sequence by itself."""
    s, found = net.specification, []
    for b, n in enumerate(lengths):
        steps = slice(b, b + 1) if s.output == "last step" else (slice(b, b + 1), slice(n))
        one = Pass(s, net.parameters, n, 1, d_x=True, computing=Plain)
        loss, gradient = one.differentiate(x[b : b + 1, :n], None, y[steps], mask[steps])
        one.read(x[b : b + 1, :n], None, state[b : b + 1])
        outputs, states, final = one.outputs()[0], one.states[0], one.final.numbers[:, :, 0]
        one.loss(y[steps], mask[steps])
        back = one.backward()
        found.append(
            (loss, gradient, outputs, states, final, back.gradient, back.d_x[0], back.d_state.numbers[:, :, 0])
        )
    return found


def compare(net, given, wanted, threads):
    """All calls on one batch."""
    x, y, lengths, mask, state = given
    losses, gradients, outputs, states, final, back, d_x, d_state = zip(*wanted, strict=True)
    tolerance = TOLERANCE[net.specification.dtype]

    def close(found, right):
        np.testing.assert_allclose(found, right, rtol=0, atol=tolerance * (1 + np.abs(right).max()))

    def close_to_ends(found, right):
        for b, one in enumerate(right):
            close(found[b, : len(one)], one)
            assert not found[b, len(one) :].any()

    loss, gradient = net.gradient(x, y, lengths, mask, threads=threads)
    kept = gradient.copy()
    close(loss, sum(losses))
    close(gradient, sum(gradients))
    assert net.loss(x, y, lengths, mask, threads=threads) == loss
    predicted = net.predict(x, lengths, state, threads=threads)
    close_to_ends(predicted, outputs) if predicted.ndim == 3 else close(predicted, np.array(outputs))
    hidden, after = net.hidden(x, lengths, state)
    close_to_ends(hidden, states)
    close(after.numbers, np.stack(final, axis=2))
    here = net.forward(x, lengths, state)
    here.loss(y, mask)
    found = here.backward()
    close(found.gradient, sum(back))
    close_to_ends(found.d_x, d_x)
    close(found.d_state.numbers, np.stack(d_state, axis=2))
    np.testing.assert_array_equal(gradient, kept)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"] if COMPILED else ["gru"])
@pytest.mark.long
def test_networks_and_batches_at_random(cell, form):
    rng = np.random.default_rng([len(cell), len(form)])
    net = drawn(rng, CELLS[cell] | FORMS[form])
    batches = [batch(net.specification, rng, T) for T in (1, 9, 5)]
    wanted = [alone(net, *given) for given in batches]
    wrong = []

    def work(order, threads):
        try:
            for k in order:
                compare(net, batches[k], wanted[k], threads)
        except BaseException as error:
            wrong.append(error)

    other = threading.Thread(target=work, args=([2, 1, 0, 1], 2))
    other.start()
    work([0, 1, 2, 0, 2], 3)
    other.join()
    if wrong:
        raise wrong[0]
