"""What the compiled passes leave behind for a Trace: every array is what docs/math.md calls by that name."""

from dataclasses import replace

import numpy as np
import pytest

from oracles import reference
from oracles.agree import assert_agree
from oracles.cases import CELLS, COMPILED, FORMS, LOSSES, problem
from oracles.differentiate import complex_step
from oracles.passes import run

LENGTHS = [(1,), (2,), (3, 5, 1)]


def lively(name):
    return 6 if name == "relu" else 1


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lengths", [*LENGTHS, (200, 2, 90) if COMPILED else (40, 2, 9)])
def test_forward_arrays(name, form, lengths):
    q = problem(lengths, **CELLS[name], **FORMS[form])
    if name == "relu":
        q.net.parameters *= 0.5  # a relu network may grow without bounds
    found, wanted = run(q), reference.forward(q.s, q.point(), q.lengths)
    for array in ("gates", "h", "states", "net_y", "y"):
        assert_agree(getattr(found, array), wanted[array], 1e-12, array)
    if q.s.cell == "lstm":
        assert_agree(found.C, wanted["C"], 1e-12, "C")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_states_through_the_public_door(name, form):
    q = problem((3, 5, 1), **CELLS[name], **FORMS[form])
    states, final = q.net.hidden(q.x, q.lengths, q.state)
    wanted = reference.forward(q.s, q.point(), q.lengths)
    assert_agree(states, wanted["states"], 1e-13, "states")
    assert_agree(final.h, wanted["final_h"], 1e-13, "final h")
    if q.s.cell == "lstm":
        assert_agree(final.C, wanted["final_C"], 1e-13, "final C")
    else:
        assert final.names == ("h",)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", ["every step", "last step"])
def test_delta_is_the_derivative_by_the_net_input(name, form, output):
    q = problem((3, 4, 1), lively(name), output=output, **CELLS[name], **FORMS[form])
    found = run(q)
    nudges = {"net": np.zeros(found.delta.shape), "net_y": np.zeros(found.delta_y.shape)}

    def loss(copies):
        n = len(copies["net"])
        point = {key: np.broadcast_to(a, (n, *a.shape)) for key, a in q.point().items()} | copies
        return reference.loss(q.s, point, q.lengths, q.y, q.mask)

    wanted = complex_step(loss, nudges)
    assert_agree(found.delta, wanted["net"], 1e-12, "δ")
    assert_agree(found.delta_y, wanted["net_y"], 1e-12, "δ_y")


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", ["every step", "last step"])
def test_errors_add_up_to_the_loss(loss, output):
    q = problem((3, 4, 1), outputs=3, output=output, **LOSSES[loss])
    found = run(q)
    d, mask = (q.y, q.mask) if output == "every step" else (q.y[:, None], q.mask[:, None])
    real = np.ones(mask.shape, bool) if output == "last step" else np.arange(4) < q.lengths[:, None]
    y = np.where(real[..., None], found.y, 0.5)
    wanted = np.where(real, mask * reference.errors(q.s, y, d), 0)
    assert_agree(found.error, wanted, 1e-13, "error")
    assert found.loss == pytest.approx(wanted.sum(), rel=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_masked_step_teaches_nothing(loss):
    q = problem((4, 4), outputs=3, **LOSSES[loss])
    mask = np.array([[1, 0, 1, 0], [0, 0, 0, 1.0]])
    found = run(replace(q, mask=mask))
    assert (found.error[mask == 0] == 0).all()
    assert (found.delta_y[mask == 0] == 0).all()
    assert (found.delta_y[mask == 1] != 0).all()
    other = run(replace(q, mask=mask, y=np.where(mask[..., None] == 0, 0.123, q.y)))
    np.testing.assert_array_equal(found.gradient, other.gradient)


@pytest.mark.parametrize("name", CELLS)
def test_a_mask_is_a_weight(name):
    """The gradient is linear in the mask."""
    q = problem((3, 4), **CELLS[name])
    ones = np.ones_like(q.mask)
    once, twice = (q.net.gradient(q.x, q.y, q.lengths, ones * k) for k in (1, 2.5))
    assert twice[0] == pytest.approx(2.5 * once[0])
    assert_agree(twice[1], 2.5 * once[1], 1e-13)
