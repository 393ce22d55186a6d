"""Which rows a shard has, and that a row's noise and masks do not depend on its shard."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba.core import config

from throughtime.kernels.dropout import lay_out_masks
from throughtime.kernels.loop import lay_out_noise
from throughtime.kernels.shape import shape_of
from throughtime.kernels.shards import shards
from throughtime.passes.tape import TapeArrays
from throughtime.weights.network_specification import NetworkSpecification


def products(inputs, hidden, gates):
    return 3 * (inputs + hidden) * gates * hidden


@given(st.floats(1, 1e9), st.integers(1, 1000), st.integers(1, 5000))
def test_every_row_is_in_one_shard(products, T, B):
    found = shards(products, T, B)
    assert [row for shard in found for row in range(B)[shard]] == list(range(B))
    sizes = [shard.stop - shard.start for shard in found]
    assert len(found).bit_count() == 1
    assert max(sizes) - min(sizes) <= 7
    if len(found) > 1:
        assert min(sizes) > 0
        assert all(size % 4 == 0 for size in sizes[:-1])


def test_small_batches_are_one_shard():
    for sizes in [(2, 16, 1, 8, 64), (2, 16, 4, 8, 64), (16, 64, 4, 100, 1), (160, 512, 4, 100, 7)]:
        inputs, hidden, gates, T, B = sizes
        assert shards(products(inputs, hidden, gates), T, B) == [slice(0, B)]


def test_large_ones_are_several():
    assert len(shards(products(32, 128, 4), 100, 64)) == 8
    assert len(shards(products(64, 512, 4), 35, 8)) == 2
    assert len(shards(products(16, 64, 3), 50, 32)) == 2


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="uncompiled kernels make other noise")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", ["elman", "lstm"])
def test_a_row_has_the_same_noise_and_masks_in_whatever_shard(cell, dtype):
    fields = {"cell": cell, "inputs": 3, "hidden": 5, "outputs": 1, "layers": 2, "bidirectional": True}
    specification = NetworkSpecification(**fields, dtype=dtype)
    s = shape_of(specification)
    T, B, key = 4, 11, np.uint64(7)

    def laid_out(rows):
        arrays = TapeArrays(specification, T, rows.stop - rows.start, noisy=True, dropout=True)
        lay_out_noise(s, 0.5, key, rows.start, B, arrays.tape)
        lay_out_masks(s, 0.5, key, rows.start, B, arrays.tape)
        split = 3 * (rows.stop - rows.start)
        fed = [fed[:, d, 1 + d : T + d] for fed in arrays.fed for d in (0, 1)]
        return np.stack(fed), arrays.masks[:split].reshape(-1, 3), arrays.masks[split:].reshape(-1, 10)

    whole = laid_out(slice(0, B))
    assert len(np.unique(whole[0])) > 0.99 * whole[0].size
    for rows in (slice(0, 4), slice(4, 8), slice(8, 11), slice(10, 11)):
        fed, *masks = laid_out(rows)
        np.testing.assert_array_equal(fed, whole[0][..., rows, :])
        for mask, of_all in zip(masks, whole[1:], strict=True):
            np.testing.assert_array_equal(mask, of_all[rows])
