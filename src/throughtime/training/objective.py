"""A loss that the kernels do not have: it is computed in Python, between the two passes of each training step."""

from __future__ import annotations

from collections.abc import Callable

from throughtime.batch import Array, Batch
from throughtime.network import Network
from throughtime.passes.one_pass import Pass

Objective = Callable[[Array, Array, Array, Array], tuple[float, Array]]
"""The net input of the outputs (B,R,O), targets (B,Q,K) and their weights (B,Q), and the lengths (B,) → the loss,
summed over all that is scored, and its derivative by the net input (B,R,O), 0 behind each sequence's end.

R is the steps of a network with an output at every step, else 1; Q is 1 where there is one target for a sequence.
Behind a sequence's end, and where its weight is 0, a target may be anything.
"""

_TOGETHER = 250
"""Sequences that are passed at once, so that memory does not grow with their number."""


def loss_of(net: Network, data: Batch, objective: Objective) -> float:
    """The loss of a network on data with a mask, summed over them, without noise or dropout."""
    s, total = net.specification, 0.0
    for start in range(0, len(data), _TOGETHER):
        part = data[start : start + _TOGETHER]
        assert part.mask is not None
        here = Pass(s, net.parameters, part.x.shape[1], len(part), backward=False)
        here.read(part.x, part.lengths)
        y, mask = (part.y, part.mask) if part.y.ndim == 3 else (part.y[:, None], part.mask[:, None])
        total += objective(here.tape.net_y.swapaxes(0, 1), y, mask, here.lengths)[0]
    return total
