"""Single calls on the network of the classic adder, where what a call costs counts: microseconds."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import limits
from benchmarks.limits import Limit
from benchmarks.measure import Context
from benchmarks.rows import Figure, seconds_of
from benchmarks.sizes import CELLS, network, sequences

SIZE = (1, 8, 2, 16)
TARGETS = {"gradient": 12.0, "predict": 6.0, "step": 3.0, "loss": None, "trace": None}


def measured(context: Context) -> Iterator[Figure]:
    for name, cell in CELLS.items():
        net = network(cell, *SIZE[2:])
        x, y = sequences(*SIZE[:3])
        state, x_t = net.initial_state(1), x[:, 0]
        calls = {
            "gradient": lambda net=net, x=x, y=y: net.gradient(x, y),
            "predict": lambda net=net, x=x: net.predict(x),
            "step": lambda net=net, x_t=x_t, state=state: net.step(x_t, state),
            "loss": lambda net=net, x=x, y=y: net.loss(x, y),
            "trace": lambda net=net, x=x, y=y: net.trace(x, y),
        }
        for call, work in calls.items():
            B, T, inputs, hidden = SIZE
            size = (B, 1 if call == "step" else T, inputs, hidden)
            kind = limits.passes if call in ("gradient", "trace") else limits.forward
            limit = context.limits.of(kind(cell, *size))
            yield Figure(
                f"`net.{call}`, {name}, B=1 T={size[1]} I=2 H=16", seconds_of(work, 7) * 1e6, "µs", TARGETS[call],
                limit=Limit(limit.value * 1e6, limit.bound),
            )  # fmt: skip
