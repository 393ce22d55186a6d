"""A network as the kernels see it: a tuple of numbers whose type says which cell it has.

The type lets Numba compile the code of that cell alone. Codes are indices into the tuples of names in
`network_specification.CHOICES`.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from throughtime.kernels.compiled import kernel
from throughtime.kernels.operations import items, shaped
from throughtime.network_specification import CHOICES, NetworkSpecification
from throughtime.parameters import GATES

_FIELDS = [
    "inputs",
    "hidden",
    "outputs",
    "layers",
    "directions",
    "gates",
    "tape_gates",
    "bias",
    "activation",
    "readout",
    "loss",
    "last_step",
]
_tuple: Any = namedtuple  # as a type of its own, whatever the fields
ElmanShape, LSTMShape, GRUShape = (_tuple(name, _FIELDS) for name in ("ElmanShape", "LSTMShape", "GRUShape"))

_SHAPES: dict[str, Any] = {"elman": ElmanShape, "lstm": LSTMShape, "gru": GRUShape}
_TAPE_GATES = {"elman": 1, "lstm": 4, "gru": 4}
"""How many arrays (T,B,H) a cell leaves on the tape: net_h; i, f, C̃, o; r, z, ñ, q."""


def shape_of(s: NetworkSpecification) -> Any:
    """The specification as numbers."""

    def code(name: str) -> int:
        return CHOICES[name].index(getattr(s, name))

    return _SHAPES[s.cell](
        s.inputs, s.hidden, s.outputs, s.layers, s.directions, len(GATES[s.cell]), _TAPE_GATES[s.cell], int(s.bias),
        code("activation"), code("readout"), code("loss"), code("output"),
    )  # fmt: skip


@kernel
def inputs_of(s, layer):
    """K, the number of features that a layer reads."""
    return s.inputs if layer == 0 else s.directions * s.hidden


@kernel
def _zeros(count, like):
    zeros = np.empty(count, like.dtype)
    for i in range(count):
        zeros[i] = 0
    return zeros


@kernel
def weights(s, vector, recurrent_bias, layer, direction):
    """The views V (K,G·H), U (H,G·H), b (G·H) and c (H) of a layer's direction into a flat vector.

    Without biases, b and c are new arrays of zeros; c is empty unless the cell has a `recurrent_bias`.
    """
    columns = s.gates * s.hidden
    c_size = s.hidden if recurrent_bias else 0
    at = 0
    for before in range(layer * s.directions + direction):
        at += (inputs_of(s, before // s.directions) + s.hidden + s.bias) * columns + s.bias * c_size
    K = inputs_of(s, layer)
    V = shaped(items(vector, at, K * columns), (K, columns))
    at += K * columns
    U = shaped(items(vector, at, s.hidden * columns), (s.hidden, columns))
    at += s.hidden * columns
    if s.bias:
        return V, U, items(vector, at, columns), items(vector, at + columns, c_size)
    return V, U, _zeros(columns, vector), _zeros(c_size, vector)


@kernel
def readout_weights(s, vector):
    """The views W (D·H,O) and b_y (O), the last of the flat vector; b_y is a new array of zeros without biases."""
    width = s.directions * s.hidden
    start = len(vector) - (width + s.bias) * s.outputs
    W = shaped(items(vector, start, width * s.outputs), (width, s.outputs))
    if s.bias:
        return W, items(vector, len(vector) - s.outputs, s.outputs)
    return W, _zeros(s.outputs, vector)
