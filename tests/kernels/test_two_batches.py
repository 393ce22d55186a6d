"""The same arrays are used again for the next batch, as training does: nothing of the last one may be left in them."""

from dataclasses import replace

import numpy as np
import pytest

from oracles.agree import assert_agree
from oracles.cases import CELLS, FORMS, problem
from oracles.passes import run, tape_for

ARRAYS = ["gradient", "gates", "delta", "h", "C", "states", "net_y", "y", "delta_y", "error", "d_x", "d_h_0", "d_C_0"]
EVERY = [(name, form, output) for name in CELLS for form in FORMS for output in ("every step", "last step")]


def two(name, form, output):
    """Two batches of the same size, the second with shorter sequences, for the same network."""
    fields = {"output": output, **CELLS[name], **FORMS[form]}
    first, second = problem((5, 4, 5), 1, **fields), problem((3, 5, 1), 2, **fields)
    return first, replace(second, net=first.net)


@pytest.mark.parametrize(("name", "form", "output"), EVERY)
def test_the_same_tape_twice(name, form, output):
    first, second = two(name, form, output)
    tape = tape_for(first)
    run(first, tape=tape)
    again, alone = run(second, tape=tape), run(second)
    assert again.loss == alone.loss
    for array in ARRAYS:
        np.testing.assert_array_equal(getattr(again, array), getattr(alone, array), array)


@pytest.mark.parametrize(("name", "form", "output"), EVERY)
def test_the_gradient_is_added(name, form, output):
    """Two batches into one gradient: their sum, so that a batch may be split to save memory."""
    first, second = two(name, form, output)
    both = np.zeros_like(first.net.parameters)
    run(first, gradient=both)
    run(second, gradient=both)
    assert_agree(both, run(first).gradient + run(second).gradient, 1e-13)


@pytest.mark.parametrize(("name", "form", "output"), EVERY)
def test_nothing_that_is_given_is_written(name, form, output):
    q, _ = two(name, form, output)
    given = [q.x, q.y, q.mask, q.lengths, q.net.parameters, q.state.numbers, q.d_h, q.d_state.numbers]
    before = [a.copy() for a in given]
    q.net.predict(q.x, q.lengths)
    q.net.loss(q.x, q.y, q.lengths, q.mask)
    first = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    q.net.hidden(q.x, q.lengths, q.state)
    q.net.backward(q.x, q.d_h, q.lengths, q.state, q.d_state)
    run(q)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b)
    again = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    assert again[0] == first[0]
    np.testing.assert_array_equal(again[1], first[1])
    assert again[1] is not first[1]


@pytest.mark.parametrize("name", CELLS)
def test_a_network_has_no_memory_of_other_batches(name):
    q, other = two(name, "two-layers-both-directions", "every step")
    before = q.net.gradient(q.x, q.y, q.lengths)
    other.net.gradient(other.x[:1], other.y[:1])
    after = q.net.gradient(q.x, q.y, q.lengths)
    assert before[0] == after[0]
    np.testing.assert_array_equal(before[1], after[1])
