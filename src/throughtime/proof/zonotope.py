"""Zonotopes, and what the functions of a recurrent cell make of them, rounded outward.

    Z = { c + Σ_k e_k G_k + e' ∘ d :  e_k, e'_j in [−1, 1] }

c (n) is the centre, the rows G_k of G (K,n) are generators that coordinates share, d (n) is what each coordinate may
be off on its own. All of them may have batch axes in front. A state is a row, so a matrix stands on the right.

Each function f here takes zonotopes Z to one that holds f(z) for every z of Z (for two arguments: for every pair
with the same e). The error of floating point, relative u to every operation, is added to d.

Singh, G. et al. (2018). Fast and effective robustness certification. NeurIPS 2018 (zonotopes for sigmoid and tanh).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

u = 2.0**-53
"""The relative error of one rounding."""

TINY = 1e-300
"""More than underflow may lose."""

NEGLIGIBLE = 1e-13
"""An own radius too small to be worth a generator."""


class Zonotope(NamedTuple):
    """c (…,n), G (…,K,n), d (…,n), and g (…,n): at least Σ_k |G_k|."""

    c: Array
    G: Array
    d: Array
    g: Array

    @property
    def radius(self) -> Array:
        """How far each coordinate may be from the centre, (…,n)."""
        return (self.g + self.d) * (1 + 4 * u)

    def at(self, at: Any) -> Zonotope:
        """The zonotopes at these places of the batch."""
        return Zonotope(self.c[at], self.G[at], self.d[at], self.g[at])


def zonotope(c: Array, G: Array, d: Array | float = 0.0) -> Zonotope:
    """Put a zonotope together from its centre, its generators and its own radii."""
    g = np.abs(G).sum(axis=-2) * (1 + 2 * (G.shape[-2] + 2) * u)
    return Zonotope(c, G, d + np.zeros_like(c), g)


def box(lo: Array, hi: Array) -> Zonotope:
    """The box lo ≤ z ≤ hi (…,n)."""
    c = (lo + hi) / 2
    r = np.maximum(hi - c, c - lo) * (1 + 4 * u)
    return zonotope(c, r[..., None] * np.eye(lo.shape[-1]))


def spread(Z: Zonotope, at: int = 0) -> Zonotope:
    """Make a generator of every coordinate's own radius, unless all are next to nothing.

    They are behind those of Z, and at places from `at` on: at the same place, generators of two values are the same e.
    """
    if Z.d.max(initial=0.0) < NEGLIGIBLE:
        return Z
    n, Z = Z.c.shape[-1], pad(Z, at)
    own = np.zeros((*np.broadcast_shapes(Z.d.shape, Z.c.shape), n))
    own[..., range(n), range(n)] = Z.d
    G = np.concatenate([np.broadcast_to(Z.G, (*own.shape[:-2], *Z.G.shape[-2:])), own], axis=-2)
    return Zonotope(Z.c, G, np.zeros_like(Z.d), Z.radius)


def pad(Z: Zonotope, generators: int) -> Zonotope:
    """Add generators of zero until there are that many."""
    missing = generators - Z.G.shape[-2]
    if missing <= 0:
        return Z
    zero = np.zeros((*Z.G.shape[:-2], missing, Z.G.shape[-1]))
    return Z._replace(G=np.concatenate([Z.G, zero], axis=-2))


def fewer(Z: Zonotope, most: int) -> Zonotope:
    """At most so many generators, the largest ones: what the others do is what each coordinate is off by on its own."""
    generators = Z.G.shape[-2]
    if generators <= most:
        return Z
    largest = np.argpartition(-np.abs(Z.G).sum(axis=-1), most, axis=-1)[..., :most]
    kept = zonotope(Z.c, np.take_along_axis(Z.G, largest[..., None], axis=-2), Z.d)
    lost = np.maximum(Z.g - kept.g * (1 - 8 * generators * u), 0)
    return kept._replace(d=(Z.d + lost) * (1 + 4 * u))


def affine(Z: Zonotope, M: Array, b: Array | float) -> Zonotope:
    """Z M + b."""
    terms = M.shape[-2] + 4
    d = _times(Z.d, np.abs(M)) + _times(np.abs(Z.c) + Z.radius, np.abs(M)) * (2 * terms * u) + np.abs(b) * (2 * u)
    return zonotope(_times(Z.c, M) + b, Z.G @ M, d * (1 + 2 * terms * u) + TINY)


def _times(row: Array, M: Array) -> Array:
    product: Array = (row[..., None, :] @ M)[..., 0, :]
    return product


def add(X: Zonotope, Y: Zonotope) -> Zonotope:
    """X + Y."""
    if not Y.G.shape[-2]:
        return _outward(Zonotope(X.c + Y.c, X.G, X.d + Y.d, X.g))
    X, Y = aligned(X, Y)
    lost = (X.g + Y.g) * (2 * u)  # rounding of G is relative to its terms, which may cancel
    return _outward(zonotope(X.c + Y.c, X.G + Y.G, X.d + Y.d + lost))


def negative(Z: Zonotope) -> Zonotope:
    """−Z, which no rounding disturbs."""
    return Zonotope(-Z.c, -Z.G, Z.d, Z.g)


def aligned(*all: Zonotope) -> list[Zonotope]:
    """The same, with equally many generators."""
    generators = max(Z.G.shape[-2] for Z in all)
    return [pad(Z, generators) for Z in all]


def together(parts: Sequence[Zonotope]) -> Zonotope:
    """One batch of several, which may have different numbers of generators."""
    return Zonotope(*(np.concatenate(arrays) for arrays in zip(*aligned(*parts), strict=True)))


def widen(Z: Zonotope, radius: float) -> Zonotope:
    """Z, every coordinate on its own off by at most the radius."""
    return Z._replace(d=(Z.d + radius) * (1 + 2 * u))


def line(Z: Zonotope, s: Array, m: Array, e: Array) -> Zonotope:
    """s ∘ Z + m, off by at most e."""
    d = s * Z.d + e
    return _outward(Zonotope(s * Z.c + m, s[..., None, :] * Z.G, d, s * Z.g), np.abs(m))


def _outward(Z: Zonotope, more: Array | float = 0.0) -> Zonotope:
    slack = (np.abs(Z.c) + Z.g + Z.d + more) * (8 * u) + TINY
    return Z._replace(d=Z.d + slack, g=Z.g * (1 + 8 * u))


def product(X: Zonotope, Y: Zonotope) -> Zonotope:
    """X ∘ Y = x0 y0 + x0 (Y − y0) + y0 (X − x0) ± rx ry."""
    X, Y = aligned(X, Y)
    x0, y0, rx, ry = X.c, Y.c, X.radius, Y.radius
    G = x0[..., None, :] * Y.G + y0[..., None, :] * X.G
    lost = (np.abs(x0) * ry + np.abs(y0) * rx) * (8 * u)
    return _outward(zonotope(x0 * y0, G, np.abs(x0) * Y.d + np.abs(y0) * X.d + rx * ry + lost))


def blend(W: Zonotope, X: Zonotope, Y: Zonotope) -> Zonotope:
    """(1 − W) ∘ X + W ∘ Y = x0 + w0 (y0 − x0) + (1 − w0) (X − x0) + w0 (Y − y0) + (y0 − x0) (W − w0) ± rw r(Y − X)."""
    W, X, Y = aligned(W, X, Y)
    w0, x0, y0 = W.c, X.c, Y.c
    v0, t0 = 1 - w0, y0 - x0
    G = v0[..., None, :] * X.G + w0[..., None, :] * Y.G + t0[..., None, :] * W.G
    across = add(Y, negative(X)).radius
    d = np.abs(v0) * X.d + np.abs(w0) * Y.d + np.abs(t0) * W.d + W.radius * across
    size = (1 + np.abs(w0)) * (np.abs(x0) + np.abs(y0) + X.radius + Y.radius) + (np.abs(x0) + np.abs(y0)) * W.radius
    return _outward(zonotope(x0 + w0 * t0, G, d + size * (16 * u)))


def sigmoid(Z: Zonotope) -> Zonotope:
    """S(Z) by the secant s of each coordinate's interval [l, h]: S(z) − s z is extremal at l, h, or where S' = s."""
    r = Z.radius
    l, h = Z.c - r, Z.c + r
    S_l, S_h = _S(l), _S(h)
    with np.errstate(all="ignore"):
        s = np.clip(np.where(h - l > 1e-7, (S_h - S_l) / (h - l), _slope(Z.c)), 0, 0.25)
        small = 2 * s / (1 + np.sqrt(1 - 4 * s))  # the smaller root of S (1 − S) = s
        z = np.where(s > 0, np.log((1 - small) / small), np.inf)
    low, high = np.clip(-z, l, h), np.clip(z, l, h)
    phi = np.stack([S_l - s * l, S_h - s * h, _S(low) - s * low, _S(high) - s * high])
    return _between(Z, s, phi)


def _between(Z: Zonotope, s: Array, phi: Array) -> Zonotope:
    least, most = phi.min(axis=0), phi.max(axis=0)
    error = 16 * u * (1 + np.abs(s) * (np.abs(Z.c) + Z.radius))
    return line(Z, s, (least + most) / 2, (most - least) / 2 + error)


def tanh(Z: Zonotope) -> Zonotope:
    """tanh(Z) = 2 S(2 Z) − 1."""
    half = sigmoid(Zonotope(2 * Z.c, 2 * Z.G, 2 * Z.d, 2 * Z.g))
    return _outward(Zonotope(2 * half.c - 1, 2 * half.G, 2 * half.d, 2 * half.g), 2.0)


def relu(Z: Zonotope) -> Zonotope:
    """max(Z, 0) by the secant of [l, h]: max(z, 0) − s z is 0 at 0 and −s l at both ends where l < 0 < h."""
    r = Z.radius
    l, h = Z.c - r, Z.c + r
    with np.errstate(all="ignore"):
        s = np.where(l >= 0, 1.0, np.where(h <= 0, 0.0, h / (h - l)))
    phi = np.stack([np.maximum(l, 0) - s * l, np.maximum(h, 0) - s * h, np.zeros_like(s)])
    return _between(Z, s, phi)


def _S(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    S: Array = np.where(x >= 0, 1.0, small) / (1 + small)
    return S


def _slope(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    slope: Array = small / (1 + small) ** 2
    return slope


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": tanh, "relu": relu}
