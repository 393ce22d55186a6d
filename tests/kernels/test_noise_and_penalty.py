"""Noise on the recurrent state and a penalty on LSTM's cell state, as training uses them: the gradient has both."""

import numpy as np
import pytest

from oracles import reference
from oracles.agree import assert_agree, assert_gradients_agree
from oracles.cases import CELLS, FORMS, problem
from oracles.differentiate import complex_step
from oracles.passes import run, tape_for


def lively(name):
    return 6 if name == "relu" else 1


def noise_for(q):
    L, D, (B, T, _) = q.s.layers, 1 + q.s.bidirectional, q.x.shape
    return np.random.default_rng(5).normal(0, 0.3, (L, D, B, T, q.s.hidden))


def compare(q, found, noise, penalty):
    wanted = complex_step(
        lambda z: reference.loss(q.s, z, q.lengths, q.y, q.mask, noise=noise, penalty=penalty), q.point()
    )
    assert_gradients_agree(q.s, found.gradient, wanted["parameters"], 1e-12)
    assert_agree(found.d_x, wanted["x"], 1e-12, "∂x")
    assert_agree(found.d_h_0, wanted["h_0"], 1e-12, "∂h_0")
    if q.s.cell == "lstm":
        assert_agree(found.d_C_0, wanted["C_0"], 1e-12, "∂C_0")


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("lengths", [(4, 4), (3, 5, 1), (1,)])
def test_gradient_with_noise(name, form, lengths):
    q = problem(lengths, lively(name), **CELLS[name], **FORMS[form])
    noise = noise_for(q)
    found = run(q, noise=noise)
    assert_agree(found.h, reference.forward(q.s, q.point(), q.lengths, noise)["h"], 1e-13, "h")
    compare(q, found, noise, 0.0)


@pytest.mark.parametrize("name", CELLS)
def test_noise_does_not_reach_the_first_state(name):
    """One step only: the noise has no step to be fed into."""
    q = problem((1, 1), **CELLS[name])
    np.testing.assert_array_equal(run(q, noise=noise_for(q)).y, run(q).y)


@pytest.mark.parametrize("name", CELLS)
def test_a_noisy_tape_twice(name):
    q = problem((3, 5, 1), **CELLS[name], layers=2)
    tape, noise = tape_for(q, noisy=True), noise_for(q)
    first, second = run(q, noise=noise, tape=tape), run(q, noise=noise, tape=tape)
    assert first.loss == second.loss
    np.testing.assert_array_equal(first.gradient, second.gradient)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", ["every step", "last step"])
def test_gradient_with_a_penalty_on_the_cell_state(form, output):
    q = problem((3, 5, 1), output=output, cell="lstm", **FORMS[form])
    noise = noise_for(q)
    compare(q, run(q, penalty=0.4), None, 0.4)
    compare(q, run(q, penalty=0.4, noise=noise), noise, 0.4)
