"""Formulas of cells of one's own: what is printed is computed again, and is what the trace recorded."""

import json
import re

import pytest

from oracles.formulas import at_source, computed, numbers_in
from oracles.own_traces import CASES, CELLS, GRAPHS, IDS, LENGTHS, trace_of
from oracles.step_functions import STEPS
from throughtime.cells.symbols import cell, tanh
from throughtime.trace.explain.formula import Number, Product, Quotient, Square, evaluate
from throughtime.trace.explain.formulas_of_cell import formulas_of
from throughtime.trace.explain.text import LATEX, TEXT, written
from throughtime.trace.layer import names_of

READABLE = [name for name in CELLS if name != "deep"]


def explanations(trace, **options):
    """Of a unit at every step of two sequences, of all layers and directions."""
    for b in (0, 2):
        for t in range(1, LENGTHS[b] + 1):
            for k, of in enumerate(trace.layers):
                where = {"layer": of.layer, "direction": of.direction, "sequence": b}
                yield of, b, t, (t + k) % 3, trace.explain(t, (t + k) % 3, **where, **options)


@pytest.mark.parametrize("fields", CASES[1:3], ids=IDS[1:3])
@pytest.mark.parametrize("name", READABLE)
def test_every_formula_gives_what_was_recorded(name, fields):
    trace = trace_of(name, **fields)
    for of, b, t, unit, explanation in explanations(trace):
        for formula in explanation.formulas:
            source = formula.name.source
            assert formula.value == of.arrays[source.array][b, t - 1, unit]
            assert evaluate(formula.expression) == pytest.approx(formula.value, rel=1e-8, abs=1e-12), (
                formula.name.symbol
            )
        assert explanation.latex.count("{") == explanation.latex.count("}")


@pytest.mark.parametrize("name", READABLE)
def test_the_printed_numbers_give_the_printed_results(name):
    for digits in (4, 12):
        for *_, explanation in explanations(trace_of(name, **CASES[1]), digits=digits):
            lines = explanation.text.splitlines()
            for formula, said in zip(explanation.formulas, explanation.as_dict()["formulas"], strict=True):
                symbols, numbers = said["text"]
                assert f"{formula.name.symbol} = {symbols}" in lines
                *ends, result = numbers.split(" = ")
                for end in ends:
                    assert computed(end) == pytest.approx(computed(result), rel=10 ** (1 - digits), abs=1e-13), numbers


@pytest.mark.parametrize("name", READABLE)
def test_every_number_is_found_in_the_json_at_its_source(name):
    trace = trace_of(name, **CASES[2])
    document = json.loads(trace.to_json())
    for of, b, *_, explanation in explanations(trace):
        for formula in explanation.formulas:
            for number in (formula.name, *numbers_in(formula.expression)):
                source = number.source
                if source is None or number.symbol.startswith("["):
                    continue
                assert at_source(document, source, b) == number.value, (number.symbol, source, of.layer)


@pytest.mark.parametrize("name", GRAPHS)
def test_names_of_all_arrays_have_a_formula(name):
    """But for net inputs and errors that are written into the one formula that uses them."""
    graph = GRAPHS[name]
    names, found = names_of(graph), formulas_of(graph)
    errors = {*names.d_states, *names.deltas}
    assert set(found.same) <= errors
    assert set(names.deltas) <= set(found.same)
    assert set(found.forward.values()) >= {*names.states}
    left_out = {*names.slots} - {*found.forward.values()}
    assert all(name.startswith("net_") for name in left_out)


def test_names_and_order_of_a_cell_with_peepholes():
    """As those of an LSTM, and o after C, of which it reads."""
    found = formulas_of(STEPS["peephole"])
    assert list(found.forward.values()) == ["i", "f", "C_tilde", "C", "o", "h"]
    assert list(found.same) == ["d_h", "delta_o", "d_C", "delta_f", "delta_i", "delta_C_tilde"]
    assert list(formulas_of(STEPS["indrnn"]).same) == ["delta_h"]


def test_names_of_an_error_that_only_the_step_before_uses():
    """∂c has a formula of its own: ∂c of the next step stands in it."""

    @cell
    def fading(p, x, h, c):
        h = tanh(x @ p.V + h @ p.U + c)
        c = 0.5 * c
        return h, c

    assert "d_c" in formulas_of(fading).same
    assert "d_h" not in formulas_of(fading).same


def test_names_of_what_is_divided():
    a, b, c = (Number(name, name, value) for name, value in (("a", 6.0), ("b", 2.0), ("c", 3.0)))
    assert written(Quotient(Product((a, b)), Product((b, c))), TEXT, None) == "a·b / (b·c)"
    assert written(Product((a, Quotient(b, c))), TEXT, 2) == "6·(2 / 3)"
    assert written(Square(Product((a, b))), TEXT, None) == "(a·b)²"
    assert written(Square(Quotient(a, b)), LATEX, None) == r"\left(\frac{a}{b}\right)^2"


def test_what_the_language_can_say():
    text = trace_of("odd").explain(2, 1).text
    assert "C_2[1] = C_1[1]·w[1] / ( 1 + exp(−b_2[1]) ) + min(b_2[1], 0.3)·(−v[1])" in text
    assert "·[b_2[1] ≤ 0.3]" in text
    assert "∂v6_2[1] = δ_h_2·U_d[1,:]" in text
    assert re.search(r"min\(−?[\d.]+, 0\.3\)", text)


@pytest.mark.uncompiled
def test_a_formula_that_nobody_could_read_is_refused():
    with pytest.raises(ValueError, match="a formula of deep would have more than 100 operations: give names to parts"):
        trace_of("deep").explain(1, 0)
