"""ONNX's operators for cells and functions, its order of the gates, and ONNX Runtime, which runs models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import onnx
import onnxruntime

from throughtime.bridges.standard_layers import Gates, Names, standard_of
from throughtime.cells import step_of
from throughtime.cells.graph import Graph

ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
READOUTS = {"sigmoid": "Sigmoid", "softmax": "Softmax"}


@dataclass(frozen=True)
class Operator:
    """One of ONNX's recurrent operators, with its attributes.

    name : of the operator
    gates : Gates
        Its step, and ONNX's order of W, R and B.
    cell : that of a network that is read from it
    activation : of an RNN
    attributes : those that make it this one
    peepholes : ONNX's order of P
    """

    name: str
    gates: Gates
    cell: str
    activation: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict, hash=False)
    peepholes: tuple[str, ...] = ()

    @property
    def states(self) -> int:
        """How many states it has."""
        return len(self.gates.step.states)


OPERATORS = (
    *(
        Operator("RNN", Gates(step_of("elman", f), ("h",)), "elman", f, {"activations": [F]})
        for f, F in ACTIVATIONS.items()
    ),
    Operator("LSTM", Gates(step_of("lstm"), ("i", "o", "f", "C")), "lstm"),
    Operator("LSTM", Gates(step_of("peephole"), ("i", "o", "f", "C")), "peephole", peepholes=("i", "o", "f")),
    Operator("GRU", Gates(step_of("gru"), ("z", "r", "n")), "gru", attributes={"linear_before_reset": 1}),
    Operator("GRU", Gates(step_of("gru_before"), ("z", "r", "n")), "gru_before", attributes={"linear_before_reset": 0}),
)  # fmt: skip


def operator_of(graph: Graph) -> tuple[Operator, Names] | None:
    """The operator that computes what a cell does, and what its parameters are called there; None if there is none."""
    return standard_of(OPERATORS, graph)


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
    """A name from a file in quotation marks, shortened, its control characters written out.

    Bytes are no text in UTF-8.
    """
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return repr(text if len(text) <= 60 else f"{text[:40]}…")
