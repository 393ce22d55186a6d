"""Passes are used again: by other sizes, other threads, after errors; nothing of one call is seen in another."""

import copy
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import numpy as np
import pytest

import throughtime as tt
from oracles.cases import CELLS, FORMS, problem
from throughtime.kernels import passes as kernels
from throughtime.passes import pool
from throughtime.weights import losses

LENGTHS = [(3, 5, 1), (5, 5), (2,), (1, 1, 1, 4)]
EVERY = [
    (name, form, output) for name in ("tanh", "lstm", "gru") for form in FORMS for output in ("every step", "last step")
]


def arrays(trace):
    """All arrays of a trace."""
    found = [trace.x, trace.d, trace.mask, trace.net_y, trace.y, trace.error, trace.delta_y, trace.gradient]
    return found + [array for layer in trace.layers for array in layer.arrays.values()]


def answers(net, q):
    """What a network can be asked about a batch, all numbers that come back."""
    given = q.x, q.y, q.lengths, q.mask
    loss, gradient = net.gradient(*given)
    states, final = net.hidden(q.x, q.lengths, q.state)
    found = net.forward(q.x, q.lengths, q.state)
    found.loss(q.y, q.mask)
    back = found.backward(d_state=q.d_state)
    numbers = [
        net.predict(q.x, q.lengths),
        net.predict(q.x, q.lengths, q.state),
        np.array([loss, net.loss(*given)]),
        gradient,
    ]
    numbers += [states, final.numbers, back.gradient, back.d_x, back.d_state.numbers, *arrays(net.trace(*given))]
    if not q.s.bidirectional:
        y, state = net.step(q.x[:, 0], q.state)
        numbers += [y, state.numbers]
    return numbers


def batches(fields, count=4):
    """Problems of several sizes for one network, and what new networks answer to each."""
    made = [problem(lengths, seed, **fields) for seed, lengths in enumerate(LENGTHS[:count])]
    net = made[0].net
    return net, made, [answers(net.copy(), q) for q in made]


def assert_same(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("name", "form", "output"), EVERY)
def test_sizes_in_turn(name, form, output):
    """In an order in which each follows each, so that passes are used again after any other."""
    net, made, wanted = batches({"output": output, **CELLS[name], **FORMS[form]}, 3)
    for order in permutations(range(3)):
        for place in order:
            assert_same(answers(net, made[place]), wanted[place])


@pytest.mark.parametrize("form", FORMS)
def test_threads_at_once(form):
    net, made, wanted = batches(CELLS["lstm"] | FORMS[form])
    with ThreadPoolExecutor(4) as threads:
        for found, right in zip(threads.map(lambda k: answers(net, made[k % 4]), range(24)), wanted * 6, strict=True):
            assert_same(found, right)


@pytest.mark.parametrize("name", CELLS)
def test_a_later_call_does_not_write_into_an_earlier_result(name):
    net, made, wanted = batches(CELLS[name] | FORMS["two-layers-both-directions"], 1)
    kept = answers(net, made[0])
    other = problem(LENGTHS[0], 9, **CELLS[name], **FORMS["two-layers-both-directions"])
    answers(net, other)
    assert_same(kept, wanted[0])


@pytest.mark.parametrize("name", CELLS)
def test_what_was_given_may_change_afterwards(name):
    """A pass keeps copies: of x, of the initial state, of the targets."""
    q = problem((3, 5, 1), **CELLS[name])
    loss, back = (wanted := q.net.forward(q.x, q.lengths, q.state)).loss(q.y, q.mask), wanted.backward()
    found = q.net.forward(q.x, q.lengths, q.state)
    q.x[:], q.state.numbers[:] = 7, 7
    assert found.loss(q.y, q.mask) == loss
    q.y[:] = 0.5
    np.testing.assert_array_equal(found.backward().gradient, back.gradient)


