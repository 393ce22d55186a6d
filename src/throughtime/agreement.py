"""Whether what a network was written as computes what the network does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.network import Network

LARGEST_DIFFERENCE = 1e-3
"""Relative to the largest output; float32 makes some 1e-6 of it."""
CLOSE = {"float32": 1e-4, "float64": 1e-7}
"""Relative to the largest output of a sequence: what is read must be so close to the network, in the numbers of both."""


def greatest_difference(
    net: Network, predict: Callable[[Array, npt.NDArray[np.int64]], npt.ArrayLike], *, ragged: bool = False
) -> float:
    """Compare a function of x (B,T,I), in the network's dtype, and lengths (B,) with the network's outputs, on random sequences.

    Parameters
    ----------
    net : Network
    predict : function
    ragged : bool
        Whether lengths differ; else they are all T.

    Returns
    -------
    float : the greatest difference of an output.

    Raises
    ------
    ValueError
        If it is more than `LARGEST_DIFFERENCE`, as when a network blows float32's rounding up.
    """
    difference, scale = 0.0, 1.0
    rng = np.random.default_rng(0)
    for batch, time in ((1, 1), (3, 20)):
        x = rng.normal(size=(batch, time, net.specification.inputs)).astype(net.specification.dtype)
        lengths = np.linspace(time, 1 if ragged else time, batch).astype(np.int64)
        y = net.predict(x, lengths)
        difference = max(difference, float(np.abs(np.asarray(predict(x, lengths)) - y).max()))
        scale = max(scale, float(np.abs(y).max()))
    if not difference <= LARGEST_DIFFERENCE * scale:
        raise ValueError(
            f"what was made differs from the network by up to {difference:.2g} in an output: the network blows up what "
            "rounding takes away"
        )
    return difference


def check_same(theirs: Array, ours: Array) -> None:
    """Compare the outputs of a model that was read with those of the network, sequence by sequence.

    Parameters
    ----------
    theirs, ours : (B, T, O) or (B, O) arrays

    Raises
    ------
    ValueError
        If their shapes are not the same, or an output differs by more than `CLOSE`.
    """
    if theirs.shape != ours.shape:
        raise ValueError(f"its outputs are {theirs.shape} where a network's are {ours.shape}")
    close = max(CLOSE[str(array.dtype)] for array in (theirs, ours))
    for y, own in zip(theirs, ours, strict=True):
        difference = float(np.abs(y - own).max())
        if not difference <= close * max(1.0, float(np.abs(own).max())):
            raise ValueError(f"its outputs differ from the network's by up to {difference:.2g}")
