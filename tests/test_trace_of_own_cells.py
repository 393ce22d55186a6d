"""Traces of own cells against PyTorch's autograd, which differentiates the loss by every value of every step."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import throughtime as tt
from oracles.cases import COMPILED
from oracles.own_traces import CASES, CELLS, GRAPHS, IDS, LENGTHS, network_of, trace_of
from oracles.step_functions import STEPS
from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.cells.letters import letter, of_name
from throughtime.cells.symbols import cell, tanh
from throughtime.trace.layer import array_names, names_of
from throughtime.trace.letters import taken_apart

EXPLAIN = str(Path(__file__).with_name("test_explain_of_own_cells.py"))


def runs(trace):
    """The oracle's pass over each sequence."""
    pytest.importorskip("torch")
    from oracles.torch_graph import Run

    names = names_of(trace.specification.graph)
    for b, n in enumerate(LENGTHS):
        first = {(of.layer, of.direction): [of.arrays[name][b] for name in names.firsts] for of in trace.layers}
        last_step = trace.specification.output == "last step"
        d, mask = (trace.d[b], trace.mask[b]) if last_step else (trace.d[b, :n], trace.mask[b, :n])
        yield b, n, Run(trace.network, trace.x[b, :n], d, mask, first)


@pytest.mark.parametrize("fields", CASES, ids=IDS)
@pytest.mark.parametrize("name", CELLS)
def test_every_array_is_what_autograd_finds(name, fields):
    from oracles.torch_graph import gradient_of

    trace = trace_of(name, **fields)
    graph, laid, names = GRAPHS[name], layout(GRAPHS[name]), names_of(GRAPHS[name])
    same = {"rtol": 1e-9, "atol": 1e-12}
    for b, n, run in runs(trace):
        for of in trace.layers:
            assert tuple(of.arrays) == array_names(graph)
            for t, values in enumerate(run.values[of.layer, of.direction]):
                for slot, value, delta in zip(laid.slots, names.slots, names.deltas, strict=True):
                    made = slot.kept if slot.net is None else slot.net
                    np.testing.assert_allclose(of.arrays[value][b, t], values[slot.kept].detach(), **same)
                    np.testing.assert_allclose(of.arrays[delta][b, t], gradient_of(values[made]), **same)
                for place, state, d_state in zip(graph.after, names.states, names.d_states, strict=True):
                    np.testing.assert_allclose(of.arrays[state][b, t], values[place].detach(), **same)
                    np.testing.assert_allclose(of.arrays[d_state][b, t], gradient_of(values[place]), **same)
            for array in names.slots + names.states + names.d_states + names.deltas:
                assert not of.arrays[array][b, n:].any()


@pytest.mark.parametrize("fields", CASES, ids=IDS)
@pytest.mark.parametrize("name", CELLS)
def test_terms_are_what_each_step_adds(name, fields):
    from oracles.torch_graph import gradient_of

    trace = trace_of(name, **fields)
    for b, n, run in runs(trace):
        for parameter in trace.network.names:
            terms = trace.terms(parameter, b)
            for t in range(n):
                if (parameter, t) in run.parameters:
                    wanted = gradient_of(run.parameters[parameter, t])
                    np.testing.assert_allclose(terms[t], wanted, rtol=1e-9, atol=1e-12, err_msg=parameter)
            assert not terms[n:].any()


@pytest.mark.parametrize("fields", CASES, ids=IDS)
@pytest.mark.parametrize("name", CELLS)
def test_itemised_deltas_are_those_of_one_error_alone(name, fields):
    trace = trace_of(name, first=False, **fields)
    for of in trace.layers:
        where = {"layer": of.layer, "direction": of.direction}
        items = trace.itemised(**where)
        np.testing.assert_allclose(items.sum(axis=1), of.delta, rtol=1e-9, atol=1e-12)
        gate = names_of(GRAPHS[name]).deltas[0].removeprefix("delta_")
        np.testing.assert_array_equal(trace.itemised(gate=gate, **where), items[..., :3])
        if trace.specification.output == "last step":
            continue
        mask = np.zeros(trace.mask.shape)
        mask[0, 3] = trace.mask[0, 3]
        alone = network_of(trace).trace(trace.x, trace.d, trace.lengths, mask).layer(**where)
        np.testing.assert_allclose(items[0, 3], alone.delta[0], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_json_comes_back_to_the_last_bit(name):
    for dtype in ("float64", "float32"):
        trace = trace_of(name, dtype=dtype, bidirectional=True)
        back = tt.Trace.from_json(trace.to_json(reach=True))
        assert back.to_json(reach=True) == trace.to_json(reach=True)
        for one, other in zip(trace.layers, back.layers, strict=True):
            assert {array.dtype for array in one.arrays.values()} == {np.dtype(dtype)}
            assert all(one.arrays[key].tobytes() == other.arrays[key].tobytes() for key in one.arrays)


@pytest.mark.long
@pytest.mark.skipif(not COMPILED, reason="they run in this very process")
def test_every_cell_uncompiled():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", __file__, EXPLAIN, "-k", "not names"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def taken(p, x, layer, delta_layer, d_h):
    m = x @ p.V
    net_layer = m * layer
    d_layer = net_layer * delta_layer
    delta_m = d_layer + d_h
    layer = tanh(m + layer @ p.U)
    return layer, delta_m, d_layer


def test_names_are_there_once():
    graph = cell(taken)
    names = array_names(graph)
    assert len(set(names)) == len(names)
    assert not {"layer", "direction"} & set(names)
    assert names_of(graph).states == ("layer_", "delta_layer", "d_h")


def test_a_value_without_a_name_is_not_called_a_net_input():
    @tt.cell
    def kept(p, x, h):
        f = tt.sigmoid(x @ p.V_f + h @ p.U_f)
        c = tt.tanh(x @ p.V_c + (f * h) @ p.U_c)
        return f * h + (1 - f) * c

    assert {"f", "c", "v2", "d_v2"} < set(array_names(kept))
    trace = tt.Network(cell=kept, inputs=1, hidden=2, outputs=1).trace(np.ones((1, 3, 1)), np.ones((1, 3, 1)))
    assert "\n∂v2_2[0] = ∂h_2[0] + δ_c_2·U_c[0,:]\n" in str(trace.explain(t=2, unit=0))


def test_names_of_a_state_that_is_its_own_net_input():
    @cell
    def linear(p, x, h):
        h = x @ p.V + h @ p.U
        return h

    assert array_names(linear) == ("h_0", "h", "d_h", "delta_h")
    assert isinstance(Graph.from_dict(json.loads(json.dumps(linear.as_dict()))), Graph)


def test_letters_of_names():
    from throughtime.cells import step_of

    gru, lstm, slstm = step_of("gru"), step_of("lstm"), STEPS["slstm"]

    def both(found):
        return found.text, found.latex

    assert both(letter(gru, "n")) == ("ñ", r"\tilde{n}")
    assert both(letter(slstm, "n")) == ("n", "n")
    assert both(letter(lstm, "C")) == ("C", "C")
    assert both(letter(lstm, "C_tilde")) == ("C̃", r"\tilde{C}")
    assert both(of_name("h_1_hat")) == ("h_1̂", r"\hat{h}_{1}")
    assert both(of_name("i_net")) == ("i_net", r"i_{\mathrm{net}}")
    assert of_name("d_1").latex == "d_{1}"
    assert [taken_apart(slstm, name) for name in ("d_m", "delta_i_net", "m")] == [("∂", "m"), ("δ", "i_net"), ("", "m")]
