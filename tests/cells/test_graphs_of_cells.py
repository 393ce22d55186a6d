"""The graph that a step function is read into: its names, shapes and order, as data, and steps that are refused."""

import json

import numpy as np
import pytest

import throughtime as tt
from oracles.step_functions import STEPS
from throughtime.cells import TWINS, lstm, step_of
from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.cells.symbols import cell, relu, sigmoid, tanh

GRAPHS = {name: step_of(name) for name in TWINS} | STEPS


def test_names_shapes_and_order():
    laid = layout(STEPS["peephole"])
    assert [(b.kind, b.names) for b in laid.blocks] == [
        ("x", ("V_i", "V_f", "V_C", "V_o")), ("h", ("U_i", "U_f", "U_C", "U_o")),
        ("weight", ("w_i", "w_f", "w_o")), ("bias", ("b_i", "b_f", "b_C", "b_o")),
    ]  # fmt: skip
    assert laid.names == ("i", "f", "C_tilde", "o")
    assert layout(STEPS["gru_before"]).phases == 2


def power(p, x, h):
    h = tanh(x @ p.V + (h @ p.U) ** 2)
    return h


def branch(p, x, h):
    if h @ p.U > 0:
        h = x @ p.V
    return h


def truth(p, x, h):
    h = (h @ p.U or x @ p.V) + h
    return h


def numpys(p, x, h):
    h = np.tanh(x @ p.V + h @ p.U)
    return h


def two_shapes(p, x, h):
    h = tanh(x @ p.V + h @ p.U + p.U)
    return h


def two_sources(p, x, h):
    h = tanh(x @ p.V + h @ p.V)
    return h


def wide_x(p, x, h):
    h = x * h
    return h


def one_state_short(p, x, h, C):
    h = tanh(x @ p.V + h @ p.U + C)
    return h


def forgotten_state(p, x, h, C):
    C = tanh(x @ p.V + h @ p.U)
    h = sigmoid(C)
    return h, C


def held_state(p, x, h, C):
    h = tanh(x @ p.V + h @ p.U + C)
    return h, C


def loose_end(p, x, h):
    g = sigmoid(x @ p.V_g)  # noqa: F841  which is what is refused
    h = tanh(x @ p.V + h @ p.U)
    return h


def readouts_name(p, x, h):
    h = relu(x @ p.W + h @ p.U)
    return h


def no_number(p, x, h):
    h = relu(x @ p.V + h @ p.U) * float("nan")
    return h


def test_a_cell_is_shown_in_one_line():
    @cell
    def plain(p, x, h):
        return tanh(x @ p.V + h @ p.U)

    assert repr(plain) == "<cell plain(p, x, h)>"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            power,
            r'line \d+, "h = tanh\(x @ p.V \+ \(h @ p.U\) \*\* 2\)": unsupported operand.*; a step has \+ - \* / @,',
        ),
        (branch, r'line \d+, "if h @ p.U > 0:": .>. not supported'),
        (truth, "a step has no branches that depend on a value: use minimum, maximum or relu"),
        (numpys, r'line \d+, "h = np.tanh.*": .*ufunc.*; a step has .*tt.sigmoid, tanh,'),
        (two_shapes, "p.U is a matrix elsewhere in this cell, and a vector here"),
        (two_sources, "p.V multiplies two different values: give each a matrix of its own"),
        (wide_x, "x is as wide as there are inputs: multiply it by a matrix, as in x @ p.V"),
        (one_state_short, "the step must return h, C, in this order, and no others; it returns 1"),
        (forgotten_state, "C is neither used nor returned"),
        (held_state, "state C is returned without having been computed"),
        (loose_end, "g is neither used nor returned"),
        (readouts_name, "no parameter or label can be called W"),
        (no_number, "a number of a cell must be finite, got nan"),
        (lambda p, x: x, "a cell is a function of p, x and at least one state"),
    ],
)
def test_what_is_refused(step, message):
    with pytest.raises(ValueError, match=message):
        cell(step)


def test_numbers_among_the_values():
    """Functions of numbers alone are numbers; what is no finite number is refused by all operations alike."""

    def made_of(of):
        return cell(lambda p, x, h: tanh(x @ p.V + h) * of(h), name="made")

    assert 2 * sigmoid(0.5) in [o.value for o in made_of(lambda _: sigmoid(0.5) * relu(2)).operations]
    for of, message in (
        (lambda h: h * np.float64("nan"), "a number of a cell must be finite, got nan"),
        (lambda h: 1e400 - h, "a number of a cell must be finite, got inf"),
        (lambda h: tt.maximum(h, np.ones(3)), r"maximum takes values of the step and numbers, got array"),
        (lambda h: tt.minimum("a", h), "minimum takes values of the step and numbers, got 'a'"),
    ):
        with pytest.raises(ValueError, match=message):
            made_of(of)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"labels": {"f": 3}}, "a label must be a word .* got 3"),
        ({"labels": {"f": "a b"}}, "a label must be a word .* got 'a b'"),
        ({"labels": {3: "f"}}, "a label's key must be a word .* got 3"),
        ({"labels": "ff"}, "labels must be a table .* got 'ff'"),
        ({"start": [1]}, r"start must be a table .* got \[1\]"),
        ({"start": {"b": 1e39}}, "the start of b must be a number from"),
        ({"start": {"b": (-1e308, 1e308)}}, "the start of b must be a number from"),
    ],
)
def test_labels_and_starts_are_refused_when_the_cell_is_read(answer, message):
    """Not when a network of it that was saved is loaded."""
    with pytest.raises(ValueError, match=message):
        cell(lambda p, x, h: tanh(x @ p.V + h + p.b), name="answer", **answer)


def test_a_cell_that_reads_no_input():
    with pytest.raises(ValueError, match=r"^cell deaf: no input reaches the cell"):
        cell(lambda p, x, h: tanh(h @ p.U), name="deaf")


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_data(name):
    assert Graph.from_dict(json.loads(json.dumps(GRAPHS[name].as_dict()))) == GRAPHS[name]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d.pop("after"),
        lambda d: d["after"].reverse() or d["after"].append(0),
        lambda d: d["operations"][4].update(op="call"),
        lambda d: d["operations"][4].update(of=[0, 99]),
        lambda d: d["operations"][4].update(of=[0]),
        lambda d: d["operations"][4].update(of=["0", 3]),
        lambda d: d["operations"][3].update(name="__import__('os')"),
        lambda d: d["operations"][3].update(name=""),
        lambda d: d["operations"].append({"op": "neg", "of": [0]}),
        lambda d: d["operations"].append(d["operations"][-1]),
        lambda d: d.update(operations=d["operations"] * 100),
        lambda d: d.update(states=["h"]),
        lambda d: d.update(name="x; import os"),
        lambda d: d.update(labels={"i": "layer0"}),
        lambda d: d["operations"].insert(0, {"op": "number", "value": float("inf")}),
    ],
)
def test_a_damaged_graph_is_refused(damage):
    found = STEPS["peephole"].as_dict()
    damage(found)
    with pytest.raises(ValueError, match=r"."):
        Graph.from_dict(found)


def test_a_cell_of_ones_own_is_not_taken_for_another():
    for refused in (
        lambda: tt.NetworkSpecification(cell="min_gru", inputs=1, hidden=1, outputs=1),
        lambda: tt.NetworkSpecification(cell=lstm.STEP, inputs=1, hidden=1, outputs=1),
    ):
        with pytest.raises(ValueError, match=r"min_gru|a name of its own|elman"):
            refused()
