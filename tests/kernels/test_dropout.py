"""Dropout: which numbers it keeps, what the layers read with it, and that the gradient knows of the masks."""

import numpy as np
import pytest
from numba.core import config

from oracles import reference
from oracles.agree import assert_agree, assert_gradients_agree
from oracles.cases import CELLS, FORMS, problem
from oracles.differentiate import complex_step
from oracles.passes import run, tape_for
from oracles.split_mix import keeps
from throughtime.kernels.bernoulli import keep

compiled_only = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested")


def masks_for(q):
    widths = [q.s.inputs] + [(1 + q.s.bidirectional) * q.s.hidden] * (q.s.layers - 1)
    return [np.random.default_rng(5).choice([0, 1.5], (len(q.x), K), p=[0.3, 0.7]) for K in widths]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", ["every step", "last step"])
def test_gradient_with_masks(name, form, output):
    q = problem((3, 5, 1), output=output, **CELLS[name], **FORMS[form])
    masks = masks_for(q)
    found = run(q, masks=masks)
    assert_agree(found.h, reference.forward(q.s, q.point(), q.lengths, masks=masks)["h"], 1e-13, "h")
    wanted = complex_step(lambda z: reference.loss(q.s, z, q.lengths, q.y, q.mask, masks=masks), q.point())
    assert_gradients_agree(q.s, found.gradient, wanted["parameters"], 1e-12)
    assert_agree(found.d_x, wanted["x"], 1e-12, "∂x")
    assert_agree(found.d_h_0, wanted["h_0"], 1e-12, "∂h_0")


def test_a_tape_with_masks_twice():
    q = problem((3, 5, 1), cell="gru", layers=2, bidirectional=True)
    tape, masks = tape_for(q, dropout=True), masks_for(q)
    first, second = run(q, masks=masks, tape=tape), run(q, masks=masks, tape=tape)
    assert first.loss == second.loss
    np.testing.assert_array_equal(first.gradient, second.gradient)


@compiled_only
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_kept_equals_its_definition(dtype):
    for key, p in [(0, 0.5), (5, 0.2), (2**64 - 3, 0.9)]:
        out = np.empty(1000, dtype)
        keep(np.uint64(key), 0, p, out)
        np.testing.assert_array_equal(out, np.where(keeps(key, p, 1000), 1 / (1 - p), 0).astype(dtype))


@compiled_only
def test_as_many_are_kept_as_were_asked_for():
    n = 2**18
    for key, p in [(1, 0.5), (2, 0.1), (2 + 2**32, 0.75)]:
        out = np.empty(n)
        keep(np.uint64(key), 0, p, out)
        assert abs(out.mean() - 1) < 4.5 * np.sqrt(p / (1 - p) / n)
        for other in (np.roll(out, 1), np.roll(out, 64)):
            assert abs(((out - 1) * (other - 1)).mean()) < 4.5 * p / (1 - p) / np.sqrt(n)
