"""Which numbers dropout keeps, as a pure function of a key.

    u_i = (SplitMix64's output function of (k + i γ) >> 11) / 2⁵³,  k = that function of the key  [Steele et al. 2014]

Number i is kept if u_i ≥ p.
"""

from __future__ import annotations

import numpy as np

from throughtime.kernels.compiled import inlined, kernel

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = (np.uint64(shift) for shift in (30, 27, 31, 11))


@inlined
def _mixed(z):
    """SplitMix64's output function."""
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


@kernel
def keep(key, counter, p, out):
    """out[i] = 1 / (1 − p) if number `counter + i` of the key is kept, else 0.

    Parameters
    ----------
    key : uint64
    counter : int
        At least 0.
    p : float
        From 0 to below 1.
    out : (n,) contiguous, float32 or float64
    """
    k, kept = _mixed(key), 1 / (1 - p)
    for i in range(out.size):
        u = np.float64(_mixed(k + np.uint64(counter + i) * _GAMMA) >> _11) * 2.0**-53
        out[i] = kept if u >= p else 0.0
