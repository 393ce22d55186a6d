"""The generator is a pure function of key and counter, and its numbers are standard normal."""

from math import erf, sqrt

import numpy as np
import pytest
from numba.core import config

from oracles.split_mix import GAMMA, mixed
from throughtime.kernels.gaussian import normal

pytestmark = pytest.mark.skipif(bool(config.DISABLE_JIT), reason="machine code is what is tested")


def numbers(key, counter, n, dtype=np.float32):
    out = np.empty(n, dtype)
    normal(np.uint64(key), counter, out)
    return out


def test_equals_its_definition():
    mine = numbers(5, 0, 5000, np.float64)
    for i, z in enumerate(mine):
        q, lane = divmod(i, 32)
        bits = mixed(mixed(5) + (16 * q + lane % 16) * GAMMA)
        u, v = ((bits >> 33) * 2 + 1) / 2**32, (bits & 0xFFFFFFFF) / 2**32
        assert z == pytest.approx(np.sqrt(-2 * np.log(u)) * (np.cos if lane < 16 else np.sin)(2 * np.pi * v), abs=3e-6)


def test_any_split_gives_the_same_bits():
    whole = numbers(2**63 + 9, 0, 1000)
    for first, n in [(0, 1), (1, 31), (31, 2), (40, 200), (999, 1)]:
        np.testing.assert_array_equal(numbers(2**63 + 9, first, n), whole[first : first + n])
    np.testing.assert_array_equal(numbers(2**63 + 9, 0, 1000, np.float64), whole.astype(np.float64))


def test_distribution():
    n = 2**18
    z = numbers(12345, 10**12, n, np.float64)
    theory = np.array([(1 + erf(value / sqrt(2))) / 2 for value in np.sort(z)])
    distance = np.abs(theory - (np.arange(n) + 0.5) / n).max() + 0.5 / n  # Kolmogorov–Smirnov
    assert distance * sqrt(n) < 1.95  # which a true sample passes 999 times of 1,000
    for moment, expected, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**moment).mean() - expected) < 4.5 * np.sqrt(variance / n)


def test_no_correlation_of_neighbours():
    n = 2**20
    z = numbers(77, 0, n, np.float64)
    others = [numbers(78, 0, n, np.float64), numbers(77 + 2**32, 0, n, np.float64)] + [
        np.roll(z, d) for d in (1, 2, 16, 31, 32, 512)
    ]
    for other in others:
        assert abs((z * other).mean()) < 4.5 / np.sqrt(n)
        assert abs(((z**2 - 1) * (other**2 - 1)).mean() / 2) < 4.5 / np.sqrt(n)
