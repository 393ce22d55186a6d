"""explain: how a unit or an output of a Trace comes about at a step, forward and backward, as formulas with numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unicodedata import combining

import numpy as np

from throughtime.trace.explain.formula import MOST_DIGITS, Dot, Formula, Term
from throughtime.trace.explain.numbers import NamedNumbers
from throughtime.trace.explain.output import output_formulas
from throughtime.trace.explain.text import LATEX, TEXT, Style, largest_terms, lines, term_text
from throughtime.trace.explain.unit import unit_formulas

if TYPE_CHECKING:
    from throughtime.trace import Trace


@dataclass(frozen=True)
class Explanation:
    """Formulas with their numbers.

    Parameters
    ----------
    formulas : tuple of Formula
        In the order of computing, forward then backward. Each has its `name` (a Number: symbol, recorded value,
        source), its `expression` (a tree with the source of every number), and its `terms`.
    notes : tuple of str
        Remarks on this step.
    digits : int
        Significant digits of the results. Of the other numbers as many are printed as the results take to follow.
    dtype : str
        Of the network.

    Attributes
    ----------
    text, latex : str
        In a notebook the LaTeX is shown.
    terms : dict
        For each formula's name, such as "δ_h_3[5]", the summands of the sum in it: Terms of one or two Numbers, each
        with the `source`, the cell or parameter, that it came from.
    """

    formulas: tuple[Formula, ...]
    notes: tuple[str, ...]
    digits: int
    dtype: str

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$${self.latex}$$"

    @property
    def text(self) -> str:
        """Two lines for each formula, in symbols and in numbers; then the largest terms of the long sums.

        Then notes.
        """
        written = []
        for formula in self.formulas:
            name = formula.name.symbol
            margins = [name, *[" " * _width(name)] * 9]
            written += [f"{m} = {line}" for m, line in zip(margins, self._lines(formula, TEXT), strict=False)]
        for formula in self.formulas:
            written += [self._largest(dot) for dot in formula.dots if not dot.expanded and largest_terms(dot)]
        return "\n".join([*written, *self.notes])

    @property
    def latex(self) -> str:
        """The same formulas as one `aligned` block."""
        rows = [
            (formula.name.latex if k == 0 else "") + f" &= {line}"
            for formula in self.formulas
            for k, line in enumerate(self._lines(formula, LATEX))
        ]
        return r"\begin{aligned}" + " \\\\\n".join(rows) + r"\end{aligned}"

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The summands of each formula, by its name."""
        return {formula.name.symbol: formula.terms for formula in self.formulas}

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON: each formula's tree beside its lines of text."""
        formulas = [f.as_dict() | {"text": self._lines(f, TEXT), "latex": self._lines(f, LATEX)} for f in self.formulas]
        return {"formulas": formulas, "notes": list(self.notes), "digits": self.digits}

    def _lines(self, formula: Formula, style: Style) -> list[str]:
        return lines(formula, style, self.digits, MOST_DIGITS[self.dtype])

    def _largest(self, dot: Dot) -> str:
        fewer = max(self.digits - 1, 1)
        terms = [term_text(term, fewer, MOST_DIGITS[self.dtype]) for term in largest_terms(dot)]
        more = " · …" if len(terms) < len(dot.terms) else ""
        return f"largest terms of {dot.symbol}:  " + " · ".join(terms) + more


def explain(
    trace: Trace,
    t: int,
    unit: int | None = None,
    *,
    output: int | None = None,
    layer: int | None = None,
    direction: str | None = None,
    sequence: int = 0,
    digits: int = 4,
) -> Explanation:
    """The formulas of a hidden unit, or of an output, at a step with the numbers filled in.

    Parameters
    ----------
    trace : Trace
    t : int
        Step, from 1 as in docs/math.md.
    unit : int
        Hidden unit, from 0. Every state, and every other value that the trace has an array of, and then ∂E by them.
        Elman: h and δ_h. LSTM: i, f, C̃, C, o, h, then ∂h, δ_o, ∂C, δ_f, δ_i, δ_C̃. GRU: r, z, q, ñ, h, then ∂h, δ_z,
        δ_n, δ_r, δ_q.
    output : int
        Instead of a unit: y, E and δ_y of this output, from 0.
    layer, direction : optional
        Of the unit; the last layer, read forward, if not given.
    sequence : int
        Of the batch, from 0.
    digits : int, 1..17
        Significant digits of the results.

    Raises
    ------
    ValueError
        If there is no such step, unit, output, layer, direction or sequence; the message says which there are.
    """
    s = trace.specification
    _check("sequence", sequence, 0, len(trace.x) - 1)
    steps = int(trace.lengths[sequence])
    _check("t", t, 1, steps, f", the steps of sequence {sequence}")
    _check("digits", digits, 1, MOST_DIGITS["float64"])
    if (unit is None) == (output is None):
        raise ValueError("give a unit or an output, one of the two")
    if output is not None:
        numbers = NamedNumbers(trace, sequence)
        if layer is not None or direction is not None:
            raise ValueError("layer and direction are for a unit: an output has none")
        _check("output", output, 0, s.outputs - 1)
        if s.output == "last step" and t != steps:
            raise ValueError(f"this network has one output, after its last step: t must be {steps}, got {t}")
        return Explanation(tuple(output_formulas(numbers, t, output)), (), digits, s.dtype)
    assert unit is not None
    s.without_layer_norm("formulas of a unit cannot be written")
    of = trace.layer(layer, direction)
    _check("unit", unit, 0, s.hidden - 1)
    formulas, notes = unit_formulas(NamedNumbers(trace, sequence, home=of), of, t, unit)
    return Explanation(tuple(formulas), tuple(notes), digits, s.dtype)


def _width(text: str) -> int:
    """Columns that a text takes: a sign above a letter takes none."""
    return sum(not combining(character) for character in text)


def _check(name: str, value: Any, least: int, most: int, what: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}{what}, got {value!r}")
