"""The gradient of the whole compiled network, by complex steps through an independent network and by central
differences.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from oracles import reference
from oracles.agree import assert_agree, assert_gradients_agree
from oracles.cases import CELLS, COMPILED, FORMS, LOSSES, C_of, problem, state_of
from oracles.differentiate import central_differences, complex_step
from oracles.passes import run
from throughtime.network import Network
from throughtime.passes.state import State

OUTPUTS = ["every step", "last step"]
LENGTHS = {
    "one-step": (1,),
    "two-steps": (2,),
    "one-sequence": (6,),
    "ragged": (3, 5, 1),
    "long": (120 if COMPILED else 40, 2),
}


def wanted(q, *, initial=True):
    """∂loss by everything, by complex steps; no case may be so easy that a parameter does not matter."""
    found = complex_step(lambda z: reference.loss(q.s, z, q.lengths, q.y, q.mask), q.point(initial=initial))
    assert all(abs(a).max() > 0 for a in found.values()), "nothing depends on something: the case is too easy"
    return found


def assert_all_agree(q, found, truth, tolerance):
    assert_gradients_agree(q.s, found.gradient, truth["parameters"], tolerance)
    assert_agree(found.d_x, truth["x"], tolerance, "∂x")
    assert_agree(found.d_h_0, truth["h_0"], tolerance, "∂h_0")
    if q.s.cell == "lstm":
        assert_agree(found.d_C_0, truth["C_0"], tolerance, "∂C_0")


def lively(name):
    """A seed for which no unit of a relu network is off at all steps."""
    return 6 if name == "relu" else 1


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("bias", [True, False])
def test_every_form(name, form, output, bias):
    q = problem(seed=lively(name), output=output, bias=bias, **CELLS[name], **FORMS[form])
    assert_all_agree(q, run(q), wanted(q), 1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("loss", "outputs"),
    [*product(LOSSES, [3]), *((loss, 1) for loss in LOSSES if LOSSES[loss]["readout"] != "softmax")],
)
def test_every_loss(name, loss, outputs):
    q = problem(seed=lively(name), outputs=outputs, **CELLS[name], **LOSSES[loss])
    assert_all_agree(q, run(q), wanted(q), 1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("form", ["one-layer", "two-layers-both-directions"])
def test_every_length(name, lengths, form):
    q = problem(LENGTHS[lengths], lively(name), inputs=3, **CELLS[name], **FORMS[form])
    assert_all_agree(q, run(q), wanted(q), 1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 5, 1), (4, 1, 2), (3, 9, 2), (9, 17, 5)])
def test_every_size(name, sizes):
    inputs, hidden, outputs = sizes
    q = problem((4, 2), lively(name), inputs=inputs, hidden=hidden, outputs=outputs, **CELLS[name])
    found = run(q)
    truth = complex_step(lambda z: reference.loss(q.s, z, q.lengths, q.y, q.mask), q.point())
    assert_all_agree(q, found, truth, 1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_three_layers(name):
    q = problem((3, 4), lively(name), layers=3, hidden=4, bidirectional=True, **CELLS[name])
    assert_all_agree(q, run(q), wanted(q), 1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_public_gradient(name, form, output):
    """`Network.gradient` and `Network.loss`: from a state of zero, with and without a mask."""
    q = problem((2, 5, 3), lively(name), output=output, **CELLS[name], **FORMS[form])
    for mask in (q.mask, None):
        masked = replace(q, mask=np.ones_like(q.mask) if mask is None else q.mask)
        loss, gradient = q.net.gradient(q.x, q.y, q.lengths, mask)
        truth = complex_step(
            lambda z, m=masked: reference.loss(m.s, z, m.lengths, m.y, m.mask), masked.point(initial=False)
        )
        assert_gradients_agree(q.s, gradient, truth["parameters"], 1e-12)
        exact = reference.loss(q.s, masked.point(initial=False), q.lengths, q.y, masked.mask)
        assert loss == pytest.approx(exact, rel=1e-13)
        assert q.net.loss(q.x, q.y, q.lengths, mask) == loss


FEW = list(product(CELLS, FORMS, OUTPUTS)) if COMPILED else [(name, "one-layer", "every step") for name in CELLS]


@pytest.mark.parametrize(("name", "form", "output"), FEW)
def test_central_differences(name, form, output):
    """The gradient against the engine's own loss: the two cannot be wrong together unless both passes are."""
    loss = list(LOSSES.values())[len(name + form + output) % len(LOSSES)]
    q = problem((3, 4), lively(name), output=output, **CELLS[name], **FORMS[form], **loss)
    _, gradient = q.net.gradient(q.x, q.y, q.lengths, q.mask)

    def f(point):
        return Network.of(q.s, point["parameters"]).loss(q.x, q.y, q.lengths, q.mask)

    assert_gradients_agree(q.s, gradient, central_differences(f, {"parameters": q.net.parameters})["parameters"], 1e-7)


