"""A Trace against the plain cells, hand-worked numbers, single errors sent back by the kernels, and its own JSON."""

from itertools import product

import numpy as np
import pytest

from oracles.of_cells import named_cell
from oracles.own_traces import from_state, network_of
from oracles.traces import CASES, LENGTHS, assert_same, network, sequences, trace_of
from throughtime.cells import elman, gru, lstm
from throughtime.network import Network
from throughtime.trace import Trace
from throughtime.trace.layer import array_names
from throughtime.weights.parameters import DIRECTIONS, Views

TWINS = {"elman": elman, "lstm": lstm, "gru": gru}


def continued(**fields):
    """A trace of sequences that do not begin at a state of 0."""
    net = network(**fields)
    x, d, lengths = sequences(net)
    rng = np.random.default_rng(3)
    state = net.initial_state(3)
    for array in state.arrays:
        array[:] = rng.normal(size=array.shape)
    return from_state(net, state, x, d, lengths)


def by_cells(trace, b):
    """Forward and backward pass of one sequence by the plain cells: {(layer, direction): (tape, gradient)}."""
    s, n, net = trace.specification, trace.lengths[b], trace.network
    twin, H = TWINS[s.cell], s.hidden
    x, tapes, cells = trace.x[b : b + 1, :n], {}, {}
    firsts = ("h_0", "C_0") if s.cell == "lstm" else ("h_0",)
    for layer in range(s.layers):
        states = []
        for direction in DIRECTIONS[: s.directions]:
            order = slice(None, None, -1 if direction == "backward" else 1)
            initial = [trace.layer(layer, direction).arrays[name][b : b + 1] for name in firsts]
            cells[layer, direction] = named_cell(s.cell, net, f"layer{layer}.{direction}.", s.activation)
            tapes[layer, direction] = twin.forward(cells[layer, direction], x[:, order], *initial)
            states.append(tapes[layer, direction].h[:, order])
        x = np.concatenate(states, axis=2)
    d_states = np.zeros((1, n, s.directions * H))
    if s.output == "every step":
        d_states[0] = trace.delta_y[b, :n] @ net["W"].T
    else:
        d_states[0, -1, :H] = net["W"][:H] @ trace.delta_y[b]
        d_states[0, 0, H:] += net["W"][H:] @ trace.delta_y[b]
    found = {}
    for layer in reversed(range(s.layers)):
        below = 0
        for d, direction in enumerate(DIRECTIONS[: s.directions]):
            order = slice(None, None, -1 if direction == "backward" else 1)
            gradient = twin.backward(
                cells[layer, direction], tapes[layer, direction], d_states[:, order, d * H : (d + 1) * H]
            )
            found[layer, direction] = tapes[layer, direction], gradient
            below = below + gradient.d_x[:, order]
        d_states = below
    return found


