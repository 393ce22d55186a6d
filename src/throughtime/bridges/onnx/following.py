"""The computation of a model, found by following the elements of its arrays from the input to the output.

Each element that depends on the input gets a number of its own. Operators that lay arrays out anew are run on these
numbers, so that their effect is known exactly, whatever way an exporter writes it; operators that compute give new
numbers, and a record of which elements they were computed from. Recurrent layers are kept as *tracks*: one layer in
one direction, with the elements that it reads and those of its states, in the order in which it reads. The current
exporter of PyTorch writes an nn.RNN as its single steps; they become a track too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
from onnx import helper

from throughtime.batch import Array
from throughtime.bridges.onnx.elements import Elements, Flow, Ledger, Linear, Sum
from throughtime.bridges.onnx.layout import (
    ARITHMETIC,
    LAYOUT,
    Budget,
    computed,
    counted,
    cuts_larger,
    expand,
    filled,
    product,
    where,
)
from throughtime.bridges.onnx.operators import READOUTS, WHAT_CAN_BE_READ, Refused, shown
from throughtime.bridges.onnx.tensors import DTYPES, array_of
from throughtime.bridges.onnx.tracks import STANDARD, Tracks


@dataclass
class Following:
    """The values of a graph, by name, and what is known of its elements.

    Parameters
    ----------
    batch, time : int
        Sizes for which the graph is followed.
    budget : Budget
    opset : int
    """

    batch: int
    time: int
    budget: Budget
    opset: int
    values: dict[str, Array | Flow] = field(default_factory=dict)
    ledger: Ledger = field(init=False)
    tracks: Tracks = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.budget)
        self.tracks = Tracks(self.ledger, self.time)

    def input(self, name: str, shape: tuple[int, ...]) -> Elements:
        """Make the input's elements."""
        elements = self.ledger.new(shape, "the input")
        self.values[name] = Flow(elements)
        return elements

    def run(self, nodes: Iterable[onnx.NodeProto]) -> None:
        """Follow the nodes, which stand in the order in which they are computed."""
        for node in nodes:
            try:
                result = self._node(node)
            except Refused:
                raise
            except (ValueError, IndexError, TypeError, KeyError, OverflowError, ArithmeticError, AttributeError):
                raise Refused(f"its {shown(node)} does not fit what it is given") from None
            results = result if isinstance(result, list) else [result]
            for name, value in zip(node.output, results, strict=False):
                if name:
                    self.budget.take(value.elements.shape if isinstance(value, Flow) else value.shape)
                    self.values[name] = value

    # Nodes

    def _node(self, node: onnx.NodeProto) -> Any:
        if node.domain not in ("", "ai.onnx"):
            raise Refused(f"it has {node.op_type}, which is not one of ONNX's own operators")
        operator, attributes = node.op_type, attributes_of(node)
        missing = [name for name in node.input if name and name not in self.values]
        if missing:
            raise Refused(f"its {shown(node)} reads what nothing before it makes")
        given = [self.values[name] if name else None for name in node.input]
        while given and given[-1] is None:
            given.pop()
        if operator in STANDARD:
            return self.tracks.recurrent(node, attributes, given)
        flows = [value for value in given if isinstance(value, Flow)]
        if not flows or operator == "Shape":
            return self._constant(node, attributes, given)
        if operator in LAYOUT or operator in ("Identity", "Dropout", "Cast", "Where"):
            return self._laid_out(node, attributes, given)
        if operator in ("MatMul", "Gemm") and len(flows) == 1 and isinstance(given[0], Flow):
            return self._linear(node, attributes, given[0].elements, given[1:])
        if operator == "Add":
            return self._added(node, given)
        if operator in READOUTS.values():
            return self._function(node, attributes, flows[0].elements)
        if operator in ("Tanh", "Relu"):
            return self.tracks.step(node, flows[0].elements)
        raise Refused(f"it computes {shown(node)}; {WHAT_CAN_BE_READ}")

    def _constant(self, node: onnx.NodeProto, attributes: dict[str, Any], given: list[Any]) -> Array:
        operator, budget = node.op_type, self.budget
        if operator == "Shape":
            value = given[0].elements if isinstance(given[0], Flow) else given[0]
            return np.array(value.shape[slice(attributes.get("start"), attributes.get("end"))], np.int64)
        if operator == "Constant":
            return _constant_of(attributes)
        if operator == "ConstantOfShape":
            value = attributes.get("value")
            return filled(budget, given[0], None if value is None else array_of(value))
        if operator == "Range":
            return counted(budget, *given)
        if operator == "Where":
            return where(budget, *given)
        if operator == "MatMul":
            return product(budget, *given)
        if operator in ARITHMETIC:
            return computed(budget, operator, given)
        if operator == "Cast":
            return np.asarray(given[0].astype(DTYPES[attributes["to"]]))
        if operator in LAYOUT or operator in ("Identity", "Dropout"):
            return self._moved(operator, attributes, given)
        raise Refused(f"it computes {shown(node)} of constants; {WHAT_CAN_BE_READ}")

    def _moved(self, operator: str, attributes: dict[str, Any], given: list[Any]) -> Array:
        """Arrays, of numbers or of elements, laid out anew."""
        if operator in ("Identity", "Dropout"):
            return np.asarray(given[0])
        kept = {name: value for name, value in attributes.items() if name not in ("axes", "starts", "ends")}
        return LAYOUT[operator](self.budget, *_inputs_now(operator, attributes, given), **kept)

    def _laid_out(self, node: onnx.NodeProto, attributes: dict[str, Any], given: list[Any]) -> Flow:
        operator = node.op_type
        if operator == "Dropout" and len(given) > 2 and np.any(given[2]):
            raise Refused("its Dropout is in training; export it after .eval()")
        if operator == "Cast":
            if DTYPES.get(attributes["to"]) != np.float32:
                raise Refused("it casts its numbers to another type than float32")
            return given[0]  # type: ignore[no-any-return]
        if operator == "Where":
            return self._chosen(given)
        if operator == "Concat" and not all(isinstance(value, Flow) for value in given):
            raise Refused("it puts constants beside what its layers compute")
        first, *rest = (value.elements if isinstance(value, Flow) else value for value in given)
        if operator != "Concat" and any(isinstance(value, Flow) for value in given[1:]):
            raise Refused(f"its {shown(node)} depends on the numbers of the input")
        if operator == "Slice" and cuts_larger(*_inputs_now(operator, attributes, [first, *rest])):
            raise Refused(
                f"its {shown(node)} would cut what is larger: a network reads and gives all steps of all sequences"
            )
        return Flow(self._moved(operator, attributes, [first, *rest]))

    def _chosen(self, given: list[Any]) -> Flow:
        """The mask over padding, of sequences that are all as long as the batch: nothing is masked."""
        choice, kept, other = given
        if isinstance(choice, Flow) or not isinstance(kept, Flow) or isinstance(other, Flow) or not np.all(choice):
            raise Refused("it chooses with Where among numbers that its layers compute")
        return Flow(expand(self.budget, kept.elements, np.array(np.broadcast_shapes(choice.shape, other.shape))))

    def _linear(self, node: onnx.NodeProto, attributes: dict[str, Any], x: Elements, others: list[Any]) -> Flow:
        W = others[0]
        bias = None
        if node.op_type == "Gemm":
            if attributes.get("transA") or attributes.get("alpha", 1) != 1 or attributes.get("beta", 1) != 1:
                raise Refused("its Gemm scales or transposes what it reads")
            W = W.T if attributes.get("transB") else W
            bias = None if len(others) < 2 else np.broadcast_to(others[1].reshape(-1), W.shape[1])
        if W.ndim != 2 or x.ndim < 1 or x.shape[-1] != W.shape[0] or W.dtype != np.float32:
            raise Refused(f"its {shown(node)} multiplies by {W.dtype} numbers of shape {W.shape}")
        rows = x.reshape(-1, W.shape[0])
        return Flow(self.ledger.new((*x.shape[:-1], W.shape[1]), Linear(rows, W, bias)))

    def _added(self, node: onnx.NodeProto, given: list[Any]) -> Flow:
        a, b = given
        if isinstance(a, Flow) and isinstance(b, Flow):
            width = a.elements.shape[-1]
            pair = [value.elements.reshape(-1, width) for value in (a, b)]
            shape = np.broadcast_shapes(a.elements.shape, b.elements.shape)
            if len(pair[0]) != len(pair[1]):
                raise Refused("it adds arrays of different sizes")
            return Flow(self.ledger.new(shape, Sum(*pair)))
        flow, constant = (a, b) if isinstance(a, Flow) else (b, a)
        record, rows = self.ledger.rows(flow.elements)
        bias = constant.reshape(-1, constant.shape[-1]) if constant.ndim else constant.reshape(1, 1)
        if not isinstance(record, Linear) or record.g != "identity" or not (bias == bias[:1]).all():
            raise Refused(f"its {shown(node)} adds a constant to something else than a linear layer")
        b = np.broadcast_to(bias[0], record.W.shape[1]) + (0 if record.b is None else record.b)
        shape = np.broadcast_shapes(flow.elements.shape, constant.shape)
        return Flow(self.ledger.new(shape, Linear(record.rows[rows.reshape(-1)], record.W, b)))

    def _function(self, node: onnx.NodeProto, attributes: dict[str, Any], x: Elements) -> Flow:
        record, rows = self.ledger.rows(x)
        name = next(name for name, operator in READOUTS.items() if operator == node.op_type)
        if not isinstance(record, Linear) or record.g != "identity":
            raise Refused(f"its {shown(node)} is not of a linear layer's outputs; {WHAT_CAN_BE_READ}")
        axis = attributes.get("axis", -1 if self.opset >= 13 else 1)
        if name == "softmax" and axis not in (-1, x.ndim - 1):
            raise Refused(f"its Softmax is over axis {axis}, not over the outputs")
        return Flow(self.ledger.new(x.shape, replace(record, rows=record.rows[rows.reshape(-1)], g=name)))


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """A node's attributes by name."""
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def _inputs_now(operator: str, attributes: dict[str, Any], given: list[Any]) -> list[Any]:
    """The inputs of an operator, with those that were attributes in old models."""
    if operator == "Slice" and "starts" in attributes:
        given = [given[0], *(np.array(attributes[name]) for name in ("starts", "ends"))]
        return given + ([np.array(attributes["axes"])] if "axes" in attributes else [])
    return [given[0], np.array(attributes["axes"])] if "axes" in attributes else given


def _constant_of(attributes: dict[str, Any]) -> Array:
    """The value of a Constant."""
    if len(attributes) == 1:
        ((name, value),) = attributes.items()
        if name == "value":
            return array_of(value)
        if name in ("value_int", "value_ints"):
            return np.array(value, np.int64)
        if name in ("value_float", "value_floats"):
            return np.array(value, np.float32)
    raise Refused("it has a Constant that is no array of numbers")
