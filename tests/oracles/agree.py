"""Comparison of arrays, each by its own size, so that a large one cannot hide an error in a small one."""

import numpy as np

from oracles.layout import unpack


def assert_agree(got, wanted, tolerance, what="array"):
    """max |got − wanted| ≤ tolerance · max |wanted|; where everything wanted is 0, everything got must be 0."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape, f"{what}: shape {got.shape}, expected {wanted.shape}"
    if not wanted.size:
        return
    off, size = abs(got - wanted).max(), abs(wanted).max()
    assert off <= tolerance * size, f"{what}: off by {off:.2g} where the greatest is {size:.2g}"


def assert_gradients_agree(s, got, wanted, tolerance):
    """Flat gradients (P,), compared parameter by parameter."""
    assert got.shape == wanted.shape
    for (name, a), b in zip(unpack(s, got).items(), unpack(s, wanted).values(), strict=True):
        assert_agree(a, b, tolerance, f"gradient of {name}")
