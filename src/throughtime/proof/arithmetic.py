"""How far a step of a network in floating point may be from the same step in real numbers.

The claim of a proof is about real numbers, with an allowance ε for every state coordinate and every net_y at every
step. It covers the network as it runs if ε is at least the `step_error` here. With u = 2⁻⁵³ (float32: 2⁻²⁴) and

    γ_k = k u / (1 − k u),   |fl(Σ of k terms) − Σ| ≤ γ_k Σ |terms|  in any order, with or without fused multiply-adds

[Higham 2002, §3.1], a net input of an h U, an x V and a bias, with K inputs and H states, is off by at most

    e_net = γ_{K+H+4} (Σ |x| |V| + R Σ |U| + |b|)          R: no state is larger

An activation is taken to be computed to within 8 units in the last place, so 16 u as none exceeds 1; it passes on the
error of its argument at most 1 to 1 (S: 1 to ¼). A product passes on a e_b + b e_a + e_a e_b, a sum e_a + e_b, and
either adds 4 u of what it is made of. Weights and symbols that are rounded to a narrower dtype are off by u of
themselves, which makes γ_{K+H+6} of a net input's. What underflows is off by the smallest normal number at most; what
may overflow is off by anything. The state is then what was computed, so C is exact where h = o ∘ tanh(C) reads it, and
h where the next layer does.

Higham, N. J. (2002). Accuracy and Stability of Numerical Algorithms, 2nd edition. SIAM.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from throughtime.proof.reading import Reading, reading
from throughtime.proof.system import Array, Layer, System

LEAST = 1e-10
"""ε where less would do."""


class _Bound(NamedTuple):
    """A value lies in [lo, hi] (n), and is computed to within e (n)."""

    lo: Array
    hi: Array
    e: Array

    @property
    def size(self) -> Array:
        """The largest magnitude, (n)."""
        return np.maximum(np.abs(self.lo), np.abs(self.hi))


UNITS = {"float64": 2.0**-53, "float32": 2.0**-24}
"""The u of a dtype."""


class _Floats(NamedTuple):
    """u; the smallest normal number; whether weights and symbols are rounded."""

    u: float
    tiny: float
    rounded: bool

    def hold(self, *sizes: Array | float) -> bool:
        """Whether numbers of these sizes are far from overflow."""
        return all(bool((size * self.tiny < 0.5).all()) for size in map(np.asarray, sizes))


def step_error(system: System, reach: float, dtype: str | None = None) -> float:
    """The ε that a step from states no larger than `reach` needs.

    Parameters
    ----------
    system : System
    reach : float
    dtype : "float64" or "float32", optional
        The type to compute in, with the weights and symbols rounded to it; the network's own when not given.
    """
    s = system.specification
    u, R, worst = UNITS[dtype or s.dtype], max(reach, 1.0), 0.0
    floats = _Floats(u, float(np.finfo(dtype or s.dtype).tiny), u > UNITS[s.dtype])
    x = np.abs(np.stack([system.lo, system.hi]).astype(np.float64)).max(axis=(0, 1))
    W, b_y = (np.abs(array.astype(np.float64)) for array in system.readout)
    size = R * W.sum(axis=0) + b_y
    if not floats.hold(x, np.abs(system.parameters.astype(np.float64)), R, size):
        return np.inf
    for layer in system.layers:
        worst = max(worst, _Layer(reading(system.graph, blends=False), layer, floats, R, x, s.hidden).error())
        x = np.full(s.hidden, R)
    underflow = floats.tiny * s.hidden * (R + 1)
    net_y = _gamma(s.hidden + 4 + 2 * floats.rounded, u) * size + underflow + 8 * 16 * u
    return 1.01 * max(worst, float(net_y.max()))


class _Layer:
    """The bounds of one layer's values, from what x (K) does not exceed."""

    def __init__(self, how: Reading, layer: Layer, floats: _Floats, R: float, x: Array, H: int) -> None:
        self.how, self.layer, self.floats, self.R, self.H = how, layer, floats, R, H
        self.values: dict[int, _Bound] = {}
        for place, o in enumerate(how.graph.operations):
            if o.op == "x":
                self.values[place] = _Bound(-x, x, 0 * x)
            elif o.op == "state":
                self.values[place] = _Bound(np.full(H, -R), np.full(H, R), np.zeros(H))
            elif o.op == "number":
                value = np.full(H, o.value)
                self.values[place] = _Bound(value, value, floats.u * np.abs(value) + floats.tiny)
            elif o.op == "parameter" and how.uses[place]:
                value = layer.of[o.name].astype(np.float64)
                self.values[place] = _Bound(value, value, floats.rounded * (floats.u * np.abs(value) + floats.tiny))

    def error(self) -> float:
        """The largest error of a state after the step."""
        worst = 0.0
        if not self.floats.hold(*(value.size for value in self.values.values())):
            return np.inf
        with np.errstate(all="ignore"):
            for place in self.how.order:
                value = self._value(place)
                if not self.floats.hold(value.size + value.e):
                    return np.inf
                if place in self.how.graph.after:
                    worst = max(worst, float(value.e.max()))
                    lo, hi = np.maximum(value.lo - value.e, -self.R), np.minimum(value.hi + value.e, self.R)
                    value = _Bound(lo, hi, 0 * lo)
                self.values[place] = value
        return worst

    def _value(self, place: int) -> _Bound:
        if place in self.how.nets:
            return self._net_input(place)
        o, u = self.how.graph.operations[place], self.floats.u
        a, *rest = (self.values[source] for source in o.of)
        if o.op == "sigmoid":
            return _Bound(np.zeros(self.H), np.ones(self.H), a.e / 4 + 16 * u)
        if o.op == "tanh":
            return _Bound(-np.ones(self.H), np.ones(self.H), a.e + 16 * u)
        if o.op == "relu":
            return _Bound(np.maximum(a.lo, 0), np.maximum(a.hi, 0), a.e)
        if o.op == "neg":
            return _Bound(-a.hi, -a.lo, a.e)
        (b,) = rest
        if o.op in ("minimum", "maximum"):
            f = np.minimum if o.op == "minimum" else np.maximum
            return _Bound(f(a.lo, b.lo), f(a.hi, b.hi), np.maximum(a.e, b.e))
        if o.op == "*":
            ends = np.stack([a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi])
            e = a.size * b.e + b.size * a.e + a.e * b.e + 4 * u * (a.size + a.e) * (b.size + b.e)
            e += self.floats.tiny
            return _Bound(ends.min(axis=0), ends.max(axis=0), e)
        if o.op == "-":
            b = _Bound(-b.hi, -b.lo, b.e)
        return _Bound(a.lo + b.lo, a.hi + b.hi, a.e + b.e + 4 * u * (a.size + a.e + b.size + b.e))

    def _net_input(self, place: int) -> _Bound:
        net = self.how.nets[place]
        bias = np.zeros(self.H) if net.bias is None else np.abs(self.layer.of[net.bias].astype(np.float64))
        size, e, k = bias, np.zeros(self.H), len(net.terms) + 4 + 2 * self.floats.rounded
        for part in net.products:
            M = np.abs(self.layer.of[part.parameter].astype(np.float64))
            source = self.values[part.source]
            underflow = self.floats.tiny * float((source.size + source.e + 1).sum())
            size, e, k = size + (source.size + source.e) @ M, e + source.e @ M + underflow, k + len(M)
        for term in net.terms:
            value = self.values[term]
            size, e = size + value.size + value.e, e + value.e
        return _Bound(-size, size, e + _gamma(k, self.floats.u) * size)


def _gamma(k: int, u: float) -> float:
    return k * u / (1 - k * u)


def allowance(system: System, reach: float) -> float:
    """ε for a proof: enough for states no larger than `reach`, and at least 1e-10."""
    return max(LEAST, step_error(system, reach))


def reach_of(states: Array) -> float:
    """A bound that states near these are not likely to exceed."""
    return 2.0 * float(np.abs(states).max()) + 1.0
