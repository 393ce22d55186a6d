"""Cells of one's own as ONNX models: which operator they are, Scans, states, float64.

Against ONNX Runtime, and back.
"""

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'throughtime[onnx]'")

import onnx

import throughtime as tt
from oracles.step_functions import STEPS
from throughtime.bridges.exported import Exported
from throughtime.bridges.onnx import from_onnx, model_of, scan, session_of, to_onnx
from throughtime.bridges.onnx.operators import operator_of
from throughtime.bridges.standard_layers import matched
from throughtime.cells import step_of
from throughtime.cells.symbols import sigmoid, tanh

CELLS = ["peephole", "gru_before", "min_gru", "slstm", "odd", "smooth"]
"""ONNX's LSTM with peepholes, its other GRU, and Scans: of products alone, of four states with exp and /, of all
operations.
"""


def network(name, **fields):
    net = tt.Network(cell=STEPS[name], inputs=2, hidden=3, outputs=2, **fields)
    net.parameters[:] = np.random.default_rng(1).normal(0, 0.3, net.parameters.shape)
    return net


@tt.cell
def renamed(p, x, up, down):
    """An LSTM, in other words and another order."""
    forget = sigmoid(p.f + up @ p.Uf + x @ p.Vf)
    enter = sigmoid(up @ p.Ui + (x @ p.Vi + p.i))
    down = tanh(x @ p.Vc + up @ p.Uc + p.c) * enter + down * forget
    return tanh(down) * sigmoid(x @ p.Vo + up @ p.Uo + p.o), down


@tt.cell
def crossed(p, x, up, down):
    """No LSTM: what the output gate is multiplied by is not the state that stays."""
    forget = sigmoid(p.f + up @ p.Uf + x @ p.Vf)
    enter = sigmoid(up @ p.Ui + (x @ p.Vi + p.i))
    entering = tanh(x @ p.Vc + up @ p.Uc + p.c)
    down = entering * enter + down * forget
    return tanh(entering) * sigmoid(x @ p.Vo + up @ p.Uo + p.o), down


@tt.cell
def swapped(p, x, h):
    """No GRU of ONNX's: its update gate lets the new value in, where ONNX's keeps the old one."""
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b_r)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    n = tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = z * n + (1 - z) * h
    return h


@tt.cell
def shared(p, x, h):
    """No GRU of ONNX's: two gates have one bias."""
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b)
    n = tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = (1 - z) * n + z * h
    return h


def test_the_graph_decides_which_operator_a_cell_is():
    found = {name: operator_of(graph) for name, graph in STEPS.items()}
    kinds = {name: (of[0].name, bool(of[0].peepholes), of[0].attributes) for name, of in found.items() if of}
    assert kinds == {"peephole": ("LSTM", True, {}), "gru_before": ("GRU", False, {"linear_before_reset": 0})}
    operator, names = operator_of(renamed)
    assert (operator.name, operator.peepholes) == ("LSTM", ())
    assert (names["V_C"], names["U_o"], names["b_f"]) == ("Vc", "Uo", "f")
    assert not any(operator_of(graph) for graph in (crossed, swapped, shared))
    assert matched(step_of("gru"), STEPS["gru_before"]) is None


@pytest.mark.parametrize(
    "name", [one if one == "peephole" else pytest.param(one, marks=pytest.mark.long) for one in CELLS]
)
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_cell_of_ones_own_and_back(name, lengths, dtype, tmp_path):
    most = 1e-5 if dtype == "float32" else 1e-12
    for fields in ({}, {"layers": 2, "bidirectional": True, "bias": lengths, "output": "last step"}):
        net, path = network(name, **fields), tmp_path / "net.onnx"
        assert to_onnx(net, path, lengths=lengths, state=True, dtype=dtype) < most
        back = from_onnx(path)
        np.testing.assert_allclose(back.parameters, net.parameters, atol=1e-6)
        x = np.random.default_rng(2).normal(size=(4, 6, 2))
        np.testing.assert_allclose(back.predict(x), net.predict(x), atol=most)