# Network.backward: a derivative that comes from outside


def along(q, net, point):
    """Σ d_h ∘ states + Σ d_state ∘ final state, by the engine's own forward pass."""
    initial = state_of(point["h_0"], point.get("C_0", C_of(q.state)))
    states, final = net.hidden(point["x"], q.lengths, initial)
    real = np.arange(q.x.shape[1]) < q.lengths[:, None]
    return (states * q.d_h * real[..., None]).sum() + (final.numbers * q.d_state.numbers).sum()


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lengths", [(1,), (2, 2), (3, 5, 1)])
def test_backward_from_outside(name, form, lengths):
    q = problem(lengths, lively(name), **CELLS[name], **FORMS[form])
    found = q.net.backward(q.x, q.d_h, q.lengths, q.state, q.d_state)
    truth = complex_step(
        lambda z: reference.along_states(q.s, z, q.lengths, q.d_h, q.d_state.h, C_of(q.d_state)), q.point()
    )
    assert_gradients_agree(q.s, found.gradient, truth["parameters"], 1e-12)
    assert_agree(found.d_x, truth["x"], 1e-12, "∂x")
    assert_agree(found.d_state.h, truth["h_0"], 1e-12, "∂h_0")
    if q.s.cell == "lstm":
        assert_agree(found.d_state.C, truth["C_0"], 1e-12, "∂C_0")
    else:
        assert found.d_state.names == q.state.names == ("h",)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", ["one-layer", "two-layers-both-directions"] if COMPILED else ["one-layer"])
def test_backward_by_central_differences(name, form):
    q = problem((2, 4), lively(name), **CELLS[name], **FORMS[form])
    found = q.net.backward(q.x, q.d_h, q.lengths, q.state, q.d_state)
    truth = central_differences(lambda p: along(q, Network.of(q.s, p["parameters"]), p), q.point())
    assert_gradients_agree(q.s, found.gradient, truth["parameters"], 1e-7)
    assert_agree(found.d_x, truth["x"], 1e-7, "∂x")
    assert_agree(found.d_state.h, truth["h_0"], 1e-7, "∂h_0")
    if q.s.cell == "lstm":
        assert_agree(found.d_state.C, truth["C_0"], 1e-7, "∂C_0")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_backward_without_a_derivative_by_the_final_state(name, form):
    q = problem(seed=lively(name), **CELLS[name], **FORMS[form])
    zero = State.of(q.d_state.names, 0 * q.d_state.numbers)
    left_out = q.net.backward(q.x, q.d_h, q.lengths, q.state)
    given = q.net.backward(q.x, q.d_h, q.lengths, q.state, zero)
    np.testing.assert_array_equal(left_out.gradient, given.gradient)
    np.testing.assert_array_equal(left_out.d_x, given.d_x)
    np.testing.assert_array_equal(left_out.d_state.h, given.d_state.h)


@pytest.mark.parametrize("name", CELLS)
def test_two_networks_composed(name):
    """∂x of the upper network is d_h of the lower one: together they have the gradient of a network of two layers."""
    q = problem((3, 4), lively(name), layers=2, **CELLS[name])
    whole = q.net.backward(q.x, q.d_h, q.lengths)
    lower, upper = (Network(replace(q.s, layers=1, inputs=n)) for n in (q.s.inputs, q.s.hidden))
    for layer, net in enumerate((lower, upper)):
        for symbol in net:
            net[symbol] = q.net[symbol if symbol in ("W", "b_y") else f"layer{layer}.{symbol}"]
    middle, _ = lower.hidden(q.x, q.lengths)
    above = upper.backward(middle, q.d_h, q.lengths)
    below = lower.backward(q.x, above.d_x, q.lengths)
    assert_agree(below.d_x, whole.d_x, 1e-13, "∂x")
    end = lower.parameters.size - (q.s.hidden + 1) * q.s.outputs
    assert_agree(below.gradient[:end], whole.gradient[:end], 1e-13, "gradient of layer 0")
