"""The kernels and the plain cells are twins: every array of both passes agrees, in every form of network."""

from types import SimpleNamespace

import numpy as np
import pytest

from oracles import of_cells
from oracles.agree import assert_agree
from oracles.cases import CELLS, COMPILED, FORMS, LOSSES, problem
from oracles.layout import unpack
from oracles.of_cells import DELTAS, GATES
from oracles.passes import run
from throughtime.weights.losses import LOSSES as PLAIN_LOSSES
from throughtime.weights.losses import READOUTS

LENGTHS = [(1,), (2, 2), (3, 7, 1), (60, 12) if COMPILED else (20, 3)]
# Around the edges of vectors, of tiles, of what is packed, and of blocks of time steps: lengths, inputs, hidden,
# outputs.
SIZES = [
    ((1, 3, 2) * 50, 1, 5, 1),
    ((300, 7), 2, 17, 3),
    ((9, 40, 33, 1, 17, 40, 2, 8, 39), 33, 40, 35),
    ((129,), 7, 16, 16),
    ((2, 1) * 33, 15, 31, 49),
    ((5,) * 16, 64, 65, 1),
]


def with_plain_cells(q):
    """Both passes with the plain cells and losses: per sequence (tapes, gradients, ∂x, y, E, δ_y), and ∇W, ∇b_y."""
    p, sequences = unpack(q.s, q.net.parameters), []
    d_W, d_b_y = 0, 0
    for b, n in enumerate(q.lengths):
        tapes, states = of_cells.states(q, b)
        net_y = states @ p["W"] + p["b_y"]
        E, delta_y = PLAIN_LOSSES[q.s.loss](q.s.readout, net_y, q.y[b, :n])
        E, delta_y = E * q.mask[b, :n], delta_y * q.mask[b, :n, None]
        gradients, d_x = of_cells.backward(q, b, tapes, delta_y @ p["W"].T)
        d_W, d_b_y = d_W + states.T @ delta_y, d_b_y + delta_y.sum(0)
        y = READOUTS[q.s.readout].g(net_y)
        sequences.append(SimpleNamespace(tapes=tapes, gradients=gradients, d_x=d_x, y=y, E=E, delta_y=delta_y))
    return sequences, {"W": d_W, "b_y": d_b_y}


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CELLS)
def test_every_array(name, form, lengths):
    loss = list(LOSSES.values())[len(name + form) % len(LOSSES)]
    compare(problem(lengths, seed=2, outputs=3, **CELLS[name], **FORMS[form], **loss), 1e-12)


@pytest.mark.parametrize(
    "size", SIZES, ids=lambda size: f"B{len(size[0])}-T{max(size[0])}-" + "x".join(map(str, size[1:]))
)
@pytest.mark.parametrize("form", ["one-layer", "two-layers-both-directions"])
@pytest.mark.parametrize("name", CELLS)
def test_every_size(name, form, size):
    lengths, inputs, hidden, outputs = size
    loss = LOSSES["squared-identity" if name == "relu" else "squared-sigmoid"]
    q = problem(lengths, 2, inputs=inputs, hidden=hidden, outputs=outputs, **CELLS[name], **FORMS[form], **loss)
    q.net.parameters[:] *= 1.5 / np.sqrt(hidden)
    compare(q, 1e-11)


def compare(q, tolerance):
    """Every array of both passes."""
    found = run(q)
    sequences, gradient = with_plain_cells(q)
    for b, (n, plain) in enumerate(zip(q.lengths, sequences, strict=True)):
        assert_agree(found.y[b, :n], plain.y, tolerance, "y")
        assert_agree(found.error[b, :n], plain.E, tolerance, "error")
        assert_agree(found.delta_y[b, :n], plain.delta_y, tolerance, "δ_y")
        assert_agree(found.d_x[b, :n], plain.d_x, tolerance, "∂x")
        for layer, row in enumerate(plain.tapes):
            for d, (_, tape) in enumerate(row):
                compare_cell(q.s.cell, found, b, int(n), layer, d, tape, plain.gradients[layer][d], tolerance)
                at = layer * (1 + q.s.bidirectional) + d
                assert_agree(found.d_h_0[at, b], plain.gradients[layer][d].d_h_0[0], tolerance, "∂h_0")
                if q.s.cell == "lstm":
                    assert_agree(found.d_C_0[at, b], plain.gradients[layer][d].d_C_0[0], tolerance, "∂C_0")
        for symbol, array in of_cells.by_name(q.s, plain.gradients).items():
            gradient[symbol] = gradient.get(symbol, 0) + array
    named = unpack(q.s, found.gradient)
    assert set(named) == set(gradient)
    for symbol, array in named.items():
        assert_agree(array, gradient[symbol], tolerance, f"gradient of {symbol}")


def compare_cell(cell, found, b, n, layer, d, tape, gradient, tolerance):
    """h, C, the gates and the δ's of one sequence in one layer and direction."""

    def plain(array):
        return array[0, ::-1] if d else array[0]

    assert_agree(found.h[layer, d, b, :n], plain(tape.h), tolerance, "h")
    if cell == "lstm":
        assert_agree(found.C[layer, d, b, :n], plain(tape.C), tolerance, "C")
    for g, (gate, delta) in enumerate(zip(GATES[cell], DELTAS[cell], strict=True)):
        assert_agree(found.gates[layer, d, b, :n, g], plain(getattr(tape, gate)), tolerance, gate)
        assert_agree(found.delta[layer, d, b, :n, g], plain(getattr(gradient, delta)), tolerance, delta)
        for array in (found.gates, found.delta):
            assert not array[layer, d, b, n:].any(), f"{gate} is not 0 behind the end"


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("form", FORMS)
def test_from_outside(name, form):
    """`Network.backward` is the plain cells' backward, when nothing comes from the final state."""
    q = problem((3, 5), seed=4, **CELLS[name], **FORMS[form])
    found = q.net.backward(q.x, q.d_h, q.lengths, q.state)
    total, named = {}, unpack(q.s, found.gradient)
    for b, n in enumerate(q.lengths):
        tapes, _ = of_cells.states(q, b)
        gradients, d_x = of_cells.backward(q, b, tapes, q.d_h[b, :n])
        assert_agree(found.d_x[b, :n], d_x, 1e-12, "∂x")
        assert not found.d_x[b, n:].any()
        for symbol, array in of_cells.by_name(q.s, gradients).items():
            total[symbol] = total.get(symbol, 0) + array
    for symbol, array in total.items():
        assert_agree(named[symbol], array, 1e-12, symbol)
    assert not np.any(named["W"])
    assert not np.any(named["b_y"])
