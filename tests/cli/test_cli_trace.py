"""`throughtime trace`: its table, formulas and JSON, and requests that it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import throughtime as tt
from oracles.step_functions import STEPS
from throughtime.weights.files import save_network


def test_the_table_holds_the_numbers_of_the_trace(throughtime, adder, adder_file):
    outcome = throughtime("trace", 107, 27, "--model", adder_file)
    assert outcome.status == 0
    x, y = tt.tasks.Addition(bits=8).encode(107, 27)
    trace = adder.trace(x, y)
    rows = {row.split()[0]: row.split()[1:] for row in outcome.out.splitlines() if row.strip()}
    assert rows["step"] == [str(t) for t in range(1, 9)]
    assert rows["x[0]"] == list("11010110")
    assert rows["carry"] == list("01101111")
    for unit in range(16):
        for name, array in (("h", trace.h), ("δ_h", trace.delta_h)):
            shown = [float(number.replace("−", "-")) for number in rows[f"{name}[{unit}]"]]
            np.testing.assert_allclose(shown, array[0, :, unit], rtol=0.51, atol=0.0006)
    assert all(len(row) <= 80 for row in outcome.out.splitlines())


def test_a_long_sequence_goes_on_below(throughtime, adder_file, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    outcome = throughtime("trace", 107, 27, "--model", adder_file, "--unit", 3)
    assert [row.split()[1:] for row in outcome.out.splitlines() if row.startswith("  step")] == [
        ["1", "2", "3"],
        ["4", "5", "6"],
        ["7", "8"],
    ]
    assert "h[3]" in outcome.out
    assert "h[2]" not in outcome.out


def test_formulas_of_a_unit_and_of_an_output(throughtime, adder, adder_file):
    x, y = tt.tasks.Addition(bits=8).encode(107, 27)
    trace = adder.trace(x, y)
    at = ("trace", 107, 27, "--model", adder_file, "--step", 3)
    assert throughtime(*at, "--unit", 5).out == trace.explain(t=3, unit=5).text + "\n"
    assert throughtime(*at, "--output", 0).out == trace.explain(t=3, output=0).text + "\n"
    assert throughtime(*at, "--unit", 5, "--json").json["formulas"]
    assert throughtime(*at).out.splitlines()[0].split() == ["step", "3"]


def test_the_trace_as_json_is_the_trace(throughtime, adder, adder_file):
    x, y = tt.tasks.Addition(bits=8).encode(107, 27)
    printed = throughtime("trace", 107, 27, "--model", adder_file, "--json").out
    assert printed == adder.quick().trace(x, y).to_json() + "\n"


def test_formulas_of_a_cell_of_ones_own(throughtime):
    net = tt.Network(cell=STEPS["odd"], inputs=2, hidden=2, outputs=1, seed=1)
    save_network(net, "odd.safetensors", "addition")
    x, y = tt.tasks.Addition(bits=8).encode(1, 2)
    at = ("trace", 1, 2, "--model", "odd.safetensors", "--unit", 1)
    assert throughtime(*at, "--step", 2).out == net.trace(x, y).explain(2, 1).text + "\n"
    table = throughtime(*at).out
    for name in ("a[1]", "C[1]", "h[1]", "δ_a[1]", "∂b[1]"):
        assert f"\n  {name}" in table


def test_gates_of_both_layers_and_directions(throughtime):
    net = tt.Network(cell="lstm", inputs=2, hidden=2, outputs=1, layers=2, bidirectional=True)
    save_network(net, "deep.safetensors", "addition")
    table = throughtime("trace", 1, 2, "--model", "deep.safetensors", "--layer", 0, "--direction", "backward").out
    for name in ("i[0]", "f[1]", "C̃[0]", "o[0]", "C[1]", "h[0]", "δ_C̃[1]"):
        assert f"\n  {name}" in table
    assert "layer must be" in throughtime("trace", 1, 2, "--model", "deep.safetensors", "--layer", 2).complaint
    save_network(tt.Network(cell="gru", inputs=1, hidden=2, outputs=1), "gru.safetensors", "counter")
    assert "\n  state " not in (table := throughtime("trace", "--model", "gru.safetensors").out)
    assert "\n  count " in table
    assert "\n  ñ[1]" in table
    save_network(tt.Network(inputs=1, hidden=2, outputs=1), "parity.safetensors", "parity")
    assert "\n  state " in throughtime("trace", "--model", "parity.safetensors").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([1, 2, "--step", 0], "--step must be from 1 to 8"),
        ([1, 2, "--step", 9], "--step must be from 1 to 8"),
        ([1, 2, "--step", 9, "--unit", 1], "--step must be from 1 to 8, got 9"),
        ([1, 2, "--step", 1, "--output", 1], "--output must be from 0 to 0, got 1"),
        ([1, 2, "--unit", 16], "--unit must be from 0 to 15"),
        ([1, 2, "--unit", -1], "--unit must be"),
        ([1, 2, "--step", 1, "--unit", 16], "unit must be"),
        ([1, 2, "--layer", 1], "layer must be"),
        ([1, 2, "--direction", "up"], "direction must be"),
        ([1, 2, "--output", 0], "give --step too"),
        ([1, 2, "--output", 0, "--unit", 0, "--step", 1], "give one of them"),
        ([1, 2, "--seed", 1], "not both"),
        ([1], "got 1"),
        ([-1, 2], "negative"),
        (["9" * 301, 2], "more than 300 digits"),
        (["x", 2], '"x"'),
    ],
)
def test_what_cannot_be_traced_is_refused(throughtime, adder_file, arguments, message):
    outcome = throughtime("trace", "--model", adder_file, *arguments)
    assert outcome.status == 2
    assert message in outcome.complaint


# tasks and info
