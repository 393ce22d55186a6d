"""A layer of any cell in one direction, as ONNX's Scan: its body is one step, written from the cell's graph.

states after the step, h = body(states before it, x_t [, whether step t is real])
"""

from __future__ import annotations

from functools import partial

from onnx import TensorProto, helper

from throughtime.batch import Array
from throughtime.bridges.onnx.nodes import Nodes
from throughtime.cells.graph import Operation
from throughtime.cells.interpreted import computed
from throughtime.weights.network_specification import NetworkSpecification

OPERATORS = {
    "@": "MatMul", "+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "neg": "Neg", "minimum": "Min", "maximum": "Max",
    "sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp",
}  # fmt: skip


def scan(
    nodes: Nodes, s: NetworkSpecification, where: str, weights: dict[str, Array], x: str, first: list[str], real: str
) -> tuple[str, list[str]]:
    """Add a layer in one direction.

    Parameters
    ----------
    nodes : Nodes
    where : what its parameters' names begin with, "layer0.backward."
    weights : its parameters, by their names in the step
    x : the sequences that it reads (T,B,K)
    first : each state before the first step (B,H)
    real : which steps are real (T,B,1), or "" for all

    Returns
    -------
    The states h (T,B,H), and each state after the last step (B,H).
    """
    body = Nodes(nodes.dtype, nodes, where)
    before = [f"{where}{state}" for state in s.graph.states]
    read = [f"{where}x_t"] + [f"{where}real"] * bool(real)

    def parameter(name: str) -> str | None:
        return nodes.weights(f"{where}{name}", weights[name]) if name in weights else None

    after = computed(s.graph, read[0], before, parameter, nodes.number, partial(_applied, body))
    if real:
        after = [body.node("Where", [read[1], new, old]) for new, old in zip(after, before, strict=True)]
    h = body.node("Identity", after[:1])
    wide: list[str | int | None] = ["batch", s.hidden]
    inputs = [helper.make_tensor_value_info(name, body.type, wide) for name in before]
    inputs += [helper.make_tensor_value_info(read[0], body.type, ["batch", None])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.BOOL, ["batch", 1]) for name in read[1:]]
    outputs = [helper.make_tensor_value_info(name, body.type, wide) for name in [*after, h]]
    backward = int(where.endswith("backward."))
    last = [f"{state}.last" for state in before]
    states = nodes.free("states")
    nodes.node(
        "Scan", [*first, x, *[real] * bool(real)], [*last, states], num_scan_inputs=len(read),
        scan_input_directions=[backward] * len(read), scan_output_directions=[backward],
        body=helper.make_graph(body.nodes, f"{where}step", inputs, outputs),
    )  # fmt: skip
    return states, last


def _applied(body: Nodes, o: Operation, given: list[str]) -> str:
    if o.op == "softplus":  # max(x, 0) + log(1 + exp(−|x|)): ONNX Runtime's own is float32 only
        small = body.node("Exp", [body.node("Neg", [body.node("Abs", given)])])
        return body.node(
            "Add", [body.node("Relu", given), body.node("Log", [body.node("Add", [body.number(1), small])])]
        )
    if o.op not in OPERATORS:
        raise ValueError(f"ONNX has no operator for {o.op}, which the cell is made of")
    return body.node(OPERATORS[o.op], given)
