"""A network as the kernels see it: a tuple of numbers whose type says which cell it has.

The type lets Numba compile the code of that cell alone; it is made once for each graph, together with the module that
holds the cell's own kernels. Codes are indices into the tuples of names in `network_specification.CHOICES`.
"""

from __future__ import annotations

import hashlib
import linecache
import sys
from collections import namedtuple
from functools import cache
from threading import Lock
from types import ModuleType
from typing import Any

from throughtime.cells.graph import Graph
from throughtime.cells.layout import layout
from throughtime.kernels.compiled import inlined, kernel
from throughtime.kernels.written import source_of
from throughtime.weights.network_specification import CHOICES, NetworkSpecification

_FIELDS = [
    "inputs",
    "hidden",
    "outputs",
    "layers",
    "directions",
    "states",
    "slots",
    "deltas",
    "phases",
    "x_matrices",
    "h_matrices",
    "weights",
    "biases",
    "bias",
    "readout",
    "loss",
    "last_step",
]
_tuple: Any = namedtuple  # as a type of its own, whatever the fields
_MODULES = "throughtime.kernels.of"
"""What the modules of written kernels are called, before the cell's name and a fingerprint of their source."""


_making = Lock()


def shape_type(graph: Graph) -> Any:
    """The type of the shapes of networks of this cell.

    Its name follows from the source, and is that of the module, too.
    """
    with _making:  # there must be but one, whichever thread asks first
        return _made(graph)


@cache
def _made(graph: Graph) -> Any:
    source = source_of(graph)
    name = f"{graph.name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    module = ModuleType(f"{_MODULES}.{name}")
    module.__file__ = f"<{name}>"  # which names the files of its machine code, too
    linecache.cache[module.__file__] = len(source), None, source.splitlines(keepends=True), module.__file__
    sys.modules[module.__name__] = module
    exec(compile(source, module.__file__, "exec"), module.__dict__)
    made = _tuple(name, _FIELDS, module=module.__name__)
    setattr(module, name, made)
    return made


def kernels_of(shape: Any) -> ModuleType:
    """The module of the kernels of a cell, by the type of shapes."""
    return sys.modules[shape.__module__]


def shape_of(s: NetworkSpecification) -> Any:
    """The specification as numbers."""

    def code(name: str) -> int:
        return CHOICES[name].index(getattr(s, name))

    laid = layout(s.graph)
    matrices = {kind: sum(len(block.names) for block in laid.blocks if block.kind == kind) for kind in ("x", "h")}
    return shape_type(s.graph)(
        s.inputs, s.hidden, s.outputs, s.layers, s.directions,
        len(s.graph.states), len(laid.slots), len(laid.slots) + len(laid.weights), laid.phases,
        matrices["x"], matrices["h"], len(laid.weights), len(laid.biases),
        int(s.bias), code("readout"), code("loss"), code("output"),
    )  # fmt: skip


@inlined
def inputs_of(s, layer):
    """K, the number of features that a layer reads."""
    return s.inputs if layer == 0 else s.directions * s.hidden


@kernel
def parameters_at(s, layer, direction):
    """Where the parameters of a layer's direction begin in a flat vector."""
    at = 0
    for before in range(layer * s.directions + direction):
        K = inputs_of(s, before // s.directions)
        at += (K * s.x_matrices + s.hidden * s.h_matrices + s.weights + s.bias * s.biases) * s.hidden
    return at
