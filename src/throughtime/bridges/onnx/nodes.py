"""The nodes and constants of an ONNX graph, as they are added."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from throughtime.batch import Array

TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


class Nodes:
    """A graph in the making. Values have a dot in their names, or are the model's inputs and outputs.

    Parameters
    ----------
    dtype : "float32" or "float64"
        Of all numbers that are not whole.
    outer : Nodes, optional
        Those of the graph that this one stands in, which holds the constants of both.
    name : str
        Its own part of its values' names.
    """

    def __init__(self, dtype: str, outer: Nodes | None = None, name: str = "") -> None:
        self.dtype, self.type, self._name = dtype, TYPES[dtype], name
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {} if outer is None else outer.constants

    def constant(self, name: str, array: Array) -> str:
        """Add an array, unless it is there."""
        array = array.astype(object) if array.dtype.kind == "U" else np.asarray(array, order="C")
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def whole(self, *values: int) -> str:
        """A vector of whole numbers."""
        return self.constant(f"whole.{'.'.join(map(str, values))}", np.array(values))

    def index(self, value: int) -> str:
        """One whole number."""
        return self.constant(f"index.{value}", np.array(value))

    def number(self, value: float) -> str:
        """One number."""
        return self.weights(f"number.{value!r}", np.array(value))

    def weights(self, name: str, array: Array) -> str:
        """Add an array of numbers in the graph's dtype; a ValueError if that cannot hold them."""
        with np.errstate(over="ignore"):
            found = array.astype(self.dtype)
        if not np.isfinite(found).all():
            raise ValueError(
                f"{self.dtype}, in which the model would compute, cannot hold a weight of the network: export it "
                "otherwise"
            )
        return self.constant(name, found)

    def node(self, operator: str, inputs: list[str], outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node → the name of its first output."""
        outputs = outputs or [self.free(operator)]
        self.nodes.append(helper.make_node(operator, inputs, outputs, **attributes))
        return outputs[0]

    def free(self, what: str) -> str:
        """A name for a value."""
        return f"{what}.{self._name}{len(self.nodes)}"
