"""What the page is told of a cell: names, and what its gates do.

That it computes what was recorded, the page's own tests say.
"""

import json

import pytest

import throughtime as tt
from oracles.step_functions import STEPS
from throughtime.cells import step_of
from throughtime.cells.symbols import cell, sigmoid, tanh
from throughtime.trace import Trace
from throughtime.trace.description import described
from throughtime.trace.layer import array_names

GRAPHS = STEPS | {name: step_of(name) for name in ("elman", "lstm", "gru")}


@pytest.mark.parametrize("name", GRAPHS)
def test_every_array_is_described_once(name):
    graph = GRAPHS[name]
    found = described(graph)
    assert json.loads(json.dumps(found)) == found
    arrays = [one["array"] for kind in ("values", "errors") for one in found[kind]]
    arrays += [state["initial"] for state in found["states"]]
    assert sorted(arrays) == sorted(array_names(graph))
    assert all(value["error"] in arrays for value in found["values"])
    for place, operation in enumerate(found["operations"]):
        assert all(source < place for source in operation.get("of", []))


def test_names_that_the_trace_or_a_parameter_has_are_not_an_arrays_too():
    @cell
    def twins(p, x, y, error):
        b = sigmoid(x @ p.V + y @ p.U + p.b)
        y = b * tanh(error)
        error = y + error
        return y, error

    assert {"y_", "error_", "b_"} <= set(array_names(twins))
    letters = {value["array"]: value["letter"] for value in described(twins)["values"]}
    assert letters["y_"] == "y"
    trace = tt.Network(cell=twins, inputs=2, hidden=3, outputs=1).trace(*tt.tasks.Addition(bits=3).encode(1, 2))
    again = Trace.from_json(trace.to_json())
    assert (again.layer().y_ == trace.layer().y_).all()


def notes(graph):
    return {value["array"]: (value["label"], value["note"]) for value in described(graph)["values"]}


def test_what_a_gate_does_follows_from_what_it_is_multiplied_with():
    lstm, gru = notes(step_of("lstm")), notes(step_of("gru"))
    assert lstm["f"] == ("forget gate", "0 forgets, 1 remembers")
    assert lstm["i"] == ("input gate", "1 lets in")
    assert lstm["o"] == ("output gate", "1 shows")
    assert lstm["C_tilde"] == ("candidate", "what could be stored")
    assert gru["z"] == ("update gate", "1 keeps the old")
    assert gru["r"] == ("reset gate", "0 shuts out, 1 lets through")
    assert notes(step_of("mingru"))["h_tilde"] == ("candidate", "what could be stored")
    assert gru["q"] == ("what the candidate reads of the past", "")
    assert notes(STEPS["min_gru"])["z"][1] == "0 keeps the old"  # the other way round than a GRU's


def test_a_trace_of_before_has_no_description_and_a_foreign_one_is_refused():
    trace = tt.Network(cell="gru", inputs=2, hidden=2, outputs=1).trace(*tt.tasks.Addition(bits=3).encode(1, 2))
    document = json.loads(trace.to_json())
    assert document["cell"] == described(step_of("gru"))
    before = {key: value for key, value in document.items() if key != "cell"}
    assert Trace.from_json(json.dumps(before)).to_json() == trace.to_json()
    with pytest.raises(ValueError, match="not the description of the specification's cell, gru"):
        Trace.from_json(json.dumps(document | {"cell": described(step_of("lstm"))}))
