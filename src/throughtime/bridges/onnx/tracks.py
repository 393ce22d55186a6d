"""Recurrent layers of a model, each direction a track: ONNX's own operators, and layers written step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from throughtime.batch import Array
from throughtime.bridges.onnx.elements import Elements, Flow, Ledger, Linear, Sum
from throughtime.bridges.onnx.operators import OPERATORS, WHAT_CAN_BE_READ, Operator, Refused, shown

STANDARD = {"RNN": ["tanh"], "LSTM": ["sigmoid", "tanh", "tanh"], "GRU": ["sigmoid", "tanh"]}
"""The activations of an operator that names none."""
ONLY_FLOAT32 = "ONNX Runtime computes recurrent operators in float32: export the module after .float()"


@dataclass
class Track:
    """One layer in one direction.

    operator : with its activation and form
    x : (T, B, K) elements that it reads, in the order in which it reads them
    states : (T, B, H) elements
    W, R, B : arrays (G·H, K), (G·H, H), and (2·G·H,) or None, in ONNX's order of the gates
    P : array (3·H,) of an LSTM with peepholes, else None
    """

    operator: Operator
    x: Elements
    states: Elements
    W: Array
    R: Array
    B: Array | None
    P: Array | None = None


@dataclass
class Steps:
    """An unrolled layer, as it is found step by step: f(x V + b + h U + c), the first step without h U.

    x, states : lists of (B, K) and (B, H) elements
    """

    first: Linear
    activation: str
    x: list[Elements]
    states: list[Elements]
    of_x: Linear | None = None
    of_h: Linear | None = None

    def goes_on(self, of_x: Linear, of_h: Linear) -> bool:
        """Whether a step with these two terms is the next one, with the weights of those before."""
        known = [(self.of_x, of_x), (self.of_h, of_h)]
        return (
            np.array_equal(self.states[-1], of_h.rows)
            and np.array_equal(self.first.W, of_x.W)
            and all(before is None or _same(before, now) for before, now in known)
        )


class Tracks:
    """The tracks of a model, as they are found.

    Parameters
    ----------
    ledger : Ledger
    time : int
        Steps for which the model is followed.
    """

    def __init__(self, ledger: Ledger, time: int) -> None:
        self._ledger, self._time = ledger, time
        self._found: list[Track] = []
        self._unrolled: dict[int, Steps] = {}

    def recurrent(self, node: onnx.NodeProto, attributes: dict[str, Any], given: list[Any]) -> list[Any]:
        """An RNN, LSTM or GRU → its outputs: all states, the last ones, and the last C."""
        inputs: list[Any] = [*given, *[None] * (8 - len(given))]
        x, W, R, B, steps, *initial, P = inputs
        if not isinstance(x, Flow):
            raise Refused(f"its {node.op_type} reads constants")
        if any(isinstance(value, Flow) for value in (W, R, B, P, steps, *initial)):
            raise Refused(f"its {node.op_type} has weights, lengths or a first state that depend on the input")
        operators = _operators(node.op_type, attributes, P is not None)
        gates, hidden, width = len(operators[0].gates.order), R.shape[-1], x.elements.shape[-1]
        both = attributes.get("direction", b"forward") == b"bidirectional"
        D, (T, N) = 1 + both, x.elements.shape[:2]
        wanted = [(D, gates * hidden, width), (D, gates * hidden, hidden), (D, 2 * gates * hidden), (D, 3 * hidden)]
        fitting = all(array is None or array.shape == shape for array, shape in zip((W, R, B, P), wanted, strict=True))
        if x.elements.ndim != 3 or not fitting:
            raise Refused(
                f"the shapes of its {node.op_type} do not go together: x {x.elements.shape}, W {W.shape}, R {R.shape}"
            )
        if attributes.get("hidden_size", hidden) != hidden:
            raise Refused(f"the hidden_size of its {node.op_type} is not that of its weights, {hidden}")
        if any(array is not None and array.dtype != np.float32 for array in (W, R, B, P)):
            raise Refused(f"the weights of its {node.op_type} are {W.dtype}; {ONLY_FLOAT32}")
        if steps is not None and not (steps == T).all():
            raise Refused(f"its {node.op_type} reads only a part of each sequence")
        if any(state is not None and np.any(state) for state in initial):
            raise Refused(f"its {node.op_type} starts at another state than zero")
        states = self._ledger.new((T, D, N, hidden), "states")
        last = []
        for d in range(D):
            backward = d == 1 or attributes.get("direction") == b"reverse"
            order = slice(None, None, -1) if backward else slice(None)
            bias, peepholes = (None if array is None else array[d] for array in (B, P))
            track = Track(operators[d], x.elements[order], states[order, d], W[d], R[d], bias, peepholes)
            self._found.append(track)
            last.append(track.states[-1])
        return [Flow(states), Flow(np.stack(last)), Flow(self._ledger.new((D, N, hidden), "cells"))]

    def step(self, node: onnx.NodeProto, x: Elements) -> Flow:
        """A step of an unrolled RNN."""
        record, rows = self._ledger.rows(x)
        refusal = Refused(f"it computes {shown(node)} where no recurrent layer does; {WHAT_CAN_BE_READ}")
        states = self._ledger.new(x.shape, "states")
        rows, h = rows.reshape(-1), states.reshape(-1, x.shape[-1])
        if isinstance(record, Linear) and record.g == "identity":
            self._unrolled[int(h[0, 0])] = Steps(record, node.op_type.lower(), [record.rows[rows]], [h])
            return Flow(states)
        if not isinstance(record, Sum):
            raise refusal
        a, b = (self._ledger.linear(side[rows]) for side in (record.a, record.b))
        if a is None or b is None:
            raise refusal
        for of_x, of_h in ((a, b), (b, a)):
            key = int(of_h.rows[0, 0])
            chain = self._unrolled.get(key)
            if chain is not None and chain.activation == node.op_type.lower() and chain.goes_on(of_x, of_h):
                del self._unrolled[key]
                chain.of_x, chain.of_h = of_x, of_h
                chain.x.append(of_x.rows)
                chain.states.append(h)
                self._unrolled[int(h[0, 0])] = chain
                return Flow(states)
        raise refusal

    def finished(self) -> list[Track]:
        """All tracks; a refusal if an unrolled layer does not read each step."""
        found = list(self._found)
        for chain in self._unrolled.values():
            x, h = chain.of_x, chain.of_h
            if len(chain.states) != self._time or x is None or h is None:
                raise Refused(
                    f"it computes {chain.activation.title()} where no recurrent layer does; {WHAT_CAN_BE_READ}"
                )
            b, c = (np.zeros(h.W.shape[1], np.float32) if side.b is None else side.b for side in (x, h))
            first = np.zeros_like(b) if chain.first.b is None else chain.first.b
            if not np.allclose(first, b + c, atol=1e-6):
                raise Refused("it has an unrolled layer whose first step is another than the next")
            bias = None if x.b is None and h.b is None else np.concatenate([b, c])
            states = np.stack(chain.states)
            operator = next(known for known in OPERATORS if known.activation == chain.activation)
            found.append(Track(operator, np.stack(chain.x), states, x.W.T, h.W.T, bias))
        return found


def _same(a: Linear, b: Linear) -> bool:
    biases = (a.b is None and b.b is None) or (a.b is not None and b.b is not None and np.array_equal(a.b, b.b))
    return biases and np.array_equal(a.W, b.W)


def _operators(name: str, attributes: dict[str, Any], peepholes: bool) -> list[Operator]:
    """Which operator each direction is; a refusal for what a network cannot do."""
    directions = {b"forward": 1, b"reverse": 1, b"bidirectional": 2}.get(attributes.get("direction", b"forward"), 0)
    if not directions:
        raise Refused(f"its {name} reads in no direction that ONNX has")
    if attributes.get("layout", 0):
        raise Refused(f"its {name} has layout=1; only layout=0, time first, can be read")
    for attribute in ("clip", "input_forget"):
        if attributes.get(attribute):
            raise Refused(f"its {name} has {attribute}, which our cells have not")
    known = [operator for operator in OPERATORS if operator.name == name]
    standard = STANDARD[name]
    given = [
        text.decode(errors="replace").lower() for text in attributes.get("activations", [])
    ] or standard * directions
    if known[0].activation is not None:
        found = {operator.activation: operator for operator in known}
        if len(given) != directions or not set(given) <= set(found):
            raise Refused(f"its {name} has other activations than all sigmoid, all tanh or all relu")
        return [found[activation] for activation in given]
    if given != standard * directions:
        raise Refused(f"its {name} has other activations than {', '.join(standard)}")
    before = {"linear_before_reset": attributes.get("linear_before_reset", 0)}
    fitting = [o for o in known if bool(o.peepholes) == peepholes and o.attributes.items() <= before.items()]
    if not fitting:
        raise Refused(f"its {name} has attributes or inputs that ONNX does not know of it")
    return fitting[:1] * directions