@pytest.mark.parametrize("name", ["relu", "lstm", "gru"])
@pytest.mark.parametrize("form", FORMS)
def test_an_error_or_an_overflow_leaves_nothing_behind(name, form):
    net, (q, *_), (wanted, *_) = batches(CELLS[name] | FORMS[form], 1)
    for call in (net.gradient, net.loss, net.trace):
        x, y, mask = q.x.copy(), q.y.copy(), q.mask.copy()
        x[0, 0, 1], y[1, 0, 0], mask[1, 1] = np.inf, np.nan, -1
        with pytest.raises(ValueError, match="x must be finite numbers, got inf at sequence 0, step 0, feature 1"):
            call(x, q.y, q.lengths, q.mask)
        with pytest.raises(ValueError, match="y must be finite numbers, got nan at sequence 1, step 0, output 0"):
            call(q.x, y, q.lengths, q.mask)
        with pytest.raises(ValueError, match="mask must be weights of at least 0, got -1"):
            call(q.x, q.y, q.lengths, mask)
        with pytest.raises(ValueError, match="y must be"):
            call(q.x, q.y[:, :2], q.lengths, q.mask)
        assert_same(answers(net, q), wanted)
    parameters = net.parameters.copy()
    with np.errstate(all="ignore"):
        for wild in (1e300, np.nan):
            net.parameters = parameters * wild
            answers(net, q)
            net.parameters = parameters
            assert_same(answers(net, q), wanted)


@pytest.mark.parametrize("name", CELLS)
def test_new_parameters_are_seen_by_passes_that_were_used(name):
    q, other = problem((3, 5, 1), **CELLS[name]), problem((3, 5, 1), 4, **CELLS[name])
    answers(q.net, q)
    q.net.parameters = other.net.parameters
    assert_same(answers(q.net, q), answers(other.net, q))
    q.net["W"] *= 2
    assert_same(answers(q.net, q), answers(q.net.copy(), q))


def idle(net):
    return [found for several in net._passes._idle.values() for found in several]


def test_few_passes_are_kept_and_no_large_ones(monkeypatch):
    net = problem((2,)).net
    for steps in range(1, 30):
        net.gradient(np.zeros((1, steps, 2)), np.zeros((1, steps, 2)))
        assert len(idle(net)) <= 8
    for _ in range(3):
        net.predict(np.zeros((1, 4, 2)))
    assert sum(found.size == (4, 1, False) for found in idle(net)) == 1
    monkeypatch.setattr(pool, "_SMALL", 10_000)
    net.predict(np.zeros((1, 100, 2)))  # some 15,000 bytes
    assert [found.size for found in idle(net)] == [(100, 1, False)]
    monkeypatch.setattr(pool, "_LARGEST", 10_000)
    net.predict(np.zeros((1, 101, 2)))
    assert not idle(net)


# Numbers are looked at as they are laid out: what the kernels let through, and what has the last word


def test_the_kernels_are_stricter_than_the_last_word():
    assert 0 < kernels.SLACK < losses._SLACK


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("off", [0.0, 0.4e-4, 0.9e-4, 1.2e-4, 1.0])
@pytest.mark.parametrize("readout", [("sigmoid", "squared"), ("softmax", "cross_entropy")])
def test_targets_are_refused_where_they_always_were(off, readout, dtype):
    net = tt.Network(inputs=1, hidden=2, outputs=2, dtype=dtype, readout=readout[0], loss=readout[1])
    x, y = np.zeros((2, 3, 1), dtype), np.full((2, 3, 2), 0.5, dtype)
    y[1, 2] = [1 + off, 0] if readout[0] == "sigmoid" else [0.5 + off, 0.5]
    if off < losses._SLACK:
        assert net.loss(x, y) == net.gradient(x, y)[0] > 0
    else:
        for call in (net.loss, net.gradient, net.trace):
            with pytest.raises(ValueError, match="at sequence 1, step 2"):
                call(x, y)
    mask = np.ones((2, 3), dtype)
    mask[1, 2] = 0
    assert net.gradient(x, y, mask=mask)[0] == net.gradient(x, np.full((2, 3, 2), 0.5), mask=mask)[0]


def test_numbers_that_the_dtype_cannot_hold():
    net = tt.Network(inputs=1, hidden=2, outputs=1, dtype="float32", readout="identity")
    x, y = np.zeros((1, 3, 1)), np.zeros((1, 3, 1))
    x[0, 1] = 1e39
    for call in (net.predict, net.hidden, net.forward, lambda x: net.gradient(x, y), lambda x: net.loss(x, y)):
        with pytest.raises(ValueError, match=r"x must be numbers up to 3.4e\+38, which float32 holds, got 1e\+39"):
            call(x)
    with pytest.raises(ValueError, match=r"y must be numbers up to 3.4e\+38"), np.errstate(invalid="ignore"):
        net.gradient(y, x)
    assert np.isfinite(net.predict(x, [1])).all()  # behind the end


