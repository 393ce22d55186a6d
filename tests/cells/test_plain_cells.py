"""The plain cells against docs/math.md, written out one number at a time, and against complex differentiation."""

from dataclasses import fields, replace

import numpy as np
import pytest

from oracles import reference
from oracles.agree import assert_agree
from oracles.cases import CELLS, C_of, problem
from oracles.differentiate import central_differences, complex_step
from oracles.of_cells import BACKWARD, DELTAS, FORWARD, GATES, named_cell

CASES = [(1, 1), (1, 2), (3, 4), (2, 30)]


def plain(name, B, T, seed=1, **more):
    """A random cell, x, [h_0, C_0], the derivative d_h from above, and the problem that the reference reads."""
    q = problem((T,) * B, seed, **CELLS[name], **more)
    first = [a[0] for a in q.state.arrays]
    return named_cell(q.s.cell, q.net, "", q.s.activation), q.x, first, q.d_h, q


def along(name, d_h, cell, x, first):
    """Σ d_h ∘ h, which has the derivative d_h by h."""
    return (d_h * FORWARD[CELLS[name]["cell"]](cell, x, *first).h).sum()


def numeric_gradient(name, method, cell, x, first, d_h):
    """The derivative of Σ d_h ∘ h by every parameter, x and initial state, as a dict by the names of the cell."""
    symbols = [f.name for f in fields(cell) if f.name != "activation"]
    point = {symbol: getattr(cell, symbol) for symbol in symbols} | {"d_x": x}
    point |= dict(zip(["d_h_0", "d_C_0"], first, strict=False))

    def f(p):
        varied = replace(cell, **{symbol: p[symbol] for symbol in symbols})
        return along(name, d_h, varied, p["d_x"], [p[k] for k in ("d_h_0", "d_C_0") if k in p])

    def each(copies):
        n = len(next(iter(copies.values())))
        return np.array([f({k: a[i] for k, a in copies.items()}) for i in range(n)])

    return complex_step(each, point) if method == "complex step" else central_differences(f, point)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("B", "T"), CASES)
def test_forward_is_the_mathematics(name, B, T):
    cell, x, first, _, q = plain(name, B, T)
    tape = FORWARD[q.s.cell](cell, x, *first)
    wanted = reference.forward(q.s, q.point(), q.lengths)
    assert_agree(tape.h, wanted["h"][0, 0], 1e-14, "h")
    for g, gate in enumerate(GATES[q.s.cell]):
        assert_agree(getattr(tape, gate), wanted["gates"][0, 0, :, :, g], 1e-14, gate)
    if q.s.cell == "lstm":
        assert_agree(tape.C, wanted["C"][0, 0], 1e-14, "C")


@pytest.mark.parametrize(("method", "tolerance"), [("complex step", 1e-12), ("central differences", 1e-7)])
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("B", "T"), CASES[:3])
def test_backward_is_the_derivative(name, B, T, method, tolerance):
    cell, x, first, d_h, q = plain(name, B, T, seed=3)
    gradient = BACKWARD[q.s.cell](cell, FORWARD[q.s.cell](cell, x, *first), d_h)
    wanted = numeric_gradient(name, method, cell, x, first, d_h)
    parameters = getattr(gradient, "parameters", gradient)
    for symbol, array in wanted.items():
        assert abs(array).max() > 0, f"nothing depends on {symbol}: the case is too easy"
        assert_agree(getattr(gradient if symbol[:2] == "d_" else parameters, symbol), array, tolerance, symbol)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("B", "T"), CASES)
def test_delta_is_the_derivative_by_the_net_input(name, B, T):
    cell, x, first, d_h, q = plain(name, B, T)
    gradient = BACKWARD[q.s.cell](cell, FORWARD[q.s.cell](cell, x, *first), d_h)
    still = q.point()
    G = len(DELTAS[q.s.cell])

    def f(nudged):
        return reference.along_states(
            q.s, broadcast(still, nudged), q.lengths, d_h, 0 * q.d_state.h, 0 * C_of(q.d_state)
        )

    delta = complex_step(f, {"net": np.zeros((1, 1, B, T, G, q.s.hidden))})["net"][0, 0]
    for g, symbol in enumerate(DELTAS[q.s.cell]):
        assert_agree(getattr(gradient, symbol), delta[:, :, g], 1e-12, symbol)


def broadcast(still, nudged):
    """The point with the same first axis everywhere."""
    n = len(next(iter(nudged.values())))
    return {name: np.broadcast_to(a, (n, *a.shape)) for name, a in still.items()} | nudged


@pytest.mark.parametrize("name", CELLS)
def test_each_sequence_is_on_its_own(name):
    cell, x, first, d_h, q = plain(name, 3, 4)
    forward, backward = FORWARD[q.s.cell], BACKWARD[q.s.cell]
    together = backward(cell, forward(cell, x, *first), d_h)
    for b in range(3):
        one = slice(b, b + 1)
        alone = backward(cell, forward(cell, x[one], *(a[one] for a in first)), d_h[one])
        assert_agree(alone.d_x, together.d_x[one], 1e-13)
        assert_agree(alone.d_h_0, together.d_h_0[one], 1e-13)


@pytest.mark.parametrize("name", CELLS)
def test_float32_stays_float32(name):
    cell, x, first, d_h, q = plain(name, 2, 6, dtype="float32")
    x, d_h, first = x.astype("f4"), d_h.astype("f4"), [a.astype("f4") for a in first]
    tape = FORWARD[q.s.cell](cell, x, *first)
    gradient = BACKWARD[q.s.cell](cell, tape, d_h)
    for holder in (tape, gradient, getattr(gradient, "parameters", gradient)):
        for field in fields(holder):
            if field.name != "parameters":
                assert getattr(holder, field.name).dtype == np.float32, field.name


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_without_biases_is_one_with_biases_of_zero(name):
    cell, x, first, _, q = plain(name, 2, 3, bias=False)
    tape = FORWARD[q.s.cell](cell, x, *first)
    assert_agree(tape.h, reference.forward(q.s, q.point(), q.lengths)["h"][0, 0], 1e-14, "h")


@pytest.mark.parametrize("name", CELLS)
def test_passes_leave_what_they_were_given_alone(name):
    cell, x, first, d_h, q = plain(name, 2, 3)
    given = [x, d_h, *first, q.net.parameters]
    before = [a.copy() for a in given]
    BACKWARD[q.s.cell](cell, FORWARD[q.s.cell](cell, x, *first), d_h)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b)
