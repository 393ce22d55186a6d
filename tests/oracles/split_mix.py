"""SplitMix64 in whole numbers of Python, and which numbers dropout keeps by it."""

import numpy as np

MASK, GAMMA = 2**64 - 1, 0x9E3779B97F4A7C15


def mixed(z):
    z &= MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def keeps(key, p, n):
    return np.array([(mixed(mixed(int(key)) + i * GAMMA) >> 11) / 2**53 >= p for i in range(n)])