@pytest.mark.parametrize("kind", [">f8", "<f4", "f2", "i1", "u8", "?"])
def test_any_dtype_and_order_of_bytes(kind):
    q = problem((4, 4))
    x, y = (np.random.default_rng(0).integers(0, 2, a.shape) for a in (q.x, q.y))
    wanted = q.net.gradient(x.astype(float), y.astype(float), mask=q.mask.astype(float))
    found = q.net.gradient(x.astype(kind), y.astype(kind), mask=q.mask)
    assert found[0] == wanted[0]
    np.testing.assert_array_equal(found[1], wanted[1])
    state = q.net.initial_state(2)
    swapped = tt.State(h=state.h.astype(">f8") + 0.25)
    np.testing.assert_array_equal(q.net.step(x[:, 0], swapped)[0], q.net.step(x[:, 0], tt.State(h=state.h + 0.25))[0])


def test_lengths_that_lie_apart_or_are_of_another_kind():
    q = problem((3, 5, 1))
    wanted = q.net.gradient(q.x, q.y, q.lengths, q.mask)[1]
    apart = np.array([3, 9, 5, 9, 1, 9])[::2]
    for lengths in (apart, apart.astype(np.int8), apart.astype(">i8"), list(apart)):
        np.testing.assert_array_equal(q.net.gradient(q.x, q.y, lengths, q.mask)[1], wanted)
        np.testing.assert_array_equal(q.net.forward(q.x, lengths).states, q.net.hidden(q.x, q.lengths)[0])


def test_an_array_that_begins_at_an_odd_byte():
    q = problem((4, 4))
    odd = np.frombuffer(b"\0" + q.x.tobytes(), np.uint8)[1:].view(np.float64).reshape(q.x.shape)
    assert not odd.flags.aligned
    np.testing.assert_array_equal(q.net.predict(odd), q.net.predict(q.x))


def test_parameters_that_lie_apart():
    """Kernels read a piece of memory: what does not lie in one is copied."""
    q = problem((4, 2))
    apart = np.zeros(2 * q.net.parameters.size)
    apart[::2] = q.net.parameters
    for given in (apart[::2], apart[::2].astype(">f8"), np.flip(q.net.parameters[::-1].copy())):
        net = tt.Network.of(q.s, given, copy=False)
        assert_same(answers(net, q), answers(q.net, q))
        net["W"] += 1
        assert_same(answers(net, q), answers(net.copy(), q))
    whole = q.net.parameters
    assert tt.Network.of(q.s, whole, copy=False).parameters is whole


def test_a_step_refuses_what_predict_refuses():
    for net in (problem((1,)).net, problem((1,), dtype="float32").net.quick()):
        state = net.initial_state(2)
        for wrong, text in ((np.nan, "finite numbers, got nan"), (-np.inf, "finite numbers, got -inf")):
            x = np.zeros((2, 2))
            x[1, 0] = wrong
            with pytest.raises(ValueError, match=f"x_t must be {text} at sequence 1, feature 0"):
                net.step(x, state)
    with pytest.raises(ValueError, match=r"x_t must be numbers up to 3.4e\+38, which float32 holds, got 1e\+39"):
        net.step(np.full((2, 2), 1e39), state)
    assert np.isfinite(net.step(np.zeros((2, 2)), state)[0]).all()


def test_threads_are_a_number_for_small_batches_too():
    q = problem((3, 5, 1))
    for call in (
        q.net.predict,
        lambda x, **how: q.net.loss(x, q.y, **how),
        lambda x, **how: q.net.gradient(x, q.y, **how),
    ):
        for threads in (0, "two", 1.5):
            with pytest.raises(ValueError, match="threads must be a whole number"):
                call(q.x, threads=threads)


# The way back


@pytest.mark.parametrize("form", FORMS)
def test_a_pass_goes_back_as_often_as_one_likes(form):
    q = problem((3, 5, 1), **CELLS["lstm"] | FORMS[form])
    found = q.net.forward(q.x, q.lengths, q.state)
    found.loss(q.y, q.mask)
    first = found.backward(d_state=q.d_state)
    found.backward(q.d_h)
    again = found.backward(d_state=q.d_state)
    for one, other in ((first.gradient, again.gradient), (first.d_x, again.d_x)):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(first.d_state.numbers, again.d_state.numbers)


