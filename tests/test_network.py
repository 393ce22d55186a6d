"""What a Network can be asked, and that only a sequence itself decides its result."""

import copy
import pickle
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import throughtime as tt
from oracles import reference
from oracles.agree import assert_agree
from oracles.cases import CELLS, COMPILED, FORMS, problem
from throughtime.network import Network
from throughtime.passes import pool

OUTPUTS = ["every step", "last step"]
GARBAGE = [0.0, 7.0, -1e300, np.inf, np.nan]


def real(q):
    """(B,T): which steps are real."""
    return np.arange(q.x.shape[1]) < q.lengths[:, None]


def pieces(q):
    """The sequences as lists of arrays (T_i,·)."""
    return [[a[b, :n] for b, n in enumerate(q.lengths)] for a in (q.x, q.y)]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_predict_is_the_mathematics(name, form, output):
    q = problem((3, 5, 1), output=output, **CELLS[name], **FORMS[form])
    for initial, point in ((None, q.point(initial=False)), (q.state, q.point())):
        wanted = reference.forward(q.s, point, q.lengths)["y"]
        y = q.net.predict(q.x, q.lengths, initial)
        assert_agree(y, wanted[:, 0] if output == "last step" else wanted, 1e-13)


# Only a sequence itself decides its result


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", ["one-layer", "two-layers-both-directions"])
@pytest.mark.parametrize("output", OUTPUTS)
def test_padding_changes_nothing(garbage, name, form, output):
    """To the last bit, whatever stands behind a sequence's end in x, y, the mask and d_h."""
    q = problem((3, 5, 1), output=output, **CELLS[name], **FORMS[form])

    def spoil(a):
        return np.where(real(q) if a.ndim == 2 else real(q)[..., None], a, garbage)

    every = output == "every step"
    bad = replace(
        q, x=spoil(q.x), d_h=spoil(q.d_h), y=spoil(q.y) if every else q.y, mask=spoil(q.mask) if every else q.mask
    )
    for ask in (
        lambda p: [p.net.predict(p.x, p.lengths)],
        lambda p: [p.net.loss(p.x, p.y, p.lengths, p.mask), p.net.gradient(p.x, p.y, p.lengths, p.mask)[1]],
        lambda p: [p.net.hidden(p.x, p.lengths)[0], p.net.hidden(p.x, p.lengths)[1].h],
        lambda p: [p.net.backward(p.x, p.d_h, p.lengths, p.state, p.d_state).gradient],
        lambda p: [p.net.backward(p.x, p.d_h, p.lengths, p.state, p.d_state).d_x],
    ):
        for clean, spoiled in zip(ask(q), ask(bad), strict=True):
            np.testing.assert_array_equal(clean, spoiled)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_more_padding_changes_nothing(name, form):
    q = problem((3, 5, 1), **CELLS[name], **FORMS[form])
    wide = [np.concatenate([a, np.full((3, 4, *a.shape[2:]), 9.0)], axis=1) for a in (q.x, q.y, q.mask)]
    assert_agree(q.net.predict(wide[0], q.lengths)[:, :5], q.net.predict(q.x, q.lengths), 1e-14)
    loss, gradient = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    wider_loss, wider_gradient = q.net.gradient(wide[0], wide[1], q.lengths, wide[2])
    assert wider_loss == pytest.approx(loss, rel=1e-14)
    assert_agree(wider_gradient, gradient, 1e-14)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_others_in_the_batch_change_nothing(name, form, output):
    """Alone, in another order, or among more: the same outputs, and gradients that add up."""
    q = problem((3, 5, 1, 4, 2, 5, 5, 1, 2, 3, 4), output=output, **CELLS[name], **FORMS[form])
    y, states = q.net.predict(q.x, q.lengths), q.net.hidden(q.x, q.lengths)[0]
    loss, gradient = q.net.gradient(q.x, q.y, q.lengths, q.mask)
    order = np.random.default_rng(0).permutation(len(y))
    assert_agree(q.net.predict(q.x[order], q.lengths[order]), y[order], 1e-14)
    other = q.net.gradient(q.x[order], q.y[order], q.lengths[order], q.mask[order])
    assert other[0] == pytest.approx(loss, rel=1e-13)
    assert_agree(other[1], gradient, 1e-13)
    total_loss, total = 0, 0
    for b, n in enumerate(q.lengths):
        one, end = slice(b, b + 1), slice(None) if output == "last step" else slice(int(n))
        x, target, mask = q.x[one, :n], q.y[one, end], q.mask[one] if output == "last step" else q.mask[one, end]
        alone = q.net.predict(x)[0]
        assert_agree(alone, y[b, end] if output == "every step" else y[b], 1e-14, f"sequence {b}")
        assert_agree(q.net.hidden(x)[0][0], states[b, :n], 1e-14, f"states of sequence {b}")
        l, g = q.net.gradient(x, target, mask=mask)
        total_loss, total = total_loss + l, total + g
    assert total_loss == pytest.approx(loss, rel=1e-13)
    assert_agree(total, gradient, 1e-13)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_behind_the_end_is_zero(form):
    q = problem((3, 5, 1), **FORMS[form])
    arrays = [q.net.predict(q.x, q.lengths), q.net.hidden(q.x, q.lengths)[0], q.net.backward(q.x, q.d_h, q.lengths).d_x]
    for array in arrays:
        assert (array[~real(q)] == 0).all()
        assert (array[real(q)] != 0).all()


