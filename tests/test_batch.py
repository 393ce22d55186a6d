"""Batches: what fits together, and one sentence about what does not."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throughtime.batch import Batch, check_lengths, pad

X, Y = np.zeros((4, 3, 2)), np.ones((4, 3, 1))


def refused(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_what_fits():
    for batch in (
        Batch(X, Y),
        Batch(X, Y[:, 0]),
        Batch(X, Y, np.array([1, 2, 3, 3])),
        Batch(X, Y, None, np.ones((4, 3))),
        Batch(X, Y, np.array([1, 2, 3, 3], "int32"), np.zeros((4, 3))),
    ):
        assert len(batch) == 4


def test_what_does_not_fit():
    refused(lambda: Batch(X[0], Y), "x must be (batch, time, features), got shape (3, 2)")
    wanted = "y must be (batch, time, outputs) or (batch, outputs) for x of shape (4, 3, 2), got "
    for y in (Y[:3], Y[:, :2], Y[:3, 0], np.zeros(4), np.zeros((4, 3, 1, 1))):
        refused(lambda y=y: Batch(X, y), wanted + str(y.shape))
    for mask in (np.ones(3), np.ones((3, 4)), np.ones((4, 3, 1))):
        refused(lambda mask=mask: Batch(X, Y, None, mask), f"mask must be (batch, time) = (4, 3), got {mask.shape}")
    refused(lambda: Batch(X, Y, np.array([1, 2])), "lengths must be (batch,) = (4,), got shape (2,)")


def test_rows():
    rng = np.random.default_rng(0)
    x, y, lengths, mask = rng.normal(size=X.shape), rng.normal(size=Y.shape), np.array([1, 2, 3, 3]), rng.random((4, 3))
    for batch in (Batch(x, y, lengths, mask), Batch(x, y), Batch(x, y, lengths)):
        for rows in (slice(1, 3), slice(None, None, -1), np.array([3, 0, 3]), np.array([True, False, False, True])):
            part = batch[rows]
            np.testing.assert_array_equal(part.x, x[rows])
            np.testing.assert_array_equal(part.y, y[rows])
            assert (part.lengths is None) == (batch.lengths is None)
            assert (part.mask is None) == (batch.mask is None)
            if part.lengths is not None:
                np.testing.assert_array_equal(part.lengths, lengths[rows])
            if part.mask is not None:
                np.testing.assert_array_equal(part.mask, mask[rows])


def test_a_mask_for_one_output_a_sequence():
    """A network of output "last step" asks for a mask (B,), and so a batch for it must take one."""
    assert Batch(X, Y[:, 0], None, np.ones(4)).mask.shape == (4,)


def test_lengths():
    given = check_lengths([1, 3, 2], 3, 3)
    assert given.dtype == np.int64
    assert given.tolist() == [1, 3, 2]
    assert check_lengths(np.array([2], "uint8"), 1, 2).dtype == np.int64
    refused(lambda: check_lengths([1, 2], 3, 5), "lengths must be (batch,) = (3,), got shape (2,)")
    refused(lambda: check_lengths([[1, 2]], 2, 5), "lengths must be (batch,) = (2,), got shape (1, 2)")
    refused(lambda: check_lengths(3, 1, 5), "lengths must be (batch,) = (1,), got shape ()")
    refused(lambda: check_lengths([1.0, 2.0], 2, 5), "lengths must be integers, got float64")
    refused(lambda: check_lengths([True, True], 2, 5), "lengths must be integers, got bool")
    refused(lambda: check_lengths([0, 2], 2, 5), "lengths must be from 1 to the 5 steps of x, got 0 to 2")
    refused(lambda: check_lengths([-1, 2], 2, 5), "lengths must be from 1 to the 5 steps of x, got -1 to 2")
    refused(lambda: check_lengths([1, 6], 2, 5), "lengths must be from 1 to the 5 steps of x, got 1 to 6")


@given(st.lists(st.integers(1, 7), min_size=1, max_size=6), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_pad(lengths, features, seed):
    rng = np.random.default_rng(seed)
    sequences = [rng.normal(size=(n, features)) for n in lengths]
    padded, found = pad(sequences)
    assert padded.shape == (len(lengths), max(lengths), features)
    assert found.tolist() == lengths
    assert found.dtype == np.int64
    for row, sequence, n in zip(padded, sequences, lengths, strict=True):
        np.testing.assert_array_equal(row[:n], sequence)
        assert not row[n:].any()


def test_pad_keeps_the_kind_of_number_that_holds_all():
    assert pad([np.zeros((1, 1), "float32"), np.zeros((2, 1), "float32")])[0].dtype == np.float32
    assert pad([np.zeros((1, 1), "int64"), np.full((2, 1), 0.5)])[0][1, 0, 0] == 0.5
    assert pad([[[1, 2]], [[3, 4], [5, 6]]])[0].tolist() == [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]


def test_what_cannot_be_padded():
    refused(lambda: pad([]), "expected at least one sequence, got an empty list")
    wanted = "each sequence must be (time, features) with the same features and at least one step; "
    good = np.zeros((3, 2))
    for bad in (np.zeros((3, 1)), np.zeros((0, 2)), np.zeros(2), np.zeros((1, 3, 2)), np.float64(3)):
        message = wanted + f"sequence 1 has shape {bad.shape}, sequence 0 has (3, 2)"
        refused(lambda bad=bad: pad([good, bad]), message)
