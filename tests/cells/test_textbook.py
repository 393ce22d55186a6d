"""Printed equations: those of LSTM are the textbook's, and those of every cell, computed as they are printed, are the
derived.
"""

import re

import numpy as np
import pytest

from oracles import plain_cells as plain
from oracles.step_functions import STEPS
from throughtime import cells
from throughtime.cells.activations import sigmoid, softplus
from throughtime.cells.layout import layout
from throughtime.cells.letters import letter
from throughtime.cells.textbook import equations

ALL = {name: cells.step_of(name) for name in cells.NAMES} | STEPS
I, H = 2, 3
FUNCTIONS = {
    "S": sigmoid, "tanh": np.tanh, "relu": lambda v: np.maximum(v, 0), "exp": np.exp, "softplus": softplus,
    "min": np.minimum, "max": np.maximum,
}  # fmt: skip

LSTM = """\
forward
    i_t = S(x_t V_i + h_{t-1} U_i + b_i)
    f_t = S(x_t V_f + h_{t-1} U_f + b_f)
    C̃_t = tanh(x_t V_C + h_{t-1} U_C + b_C)
    o_t = S(x_t V_o + h_{t-1} U_o + b_o)
    C_t = f_t ∘ C_{t-1} + i_t ∘ C̃_t
    h_t = o_t ∘ tanh(C_t)

backward
    ∂h_t     = ∂h⁺_t
    ∂C_t     = ∂h_t ∘ o_t ∘ (1 − tanh(C_t)²) + ∂C⁺_t
    ∂o_t     = ∂h_t ∘ tanh(C_t)
    δ_o_t    = ∂o_t ∘ o_t ∘ (1 − o_t)
    ∂C̃_t     = ∂C_t ∘ i_t
    δ_C̃_t    = ∂C̃_t ∘ (1 − C̃_t²)
    ∂f_t     = ∂C_t ∘ C_{t-1}
    δ_f_t    = ∂f_t ∘ f_t ∘ (1 − f_t)
    ∂i_t     = ∂C_t ∘ C̃_t
    δ_i_t    = ∂i_t ∘ i_t ∘ (1 − i_t)
    ∂x_t     = δ_i_t V_iᵀ + δ_f_t V_fᵀ + δ_C̃_t V_Cᵀ + δ_o_t V_oᵀ
    ∂h_{t-1} = δ_o_t U_oᵀ + δ_C̃_t U_Cᵀ + δ_f_t U_fᵀ + δ_i_t U_iᵀ
    ∂C_{t-1} = ∂C_t ∘ f_t

gradients
"""


def test_lstm():
    assert cells.step_of("lstm").equations.startswith(LSTM)
    assert cells.step_of("lstm").equations.endswith("\n    ∇b_o = Σ_t δ_o_t")


class Reader:
    """Computes what is printed: numbers, names, functions, [a > b], ᵀ, ², ∘, products without a sign, /, + and −."""

    def __init__(self, known):
        self.known = known

    def value(self, text):
        self.tokens = re.findall(
            r"\d+(?:\.\d+)?(?:e[+-]\d+)?|(?:(?!\d)[^\W²ᵀ]|∂)(?:\{t-1\}|[^\W²ᵀ]|[̃⁺])*|[()\[\],>≤∘/+−²ᵀ]", text
        )
        assert re.sub(r"\s", "", "".join(self.tokens)) == re.sub(r"\s", "", text)
        found = self.sum()
        assert not self.tokens
        return found

    def next(self):
        return self.tokens[0] if self.tokens else ""

    def take(self, *wanted):
        return self.tokens.pop(0) if self.next() in wanted else ""

    def sum(self):
        total = -self.product() if self.take("−") else self.product()
        while sign := self.take("+", "−"):
            total = total + self.product() if sign == "+" else total - self.product()
        return total

    def product(self):
        total = self.atom()
        while self.next() not in (*"+−)],>≤", ""):
            if sign := self.take("∘", "/"):
                total = total * self.atom() if sign == "∘" else total / self.atom()
            else:
                other = self.atom()
                total = total @ other if np.ndim(other) == 2 and np.ndim(total) else total * other
        return total

    def atom(self):
        token = self.tokens.pop(0)
        if token == "(":
            found = self.sum()
            assert self.take(")")
        elif token == "[":
            left, sign, right = self.sum(), self.take(">", "≤"), self.sum()
            found = left > right if sign == ">" else left <= right
            assert self.take("]")
        elif token in FUNCTIONS:
            assert self.take("(")
            values = [self.sum()]
            while self.take(","):
                values.append(self.sum())
            assert self.take(")")
            found = FUNCTIONS[token](*values)
        else:
            found = float(token) if token[0].isdigit() else self.known[token]
        while sign := self.take("²", "ᵀ"):
            found = found**2 if sign == "²" else np.transpose(found)
        return found


@pytest.mark.parametrize("name", ALL)
def test_what_is_printed_is_what_is_derived(name):
    """A sequence of one step, so that the gradients are those of the step."""
    graph, rng = ALL[name], np.random.default_rng(0)
    shapes = {"x": (I, H), "h": (H, H)}
    p = {n: rng.normal(size=shapes.get(b.kind, (H,))) / 2 for b in layout(graph).blocks for n in b.names}
    x, above = rng.normal(size=(1, 1, I)), rng.normal(size=(1, 1, H))
    first = [np.abs(rng.normal(size=(1, H))) for _ in graph.states]
    wanted = plain.backward(graph, p, plain.forward(graph, p, x, first), above)
    letters = [letter(graph, state).text for state in graph.states]
    known = p | {"x_t": x[0]} | {f"{s}_{{t-1}}": a for s, a in zip(letters, first, strict=True)}
    known |= {f"∂{s}⁺_t": above[0] if s == letters[0] else np.zeros((1, H)) for s in letters}
    reader, found = Reader(known), equations(graph)
    for left, right in found.forward + found.backward:
        known[left] = reader.value(right)
    np.testing.assert_allclose(known["∂x_t"], wanted.d_x[0], rtol=1e-11, atol=1e-13)
    for s, d in zip(letters, wanted.d_first, strict=True):
        np.testing.assert_allclose(known[f"∂{s}_{{t-1}}"], d, rtol=1e-11, atol=1e-13)
    assert {one.left for one in found.gradients} == {f"∇{n}" for n in p}
    for left, right in found.gradients:
        value = reader.value(right.removeprefix("Σ_t ")).reshape(p[left[1:]].shape)
        np.testing.assert_allclose(value, wanted.parameters[left[1:]], rtol=1e-11, atol=1e-13)