# Streaming


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("output", OUTPUTS)
def test_steps_are_what_predict_does(name, layers, output):
    q = problem((7, 7), layers=layers, output=output, **CELLS[name])
    state, found = q.net.initial_state(2), []
    for t in range(7):
        before = state.numbers.copy()
        y, after = q.net.step(q.x[:, t], state)
        np.testing.assert_array_equal(state.numbers, before)
        found.append(y)
        state = after
    y, (states, final) = q.net.predict(q.x), q.net.hidden(q.x)
    assert_agree(found[-1] if output == "last step" else np.stack(found, 1), y, 1e-14)
    assert_agree(state.h[-1], states[:, -1], 1e-14)
    assert_agree(state.numbers, final.numbers, 1e-14)


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_long_sequences_are_read_piece_by_piece(form, name, output, monkeypatch):
    """Pieces of 3 and 4 steps, of sequences that end before, in and at the end of one, or are not real at all behind
    it.
    """
    q = problem((11, 3, 1, 7, 4), output=output, **CELLS[name], **FORMS[form])
    whole = q.net.predict(q.x, q.lengths)
    monkeypatch.setattr(pool, "_NUMBERS_OF_A_PIECE", 1)
    monkeypatch.setattr(pool, "_LEAST_PIECE", 4)
    for _ in range(2):  # on a new tape and on a used one
        assert_agree(q.net.predict(q.x, q.lengths), whole, 1e-14)
        for length, x, y in zip(q.lengths, q.x, whole, strict=True):
            alone = q.net.predict(x[None, :length])[0]
            assert_agree(alone, y if output == "last step" else y[:length], 1e-14)


