"""The operations of the kernels in plain NumPy, for running them uncompiled.

Each is what its namesake says that it is.
"""

from __future__ import annotations

import numpy as np

from throughtime.cells.activations import sigmoid, softplus

tanh, exp, square_root = np.tanh, np.exp, np.sqrt

__all__ = ["exp", "sigmoid", "softplus", "square_root", "tanh"]


def width(row):
    """A vector is the whole row."""
    return max(1, len(row))


def load(row, j, count):
    """row[j : j + count]."""
    return row[j : j + count]


def store(row, j, count, value):
    """row[j : j + count] = value."""
    row[j : j + count] = value


def positive_part(value):
    """max(value, 0)."""
    return np.where(value < 0, 0, value)


def where_positive(condition, value):
    """`value` where `condition` > 0, elsewhere 0."""
    return np.where(condition > 0, value, 0)


def lesser(a, b):
    """The lesser of two values, the first where they are equal."""
    return np.where(a <= b, a, b)


def greater(a, b):
    """The greater of two values, the second where they are equal."""
    return np.where(a <= b, b, a)


def where_less(a, b, value):
    """`value` where a <= b, elsewhere 0."""
    return np.where(a <= b, value, 0)


def where_not_less(a, b, value):
    """0 where a <= b, elsewhere `value`."""
    return np.where(a <= b, 0, value)


def row(a, i):
    """Row i of an array (…, F) read as a matrix of rows."""
    return a.reshape(-1, a.shape[-1])[i]


def rows(a, i, count):
    """Rows i to i + count of an array (…, F) read as a matrix of rows."""
    return a.reshape(-1, a.shape[-1])[i : i + count]


def columns(matrix, j, count):
    """Columns j to j + count."""
    return matrix[:, j : j + count]


def item(a, i):
    """a[i]."""
    return a[i]


def items(a, i, count):
    """a[i : i + count]."""
    return a[i : i + count]


def shaped(a, shape):
    """The elements in that shape."""
    return a.reshape(shape)


def panels(B, first, count, transposed, rows, numbers, room):
    """Columns `first` to `first + count` of B, or their transpose: where they stand, so that no room is taken."""
    part = B[:, first : first + count]
    return part.T if transposed else part, room


def multiply(A, B_panels, C, accumulate):
    """C (+)= A B."""
    B = B_panels[0]
    C[:] = C + A @ B if accumulate else A @ B


def add_gradient(A, B, C):
    """C += Aᵀ B."""
    C += A.T @ B


def normal(key, counter, out):
    """Standard normal numbers, a function of key and counter; other ones than the compiled kernels make."""
    out[:] = np.random.default_rng([int(key), int(counter)]).standard_normal(out.shape)


def keep(key, counter, p, out):
    """1 / (1 − p) where a number is kept, else 0, a function of key and counter; others than compiled kernels keep."""
    out[:] = (np.random.default_rng([int(key), int(counter)]).random(out.shape) >= p) / (1 - p)
