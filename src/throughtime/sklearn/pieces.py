"""What a forecaster learns from: pieces of sequences, and by how much the steps ahead of each step differ from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array, pad
from throughtime.sklearn.forms import Sequences


@dataclass(frozen=True)
class Pieces:
    """Pieces of at most `window` steps, each of which has `horizon` steps after it.

    x, lengths : what is read, (N, T, numbers)
    changes : (N, T, horizon · F), the targets of the steps ahead less those of the step itself
    training, validation : (N, T) weights of the steps that are learned from, and that early stopping validates on
    """

    x: Array
    lengths: npt.NDArray[np.int64]
    changes: Array
    training: Array
    validation: Array


def pieces_of(
    sequences: Sequences, weights: Array, targets: Array, *, horizon: int, window: int, held_out: float
) -> Pieces:
    """Sequences as pieces; `held_out` is the share of the last steps of each that is not learned from."""
    x, changes, training, validation = list[Array](), list[Array](), list[Array](), list[Array]()
    for steps, n, weight in zip(sequences.x, sequences.lengths, weights, strict=True):
        known = np.arange(n - horizon)
        learned, apart = learned_of(len(known), horizon, held_out)
        aims = steps[:, targets]
        ahead = aims[known[:, None] + np.arange(1, horizon + 1)] - aims[known, None]
        for start in range(0, len(known), window):
            rows = known[start : start + window]
            x.append(steps[rows])
            changes.append(ahead[rows].reshape(len(rows), -1))
            training.append(weight * (rows < learned))
            validation.append(weight * (rows >= apart))
    read, lengths = pad(x)
    masks = [pad([part[:, None] for part in parts])[0][:, :, 0] for parts in (training, validation)]
    return Pieces(read, lengths, pad(changes)[0], *masks)


def learned_of(steps: int, horizon: int, held_out: float) -> tuple[int, int]:
    """How many of so many steps are learned from, and the first that is validated on: no forecast reaches into it."""
    apart = steps - math.ceil(held_out * steps)
    return (max(0, apart - (horizon - 1)) if apart < steps else steps), apart
