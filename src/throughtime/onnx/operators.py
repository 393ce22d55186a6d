"""ONNX's names for our cells and functions, its order of the gates, and ONNX Runtime, which runs models."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime

from throughtime.batch import Array

OPERATORS = {"elman": "RNN", "lstm": "LSTM", "gru": "GRU"}
ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu"}
READOUTS = {"sigmoid": "Sigmoid", "softmax": "Softmax"}
ORDER = {
    "elman": ("",),
    "lstm": ("input", "output", "forget", "candidate"),
    "gru": ("update", "reset", "candidate"),
}
"""ONNX's order of the gates; ours is `parameters.GATES`."""


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


def reordered(rows: Array, present: tuple[str, ...], wanted: tuple[str, ...]) -> Array:
    """The gates' rows (G·H, …) in another order of the gates."""
    gates = dict(zip(present, np.split(rows, len(present)), strict=True))
    return np.concatenate([gates[name] for name in wanted])


def shown(node: onnx.NodeProto) -> str:
    """An operator and its name, for an error."""
    operator = quoted(node.op_type)[1:-1]
    return f"{operator} {quoted(node.name)}" if node.name else operator


def quoted(name: str | bytes) -> str:
    """A name from a file in quotation marks, shortened, its control characters written out; bytes are no text in UTF-8."""
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return repr(text if len(text) <= 60 else f"{text[:40]}…")
