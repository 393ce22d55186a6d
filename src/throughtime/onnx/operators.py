"""ONNX's operators for cells and functions, its order of the gates, and ONNX Runtime, which runs models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import onnx
import onnxruntime

from throughtime.cells import step_of
from throughtime.cells.graph import Graph
from throughtime.cells.symbols import cell, sigmoid, tanh
from throughtime.standard_layers import Gates, Names, matched

ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
READOUTS = {"sigmoid": "Sigmoid", "softmax": "Softmax"}


@cell
def lstm_with_peepholes(p: Any, x: Any, h: Any, C: Any) -> Any:
    """Gers, F. A. & Schmidhuber, J. (2000). Recurrent nets that time and count. IJCNN 2000, vol. 3, 189–194."""
    i = sigmoid(x @ p.V_i + h @ p.U_i + C * p.w_i + p.b_i)
    f = sigmoid(x @ p.V_f + h @ p.U_f + C * p.w_f + p.b_f)
    C_tilde = tanh(x @ p.V_C + h @ p.U_C + p.b_C)
    C = f * C + i * C_tilde
    o = sigmoid(x @ p.V_o + h @ p.U_o + C * p.w_o + p.b_o)
    h = o * tanh(C)
    return h, C


@cell
def gru_reset_before(p: Any, x: Any, h: Any) -> Any:
    """Cho, K. et al. (2014). Learning phrase representations using RNN encoder–decoder. EMNLP 2014, 1724–1734."""
    r = sigmoid(x @ p.V_r + h @ p.U_r + p.b_r)
    z = sigmoid(x @ p.V_z + h @ p.U_z + p.b_z)
    n = tanh(x @ p.V_n + (r * h) @ p.U_n + p.b_n)
    h = (1 - z) * n + z * h
    return h


@dataclass(frozen=True)
class Operator:
    """One of ONNX's recurrent operators, with its attributes.

    name : of the operator
    gates : Gates
        Its step, and ONNX's order of W, R and B.
    cell : what a network that is read from it has as its cell
    activation : of an RNN
    attributes : those that make it this one
    peepholes : ONNX's order of P
    """

    name: str
    gates: Gates
    cell: str | Graph
    activation: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict, hash=False)
    peepholes: tuple[str, ...] = ()

    @property
    def states(self) -> int:
        """How many states it has."""
        return len(self.gates.step.states)


OPERATORS = (
    *(Operator("RNN", Gates(step_of("elman", f), ("h",)), "elman", f, {"activations": [F]}) for f, F in ACTIVATIONS.items()),
    Operator("LSTM", Gates(step_of("lstm"), ("i", "o", "f", "C")), "lstm"),
    Operator("LSTM", Gates(lstm_with_peepholes, ("i", "o", "f", "C")), lstm_with_peepholes, peepholes=("i", "o", "f")),
    Operator("GRU", Gates(step_of("gru"), ("z", "r", "n")), "gru", attributes={"linear_before_reset": 1}),
    Operator("GRU", Gates(gru_reset_before, ("z", "r", "n")), gru_reset_before, attributes={"linear_before_reset": 0}),
)  # fmt: skip


def operator_of(graph: Graph) -> tuple[Operator, Names] | None:
    """The operator that computes what a cell does, and what its parameters are called there; None if there is none."""
    for operator in OPERATORS:
        names = matched(operator.gates.step, graph)
        if names is not None:
            return operator, names
    return None


class Refused(ValueError):
    """Why a model is not one of ours, in our own words."""


WHAT_CAN_BE_READ = "a network is recurrent layers and one linear readout with Sigmoid, Softmax or nothing behind it"

_SILENT = 4
"""ONNX Runtime's level of log for what ends the program only: what is wrong with a model is said in our own words."""


def session_of(model: onnx.ModelProto, threads: int = 0) -> Any:
    """ONNX Runtime's session for a model, on the CPU; 0 threads are as many as there are processors."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _SILENT
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"], enable_fallback=0
    )  # its fallback is to try the same again, and to print that


def shown(node: onnx.NodeProto) -> str:
    """An operator and its name, for an error."""
    operator = quoted(node.op_type)[1:-1]
    return f"{operator} {quoted(node.name)}" if node.name else operator


def quoted(name: str | bytes) -> str:
    """A name from a file in quotation marks, shortened, its control characters written out; bytes are no text in UTF-8."""
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return repr(text if len(text) <= 60 else f"{text[:40]}…")
