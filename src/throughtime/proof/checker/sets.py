"""Sets of states in doubles, larger than they need be by what rounding does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .reading import Array

U = 2.0**-53
NEAR = 2.0**-50  # of the sigmoid and tanh
LN2 = 0x162E42FEE / 2**33, float.fromhex("0x1.a39ef35793c76p-33")  # its sum; whole multiples of the first are exact


class Set(NamedTuple):
    """Values of H coordinates: x (H, K) and r (H,), in x_0 + Σ_k x_k e_k ± r with the same e_k in [−1, 1] for all."""

    x: Array
    r: Array


def up(value: Array) -> Array:
    """A bound of what this, a sum of products of numbers that are not negative, is without rounding."""
    return value * (1 + 2.0**-36) + 2.0**-960


def points(values: Array) -> Set:
    """One value for each coordinate."""
    return Set(values.reshape(-1, 1), np.zeros(len(values)))


def between(lo: Array, hi: Array, at: int) -> Set:
    """Anything from lo to hi, each coordinate by an x_k that no other has, at the places from `at` on."""
    x, middle = np.zeros((len(lo), at + len(lo))), lo / 2 + hi / 2
    x[:, 0] = middle
    np.fill_diagonal(x[:, at:], up(np.maximum(hi - middle, middle - lo)))
    return Set(x, np.zeros(len(lo)))


def column(parts: list[Set]) -> Set:
    """Coordinates below one another."""
    K = max(a.x.shape[1] for a in parts)
    x = [np.pad(a.x, ((0, 0), (0, K - a.x.shape[1]))) for a in parts]
    return Set(np.concatenate(x), np.concatenate([a.r for a in parts]))


def wider(a: Set, by: Any) -> Set:
    """The same, give or take as much."""
    return Set(a.x, up(a.r + by))


def total(x: Array) -> Array:
    """Σ_k |x_k|."""
    found: Array = np.abs(x).sum(axis=1)
    return found


def size(a: Set) -> Array:
    """A bound of what they are away from 0."""
    return up(total(a.x) + a.r)


def radius(a: Set) -> Array:
    """A bound of what they are away from x_0."""
    return up(total(a.x[:, 1:]) + a.r)


def ends(a: Set) -> tuple[Array, Array]:
    """A lower and an upper bound."""
    r = radius(a) + 0 * a.x[:, 0]  # no number where x_0 is infinite
    return np.nextafter(a.x[:, 0] - r, -np.inf), np.nextafter(a.x[:, 0] + r, np.inf)


def product(M: Array, a: Set) -> Set:
    """M times the column a."""
    return Set(M @ a.x, up(np.abs(M) @ up(a.r + 2 * M.shape[1] * U * size(a))))


def times(c: Array, a: Set) -> Set:
    """A number times each coordinate."""
    x = c[:, None] * a.x
    return Set(x, up(np.abs(c) * a.r + U * total(x)))


def negative(a: Set) -> Set:
    """−a."""
    return Set(-a.x, a.r)


def plus(a: Set, b: Set) -> Set:
    """a + b."""
    a, b = (a, b) if a.x.shape[1] > b.x.shape[1] else (b, a)
    x, both = a.x.copy(), slice(b.x.shape[1])
    x[:, both] += b.x
    return Set(x, up(a.r + b.r + U * total(x[:, both])))


def minus(a: Set, b: Set) -> Set:
    """a − b."""
    return plus(a, negative(b))


def blend(w: Set, x: Set, y: Set) -> Set:
    """(1 − w) x + w y."""
    t = minus(y, x)
    w0, t0, moved = w.x[:, 0], t.x[:, 0], w.x.copy()
    moved[:, 0] = 0
    linear = plus(plus(times(w0, y), times(1 - w0, x)), times(t0, Set(moved, w.r)))
    return wider(linear, radius(w) * radius(t) + U * np.abs(1 - w0) * size(x))


def exp(x: Array) -> Array:
    """exp(x) for x ≤ 0, to 4 U of itself or 10⁻³⁰⁰."""
    x = np.maximum(x, -700)
    k = np.rint(x / sum(LN2))
    r, p = (x - k * LN2[0]) - k * LN2[1], np.ones(1)
    for n in range(14, 0, -1):
        p = 1 + r * p / n
    return np.ldexp(p, k.astype(np.int32))


def sigmoid(z: Array) -> Array:
    """S(z) = 1 / (1 + exp(−z)), to NEAR."""
    E = exp(-np.abs(z))
    return np.where(z < 0, E, 1) / (1 + E)


def tanh(z: Array) -> Array:
    """Tanh z = ±(1 − E) / (1 + E), E = exp(−2 |z|), to NEAR."""
    E = exp(-2 * np.abs(z))
    return np.copysign((1 - E) / (1 + E), z)


class Function(NamedTuple):
    """A function that never falls."""

    of: Callable[[Array], Array]
    off: float  # `of` is off by at most so much
    steepest: float
    units: int  # the kernels' one is off by at most so many u
    most: float  # its size


class Bend(NamedTuple):
    """Of a function that is concave from 0 on."""

    whole: float  # f(z) + f(−z)
    slope: Callable[[Array], Array]  # f'(z), from f(z)
    wide: float  # f' is nearly s where z = wide arcosh √(steepest / s)


FUNCTIONS = {
    "sigmoid": Function(sigmoid, NEAR, 0.25, 16, 1),
    "tanh": Function(tanh, NEAR, 1, 16, 1),
    "relu": Function(lambda z: np.maximum(z, 0), 0, 1, 0, np.inf),
}
BENDS = {"sigmoid": Bend(1, lambda S: S * (1 - S), 2), "tanh": Bend(0, lambda t: 1 - t * t, 1)}


def left(f: Function, s: Array, z: Array, value: Array) -> tuple[Array, Array]:
    """A lower and an upper bound of g(z) = f(z) − s z, by the value of `f.of`."""
    g = value - s * z
    off = up(f.off + U * np.abs(s * z) + U * np.abs(g))
    return np.nextafter(g - off, -np.inf), np.nextafter(g + off, np.inf)


def highest(name: str, s: Array, a: Array, b: Array) -> Array:
    """A bound of g on [a, b], a ≥ 0, by its tangent at its top or at the end that is nearer to it."""
    f, bend = FUNCTIONS[name], BENDS[name]
    z = np.clip(bend.wide * np.arccosh(np.sqrt(f.steepest / np.maximum(s, 1e-300))), a, b)
    value = f.of(z)
    rising = bend.slope(value) - s
    more = np.maximum(np.maximum(4 * NEAR + rising, 0) * (b - z), np.maximum(4 * NEAR - rising, 0) * (z - a))
    return np.nextafter(left(f, s, z, value)[1] + up(more), np.inf)


def curve(name: str, a: Set) -> Set:
    """f(a), as s a and bounds of f(z) − s z."""
    f, z = FUNCTIONS[name], np.array(ends(a))
    value, (l, u) = f.of(z), z
    s = np.clip((value[1] - value[0]) / (u - l), 0, f.steepest)
    s = np.where((u - l > 1e-12) & np.isfinite(s), s, 0)
    below, above = left(f, s, z, value)
    low, high = below.min(axis=0), above.max(axis=0)
    if name == "relu":
        low = np.where((l < 0) & (u > 0), np.minimum(low, 0), low)
    else:  # where z ≥ 0, and where z ≤ 0 seen from the other side
        top, rest = highest(name, s, np.maximum([l, -u], 0), np.maximum([u, -l], 0))
        high = np.where((s > 0) & (u > 0), np.maximum(high, top), high)
        low = np.where((s > 0) & (l < 0), np.minimum(low, np.nextafter(BENDS[name].whole - rest, -np.inf)), low)
    middle = (low + high) / 2
    return wider(plus(times(s, a), points(middle)), np.maximum(high - middle, middle - low))


OPERATIONS: dict[str, Callable[..., Set]] = {
    "+": plus, "-": minus, "neg": negative, "*": lambda x, y: blend(x, points(np.zeros(len(y.r))), y), "blend": blend,
    "minimum": lambda x, y: minus(x, curve("relu", minus(x, y))),
    "maximum": lambda x, y: plus(x, curve("relu", minus(y, x))),
    **{f: (lambda x, f=f: curve(f, x)) for f in FUNCTIONS},
}  # fmt: skip
