"""The source of a cell's kernels, written from its graph: what `sweep` calls at each step of time, and its products."""

from __future__ import annotations

from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph
from throughtime.cells.layout import Layout, layout
from throughtime.kernels.written_products import Products, function
from throughtime.kernels.written_rows import ROW, ROW_BACK, backward, forward, plus, times

_HEAD = '''"""Written by throughtime.kernels.written from the graph of {name}."""

from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.operations import (
    add_gradient, columns, exp, greater, lesser, load, multiply, panels, positive_part, sigmoid, softplus,
    store, tanh, where_less, where_not_less, where_positive, width,
)
from throughtime.kernels.sequence import add_rows, matrix, piece
'''


_NORMALISED = "from throughtime.kernels.normalisation import normalise, normalise_back\n"


def _normalise(laid: Layout, phase: int) -> list[str]:
    """What is done to a row before its elements are: of the sums of products that are whole in this phase."""
    pairs = [(laid.slot_of[a], laid.slot_of[n]) for a, n in laid.normalised if laid.phase(a) == phase]
    return [f"normalise({_slot('gates_q', a)}, {_slot('gates_q', n)})" for a, n in pairs]


def _normalise_back(laid: Layout, phase: int) -> list[str]:
    """What is done to a row after its elements were."""
    pairs = [(laid.slot_of[a], laid.slot_of[n]) for a, n in laid.normalised if laid.phase(a) == phase]
    return [
        f"normalise_back({_slot('gates_q', a)}, {_slot('gates_q', n)}, {_slot('delta_q', n)}, {_slot('delta_q', a)})"
        for a, n in pairs
    ]


def _slot(of: str, k: int) -> str:
    return f"piece(numbers, {plus(of, times(k, 'H'))}, H)"


def _rows(
    name: str,
    arguments: str,
    widths: dict[str, int],
    phases: list[list[str]],
    before: list[list[str]],
    after: list[list[str]],
) -> str:
    """A kernel that does the rows of neighbouring sequences in pieces of a vector's width, and what is done to each
    whole row before and after. `widths`: how far apart in units of H the rows of two sequences begin."""
    text = ""
    lines = ["lanes = width(numbers)", "whole = H - H % lanes"]
    here = [f"{place}_q = {plus(place, times(width, 'q * H'))}" for place, width in widths.items()]
    of_row = ", ".join(f"{one}_q" if one in widths else one for one in arguments.split(", "))
    for phase, body in enumerate(phases):
        text += function(f"{name}_{phase}", f"H, {arguments}, j, count", body)
        one = f"{name}_{phase}(H, {of_row}, "
        loop = [
            *before[phase],
            "for j in range(0, whole, lanes):",
            f"    {one}j, lanes)",
            "if whole < H:",
            f"    {one}whole, H - whole)",
            *after[phase],
        ]
        loop = ["for q in range(rows):", *(f"    {line}" for line in here + loop)]
        if len(phases) > 1:
            loop = [f"if phase == {phase}:", *(f"    {line}" for line in loop)]
        lines += loop
    return text + function(name, f"phase, H, rows, {arguments}", lines, "@kernel")


def source_of(graph: Graph) -> str:
    """The Python source of the module that holds a cell's kernels."""
    laid, derived = layout(graph), derivation(graph)
    phases = range(laid.phases)
    products = Products(laid)
    deltas = len(laid.slots) + len(laid.weights)
    widths = {"gates": len(laid.slots), "before": 1, "after": 1}
    return "".join((
        _HEAD.format(name=graph.name), _NORMALISED if laid.normalised else "",
        _rows(
            "row", ROW, widths,
            [forward(laid, k) for k in phases], [_normalise(laid, k) for k in phases], [[] for _ in phases],
        ),
        _rows(
            "row_back", ROW_BACK, widths | {"delta": deltas, "d_above": 1, "d_after": 1},
            [backward(laid, derived, k) for k in phases], [[] for _ in phases],
            [_normalise_back(laid, k) for k in phases],
        ),
        products.pack(False), products.pack(True), products.multiply_x(), products.multiply_step(),
        products.multiply_back(), products.multiply_d_x(), products.gradients(),
    ))  # fmt: skip