@pytest.mark.parametrize("name", ["peephole", "slstm"])
def test_states_are_handed_on(name):
    """Two calls, of 4 and of 5 steps, are one of 9."""
    net = network(name, layers=2)
    session = session_of(model_of(net, state=True, dtype="float32"))
    states = net.specification.graph.states
    x = np.random.default_rng(3).normal(size=(2, 9, 2)).astype(np.float32)
    given, y = {f"{state}_0": np.zeros((2, 2, 3), np.float32) for state in states}, []
    for part in (x[:, :4], x[:, 4:]):
        made, *after = session.run(["y", *(f"{state}_n" for state in states)], given | {"x": part})
        given = dict(zip(given, after, strict=True))
        y.append(made)
    np.testing.assert_allclose(np.concatenate(y, axis=1), net.predict(x), atol=1e-5)


def test_the_shipped_cells_have_states_and_float64_too(tmp_path):
    for cell in ("elman", "lstm", "gru"):
        net = tt.Network(cell=cell, inputs=2, hidden=3, outputs=1, layers=2, dtype="float32")
        assert to_onnx(net, tmp_path / "net.onnx", state=True, lengths=True) < 1e-6
        assert from_onnx(tmp_path / "net.onnx").specification == net.specification
        assert to_onnx(net, tmp_path / "net.onnx", dtype="float64") < 1e-6
        operators = {node.op_type for node in onnx.load(tmp_path / "net.onnx").graph.node}
        assert "Scan" in operators
        back = from_onnx(tmp_path / "net.onnx")
        assert back.specification.dtype == "float64"
        np.testing.assert_array_equal(back.parameters, net.parameters)


@pytest.mark.parametrize(
    ("operation", "error", "name"),
    [("neg", "Identity", "odd"), ("minimum", "Max", "odd"), ("/", "Mul", "slstm"), ("-", "Add", "min_gru")],
)
def test_an_error_in_a_body_is_seen(operation, error, name, monkeypatch, tmp_path):
    monkeypatch.setitem(scan.OPERATORS, operation, error)
    with pytest.raises(ValueError, match="differs from the network by up to"):
        to_onnx(network(name), tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("right", "wrong"), [("backward.", "forward."), ("Where", "And")])
def test_an_error_in_reading_backwards_or_padding_is_seen(right, wrong, monkeypatch, tmp_path):
    """The direction of a Scan, and the state that is kept behind a sequence's end."""
    node = scan.helper.make_node

    def planted(operator, inputs, outputs, **attributes):
        if operator == "Scan" and right == "backward.":
            attributes |= {"scan_input_directions": [0] * attributes["num_scan_inputs"]}
        if operator == right and inputs[0].endswith("real"):
            operator, inputs = "Identity", inputs[1:2]
        return node(operator, inputs, outputs, **attributes)

    monkeypatch.setattr(scan.helper, "make_node", planted)
    with pytest.raises(ValueError, match="differs from the network by up to"):
        to_onnx(network("min_gru", bidirectional=True), tmp_path / "net.onnx", lengths=True)


def test_a_state_that_is_not_the_last_one_is_seen(monkeypatch, tmp_path):
    node = scan.helper.make_node

    def planted(operator, inputs, outputs, **attributes):
        return node(operator, inputs[::-1] if outputs == ["h_n"] else inputs, outputs, **attributes)

    monkeypatch.setattr(scan.helper, "make_node", planted)
    with pytest.raises(ValueError, match="from a state that it is given, the model differs"):
        to_onnx(network("min_gru", layers=2), tmp_path / "net.onnx", state=True)


def test_what_cannot_be_done_is_said(tmp_path):
    net = network("min_gru")
    with pytest.raises(ValueError, match="a forecaster's model reads its window anew"):
        to_onnx(Exported(net, horizon=1, window=3), tmp_path / "net.onnx", state=True)
    with pytest.raises(ValueError, match='dtype must be "float64" or "float32", got \'float16\''):
        to_onnx(net, tmp_path / "net.onnx", dtype="float16")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda answer: answer["network"].update(hidden=4),
            "describes a network of other sizes|holds no layer0.forward",
        ),
        (lambda answer: answer["network"].update(hidden=10**9), "describes a network of other sizes"),
        (lambda answer: answer["network"]["step"]["operations"].pop(), "a cell|operation|after"),
        (lambda answer: answer["network"].update(readout="identity", loss="squared"), "differ from the network's"),
    ],
)
def test_metadata_that_do_not_fit_are_refused(change, message, tmp_path):
    import json

    model = model_of(network("min_gru"))
    answer = json.loads(model.metadata_props[0].value)
    change(answer)
    model.metadata_props[0].value = json.dumps(answer)
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(ValueError, match=message):
        from_onnx(tmp_path / "net.onnx")