def test_threads_may_ask_the_same_network():
    q = problem((9, 9), **CELLS["lstm"])
    expected = [q.net.predict(q.x * k) for k in range(8)]
    stepped = [q.net.step(q.x[:, 0] * k, q.net.initial_state(2))[0] for k in range(8)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            found = list(pool.map(lambda k: q.net.predict(q.x * k), range(8)))
            steps = list(pool.map(lambda k: q.net.step(q.x[:, 0] * k, q.net.initial_state(2))[0], range(8)))
            np.testing.assert_array_equal(found, expected)
            np.testing.assert_array_equal(steps, stepped)


def test_a_network_that_was_asked_can_be_copied_and_pickled():
    q = problem((4,), **CELLS["gru"])
    y = q.net.predict(q.x)
    for other in (copy.deepcopy(q.net), pickle.loads(pickle.dumps(q.net))):
        np.testing.assert_array_equal(other.predict(q.x), y)
        other.parameters[:] = 0
    np.testing.assert_array_equal(q.net.predict(q.x), y)


def test_new_parameters_are_seen():
    q = problem((4,), **CELLS["tanh"])
    y = q.net.predict(q.x)
    q.net.parameters = 2 * q.net.parameters
    assert np.abs(q.net.predict(q.x) - y).max() > 1e-3
    assert_agree(q.net.predict(q.x), tt.Network.of(q.net.specification, q.net.parameters).predict(q.x), 1e-15)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_sequence_may_be_read_in_parts(name, layers):
    q = problem((6, 6), layers=layers, **CELLS[name])
    whole, (_, end) = q.net.predict(q.x), q.net.hidden(q.x)
    _, middle = q.net.hidden(q.x[:, :4])
    rest, last = q.net.predict(q.x[:, 4:], initial_state=middle), q.net.hidden(q.x[:, 4:], initial_state=middle)[1]
    assert_agree(rest, whole[:, 4:], 1e-14)
    assert_agree(last.numbers, end.numbers, 1e-14)


@pytest.mark.parametrize("name", CELLS)
def test_some_of_the_streams_may_go_on(name):
    q = problem((2, 2, 2, 2), layers=2, **CELLS[name])
    _, state = q.net.step(q.x[:, 0], q.net.initial_state(4))
    y, after = q.net.step(q.x[:, 1], state)
    for rows in (slice(1, 3), np.array([3, 0]), np.array([True, False, False, True])):
        part, part_after = q.net.step(q.x[rows, 1], state[rows])
        assert_agree(part, y[rows], 1e-14)
        assert_agree(part_after.numbers, after[rows].numbers, 1e-14)


def test_initial_state_is_zero():
    for name, form in (("lstm", "two-layers-both-directions"), ("gru", "one-layer")):
        q = problem((1,), **CELLS[name], **FORMS[form])
        state = q.net.initial_state(3)
        assert state.names == (("h", "C") if name == "lstm" else ("h",))
        assert {array.shape for array in state.arrays} == {(q.state.h.shape[0], 3, 3)}
        assert not state.numbers.any()
    assert problem((1,)).net.initial_state().h.shape == (1, 1, 3)


# What is accepted as x and y


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_lists_pairs_and_arrays_are_the_same(name, form):
    q = problem((3, 5, 1), **CELLS[name], **FORMS[form])
    xs, ys = pieces(q)
    y = q.net.predict(q.x, q.lengths)
    assert isinstance(y, np.ndarray)
    np.testing.assert_array_equal(q.net.predict((q.x, q.lengths)), y)
    listed = q.net.predict(xs)
    assert isinstance(listed, list)
    for b, n in enumerate(q.lengths):
        np.testing.assert_array_equal(listed[b], y[b, :n])
    loss, gradient = q.net.gradient(q.x, q.y, q.lengths)
    for arguments in ((xs, ys), (xs, q.y), ((q.x, q.lengths), q.y), ((q.x, list(q.lengths)), q.y)):
        assert q.net.loss(*arguments) == loss
        np.testing.assert_array_equal(q.net.gradient(*arguments)[1], gradient)
    np.testing.assert_array_equal(q.net.hidden(xs)[0], q.net.hidden(q.x, q.lengths)[0])
    np.testing.assert_array_equal(q.net.backward(xs, q.d_h).gradient, q.net.backward(q.x, q.d_h, q.lengths).gradient)


def test_a_list_for_one_output_a_sequence():
    q = problem((3, 5, 1), output="last step")
    xs = [q.x[b, :n] for b, n in enumerate(q.lengths)]
    np.testing.assert_array_equal(q.net.predict(xs), q.net.predict(q.x, q.lengths))
    assert q.net.loss(xs, q.y) == q.net.loss(q.x, q.y, q.lengths)


@pytest.mark.parametrize("kind", ["int64", "uint8", "bool", "float32", "float16"])
def test_any_kind_of_number(kind):
    net = problem((4, 4)).net
    x = np.random.default_rng(0).integers(0, 2, (2, 4, 2))
    np.testing.assert_array_equal(net.predict(x.astype(kind)), net.predict(x.astype(float)))
    np.testing.assert_array_equal(net.predict([row.tolist() for row in x]), list(net.predict(x.astype(float))))


def test_any_layout_in_memory():
    q = problem((4, 4, 4))
    y = q.net.predict(q.x)
    fixed = q.x.copy()
    fixed.flags.writeable = False
    wide = np.zeros((3, 8, 4))
    wide[:, ::2, ::2] = q.x
    for x in (np.asfortranarray(q.x), fixed, wide[:, ::2, ::2], q.x[::-1, ::-1].copy()[::-1, ::-1]):
        np.testing.assert_array_equal(q.net.predict(x), y)
        np.testing.assert_array_equal(q.net.gradient(x, q.y)[1], q.net.gradient(q.x, q.y)[1])


@pytest.mark.skipif(not COMPILED, reason="counts compilations")
def test_no_array_makes_the_kernels_compile_again():
    """Whether arrays can be written, how they lie in memory, and their type change nothing: few, fixed signatures."""
    from throughtime.kernels import network as kernels

    q = problem((4,))
    q.net.gradient(q.x, q.y, q.lengths, q.mask)
    functions = [kernels.states, kernels.outputs, kernels.losses, kernels.readout_backward, kernels.states_backward]
    before = [len(f.signatures) for f in functions]
    fixed = [a.copy() for a in (q.x, q.y, q.mask)]
    for a in fixed:
        a.flags.writeable = False
    x, y, mask = fixed
    q.net.gradient(x, y, q.lengths.astype("int32"), mask)
    q.net.gradient(np.asfortranarray(q.x), q.y.astype("float32"), None, mask)
    q.net.backward(x, q.d_h, q.lengths, q.state, q.d_state)
    q.net.predict([x[0]], initial_state=q.state)
    assert [len(f.signatures) for f in functions] == before


@pytest.mark.parametrize("name", CELLS)
def test_what_is_returned_is_the_callers_own(name):
    """A later call does not write into an earlier result, and writing into a result changes no later one."""
    q = problem((4, 4), **CELLS[name])
    first = q.net.predict(q.x), q.net.gradient(q.x, q.y)[1], q.net.hidden(q.x)[0]
    kept = [a.copy() for a in first]
    other = q.x[::-1] * 2
    q.net.predict(other), q.net.gradient(other, q.y), q.net.hidden(other)
    for a, b in zip(first, kept, strict=True):
        np.testing.assert_array_equal(a, b)
        a[:] = 5
    np.testing.assert_array_equal(q.net.predict(q.x), kept[0])


# The rest of the surface


def test_specification_or_fields():
    fields = {"cell": "gru", "inputs": 2, "hidden": 3, "outputs": 1}
    net = Network(**fields, seed=3)
    again = Network(net.specification, seed=3)
    assert net.specification == again.specification
    np.testing.assert_array_equal(net.parameters, again.parameters)
    with pytest.raises(TypeError, match=r"^give a specification or its fields, not both \(got hidden too\)$"):
        Network(net.specification, hidden=4)
    with pytest.raises(FrozenInstanceError):
        net.specification.hidden = 5


def test_of_and_copy_do_not_share():
    net = problem((1,)).net
    vector = net.parameters.copy()
    for other in (Network.of(net.specification, vector), net.copy(), Network.of(net.specification, list(vector))):
        np.testing.assert_array_equal(other.parameters, vector)
        other.parameters[:] = 0
        assert net.parameters.any()
        assert vector.any()
    with pytest.raises(ValueError, match=rf"^parameters must be \({len(vector)},\) for this network, got \(3,\)$"):
        Network.of(net.specification, [1, 2, 3])


def test_repr_says_what_it_is():
    assert repr(Network(inputs=2, hidden=16, outputs=1)) == "Network(elman, 2 → 1 × 16 → 1, 321 parameters)"


def test_importing_does_not_load_numba():
    import subprocess

    code = (
        "import sys, throughtime; throughtime.Network(inputs=1, hidden=1, outputs=1); sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert tt.Network is Network


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tt.Network(hiden=8), 'a network has no "hiden", did you mean hidden?'),
        (lambda: tt.Network(inputs=1, hidden=2, outputs=1, sed=1), 'a network has no "sed", did you mean seed?'),
        (
            lambda: tt.Network(inputs=2),
            "a network needs hidden, outputs, as in tt.Network(inputs=2, hidden=16, outputs=1)",
        ),
        (
            lambda: tt.Network("lstm"),
            "what comes first must be a NetworkSpecification, or nothing if its fields are given by "
            'name, such as cell="lstm"; got str',
        ),
    ],
)
def test_a_network_of_other_words(make, message):
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        make()
