"""Two things that every cell needs of a whole sequence: the previous states, and a gradient summed over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def before(states: Array, first: Array) -> Array:
    """The states one step earlier: (first, states_1, …, states_{T-1}), shape (B,T,H)."""
    return np.concatenate([first[:, None], states[:, :-1]], axis=1)


def over_time(inputs: Array, delta: Array) -> Array:
    """∇M = Σ_t inputs_tᵀ δ_t, for inputs (B,T,K) that a matrix M (K,H) turned into net inputs with δ (B,T,H)."""
    return np.asarray(np.einsum("btk,bth->kh", inputs, delta))
