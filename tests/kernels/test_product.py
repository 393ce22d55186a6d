"""Products against NumPy, over shapes, strides and precisions, with the engine of this process."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core import config

from throughtime.kernels.compiled import kernel
from throughtime.kernels.machine import ENGINE
from throughtime.kernels.operations import add_gradient, multiply, panels
from throughtime.kernels.walk import FEW

SIZE = st.integers(1, 200)
PRECISION = st.sampled_from([np.float32, np.float64])


@kernel
def product(A, B, first, count, transposed, rows, C, accumulate, numbers):
    packed = panels(B, first, count, transposed, rows, numbers, 0)
    multiply(A, packed, C, accumulate)
    return packed[-1]


@kernel
def gradient(A, B, C):
    add_gradient(A, B, C)


def close(mine, true, depth):
    epsilon = np.finfo(mine.dtype).eps
    np.testing.assert_allclose(mine, true, atol=8 * epsilon * (depth + 1), rtol=8 * epsilon * (depth + 1))


def surrounded(values):
    """The same values inside a greater array of nan, to show what is read or written outside."""
    room = np.full((values.shape[0] + 1, values.shape[1] + 3), np.nan, values.dtype)
    view = room[: values.shape[0], : values.shape[1]]
    view[:] = values
    return room, view


@settings(max_examples=150)
@given(
    SIZE, SIZE, SIZE, st.integers(0, 5), PRECISION, st.booleans(), st.booleans(), st.sampled_from([1, 1000]),
    st.sampled_from(["C", "F", "odd"]), st.integers(0, 2**32),
)  # fmt: skip
def test_multiply(M, K, N, first, dtype, transposed, accumulate, rows, layout, seed):
    r = np.random.default_rng(seed)
    A = r.uniform(-1, 1, (M, K)).astype(dtype)
    A = {"C": A, "F": np.asfortranarray(A), "odd": np.repeat(np.repeat(A, 3, 0), 2, 1)[::3, ::2]}[layout]
    whole = r.uniform(-1, 1, (N, first + K) if transposed else (K, first + N)).astype(dtype)
    B = whole[:, first:].T if transposed else whole[:, first:]
    C0 = r.uniform(-1, 1, (M, N)).astype(dtype)
    room, C = surrounded(C0)
    numbers = np.full(K * (N + ENGINE.tile_columns(dtype().itemsize)), np.nan, dtype)
    used = product(A, whole, first, K if transposed else N, transposed, rows, C, accumulate, numbers)
    assert np.isnan(numbers[used:]).all()
    close(C, A.astype(float) @ B.astype(float) + accumulate * C0, K)
    assert np.isnan(room[:, N:]).all()
    assert np.isnan(room[M:]).all()


@settings(max_examples=100)
@given(st.integers(1, 600), SIZE, SIZE, PRECISION, st.integers(0, 2**32))
def test_gradient(M, K, N, dtype, seed):
    r = np.random.default_rng(seed)
    A, B = r.uniform(-1, 1, (M, K)).astype(dtype), r.uniform(-1, 1, (M, N)).astype(dtype)
    C0 = r.uniform(-1, 1, (K, N)).astype(dtype)
    room, C = surrounded(C0)
    gradient(A, surrounded(B)[1], C)
    close(C, C0 + A.astype(float).T @ B.astype(float), M)
    assert np.isnan(room[:, N:]).all()
    assert np.isnan(room[K:]).all()


@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="tiles are what is tested")
@settings(max_examples=100, deadline=None)
@given(st.integers(1, 30), st.integers(1, 70), st.integers(1, 70), PRECISION, st.booleans(), st.integers(0, 2**32))
def test_bits_do_not_depend_on_what_stands_beside(M, K, N, dtype, accumulate, seed):
    """A column alone, and the rows that are too few for a tile, have tiles of their own, with the same sums."""
    r = np.random.default_rng(seed)
    A, B, C0 = (r.uniform(-1, 1, shape).astype(dtype) for shape in ((M, K), (K, N), (M, N)))
    numbers = np.empty(K * (N + ENGINE.tile_columns(dtype().itemsize)), dtype)

    def sums(rows, columns):
        C = surrounded(C0[rows, columns])[1]
        product(A[rows], np.ascontiguousarray(B[:, columns]), 0, C.shape[1], False, 1000, C, accumulate, numbers)
        return C

    every, left, column = slice(None), slice(M - M % FEW, M), slice(N - 1, N)
    whole = sums(every, every)
    np.testing.assert_array_equal(sums(every, column), whole[:, column])
    if M % FEW:
        np.testing.assert_array_equal(sums(left, every), whole[left])
