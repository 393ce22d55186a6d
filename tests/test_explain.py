"""What explain prints is computed again from the printed text: from its numbers, and from its symbols."""

import json
import math
import re

import numpy as np
import pytest

from oracles.formulas import LENGTHS, NETWORKS, at_source, computed, explanations, numbers_in, printed, trace_of
from throughtime.network import Network
from throughtime.trace.explain.formula import evaluate, round_to
from throughtime.trace.explain.text import number_latex, number_text

CASES = [pytest.param(fields, id="-".join(map(str, fields.values()))) for fields in NETWORKS]
FORMULAS = {
    "elman": "h δ_h",
    "lstm": "i f C̃ C o h ∂h δ_o ∂C δ_f δ_i δ_C̃",
    "gru": "r z q ñ h ∂h δ_z δ_n δ_r δ_q",
}


def half_of_the_last_place(number):
    mantissa, _, exponent = number.replace("−", "-").partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


@pytest.mark.parametrize("fields", CASES)
def test_the_printed_numbers_give_the_printed_results(fields):
    nets = 0
    for explanation in explanations(trace_of(**fields)):
        for name, _, ends in printed(explanation.text):
            for numbers in ends[:-1]:
                assert round_to(computed(numbers), 4) == computed(ends[-1]), (name, numbers, ends[-1])
            if len(ends) == 3:  # S( sum ) = S(net) = value
                total, net = (end[end.index("(") :] for end in ends[:2])
                slack = half_of_the_last_place(net.strip("()"))
                assert abs(computed(total) - computed(net)) <= slack * (1 + 1e-9), (name, ends)
                nets += 1
    assert nets > 10


