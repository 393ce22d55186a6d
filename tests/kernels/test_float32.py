"""float32 does what float64 does, to 1e-5 relative, and stays float32."""

from dataclasses import replace

import numpy as np
import pytest

from oracles.agree import assert_agree, assert_gradients_agree
from oracles.cases import CELLS, FORMS, LOSSES, problem
from oracles.passes import run
from throughtime.network import Network
from throughtime.passes.state import State

TOLERANCE = 1e-5


def twins(lengths, name, form, **more):
    """The same problem with the same numbers in float32 and in float64."""
    q = problem(lengths, 6 if name == "relu" else 1, dtype="float32", **CELLS[name], **FORMS[form], **more)

    def both(a):
        single = a.astype(np.float32)
        return single, single.astype(np.float64)

    def states(state):
        return [State.of(state.names, numbers) for numbers in both(state.numbers)]

    arrays = {name: both(getattr(q, name)) for name in ("x", "y", "mask", "d_h")}
    nets = q.net, Network.of(replace(q.s, dtype="float64"), q.net.parameters)
    return [
        replace(
            q,
            net=nets[k],
            state=states(q.state)[k],
            d_state=states(q.d_state)[k],
            **{n: a[k] for n, a in arrays.items()},
        )
        for k in (0, 1)
    ]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lengths", [(1,), (3, 5, 1), (12, 9)])
def test_gradient(name, form, lengths):
    loss = list(LOSSES.values())[len(name + form) % len(LOSSES)]
    single, double = twins(lengths, name, form, outputs=3, **loss)
    got, wanted = run(single), run(double)
    assert got.loss == pytest.approx(wanted.loss, rel=TOLERANCE)
    assert_gradients_agree(single.s, got.gradient, wanted.gradient, TOLERANCE)
    for array in ("gates", "delta", "h", "states", "y", "delta_y", "d_x", "d_h_0", "d_C_0", "C"):
        assert getattr(got, array).dtype == np.float32, array
        assert_agree(getattr(got, array), getattr(wanted, array), TOLERANCE, array)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_backward(name, form):
    single, double = twins((3, 5, 1), name, form)
    got, wanted = (q.net.backward(q.x, q.d_h, q.lengths, q.state, q.d_state) for q in (single, double))
    assert_gradients_agree(single.s, got.gradient, wanted.gradient, TOLERANCE)
    assert_agree(got.d_x, wanted.d_x, TOLERANCE)
    assert_agree(got.d_state.numbers, wanted.d_state.numbers, TOLERANCE)


@pytest.mark.parametrize("name", CELLS)
def test_everything_public_is_float32(name):
    q, _ = twins((3, 5), name, "one-layer")
    net = q.net
    x = q.x.astype(np.float64)  # what is given is converted, not what is computed
    y, state = net.step(x[:, 0], net.initial_state(2))
    backward = net.backward(x, q.d_h, q.lengths)
    arrays = [
        net.parameters, net.predict(x, q.lengths), net.gradient(x, q.y, q.lengths)[1], net.hidden(x)[0],
        y, *state.arrays, backward.gradient, backward.d_x, backward.d_state.h, net["W"],
    ]  # fmt: skip
    assert {a.dtype for a in arrays} == {np.dtype("float32")}
    assert type(net.loss(x, q.y, q.lengths)) is float
