"""The text of an ES module with the steps of cells, forward and backward, written from their graphs.

The engine of the page (`studio/page/engine`) does the rest: it knows no cell.
"""

from __future__ import annotations

import json
from typing import Any

from throughtime.bridges.javascript.rows import BACKWARD, FORWARD, backward, forward, plus, times
from throughtime.cells.derivation import derivation
from throughtime.cells.graph import Graph
from throughtime.cells.layout import Layout, Product, layout
from throughtime.trace.description import described
from throughtime.trace.layer import array_names, names_of
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import view_name

HEAD = """\
/** The steps of cells, forward and backward, written from their graphs by throughtime.bridges.javascript. */
import { sigmoid, softplus } from "./functions.js";
import { addGradient, addRows, multiply, multiplyTransposed } from "./product.js";

export const cells = {
"""


def to_javascript(*specifications: NetworkSpecification) -> str:
    """The text of the module `engine/cells.js`, which exports a table `cells` of the cells of these networks, by name.

    Parameters
    ----------
    *specifications : NetworkSpecification
        Of one layer direction, without layer normalisation. Networks of one cell share an entry.

    Returns
    -------
    str, in ASCII

    Raises
    ------
    ValueError
        If a network's net inputs are normalised, or two different cells have one name.
    """
    found: dict[str, Graph] = {}
    for s in specifications:
        s.without_layer_norm("JavaScript cannot be written")
        name = name_of(s)
        if found.setdefault(name, s.graph) != s.graph:
            raise ValueError(f"two different cells are called {name}: give one of them another name")
    return HEAD + "".join(f"  [{json.dumps(name)}]: {_entry(graph)},\n" for name, graph in found.items()) + "};\n"


def name_of(s: NetworkSpecification) -> str:
    """What a network's cell is called in the table: "NAME", or "NAME (tanh)" of one whose f is no sigmoid."""
    return s.cell if s.activation == "sigmoid" else f"{s.cell} ({s.activation})"


def _entry(graph: Graph) -> str:
    laid, derived = layout(graph), derivation(graph)
    lines: list[str] = []
    for phase in range(laid.phases):
        lines += forward(laid, phase)
        lines += backward(laid, derived, phase)
    for function in (_read(laid), _step(laid), _back(laid), _gradient(laid), _inputs(laid)):
        lines += function
    lines += ["return {", *(f"  {key}: {_literal(value)}," for key, value in _facts(graph, laid).items())]
    lines += ["  read,", "  step,", "  back,", "  recur,", "  gradient,", "  inputs,", "};"]
    return "\n".join(["(() => {", *(f"    {line}" for line in lines), "  })()"])


def _literal(value: Any) -> str:
    """A value in JavaScript, where a literal's key "__proto__" would be no key, but what the object is made from."""
    return json.dumps(value).replace('"__proto__":', '["__proto__"]:')


def _facts(graph: Graph, laid: Layout) -> dict[str, Any]:
    names = names_of(graph)
    return {
        "name": graph.name,
        "states": len(graph.states),
        "slots": len(laid.slots),
        "deltas": len(laid.slots) + len(laid.weights),
        "read_by": [product.slot for product in laid.products if _reads_x(laid, product)],
        "blocks": [{"kind": b.kind, "names": [view_name(graph, name) for name in b.names]} for b in laid.blocks],
        "start": {view_name(graph, name): between for name, *between in graph.start},
        "arrays": names._asdict() | {"all": array_names(graph)},
        "description": described(graph),
    }


def _call(function: str, *arguments: str) -> str:
    return f"  {function}({', '.join(arguments)});"


def _matrix(laid: Layout, product: Product, of: str) -> tuple[str, str, str]:
    """The matrix of a product in the flat vector: the array, where it begins, and how far its rows are apart."""
    k = next(k for k, block in enumerate(laid.blocks) if product.parameter in block.names)
    names = laid.blocks[k].names
    return of, plus(f"at[{k}]", times(names.index(product.parameter), "H")), times(len(names), "H")


def _source(laid: Layout, product: Product, whole: bool) -> tuple[str, str, str]:
    """What a product reads at a step, or at all steps (`whole`): array, beginning, and how far its rows are apart."""
    graph, o = laid.graph, laid.graph.operations[product.source]
    before, after, gates = ("", "B * H", "") if whole else ("beforeAt", "afterAt", "gatesAt")
    if o.op == "x":
        return "x", "0", "K"
    if o.op == "state":
        return "before", plus(before, times(graph.states.index(o.name), "stride")), "H"
    if product.source in graph.after:
        return "after", plus(after, times(graph.after.index(product.source), "stride")), "H"
    return "gates", plus(gates, times(laid.slot_of[product.source], "H")), times(len(laid.slots), "H")


def _reads_x(laid: Layout, product: Product) -> bool:
    return laid.graph.operations[product.source].op == "x"