@pytest.mark.parametrize("fields", CASES)
def test_the_printed_results_are_the_recorded_ones(fields):
    for explanation in explanations(trace_of(**fields)):
        lines = printed(explanation.text)
        assert len(lines) == len(explanation.formulas)
        for (name, _, ends), formula in zip(lines, explanation.formulas, strict=True):
            assert name == formula.name.symbol
            assert computed(ends[-1]) == round_to(formula.value, 4)
            assert evaluate(formula.expression) == pytest.approx(formula.value, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("fields", CASES)
def test_all_digits_are_printed_on_request(fields):
    for explanation in explanations(trace_of(**fields), digits=15):
        for name, _, ends in printed(explanation.text):
            for numbers in ends[:-1]:
                result = computed(ends[-1])
                assert computed(numbers) == pytest.approx(result, rel=1e-11, abs=1e-13), name


@pytest.mark.parametrize("fields", CASES)
def test_every_number_is_found_in_the_json_at_its_source(fields):
    trace = trace_of(**fields)
    document = json.loads(trace.to_json())
    found = 0
    for b, n in enumerate(LENGTHS):
        for of in trace.layers:
            options = {"layer": of.layer, "direction": of.direction, "sequence": b}
            explained = [trace.explain(t, 1, **options) for t in range(1, n + 1)]
            explained.append(trace.explain(n, output=0, sequence=b))
            for formula in (formula for explanation in explained for formula in explanation.formulas):
                for number in (formula.name, *numbers_in(formula.expression)):
                    source = number.source
                    if source is None or number.symbol.startswith("["):
                        continue
                    assert at_source(document, source, b) == number.value, (number.symbol, source)
                    found += 1
                assert formula.name.source is not None
    assert found > 50


@pytest.mark.parametrize("fields", CASES)
def test_formulas_are_in_the_order_of_computing(fields):
    trace = trace_of(**fields)
    formulas = trace.explain(1, 0, layer=0).formulas
    names = [re.sub(r"_1\[0\]$", "", formula.name.symbol) for formula in formulas]
    assert names == FORMULAS[fields["cell"]].split()
    assert [formula.backward for formula in formulas] == [name.startswith(("δ", "∂")) for name in names]


@pytest.mark.parametrize("fields", CASES)
def test_latex_says_what_the_text_says(fields):
    for explanation in explanations(trace_of(**fields)):
        latex = explanation.latex
        assert latex.startswith(r"\begin{aligned}")
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left(") == latex.count(r"\right)")
        assert not set(latex) & set("δ∂ñ·−²½Σ\u0303")
        rows = latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(" \\\\\n")
        values = [row.split("&= ")[1] for row in rows if row.startswith(" &= ")]
        ends = [ends for _, _, ends in printed(explanation.text)]
        for row, texts in zip(values, ends, strict=True):
            text = " = ".join(texts).replace("−", "-").replace("²", "^2")
            row = re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", row)
            row = row.replace(r"\left", "").replace(r"\right", "").replace(r"\cdot", "·")
            row = row.replace(r"\mathrm{relu}", "relu").replace("\\", "")
            assert re.sub(r"\s", "", row) == re.sub(r"\s", "", text)
        assert explanation._repr_latex_() == f"$${latex}$$"


def test_the_style_of_the_tour():
    net = Network(cell="elman", inputs=2, hidden=6, outputs=1)
    net["V"][:, 5], net["b_h"][5], net["W"][5] = (2.31, 2.29), 0.17, -1.5
    net["U"][:] = 0
    net["U"][:, 5] = net["U"][5, :] = [0.5, -3.1, 0.25, -2.5, 1, 0]
    net["V"][:, :5] = [[0.5, 2, -1, 3, 0], [-1, 5, 3, 7, 5]]
    net["b_h"][:5] = 0
    trace = net.trace([[[1, 0], [1, 1], [1, 0], [0, 1]]], [[[1], [0], [1], [0]]])
    lines = str(trace.explain(t=3, unit=5)).splitlines()
    assert lines[0] == "h_3[5] = S( x_3·V[:,5] + h_2·U[:,5] + b_h[5] )"
    assert re.fullmatch(
        r"       = S\( 1·2\.31 \+ 0·2\.29 \+ \(−\d\.\d+\) \+ 0\.17 \) = S\(−?\d\.\d+\) = 0\.\d{3,4}", lines[1]
    )
    assert lines[2] == "δ_h_3[5] = ( δ_y_3·W[5,:] + δ_h_4·U[5,:] ) · h_3[5]·(1 − h_3[5])"
    assert re.fullmatch(
        r"         = \( \(−?0\.\d+\)·\(−1\.5\) \+ \(?−?\d.*?\)? \) · 0\.\d+·\(1 − 0\.\d+\) = −?\d.*", lines[3]
    )
    assert lines[4] == (
        "largest terms of h_2·U[:,5]:  h_2[1] 0.984 × −3.1 = −3.05 · h_2[3] 1 × −2.5 = −2.5 · h_2[4] 0.997 × 1 = 0.997 "
        "· …"
    )
    assert lines[5].startswith("largest terms of δ_h_4·U[5,:]:  ")
    assert len(lines) == 6


def test_one_unit_worked_by_hand():
    """S(ln 3) = 3/4; δ_y_1 = 3/4 · 3/4 · 1/4 = 9/64 = 0.140625 for W = ln 3 / 0.75."""
    net = Network(cell="elman", inputs=1, hidden=1, outputs=1, bias=False)
    net.parameters[:] = [np.log(3), 0.5, np.log(3) / 0.75]
    trace = net.trace([[[1.0]]], [[[0.0]]])
    assert str(trace.explain(1, 0)) == (
        "h_1[0] = S( x_1·V[:,0] + h_0·U[:,0] )\n"
        "       = S( 1·1.0986 + 0 ) = S(1.0986) = 0.75\n"
        "δ_h_1[0] = ( δ_y_1·W[0,:] + δ_h_2·U[0,:] ) · h_1[0]·(1 − h_1[0])\n"
        "         = ( 0.1406·1.465 + 0 ) · 0.75·(1 − 0.75) = 0.03862\n"
        "step 1 is read first: h_0 is the initial state\n"
        "step 1 is read last: no δ comes back from a step 2"
    )
    assert str(trace.explain(1, output=0)) == (
        "y_1[0] = S( h_1·W[:,0] )\n"
        "       = S( 0.75·1.4648 ) = S(1.0986) = 0.75\n"
        "E_1 = ½·(y_1[0] − d_1[0])²\n"
        "    = 0.5·(0.75 − 0)² = 0.2812\n"
        "δ_y_1[0] = (y_1[0] − d_1[0])·y_1[0]·(1 − y_1[0])\n"
        "         = (0.75 − 0)·0.75·(1 − 0.75) = 0.1406"
    )


def test_a_saturated_unit_is_printed_with_the_digits_that_it_takes():
    net = Network(cell="elman", inputs=1, hidden=1, outputs=1, readout="identity")
    net["V"], net["U"], net["W"], net["b_h"] = 0, 0, 1, 15
    trace = net.trace([[[1.0]]], [[[-1.0]]])
    _, _, ends = printed(trace.explain(1, 0).text)[1]
    assert re.search(r"\(1 − 0\.9999996\d+\)", ends[0])
    assert computed(ends[0]) == pytest.approx(2 * math.exp(-15), rel=1e-3)


def test_terms_are_the_table_of_the_inspector():
    trace = trace_of(cell="lstm", hidden=6)
    explanation = trace.explain(2, 3)
    net = explanation.terms["f_2[3]"]
    assert [term.factors[0].symbol for term in net] == [
        "x_2[0]", "x_2[1]", *(f"h_1[{k}]" for k in range(6)), "b_f[3]",
    ]  # fmt: skip
    weights = trace.network["forget.U"][:, 3]
    np.testing.assert_allclose([term.value for term in net[2:8]], trace.h[0, 0] * weights)
    assert sum(term.value for term in net) == pytest.approx(math.log(trace.f[0, 1, 3] / (1 - trace.f[0, 1, 3])))
    assert sum(term.value for term in explanation.terms["∂h_2[3]"]) == pytest.approx(trace.d_h[0, 1, 3])
    assert sum(term.value for term in explanation.terms["C_2[3]"]) == pytest.approx(trace.C[0, 1, 3])
    document = json.loads(json.dumps(explanation.as_dict()))
    forget = document["formulas"][1]
    assert forget["name"]["symbol"] == "f_2[3]"
    assert forget["pass"] == "forward"
    assert forget["text"][0] == "S( x_2·V_f[:,3] + h_1·U_f[:,3] + b_f[3] )"
    assert forget["expression"]["function"] == "S"
    products = forget["expression"]["argument"]["parts"]
    assert [part["kind"] for part in products] == ["dot", "dot", "number"]
    assert products[1]["terms"][4]["factors"][1]["source"] == {
        "array": "forget.U", "kind": "parameter", "index": [4, 3], "t": None, "layer": None, "direction": None,
    }  # fmt: skip
    assert products[1]["value"] == pytest.approx(trace.h[0, 0] @ weights)


def test_trees_hold_every_kind_of_node():
    fields = [case.values[0] for case in CASES]
    kinds = set()
    for each in fields:
        for explanation in explanations(trace_of(**each)):
            kinds |= set(re.findall(r'"kind": "(\w+)"', json.dumps(explanation.as_dict())))
    nodes = {"number", "dot", "sum", "difference", "minus", "square", "product", "call"}
    assert nodes <= kinds <= nodes | {"parameter", "trace", "layer"}


def test_notes_at_the_ends():
    trace = trace_of(cell="gru", hidden=3, bidirectional=True, output="last step")
    assert trace.explain(1, 0).notes == (
        "names without a layer or direction are those of forward",
        "step 1 is read first: h_0 is the initial state",
        "the readout reads the last state only: no δ_y comes in at this step",
    )
    assert trace.explain(1, 0, direction="backward").notes[1:] == (
        "step 1 is read last: no δ comes back from a step 0",
    )
    assert trace.explain(4, 0, direction="backward").notes[1] == "step 4 is read first: h_5 is the initial state"
    assert trace.explain(4, 0).notes[1:] == ("step 4 is read last: no δ comes back from a step 5",)
    assert trace_of(cell="lstm", hidden=3).explain(2, 0).notes == ()


@pytest.mark.parametrize("cell", ["elman", "lstm", "gru"])
def test_float32(cell):
    trace = trace_of(cell=cell, hidden=6, dtype="float32", layers=2)
    misses = 0
    for explanation in explanations(trace):
        for name, _, ends in printed(explanation.text):
            for numbers in ends[:-1]:
                value, result = computed(numbers), computed(ends[-1])
                assert value == pytest.approx(result, rel=2e-3, abs=1e-6), name
                misses += round_to(value, 4) != result and "(" not in ends[-2]
        for formula in explanation.formulas:
            assert evaluate(formula.expression) == pytest.approx(formula.value, rel=1e-4, abs=1e-6)
    assert misses < 20


def test_extreme_numbers_are_printed_not_raised():
    with np.errstate(all="ignore"):
        for cell in ("elman", "lstm", "gru"):
            trace = trace_of(cell=cell, hidden=3, scale=1e3, readout="softmax", loss="cross_entropy", outputs=3)
            for explanation in explanations(trace):
                assert explanation.latex
                assert "nan" not in explanation.text
        net = Network(cell="elman", inputs=1, hidden=1, outputs=1, activation="relu", readout="identity")
        net.parameters[:] = [np.inf, 1, -np.inf, np.nan, 0]
        explanation = net.trace([[[1.0]]], [[[0.0]]]).explain(1, 0)
    assert "nan" in explanation.text
    assert r"\infty" in explanation.latex


def test_an_explanation_can_be_had_from_a_trace_that_was_read():
    trace = trace_of(cell="gru", hidden=3)
    assert str(type(trace).from_json(trace.to_json()).explain(2, 1)) == str(trace.explain(2, 1))
    assert repr(trace.explain(2, 1)) == trace.explain(2, 1).text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"t": 5, "unit": 0}, "t must be from 1 to 4, the steps of sequence 0, got 5"),
        ({"t": 0, "unit": 0}, "t must be from 1 to 4, the steps of sequence 0, got 0"),
        ({"t": 2, "unit": 0, "sequence": 1}, "t must be from 1 to 1, the steps of sequence 1, got 2"),
        ({"t": 1.0, "unit": 0}, "t must be from 1 to 4, the steps of sequence 0, got 1.0"),
        ({"t": 1, "unit": 3}, "unit must be from 0 to 2, got 3"),
        ({"t": 1, "unit": -1}, "unit must be from 0 to 2, got -1"),
        ({"t": 1, "unit": True}, "unit must be from 0 to 2, got True"),
        ({"t": 1, "output": 1}, "output must be from 0 to 0, got 1"),
        ({"t": 1}, "give a unit or an output, one of the two"),
        ({"t": 1, "unit": 0, "output": 0}, "give a unit or an output, one of the two"),
        ({"t": 1, "output": 0, "layer": 0}, "layer and direction are for a unit: an output has none"),
        ({"t": 1, "unit": 0, "layer": 2}, "layer must be from 0 to 0, got 2"),
        ({"t": 1, "unit": 0, "sequence": 3}, "sequence must be from 0 to 2, got 3"),
        ({"t": 1, "unit": 0, "digits": 0}, "digits must be from 1 to 17, got 0"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        trace_of(cell="elman", hidden=3).explain(**arguments)


def test_the_one_output_of_last_step_is_at_the_last_step():
    trace = trace_of(cell="elman", hidden=3, output="last step")
    with pytest.raises(ValueError, match="this network has one output, after its last step: t must be 3, got 1"):
        trace.explain(1, output=0, sequence=2)


def test_numbers():
    assert number_text(-4.0249, 3) == "−4.02"
    assert number_text(-0.0, 3) == "0"
    assert number_text(1.234e-7, 3) == "1.23e−7"
    assert number_text(float("inf"), 3) == "inf"
    assert number_latex(-1.234e-7, 2) == r"-1.2 \cdot 10^{-7}"
    assert number_latex(float("-inf"), 2) == r"-\infty"
    assert number_latex(float("nan"), 2) == r"\mathrm{nan}"
