"""What users give a network: sequences, targets and their weights as arrays, or a ValueError that says what is wrong.

Shapes are looked at here. Numbers are looked at by the kernels as they lay them out; where one may be wrong,
`refuse_sequences` and `refuse_targets` have the last word.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, Sequences, check_finite, check_lengths, check_weights, numbers, pad, refuse_masked
from throughtime.weights.losses import check_targets
from throughtime.weights.network_specification import NetworkSpecification

Lengths = npt.NDArray[np.int64]
_INTEGERS = np.dtype(np.int64)


def sequences(s: NetworkSpecification, x: Sequences, lengths: Any = None) -> tuple[Array, Lengths | None]:
    """x (B,T,I) of any real dtype, and the lengths (B,); None if all have all T steps."""
    if type(x) is np.ndarray:
        array: Array = x
    else:
        x, lengths = _separated(x, lengths)
        refuse_masked("x", x)
        array = np.asarray(x)
    if array.ndim != 3 or array.shape[2] != s.inputs or not array.size:
        swapped = array.ndim == 3 and array.shape[1] == s.inputs
        raise ValueError(
            f"x must be (batch, time, features) with {s.inputs} features and at least one step, "
            f"got {array.shape}" + (": are time and features swapped?" if swapped else "")
        )
    if array.dtype.kind != "f":
        array = numbers("x", array)
    if lengths is None:
        return array, None
    return array, contiguous(check_lengths(lengths, array.shape[0], array.shape[1]), _INTEGERS)


def _separated(x: Any, lengths: Any) -> tuple[Any, Any]:
    """One array of what came as a pair or a list, and the lengths."""
    if isinstance(x, tuple):
        if len(x) != 2 or lengths is not None:
            raise ValueError("x as a tuple must be (array, lengths), and lengths are then not given again")
        return x
    if isinstance(x, list):
        if lengths is not None:
            raise ValueError("a list of sequences has its own lengths; lengths must not be given too")
        return pad(x)
    return x, lengths


def targets(s: NetworkSpecification, T: int, lengths: Lengths, y: Any, mask: Any) -> tuple[Array, Array | None]:
    """y (B,T,O), or (B,O) for output "last step", of any real dtype, and the weights (B,T) or (B,) or None."""
    B, last_step = len(lengths), s.output == "last step"
    expected = (B, s.outputs) if last_step else (B, T, s.outputs)
    if type(y) is list and not last_step:
        y = _padded(y, T, lengths)
    array = y if type(y) is np.ndarray and y.dtype.kind == "f" else numbers("y", y)
    if array.shape != expected:
        axes = "(batch, outputs)" if last_step else "(batch, time, outputs)"
        raise ValueError(f"y must be {axes} = {expected}, got {array.shape}")
    if mask is None:
        return array, None
    weights = numbers("mask", mask)
    if weights.shape != expected[:-1]:
        axes = "(batch,)" if last_step else "(batch, time)"
        raise ValueError(f"mask must be {axes} = {expected[:-1]}, got {weights.shape}")
    return array, weights


def _padded(y: list[Any], T: int, lengths: Lengths) -> Array:
    """Targets that came as a list, laid into one array like x; a ValueError where they are longer or shorter."""
    padded, steps = pad(y)
    if len(steps) == len(lengths):
        for b, (of_y, of_x) in enumerate(zip(steps, lengths, strict=True)):
            if of_y != of_x:
                raise ValueError(f"the targets of sequence {b} have {of_y} steps, but its x has {of_x}")
    return np.pad(padded, [(0, 0), (0, max(0, T - padded.shape[1])), (0, 0)])


def contiguous(array: npt.ArrayLike, dtype: np.dtype[Any]) -> Array:
    """The array as kernels read it; numbers that its dtype cannot hold become infinite."""
    if type(array) is np.ndarray and array.dtype is dtype and array.flags.carray:
        return array
    with np.errstate(over="ignore"):
        return np.require(np.asarray(array), dtype, ["C", "A"])


def refuse_sequences(s: NetworkSpecification, x: Array, lengths: Lengths | None) -> None:
    """A ValueError that says which number of x is wrong, if one is."""
    check_finite("x", "feature", x, s.dtype, None if lengths is None else _real(lengths, x.shape[1]))


def refuse_targets(s: NetworkSpecification, y: Array, mask: Array | None, lengths: Lengths) -> None:
    """A ValueError that says which target or weight is wrong, if one is."""
    scored = None if s.output == "last step" else _real(lengths, y.shape[1])
    if mask is not None:
        weights = contiguous(mask, np.dtype(s.dtype))
        check_weights(weights, scored)
        scored = weights > 0 if scored is None else scored & (weights > 0)
    check_finite("y", "output", y, s.dtype, scored)
    check_targets(s.readout, s.loss, y, scored)


def _real(lengths: Lengths, T: int) -> npt.NDArray[np.bool_]:
    """Which steps (B,T) are before their sequence's end."""
    return np.asarray(np.arange(T) < lengths[:, None])
