"""Arrays of numbers from outside: what is no array of finite numbers is refused, with the place where it was found."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from throughtime.batch import Array
from throughtime.sklearn.frames import is_frame

_SUMMABLE = 300
"""Powers of 2 that weights have: they and their products have sums and quotients in float64."""


def array_of(given: Any, what: str) -> Array:
    """`given` as an array; a ValueError for what NumPy would read as something else than the numbers in it."""
    if hasattr(given, "toarray"):
        raise ValueError(f"{what} is a sparse matrix, and networks read dense arrays: give its toarray()")
    if np.ma.is_masked(given):
        raise ValueError(f"{what} has masked values: fill them in, or leave those steps out")
    if isinstance(given, str | bytes | dict | set):
        raise ValueError(f"{what} must be an array of numbers, got a {type(given).__name__}")
    try:
        return np.asarray(given)
    except ValueError:
        raise ValueError(f"{what} must have rows of the same length") from None


def refuse_lengths(given: Any, what: str) -> None:
    """A ValueError for a padded array beside the lengths of its sequences, as `tt.pad` gives them."""
    if not (isinstance(given, list | tuple) and len(given) == 2):
        return
    try:
        padded, lengths = np.shape(given[0]), np.asarray(given[1])
    except ValueError:  # rows of several lengths
        return
    if len(padded) in (2, 3) and padded[1] > 1 and lengths.shape == padded[:1] and lengths.dtype.kind in "iu":
        raise ValueError(
            f"{what} is a padded array {padded} and its lengths: give a list of the sequences without padding, "
            f"[rows[:length] for rows, length in zip(*{what})]"
        )


def numbers_of(given: Any, what: str) -> Array:
    """`given` as a float64 array of finite numbers."""
    array = array_of(given, what)
    if array.dtype.kind in "mMc":
        raise ValueError(f"{what} must hold real numbers, got {array.dtype}")
    try:
        found: Array = check_array(
            array, ensure_2d=False, allow_nd=True, ensure_min_samples=0, dtype=np.float64, input_name=what
        )
    except TypeError:
        raise ValueError(f"{what} must hold numbers, got {type(array.flat[0]).__name__}") from None
    except ValueError as error:
        if str(error).startswith("could not convert"):
            raise ValueError(f"{what} must hold numbers, got text: {error}") from None
        raise
    except OverflowError:
        raise ValueError(f"{what} holds a number that is too large for float64") from None
    return found


def weights_of(given: Any, what: str) -> Array:
    """`given` as weights: only their ratios matter, and those at the ends of float64 are brought where they sum.

    A ValueError for one that is not finite, or below 0.
    """
    weights = numbers_of(given, what)
    if (weights < 0).any():
        raise ValueError(f"{what} must not be negative, got {weights.min()}")
    return with_sums(weights)


def with_sums(weights: Array) -> Array:
    """The weights, times a power of 2 where their sums would be too large for float64, or too small."""
    exponent = int(np.frexp(weights.max(initial=0))[1])
    return np.asarray(np.ldexp(weights, -exponent)) if abs(exponent) > _SUMMABLE else weights


def check_numbers(rows: Any, what: str = "X") -> None:
    """A ValueError where rows (rows, features) of `what` hold dates, text, or masked values.

    It names the column of a frame.
    """
    if is_frame(rows):
        for name, dtype in zip(rows.columns, rows.dtypes, strict=True):
            if getattr(dtype, "kind", "O") in "mM":
                raise ValueError(
                    f"column {name!r} of {what} holds dates or durations, not numbers: leave it out, or put it into "
                    "the index"
                )
            if getattr(dtype, "kind", "O") not in "biuf":
                _check_column(rows[name], name, what)
        return
    if np.ma.is_masked(rows):
        raise ValueError(f"{what} has masked values: fill them in, or leave those steps out")
    dtype = getattr(rows, "dtype", np.dtype(float))
    if getattr(dtype, "kind", "f") in "mM":
        raise ValueError(f"{what} must hold numbers, got {dtype}: dates are no numbers that a network can read")
    if getattr(dtype, "kind", "f") == "c":
        raise ValueError("Complex data not supported: give the real and the imaginary parts of X as two features")
    wide = getattr(dtype, "kind", "f") == "f" and dtype.itemsize > 8
    if wide and (np.isfinite(rows) & (np.abs(rows) > np.finfo(float).max)).any():
        raise ValueError(f"{what} holds a number that is too large for float64")


def _check_column(column: Any, name: Any, what: str) -> None:
    for row, value in enumerate(column):
        if np.ndim(value):
            raise ValueError(
                f"column {name!r} of {what} holds a {type(value).__name__} in row {row}: give a list of arrays (time, "
                "features)"
            )
        if isinstance(value, str):
            try:
                float(value)
            except ValueError:
                raise ValueError(
                    f"column {name!r} of {what} holds text in row {row} ({value!r}), not a number: encode it, by "
                    "pandas.get_dummies for example, or leave the column out"
                ) from None


def check_finite(x: Array, features: Any, names: Any, table: bool, missing: bool, advice: str) -> None:
    """A ValueError for infinity in x (N, T, F), and for NaN unless it may be `missing`, which says where.

    `advice` is what to do about NaN.
    """
    finite = ~np.isinf(x) if missing else np.isfinite(x)
    if finite.all():
        return
    sequence, step, feature = (int(place) for place in np.argwhere(~finite)[0])
    found = "NaN" if np.isnan(x[sequence, step, feature]) else "infinity"
    where = f"sequence {sequence if names is None else names[sequence]}, step {step}"
    if not table:
        where += f", feature {feature if features is None else repr(str(features[feature]))}"
    advice = advice if found == "NaN" else "Fill it in, or leave that step out"
    raise ValueError(f"Input X contains {found}: {where} (counted from 0). {advice}")


def check_range(numbers: Array, given: Array, dtype: str, what: str) -> None:
    """A ValueError for a number that cannot be computed with in the estimator's dtype."""
    beyond = ~(np.abs(numbers) <= np.finfo(dtype).max)
    if beyond.any():
        place = tuple(np.argwhere(beyond)[0])
        advice = "scale it, or dtype='float64'" if dtype == "float32" else "scale it"
        raise ValueError(
            f"{what} holds {given[place]:.3g}, which is {numbers[place]:.3g} to the network, beyond {dtype}: {advice}"
        )


def check_changes(x: Array) -> None:
    """A ValueError for numbers of X so large that their differences, and sums of these, would be beyond float64."""
    largest = np.abs(x).max(initial=0)
    if largest > np.finfo(float).max / 2**20:
        raise ValueError(f"X goes up to {largest:.3g}, and by how much it changes may be beyond float64: scale it")
