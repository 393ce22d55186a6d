"""Whether what a network was written as, or read from, computes what the network does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.bridges.exported import Exported, Lengths
from throughtime.network import Network

LARGEST_DIFFERENCE = 1e-3
"""Of what is written, relative to the largest output and in the outputs' own scale; float32 makes some 1e-6 of it."""
ROUNDING = 8 * float(np.finfo(np.float32).eps)
"""Of a forecast that is written, relative to its size: what float32 cannot help."""
CLOSE = {"float32": 1e-4, "float64": 1e-7}
"""Of what is read, relative to what an output varies by, in the numbers of both."""
LARGEST_COUNTED = 1e30
"""Of what is read, the largest output that is compared: a network that blows up has none at later steps."""


def greatest_difference(
    model: Exported, predict: Callable[[Array, Lengths], npt.ArrayLike], *, ragged: bool = False
) -> float:
    """Compare a function of x and lengths (B,) with what the model predicts, on random sequences of its scale.

    Parameters
    ----------
    model : Exported
    predict : function
    ragged : bool
        Whether lengths differ; else they are all T.

    Returns
    -------
    float : the greatest difference of an output.

    Raises
    ------
    ValueError
        If it is more than `LARGEST_DIFFERENCE`, of forecasts also `ROUNDING`, as when a network blows float32's
        rounding up, or its numbers are much larger than they vary.
    """
    difference, relative, scale = 0.0, 0.0, 1.0
    rng = np.random.default_rng(0)
    for batch, time in ((1, 1), (3, 20), (2, model.window + 5)) if model.window else ((1, 1), (3, 20)):
        x = model.random(rng, batch, time)
        lengths = np.linspace(time, 1 if ragged else time, batch).astype(np.int64)
        y = model.predict(x, lengths)
        made = np.asarray(predict(x, lengths)).reshape(y.shape)
        if not (np.isfinite(y).all() and np.isfinite(made).all()):
            raise ValueError("the network blows up: on random sequences its outputs are not finite numbers")
        between = np.abs(made - y)
        unit = _of_forecasts(model, x, y) if model.horizon else np.broadcast_to(model.unit, y.shape[-1:])
        if model.readout == "exp":  # what is rounded in its argument is a part of it
            unit = np.maximum(unit, np.abs(y))
        difference = max(difference, float(between.max()))
        relative = max(relative, float((between / unit).max()))
        scale = max(scale, 1.0 if model.x is not None else float(np.abs(y).max()))
    if not relative <= LARGEST_DIFFERENCE * scale:
        raise ValueError(
            f"what was made differs from the network by up to {difference:.2g} in an output: the network blows up what "
            "rounding takes away, or its numbers are much larger than they vary; a NumPy script or a PyTorch module, "
            "in float64, may do"
        )
    return difference


def _of_forecasts(model: Exported, x: Array, y: Array) -> Array:
    """The scale (horizon, …) of a forecaster's outputs: of their changes, or what float32 makes of numbers of such a
    size.

    Of a season's whole length there may be next to no change to learn, so that rounding is more. It may be a small part
    of what the series itself varies by; where it is more, float32 cannot tell its numbers apart.
    """
    changes = np.reshape(model.unit, y.shape[1:])
    if model.x is None:
        return changes
    varies = np.maximum(changes, np.reshape(model.x.deviation, y.shape[2:]))
    rounding = ROUNDING * np.maximum(np.abs(y).max(axis=(0, 1)), np.abs(x).max(axis=(0, 1)))
    return np.asarray(np.maximum(changes, np.minimum(rounding / LARGEST_DIFFERENCE, varies)))


def check_same(net: Network, x: Array, theirs: Array, lengths: Lengths | None = None) -> None:
    """Compare the outputs of a model that was read with those of the network.

    A difference is judged by what an output varies by over x, since a large bias or a small weight would hide it in the
    output's size; what rounding alone makes of it is allowed, as of a network that blows it up.

    Parameters
    ----------
    net : Network
    x : (B, T, I) array
    theirs : (B, T, O) or (B, O) array
    lengths : (B,) array, or None for T

    Raises
    ------
    ValueError
        If their shapes are not the same, or an output differs by more than `CLOSE` of what it varies by, and rounding.
    """
    ours = net.predict(x, lengths)
    if theirs.shape != ours.shape:
        raise ValueError(f"its outputs are {theirs.shape} where a network's are {ours.shape}")
    close = max(CLOSE[str(array.dtype)] for array in (theirs, ours))
    counted = np.abs(ours) < LARGEST_COUNTED
    own = np.where(counted, ours, 0)
    allowed = close * np.ptp(own.reshape(-1, own.shape[-1]), axis=0) + _rounding(net, x, ours, lengths)
    with np.errstate(invalid="ignore", over="ignore"):
        between = np.abs(theirs - ours)
        wrong = counted & ~(between <= allowed)
    if wrong.any():
        raise ValueError(f"its outputs differ from the network's by up to {between[wrong].max():.2g}")


def _rounding(net: Network, x: Array, y: Array, lengths: Lengths | None) -> Array:
    """The change of outputs y by rounding: in the readout, and in the steps before, as a change of x by as much
    shows.
    """
    eps = float(np.finfo(net.specification.dtype).eps)
    signs = np.random.default_rng(1).choice([-1.0, 1.0], x.shape)
    moved = net.predict((x + 4 * eps * np.maximum(1, np.abs(x)) * signs).astype(x.dtype), lengths)
    terms = np.abs(net["W"]).sum(axis=0) + (np.abs(net["b_y"]) if net.specification.bias else 0)
    with np.errstate(invalid="ignore", over="ignore"):
        made = np.nan_to_num(np.abs(moved - y), nan=np.inf).reshape(-1, y.shape[-1]).max(axis=0).astype(np.float64)
    return np.asarray(16 * made + 8 * eps * terms)
