"""Whatever the cell, the sizes, the lengths and the seed: the same properties hold."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracles import reference
from oracles.agree import assert_agree, assert_gradients_agree
from oracles.cases import CELLS, COMPILED, LOSSES, problem
from oracles.differentiate import complex_step
from oracles.passes import run

EXAMPLES = settings(max_examples=60 if COMPILED else 15)


@st.composite
def problems(draw, *, streaming=False):
    kind = draw(st.sampled_from(sorted(LOSSES)))
    softmax = LOSSES[kind]["readout"] == "softmax"
    lengths = st.lists(st.integers(1, 6), min_size=1, max_size=4)
    return problem(
        draw(lengths), draw(st.integers(0, 2**32 - 1)),
        inputs=draw(st.integers(1, 3)), hidden=draw(st.integers(1, 4)), outputs=draw(st.integers(1 + softmax, 3)),
        layers=draw(st.integers(1, 2)), bidirectional=not streaming and draw(st.booleans()), bias=draw(st.booleans()),
        output=draw(st.sampled_from(["every step", "last step"])),
        **CELLS[draw(st.sampled_from(sorted(CELLS)))], **LOSSES[kind],
    )  # fmt: skip


def close(got, wanted, tolerance=1e-10):
    """By the size of what is wanted, but not below the rounding of the sums it is the rest of."""
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * max(1e-3, abs(np.asarray(wanted)).max()))


@EXAMPLES
@given(problems())
def test_gradients_are_derivatives(q):
    wanted = complex_step(lambda z: reference.loss(q.s, z, q.lengths, q.y, q.mask), q.point())
    found = run(q)
    close(found.loss, reference.loss(q.s, q.point(), q.lengths, q.y, q.mask))
    close(found.gradient, wanted["parameters"])
    close(found.d_x, wanted["x"])
    close(found.d_h_0, wanted["h_0"])
    if q.s.cell == "lstm":
        close(found.d_C_0, wanted["C_0"])


@EXAMPLES
@given(problems(), st.randoms(use_true_random=False))
def test_sequences_do_not_know_each_other(q, random):
    order = list(range(len(q.lengths)))
    random.shuffle(order)
    y = q.net.predict(q.x, q.lengths, q.state)
    close(q.net.predict(q.x[order], q.lengths[order], q.state[order]), y[order], 1e-13)
    for b, n in enumerate(q.lengths):
        alone = q.net.predict(q.x[b : b + 1, :n], initial_state=q.state[[b]])[0]
        close(alone, y[b] if q.s.output == "last step" else y[b, :n], 1e-13)


@EXAMPLES
@given(problems(streaming=True))
def test_steps_make_the_sequence(q):
    y = q.net.predict(q.x, initial_state=q.state)
    state, found = q.state, []
    for t in range(q.x.shape[1]):
        y_t, state = q.net.step(q.x[:, t], state)
        found.append(y_t)
    close(found[-1] if q.s.output == "last step" else np.stack(found, axis=1), y, 1e-13)


@EXAMPLES
@given(problems())
def test_the_gradient_of_a_batch_is_the_sum(q):
    loss, gradient = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    each = [
        q.net.gradient(q.x[b : b + 1], q.y[b : b + 1], q.lengths[b : b + 1], q.mask[b : b + 1])
        for b in range(len(q.lengths))
    ]
    close(sum(l for l, _ in each), loss, 1e-12)
    close(sum(g for _, g in each), gradient, 1e-12)


def test_the_comparison_of_arrays_can_fail():
    """An oracle that accepts everything proves nothing."""
    assert_agree([1.0, 1e-9], [1.0, 0.0], 1e-8)
    for got, wanted in (
        ([1.0, 1e-9], [1.0, 0.0]),
        ([1e-300], [0.0]),
        ([np.nan], [1.0]),
        ([1.0], [np.nan]),
        ([[1.0]], [1.0]),
    ):
        with pytest.raises(AssertionError):
            assert_agree(got, wanted, 1e-10)
    q = problem((2,))
    gradient = run(q).gradient
    wrong = gradient.copy()
    wrong[-1] *= 1 + 1e-6
    with pytest.raises(AssertionError, match="gradient of b_y"):
        assert_gradients_agree(SimpleNamespace(**q.s.as_dict()), wrong, gradient, 1e-7)