def _slot(laid: Layout, product: Product, array: str, at: str = "") -> tuple[str, str, str]:
    width = len(laid.slots) + (len(laid.weights) if array == "delta" else 0)
    return array, plus(at, times(product.slot, "H")), times(width, "H")


def _in_order(laid: Layout) -> list[tuple[Product, bool]]:
    """The products in the order in which they are computed, and whether something stands in their slot already."""
    order = sorted(laid.products, key=lambda product: (not _reads_x(laid, product), product.phase))
    written: set[int] = set()
    found = []
    for product in order:
        found.append((product, product.slot in written))
        written.add(product.slot)
    return found


def _true(is_so: bool) -> str:
    return "true" if is_so else "false"


def _read(laid: Layout) -> list[str]:
    lines = ["function read(rows, K, H, x, parameters, at, gates) {"]
    for product, more in _in_order(laid):
        if _reads_x(laid, product):
            arguments = (
                *_source(laid, product, True),
                *_matrix(laid, product, "parameters"),
                *_slot(laid, product, "gates"),
            )
            lines.append(_call("multiply", *arguments, "rows", "K", "H", _true(more)))
    return [*lines, "}"]


def _step(laid: Layout) -> list[str]:
    lines = [f"function step({FORWARD.replace('parameters', 'parameters, at')}) {{"]
    for phase in range(laid.phases):
        for product, more in _in_order(laid):
            if product.phase == phase and not _reads_x(laid, product):
                arguments = (
                    *_source(laid, product, False),
                    *_matrix(laid, product, "parameters"),
                    *_slot(laid, product, "gates", "gatesAt"),
                )
                lines.append(_call("multiply", *arguments, "B", "H", "H", _true(more)))
        lines.append(_call(f"forward{phase}", FORWARD))
    return [*lines, "}"]


def _back(laid: Layout) -> list[str]:
    """The step back: the δ's; and what they hand on to the states before, which an update may come between."""
    back = [f"function back({BACKWARD.replace('parameters', 'parameters, at')}) {{"]
    recur = ["function recur(B, H, parameters, at, delta, deltaAt, error) {"]
    for phase in reversed(range(laid.phases)):
        back.append(_call(f"backward{phase}", BACKWARD))
        begun: set[str] = set()
        for product in laid.products:
            if product.phase == phase and not _reads_x(laid, product):
                target, is_state = _handed_to(laid, product)
                more = is_state or target[1] in begun
                begun.add(target[1])
                arguments = (*_slot(laid, product, "delta", "deltaAt"), *_matrix(laid, product, "parameters"), *target)
                lines = back if phase else recur
                lines.append(_call("multiplyTransposed", *arguments, "B", "H", "H", _true(more)))
    return [*back, "}", *recur, "}"]


def _handed_to(laid: Layout, product: Product) -> tuple[tuple[str, str, str], bool]:
    """Where ∂E by what a matrix multiplies stands, and whether that is a state."""
    graph, o = laid.graph, laid.graph.operations[product.source]
    if o.op == "state" or product.source in graph.after:
        return ("error", plus(times(graph.states.index(o.name), "B * H")), "H"), True
    width = len(laid.slots) + len(laid.weights)
    return ("delta", plus("deltaAt", times(laid.slot_of[product.source], "H")), times(width, "H")), False


def _gradient(laid: Layout) -> list[str]:
    lines = ["function gradient(rows, B, K, H, bias, x, before, after, stride, gates, delta, into, at) {"]
    for product in laid.products:
        height = "K" if _reads_x(laid, product) else "H"
        arguments = (*_source(laid, product, True), *_slot(laid, product, "delta"), *_matrix(laid, product, "into"))
        lines.append(_call("addGradient", *arguments, "rows", height, "H"))
    width = times(len(laid.slots) + len(laid.weights), "H")
    for k, block in enumerate(laid.blocks):
        for n, name in enumerate(block.names):
            if block.kind in ("weight", "bias"):
                own = len(laid.slots) + laid.weights.index(name) if block.kind == "weight" else laid.bias_slot(name)
                call = _call(
                    "addRows",
                    "delta",
                    plus(times(own, "H")),
                    width,
                    "into",
                    plus(f"at[{k}]", times(n, "H")),
                    "rows",
                    "H",
                )
                lines.append(f"  if (bias) {call.strip()}" if block.kind == "bias" else call)
    return [*lines, "}"]


def _inputs(laid: Layout) -> list[str]:
    lines = ["function inputs(rows, K, H, parameters, at, delta, d_x) {"]
    products = [product for product in laid.products if _reads_x(laid, product)]
    for k, product in enumerate(products):
        arguments = (*_slot(laid, product, "delta"), *_matrix(laid, product, "parameters"), "d_x", "0", "K")
        lines.append(_call("multiplyTransposed", *arguments, "rows", "H", "K", _true(k > 0)))
    return [*lines, "}"]
