"""The symbols of a formula name the right numbers: read as an expression over the trace, they give its value."""

import json
import re

import numpy as np
import pytest

from oracles.formulas import FUNCTIONS, LENGTHS, NETWORKS, computed, numbers_in, printed, trace_of
from oracles.layout import GATES
from throughtime.trace.explain.formula import evaluate

CASES = [pytest.param(fields, id="-".join(map(str, fields.values()))) for fields in NETWORKS]


def continued(trace):
    """The trace as if it had not begun at a state of 0: its symbols have to name the initial state."""
    document, rng = json.loads(trace.to_json()), np.random.default_rng(7)
    for of in document["layers"]:
        for name in ("h_0", "C_0"):
            if name in of:
                of[name] = rng.normal(size=np.shape(of[name])).tolist()
    return type(trace).from_json(json.dumps(document))


class Vector(np.ndarray):
    """A vector, or a number, whose product with another is written as in the text."""

    def __mul__(self, other):
        return np.sum(np.multiply(self, other)).view(Vector)

    __rmul__ = __mul__


def vector(values):
    return np.asarray(values, dtype=float).view(Vector)


def by_symbols(trace, b, symbols, home):
    """The value of a line of symbols, looked up in the arrays of the trace; `home` has the names without a layer."""
    s, n = trace.specification, LENGTHS[b]
    letters = {"input": "i", "forget": "f", "output": "o", "reset": "r", "update": "z"}
    letters["candidate"] = "C" if s.cell == "lstm" else "n"
    greek = {"δ_C̃": "delta_C_tilde", "C̃": "C_tilde", "ñ": "n", "∂h": "d_h", "∂C": "d_C", "δ_": "delta_"}

    def layer_of(prefix):
        if prefix or home is None:
            number = int(m[1]) if (m := re.search(r"layer(\d)", prefix)) else s.layers - 1
            return trace.layer(number, "backward" if "backward" in prefix else "forward")
        return home

    def parameter(prefix, symbol):
        base, _, letter = symbol.partition("_")
        if symbol in ("W", "b_y"):
            return trace.network[symbol]
        of = layer_of(prefix)
        gate = next((g for g in GATES[s.cell] if letters.get(g.strip(".")) == letter), "")
        name = gate + (base if gate else symbol)
        return trace.network[f"layer{of.layer}.{of.direction}.{name}"]

    def state(prefix, name, t):
        t = int(t)
        for sign, plain in greek.items():
            name = name.replace(sign, plain)
        if name in ("x", "d", "y", "net_y", "delta_y", "mask", "E"):
            array = trace.error if name == "E" else getattr(trace, name)
            return array[b, t - 1] if name == "x" or s.output == "every step" else array[b]
        of = layer_of(prefix)
        if 1 <= t <= n:
            return of.arrays[name][b, t - 1]
        first = 0 if of.direction == "forward" else n + 1
        return of.arrays[f"{name}_0"][b] if t == first and name in ("h", "C") else np.zeros(s.hidden)

    def found(match):
        prefix, symbol, t, index = match["prefix"] or "", match["symbol"], match["t"], match["index"]
        values = state(prefix, symbol, t) if t else parameter(prefix, symbol)
        if index:
            values = eval(f"values[{index}]", {"values": np.asarray(values)})
        names.append(vector(values))
        return f"_{len(names) - 1}_"

    names = []
    symbols = symbols.replace("½", "0.5").replace("ln S", "lnS")
    if s.output == "last step":  # its outputs have no step: give them one, to be read alike
        symbols = re.sub(r"\b(net_y|δ_y|y|d|mask)(?=\[|·|\)|$)", r"\1_1", symbols)
        symbols = symbols.replace("b_y_1", "b_y")
    total = re.search(r"Σ(d_\d)", symbols)
    if total:
        symbols = symbols.replace(total[0], str(state("", "d", total[1][2:]).sum()))
    logs = re.search(r"ln Σ exp\(net_y_(\d)\)", symbols)
    if logs:
        symbols = symbols.replace(logs[0], str(np.log(np.exp(state("", "net_y", logs[1])).sum())))
    symbols = re.sub(r"\[(\S+\[\d+\]) > 0\]", r"(\1 > 0)", symbols)
    pattern = (
        r"(?P<prefix>(?:layer\d\.)?(?:forward\.|backward\.)?)"
        r"(?:(?P<symbol>(?:net_|δ_|∂)?(?:C̃|[a-zñC])|mask)_(?P<t>\d+)|(?P<p>[VU](?:_[a-zC])?|W|b_[a-zC]|c_n))"
        r"(?:\[(?P<index>[\d:,]+)\])?"
    )

    def either(match):
        return found({**match.groupdict(), "symbol": match["p"] or match["symbol"]})

    python = re.sub(rf"(?<![\w.∂]){pattern}", either, symbols)
    for sign, plain in (("−", "-"), ("·", "*"), ("²", "**2")):
        python = python.replace(sign, plain)
    return float(eval(python, FUNCTIONS | {f"_{k}_": value for k, value in enumerate(names)}))


@pytest.mark.parametrize("fields", CASES)
def test_the_symbols_name_the_right_numbers(fields):
    trace = trace_of(**fields)
    s = trace.specification
    for b, n in enumerate(LENGTHS):
        for t in range(1, n + 1):
            for of in trace.layers:
                explanation = trace.explain(t, s.hidden - 1, layer=of.layer, direction=of.direction, sequence=b)
                for (name, symbols, _), formula in zip(printed(explanation.text), explanation.formulas, strict=True):
                    value = by_symbols(trace, b, symbols, of)
                    assert value == pytest.approx(formula.value, rel=1e-9, abs=1e-13), (name, symbols)
                    assert by_symbols(trace, b, name, of) == formula.value
            if s.output == "every step" or t == n:
                for name, symbols, ends in printed(trace.explain(t, output=0, sequence=b, digits=15).text):
                    value = by_symbols(trace, b, symbols, None)
                    assert value == pytest.approx(computed(ends[-1]), rel=1e-9, abs=1e-13), (name, symbols)


@pytest.mark.parametrize("fields", CASES)
def test_the_initial_state_is_named(fields):
    trace = continued(trace_of(**fields))
    for of in trace.layers:
        t = 1 if of.direction == "forward" else 3
        explanation = trace.explain(t, 0, layer=of.layer, direction=of.direction, sequence=2)
        for (_, symbols, _), formula in zip(printed(explanation.text), explanation.formulas, strict=True):
            value = by_symbols(trace, 2, symbols, of)
            assert value == pytest.approx(evaluate(formula.expression), rel=1e-9, abs=1e-13), symbols
        assert any(
            number.source and number.source.array == "h_0" and number.value == of.h_0[2, 0]
            for formula in explanation.formulas
            for number in numbers_in(formula.expression)
        )
