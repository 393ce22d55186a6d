"""The shipped cells: each is one file, which says what it is; how they are named, begun, trained, saved and loaded."""

import ast
import inspect
import json
from importlib import import_module

import numpy as np
import pytest

import throughtime as tt
from throughtime import cells
from throughtime.cells import shipped
from throughtime.cells.symbols import cell, sigmoid
from throughtime.weights.parameters import view_name

ALONE = [name for name in cells.NAMES if name not in cells.TWINS]


@pytest.mark.parametrize("name", ALONE)
def test_a_cell_is_one_short_file_with_its_paper(name):
    module = import_module(f"{shipped.__name__}.{name}")
    source = inspect.getsource(module)
    (step,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert step.name == name == cells.step_of(name).name
    assert step.end_lineno - step.decorator_list[0].lineno < 25
    title, *_, paper = module.__doc__.split("\n\n")
    assert ": " in title
    assert title.rstrip().endswith(").")
    assert any(year in title and year in paper for year in map(str, range(1990, 2030)))


def test_names():
    assert cells.NAMES[:3] == ("elman", "lstm", "gru")
    for given, name in {"rnn": "elman", "MGU": "mgu", "Slstm": "slstm"}.items():
        assert tt.NetworkSpecification(cell=given, inputs=1, hidden=1, outputs=1).cell == name
    with pytest.raises(ValueError, match=r"\"slstm\" or \"ugrnn\", got 'peepole', did you mean peephole\?"):
        tt.NetworkSpecification(cell="peepole", inputs=1, hidden=1, outputs=1)


@pytest.mark.parametrize("name", ALONE)
def test_a_model_holds_its_cell_as_data(name):
    s = tt.NetworkSpecification(cell=name, inputs=2, hidden=3, outputs=1)
    assert s.step == cells.step_of(name)
    assert s == tt.NetworkSpecification(cell=cells.step_of(name), inputs=2, hidden=3, outputs=1)
    assert tt.NetworkSpecification.from_dict(json.loads(json.dumps(s.as_dict()))) == s


def test_a_model_keeps_its_cell_whatever_becomes_of_the_cell_of_that_name():
    def mgu(p, x, h):
        h = sigmoid(x @ p.V + h @ p.U)
        return h

    s = tt.NetworkSpecification(cell=cell(mgu), inputs=2, hidden=3, outputs=1)
    assert tt.NetworkSpecification.from_dict(s.as_dict()).graph == cell(mgu) != cells.step_of("mgu")


@pytest.mark.parametrize("name", cells.NAMES)
def test_parameters_begin_as_the_cell_says(name):
    graph = cells.step_of(name)
    net = tt.Network(cell=name, inputs=2, hidden=200, outputs=1)
    for parameter, low, high in graph.start:
        view = net[view_name(graph, parameter)]
        assert low <= view.min() <= low + (high - low) / 10
        assert high - (high - low) / 10 <= view.max() <= high
    biases = [name for name in tt.Network(cell=name, inputs=2, hidden=3, outputs=1) if name.rpartition(".")[2] == "b"]
    said = {view_name(graph, parameter) for parameter, *_ in graph.start}
    assert all((net[name] == 0).all() for name in biases if name not in said)


def test_a_start_that_cannot_be():
    def one(p, x, h):
        h = sigmoid(x @ p.V + h @ p.U)
        return h

    for start, message in (
        ({"b": 1}, "the cell has no parameter 'b'; it has V, U"),
        ({"U": (1, 0)}, "the start of U must be a number from 1 to .*, got 0"),
        ({"U": float("nan")}, "the start of U must be"),
    ):
        with pytest.raises(ValueError, match=message):
            cell(start=start)(one)
    found = cell(start={"U": (0, 1)})(one).as_dict()
    assert found["start"] == {"U": [0, 1]}
    with pytest.raises(ValueError, match="tables"):
        tt.Graph.from_dict(found | {"start": [1]})


@pytest.mark.parametrize("name", ["lem", "slstm"])
def test_noise_and_windows_of_cells_with_several_states(name):
    """They train, and a run continues to the same bits."""
    data = tt.Batch(np.random.default_rng(0).normal(size=(4, 6, 2)), np.ones((4, 6, 1)))
    net = tt.Network(cell=name, inputs=2, hidden=3, outputs=1)
    run = tt.train(net, data, steps=3, batch=2, window=3)
    assert np.isfinite(run.network.parameters).all()