@pytest.mark.parametrize("begin", [trace_of, continued])
@pytest.mark.parametrize("fields", CASES)
def test_every_array_is_that_of_the_plain_cells(fields, begin):
    trace = begin(**fields)
    assert all(of.h_0.any() == (begin is continued) for of in trace.layers)
    for b, n in enumerate(LENGTHS):
        for (layer, direction), (tape, gradient) in by_cells(trace, b).items():
            of = trace.layer(layer, direction)
            assert tuple(of.arrays) == array_names(of.graph)
            for name, array in of.arrays.items():
                if name in ("d_h", "d_C"):
                    continue
                expected = getattr(gradient if name.startswith("delta_") else tape, name)[0]
                if name in ("h_0", "C_0"):
                    np.testing.assert_array_equal(array[b], expected)
                    continue
                order = slice(None, None, -1 if direction == "backward" else 1)
                np.testing.assert_allclose(array[b, :n], expected[order], rtol=1e-10, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("fields", CASES)
def test_itemised_deltas_from_another_initial_state(fields):
    trace = continued(**fields)
    for of in trace.layers:
        items = trace.itemised(layer=of.layer, direction=of.direction)
        np.testing.assert_allclose(items.sum(axis=1), of.delta, rtol=1e-9, atol=1e-13)
    assert_same(trace, Trace.from_json(trace.to_json()))


@pytest.mark.parametrize("fields", CASES)
def test_errors_of_states_give_the_deltas(fields):
    trace = trace_of(**fields)
    for of in trace.layers:
        if of.cell == "elman":
            slope = {
                "sigmoid": of.h * (1 - of.h),
                "tanh": 1 - of.h**2,
                "relu": of.h > 0,
            }[trace.specification.activation]
            expected = {"delta_h": of.d_h * slope}
        elif of.cell == "lstm":
            expected = {
                "delta_o": of.d_h * np.tanh(of.C) * of.o * (1 - of.o),
                "delta_C_tilde": of.d_C * of.i * (1 - of.C_tilde**2),
            }
        else:
            expected = {"delta_n": of.d_h * (1 - of.z) * (1 - of.n**2)}
        for name, array in expected.items():
            np.testing.assert_allclose(of.arrays[name], array, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("begin", [trace_of, continued])
@pytest.mark.parametrize("fields", CASES)
def test_terms_add_up_to_the_gradient(fields, begin):
    trace = begin(**fields)
    gradient = Views(trace.specification, trace.gradient)
    for name in trace.network.names:
        terms = trace.terms(name)
        assert terms.shape == (6, *gradient[name].shape)
        np.testing.assert_allclose(terms.sum(0), gradient[name], rtol=1e-10, atol=1e-14, err_msg=name)
        each = [trace.terms(name, sequence) for sequence in range(3)]
        np.testing.assert_allclose(sum(each), terms, rtol=1e-12, atol=1e-15)
        assert not each[1][1:].any()


def test_terms_are_those_of_their_step():
    trace = trace_of(cell="elman", lengths=[4])
    for t in range(4):
        h_before = trace.h[0, t - 1] if t else np.zeros(3)
        np.testing.assert_allclose(trace.terms("V")[t], np.outer(trace.x[0, t], trace.delta_h[0, t]))
        np.testing.assert_allclose(trace.terms("U")[t], np.outer(h_before, trace.delta_h[0, t]))
        np.testing.assert_allclose(trace.terms("b_h")[t], trace.delta_h[0, t])
        np.testing.assert_allclose(trace.terms("W")[t], np.outer(trace.h[0, t], trace.delta_y[0, t]))
        np.testing.assert_allclose(trace.terms("b_y")[t], trace.delta_y[0, t])


def test_terms_of_a_gru_go_through_q_behind_the_reset_gate():
    trace = trace_of(cell="gru", lengths=[3], bidirectional=True)
    of = trace.layer(0, "backward")
    terms = trace.terms("backward.candidate.U")
    np.testing.assert_allclose(terms[1], np.outer(of.h[0, 2], of.delta_q[0, 1]))
    np.testing.assert_array_equal(terms[2], 0)
    np.testing.assert_allclose(trace.terms("backward.candidate.c")[1], of.delta_q[0, 1])
    np.testing.assert_allclose(trace.terms("backward.candidate.b")[1], of.delta_n[0, 1])


def test_last_step_term_of_the_readout_stands_at_each_end():
    trace = trace_of(cell="elman", output="last step", bidirectional=True)
    read = np.concatenate([trace.h[0, 5], trace.layer(0, "backward").h[0, 0]])
    np.testing.assert_allclose(trace.read[0], read)
    np.testing.assert_allclose(trace.terms("W", 0)[5], np.outer(read, trace.delta_y[0]))
    np.testing.assert_allclose(trace.terms("b_y", 2)[3], trace.delta_y[2])


@pytest.mark.parametrize("fields", CASES)
def test_each_itemised_delta_is_what_its_error_alone_gives(fields):
    trace = trace_of(**fields)
    x, d = trace.x, trace.d
    last_step = fields["output"] == "last step"
    for of in trace.layers:
        items = trace.itemised(layer=of.layer, direction=of.direction)
        assert items.shape == (3, 6, 6, of.delta.shape[2])
        np.testing.assert_allclose(items.sum(axis=1), of.delta, rtol=1e-9, atol=1e-13)
        for b, k in product(range(3), range(6)):
            mask = np.zeros((3,) if last_step else (3, 6))
            if not last_step:
                mask[b, k] = 1
            elif k == LENGTHS[b] - 1:
                mask[b] = 1
            alone = network_of(trace).trace(x, d, trace.lengths, mask).layer(of.layer, of.direction)
            np.testing.assert_allclose(items[b, k], alone.delta[b], rtol=1e-9, atol=1e-13)


def test_itemised_deltas_of_elman_are_those_of_the_mathematics():
    trace = trace_of(cell="elman", lengths=[5])
    items, slope = trace.itemised(), trace.h[0] * (1 - trace.h[0])
    for k in range(5):
        delta = (trace.delta_y[0, k] @ trace.network["W"].T) * slope[k]
        for t in range(k, -1, -1):
            if t < k:
                delta = (delta @ trace.network["U"].T) * slope[t]
            np.testing.assert_allclose(items[0, k, t], delta, rtol=1e-12)
            np.testing.assert_allclose(trace.reach[k, t], np.linalg.norm(delta), rtol=1e-12)
        assert not items[0, k, k + 1 :].any()


def test_itemised_deltas_of_one_gate():
    trace = trace_of(cell="lstm")
    of = trace.layer()
    for g, gate in enumerate(("i", "f", "C_tilde", "o")):
        items = trace.itemised(gate=gate)
        np.testing.assert_array_equal(items, trace.itemised()[..., 3 * g : 3 * g + 3])
        np.testing.assert_allclose(items.sum(1), of.arrays[f"delta_{gate}"], atol=1e-13)
    of = trace_of(cell="gru")
    np.testing.assert_allclose(of.itemised(gate="q").sum(1), of.delta_q, atol=1e-13)
    with pytest.raises(ValueError, match="gate must be one of i, f, C_tilde, o for lstm cells, got 'z'"):
        trace.itemised(gate="z")


def test_reach_of_a_batch_is_the_mean_over_those_that_have_both_steps():
    trace = trace_of(cell="gru")
    norms = trace.itemised_norms()
    np.testing.assert_allclose(norms, np.linalg.norm(trace.itemised(), axis=3))
    np.testing.assert_allclose(trace.reach[0, 0], norms[:, 0, 0].mean())
    np.testing.assert_allclose(trace.reach[3, 1], norms[[0, 2], 3, 1].mean())
    np.testing.assert_allclose(trace.reach[5, 2], norms[0, 5, 2])


def test_too_many_itemised_deltas_are_refused(monkeypatch):
    monkeypatch.setattr("throughtime.trace.LARGEST", 100)
    with pytest.raises(ValueError, match=r"would be .* numbers: trace fewer or shorter"):
        trace_of(cell="elman").itemised()


def test_two_steps_worked_by_hand():
    """One sigmoid unit, V = ln 3, U = 0, W = 2 ln 3, no biases, x = 1 and 0, d = 1 and 0, squared error.

    h = S(ln 3), S(0) = 3/4, 1/2; y = S(1.5 ln 3), S(ln 3) = 3√3/(1 + 3√3), 3/4; δ_y_2 = 3/4 · 3/4 · 1/4 = 9/64;
    δ_h_2 = 9/64 · 2 ln 3 · 1/4; with U = 0 nothing comes back.
    """
    net = Network(cell="elman", inputs=1, hidden=1, outputs=1, bias=False)
    ln3 = np.log(3)
    net.parameters[:] = [ln3, 0, 2 * ln3]
    trace = net.trace([[[1.0], [0.0]]], [[[1.0], [0.0]]])
    root = 3 * np.sqrt(3)
    y_1 = root / (1 + root)
    np.testing.assert_allclose(trace.net_h[0, :, 0], [ln3, 0], rtol=1e-15)
    np.testing.assert_allclose(trace.h[0, :, 0], [0.75, 0.5], rtol=1e-15)
    np.testing.assert_allclose(trace.net_y[0, :, 0], [1.5 * ln3, ln3], rtol=1e-15)
    np.testing.assert_allclose(trace.y[0, :, 0], [y_1, 0.75], rtol=1e-14)
    np.testing.assert_allclose(trace.error[0], [(1 - y_1) ** 2 / 2, 9 / 32], rtol=1e-14)
    np.testing.assert_allclose(trace.loss, trace.error.sum(), rtol=1e-15)
    delta_y_1 = -((1 - y_1) ** 2) * y_1
    np.testing.assert_allclose(trace.delta_y[0, :, 0], [delta_y_1, 9 / 64], rtol=1e-14)
    np.testing.assert_allclose(trace.delta_h[0, 1, 0], 9 / 64 * 2 * ln3 / 4, rtol=1e-14)
    np.testing.assert_allclose(trace.terms("V")[:, 0, 0], [delta_y_1 * 2 * ln3 * 3 / 16, 0], rtol=1e-14)
    np.testing.assert_allclose(trace.terms("U")[:, 0, 0], [0, 0.75 * 9 / 128 * ln3], rtol=1e-14)
    assert trace.reach[1, 0] == 0


@pytest.mark.parametrize("fields", CASES)
def test_padding_is_zero_and_tells_nothing(fields):
    net = network(**fields)
    x, d, lengths = sequences(net)
    behind = np.arange(6) >= lengths[:, None]
    other_x = np.where(behind[:, :, None], 1e3, x)
    other_d = np.where(behind[:, :, None], -7, d) if d.ndim == 3 else d
    trace, other = net.trace(x, d, lengths), net.trace(other_x, other_d, lengths)
    assert trace.to_json(reach=True) == other.to_json(reach=True)
    for of in trace.layers:
        for name, array in of.arrays.items():
            assert name in ("h_0", "C_0") or not array[behind].any(), name
    for name in ("x", "d", "mask", "net_y", "y", "error", "delta_y"):
        array = getattr(trace, name)
        assert array.shape[:2] != behind.shape or not array[behind].any(), name


def test_a_trace_shares_no_memory_and_cannot_be_changed():
    net = network(cell="elman")
    x, d = np.ones((1, 5, 2)), np.ones((1, 5, 2))
    mask = np.ones((1, 5))
    trace = net.trace(x, d, [3], mask)
    assert x.all()
    assert d.all()
    assert mask.all()
    x[:], d[:], net.parameters[:] = 5, 5, 0
    assert trace.x[0, 0, 0] == 1
    assert trace.network.parameters.all()
    for array in (trace.x, trace.d, trace.h, trace.h_0, trace.delta_h, trace.gradient, trace.reach):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1


def test_loss_gradient_and_mask():
    net = network(cell="gru", readout="softmax", loss="cross_entropy")
    x, d, lengths = sequences(net)
    mask = np.random.default_rng(0).random((3, 6))
    trace = net.trace(x, d, lengths, mask)
    loss, gradient = net.gradient(x, d, lengths, mask)
    assert trace.loss == loss
    np.testing.assert_array_equal(trace.gradient, gradient)
    np.testing.assert_array_equal(trace.mask, np.where(np.arange(6) < lengths[:, None], mask, 0))
    np.testing.assert_allclose(trace.error.sum(), loss)
    np.testing.assert_array_equal(trace.y, net.predict(x, lengths))


def test_names_of_the_last_layer_are_attributes():
    trace = trace_of(cell="lstm", layers=2, bidirectional=True)
    assert trace.f is trace.layer(1, "forward").f
    assert trace.layer(0, "backward").direction == "backward"
    assert {"C_tilde", "delta_C_tilde", "reach"} <= set(dir(trace))
    assert "d_C" in dir(trace.layer(0))
    assert "2 × 3" in repr(trace)
    assert "layer 1, forward" in repr(trace.layer())
    with pytest.raises(AttributeError, match="a trace of lstm cells has no 'net_h'; it has h_0, C_0, i"):
        _ = trace.net_h
    with pytest.raises(AttributeError):
        _ = trace._nothing


def test_what_is_not_there_is_said_in_one_line():
    trace = trace_of(cell="elman")
    with pytest.raises(ValueError, match="layer must be from 0 to 0, got 1"):
        trace.layer(1)
    with pytest.raises(ValueError, match="direction must be forward, since the network reads in one direction"):
        trace.layer(0, "backward")
    with pytest.raises(ValueError, match="sequence must be from 0 to 2, got 3"):
        trace.terms("U", 3)
    with pytest.raises(KeyError, match="no parameter is called 'Q'; there are V, U"):
        trace.terms("Q")


# JSON
