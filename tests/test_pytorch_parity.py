"""Outputs, losses and gradients against PyTorch's modules and automatic differentiation, in float64 to 1e-10.

Without PyTorch these tests are skipped, unless THROUGHTIME_TORCH=required, as in CI: then they fail.
"""

import os

import numpy as np
import pytest

if os.environ.get("THROUGHTIME_TORCH") == "required":
    import torch
else:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0")

from oracles.agree import assert_agree
from oracles.cases import CELLS, COMPILED, FORMS, LOSSES, C_of, problem
from oracles.layout import unpack
from oracles.passes import run
from oracles.torch_twin import Twin

pytestmark = pytest.mark.torch

TOLERANCE = 1e-10
OUTPUTS = ["every step", "last step"]
LONG = 150 if COMPILED else 20


def assert_all_agree(q, gradient, d_x, d_h_0, d_C_0, wanted):
    for name, array in unpack(q.s, gradient).items():
        assert_agree(array, wanted[name], TOLERANCE, f"gradient of {name}")
    assert_agree(d_x, wanted["x"], TOLERANCE, "∂x")
    assert_agree(d_h_0, wanted["h_0"], TOLERANCE, "∂h_0")
    assert_agree(d_C_0, wanted["C_0"], TOLERANCE, "∂C_0")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("bias", [True, False])
def test_both_passes(name, form, output, bias):
    q = problem((3, 5, 1), 6, output=output, bias=bias, **CELLS[name], **FORMS[form])
    twin, found = Twin(q), run(q)
    loss = twin.loss()
    assert found.loss == pytest.approx(loss.item(), rel=TOLERANCE)
    assert_all_agree(q, found.gradient, found.d_x, found.d_h_0, found.d_C_0, twin.gradients(loss))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("lengths", [(1,), (2,), (7,), (LONG, 3)])
def test_every_loss_and_length(name, loss, lengths):
    q = problem(lengths, 6, inputs=3, hidden=5, outputs=3, **CELLS[name], **LOSSES[loss])
    if name == "relu":
        q.net.parameters *= 0.7  # PyTorch's exponentials must not overflow either
    twin, found = Twin(q), run(q)
    loss = twin.loss()
    assert found.loss == pytest.approx(loss.item(), rel=TOLERANCE)
    assert_all_agree(q, found.gradient, found.d_x, found.d_h_0, found.d_C_0, twin.gradients(loss))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_public_methods(name, form, output):
    q = problem((4, 2, 5), 7, output=output, **CELLS[name], **FORMS[form])
    twin = Twin(q)
    y = twin.outputs(initial=False)[1].detach().numpy().copy()
    if output == "every step":
        y[np.arange(5) >= q.lengths[:, None]] = 0
    assert_agree(q.net.predict(q.x, q.lengths), y, TOLERANCE, "y")
    loss, gradient = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    wanted = twin.loss(initial=False)
    assert loss == pytest.approx(wanted.item(), rel=TOLERANCE)
    numbers = twin.gradients(wanted)
    for parameter, array in unpack(q.s, gradient).items():
        assert_agree(array, numbers[parameter], TOLERANCE, f"gradient of {parameter}")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_derivatives_from_outside(name, form):
    """By the states at every step, and by the final h and C, as when PyTorch's network is part of a larger one."""
    q = problem((3, 5, 1), 8, **CELLS[name], **FORMS[form])
    twin = Twin(q)
    states, final_h, final_C = twin.states()
    ours, final = q.net.hidden(q.x, q.lengths, q.state)
    assert_agree(ours, states.detach().numpy(), TOLERANCE, "states")
    assert_agree(final.h, final_h.detach().numpy(), TOLERANCE, "final h")
    scalar = (states * torch.tensor(q.d_h)).sum() + (final_h * torch.tensor(q.d_state.h)).sum()
    if final_C is not None:
        assert_agree(C_of(final), final_C.detach().numpy(), TOLERANCE, "final C")
        scalar = scalar + (final_C * torch.tensor(C_of(q.d_state))).sum()
    found = q.net.backward(q.x, q.d_h, q.lengths, q.state, q.d_state)
    assert_all_agree(q, found.gradient, found.d_x, found.d_state.h, C_of(found.d_state), twin.gradients(scalar))