def test_there_must_be_something_that_goes_back():
    q = problem((3, 5, 1))
    found = q.net.forward(q.x, q.lengths)
    for call in (found.backward, lambda: found.backward(d_state=q.d_state), lambda: found.error):
        with pytest.raises(ValueError, match=r"this pass has no loss: call its loss\(y\) first"):
            call()
    found.loss(q.y, q.mask)
    assert found.backward().gradient.any()
    assert found.error.any()
    found.read(q.x)
    with pytest.raises(ValueError, match="no loss"):
        found.backward()
    assert found.backward(q.d_h).gradient.any()
    found.loss(q.y)
    assert found.backward(delta_y=q.y).gradient.any()
    with pytest.raises(ValueError, match="no loss"):
        found.backward()
    with pytest.raises(ValueError, match="give d_h or delta_y, not both"):
        found.backward(q.d_h, delta_y=q.y)
    with pytest.raises(ValueError, match="d_h must hold real numbers, got an array of complex128"):
        found.backward(q.d_h.astype(complex))


def test_no_sequence_at_all():
    net = problem((1,)).net
    y, state = net.step(np.zeros((0, 2)), net.initial_state(0))
    assert (y.shape, len(state)) == ((0, 2), 0)


# States


def test_a_state_is_named_by_its_cell():
    state = problem((2, 2, 2), layers=2, **CELLS["lstm"]).net.initial_state(3)
    assert (state.names, len(state)) == (("h", "C"), 3)
    assert all(array.shape == (2, 3, 3) for array in state.arrays)
    state.C[0] = 1
    assert state.arrays[1][0].all()
    assert repr(state) == "State(h (2, 3, 3), C (2, 3, 3))"
    assert {"h", "C"} <= set(dir(state))
    with pytest.raises(AttributeError, match="this state has no 'n'; it has h, C"):
        _ = state.n
    with pytest.raises(AttributeError):
        state.h = np.zeros((2, 3, 3))


def test_rows_of_a_state():
    state = problem((1, 1, 1), **CELLS["lstm"]).state
    for rows in (slice(1, 3), [1, 2], np.array([False, True, True])):
        assert len(state[rows]) == 2
        np.testing.assert_array_equal(state[rows].C, state.C[:, 1:])
    with pytest.raises(ValueError, match="the rows of a state must be a slice or an index array, got 1"):
        state[1]


def test_what_is_no_state():
    net = problem((1,)).net
    for call in (
        lambda state: net.step(np.zeros((1, 2)), state),
        lambda state: net.hidden(np.zeros((1, 1, 2)), None, state),
    ):
        with pytest.raises(ValueError, match=r"a state must be a State, such as net.initial_state.* give, got tuple"):
            call((np.zeros((1, 1, 3)),))
    with pytest.raises(ValueError, match="C must hold real numbers, got an array of complex128"):
        tt.State(h=np.zeros((1, 1, 3)), C=np.zeros((1, 1, 3), complex))
    with pytest.raises(ValueError, match="x_t must hold real numbers, got an array of complex128"):
        net.step(np.zeros((1, 2), complex), net.initial_state())
    with pytest.raises(ValueError, match=r"of one shape \(layers, batch, hidden\), got none"):
        tt.State()
    with pytest.raises(ValueError, match=r"got h \(1, 2, 3\), C \(1, 0, 3\)"):
        tt.State(h=np.zeros((1, 2, 3)), C=np.zeros((1, 0, 3)))
    q = problem((2,), **CELLS["lstm"])
    with pytest.raises(ValueError, match=r"must have h and C of shape \(1, 1, 3\) for this batch, got C and h of"):
        q.net.step(q.x[:, 0], tt.State(C=q.state.C, h=q.state.h))


def test_a_pass_is_not_copied():
    with pytest.raises(TypeError, match=r"^a pass has memory of its own and cannot be copied; "):
        copy.deepcopy(tt.Network(cell="elman", inputs=1, hidden=1, outputs=1).forward(np.zeros((1, 1, 1))))
