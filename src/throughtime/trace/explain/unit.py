"""The formulas of one hidden unit at one step: those of the cell's step and of its derivation, for a single number."""

from __future__ import annotations

from throughtime.trace.explain.expressions import Expressions
from throughtime.trace.explain.formula import Formula
from throughtime.trace.explain.numbers import NamedNumbers
from throughtime.trace.layer import LayerTrace


def unit_formulas(numbers: NamedNumbers, of: LayerTrace, t: int, unit: int) -> tuple[list[Formula], list[str]]:
    """The formulas of a unit of a layer and direction at step t, forward and backward, and notes."""
    here = Expressions(numbers, of, t, unit)
    cell = here.formulas
    formulas = [Formula(here.at(name), here.defined(place)) for place, name in cell.forward.items()]
    places = {name: place for place, name in cell.backward.items()}
    for name, first in cell.same.items():
        expression = here.defined(places[name]) if name == first else here.at(first)
        formulas.append(Formula(here.at(name), expression, True))
    return formulas, _notes(here)


def _notes(here: Expressions) -> list[str]:
    """Remarks on the first and the last step, and on an output that is read only once."""
    numbers, of, t = here.numbers, here.of, here.t
    s, found = numbers.trace.specification, []
    if place := numbers.place(of):
        found.append(f"names without a layer or direction are those of {place}")
    if here.first:
        initial = numbers.state_vector(of, here.before).symbol
        found.append(f"step {t} is read first: {initial} is the initial state")
    if here.last:
        found.append(f"step {t} is read last: no δ comes back from a step {here.after}")
    elif s.output == "last step" and of.layer == s.layers - 1:
        found.append("the readout reads the last state only: no δ_y comes in at this step")
    return found
