"""Shards: the rows of a batch that one thread works on, see decision 28.

A shard's rows have a tape and a gradient of their own, and gradients are added up in the order of the shards. So the
bits of a result follow from the shards, which follow from the sizes alone, and never from the number of threads.
"""

from __future__ import annotations

from itertools import pairwise

_PRODUCTS = 2e7
"""Multiplications of a shard at least, some 0.3 ms: ten times what Python takes for it, and threads for each other."""
_STEPS = 128
"""Rows of a shard times time steps, at least: they repay that it packs the weights and has a gradient to be added."""
_TILE = 4
"""Rows that all tiles of products can be made of without a rest."""


def shards(products: float, T: int, B: int) -> list[slice]:
    """The rows of each shard: 1, 2, 4, 8, … of almost equal size, as many as are worth a thread each.

    Parameters
    ----------
    products : float
        Multiplications for a row and time step.
    T, B : int
    """
    if products * T * B < 2 * _PRODUCTS:  # at once, for the smallest
        return [slice(0, B)]
    count = 1
    while _worth(products, T, B / (2 * count), 2 * count):
        count *= 2
    if count == 1:  # of a small network, which must not wait for what follows
        return [slice(0, B)]
    tiles = -(-B // _TILE)
    bounds = [min(B, tiles * shard // count * _TILE) for shard in range(count + 1)]
    return [slice(first, last) for first, last in pairwise(bounds)]


def _worth(products: float, T: int, rows: float, count: int) -> bool:
    # Half as fast a tile is still good for two threads; more of them are for shards that are as fast as the whole.
    least = _TILE if count == 2 else 2 * _TILE
    return rows >= least and rows * T >= _STEPS and products * T * rows >= _PRODUCTS
