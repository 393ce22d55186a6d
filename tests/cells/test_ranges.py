"""Between which numbers the values of a cell lie: no step ever leaves them, and what is bounded is known to be."""

import numpy as np
import pytest

from oracles.step_functions import STEPS
from throughtime.cells import step_of
from throughtime.cells.interpreted import evaluated, leaves
from throughtime.cells.layout import layout
from throughtime.cells.ranges import ranges

GRAPHS = STEPS | {cell: step_of(cell) for cell in ("elman", "lstm", "gru")}
GRAPHS |= {f"elman {f}": step_of("elman", f) for f in ("tanh", "relu")}


def named(graph):
    return {o.name: bounds for o, bounds in zip(graph.operations, ranges(graph), strict=True) if o.op not in ("state",)}


@pytest.mark.parametrize("name", GRAPHS)
def test_no_step_leaves_them(name):
    graph, rng, H = GRAPHS[name], np.random.default_rng(3), 40
    matrices = {product.parameter: product for product in layout(graph).products}
    heights = {p: 2 if graph.operations[matrices[p].source].op == "x" else H for p in matrices}
    parameters = {
        p: rng.normal(0, 3, (heights[p], H) if p in matrices else H) for p in graph.parameters
    }  # large, so that gates are driven to their ends
    states = [np.zeros((1, H)) for _ in graph.states]
    every = range(len(graph.operations))
    for _ in range(12):
        values = evaluated(graph.operations, leaves(graph, parameters, states, rng.normal(0, 3, (1, 2))), every)
        for place, (low, high) in enumerate(ranges(graph)):
            if np.isfinite(values[place]).all():
                assert np.min(values[place]) >= low, (place, graph.operations[place])
                assert np.max(values[place]) <= high, (place, graph.operations[place])
        states = [values[place] for place in graph.after]


def test_what_is_bounded():
    lstm, gru = named(step_of("lstm")), named(step_of("gru"))
    assert lstm["f"] == (0, 1)
    assert lstm["h"] == (-1, 1)
    assert lstm["C"] == (-np.inf, np.inf)
    assert gru["h"] == (-1, 1)  # between the candidate and the state before
    assert gru["q"] == (-np.inf, np.inf)
    assert named(step_of("elman", "relu"))["h"] == (0, np.inf)
    assert named(STEPS["slstm"])["z"] == (-1, 1)
    assert named(STEPS["slstm"])["i"] == (0, np.inf)
