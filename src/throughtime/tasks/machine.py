"""The finite machine that a network ought to be: for every state and input symbol, the next state and the
output.

A Mealy machine (Mealy 1955). For addition the states are the two carries and the symbols the four pairs of bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Machine:
    """A Mealy machine over a finite input alphabet; it starts in state 0.

    Parameters
    ----------
    symbols : (A, I) float array
        The input vector of each symbol, as the network is given it.
    next : (S, A) int array
        The state that follows, from 0..S-1.
    outputs : (S, A, O) int array of 0 and 1
        The outputs while that symbol is read in that state.
    state_names : S strings
        The memory of each state, for people ("carry 0", "carry 1").
    symbol_names : A strings
        How each symbol is written ("00", "01", …).

    Raises
    ------
    ValueError
        If the tables do not fit together or symbols repeat.
    """

    symbols: npt.NDArray[np.float64]
    next: npt.NDArray[np.int64]
    outputs: npt.NDArray[np.int64]
    state_names: tuple[str, ...]
    symbol_names: tuple[str, ...]

    def __post_init__(self) -> None:
        states, letters = len(self.state_names), len(self.symbol_names)
        if self.symbols.ndim != 2 or len(self.symbols) != letters or not letters:
            raise ValueError(
                f"symbols must be (symbols, features) with one row for each of the {letters} symbol names, "
                f"got shape {self.symbols.shape}"
            )
        if len({row.tobytes() for row in self.symbols + 0.0}) != letters:  # + 0 makes 0 of −0
            raise ValueError("two symbols have the same input vector; each symbol needs its own")
        if self.next.shape != (states, letters):
            raise ValueError(f"next must be (states, symbols) = {(states, letters)}, got {self.next.shape}")
        if self.next.min() < 0 or self.next.max() >= states:
            raise ValueError(
                f"next must hold states from 0 to {states - 1}, got {self.next.min()} to {self.next.max()}"
            )
        if self.outputs.ndim != 3 or self.outputs.shape[:2] != (states, letters):
            raise ValueError(
                f"outputs must be (states, symbols, outputs) = {(states, letters)} + (outputs,), got "
                f"{self.outputs.shape}"
            )
        if not np.isin(self.outputs, (0, 1)).all():
            raise ValueError("outputs must be 0 or 1")

    def run(self, word: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Feed symbol indices (T,) from state 0.

        Returns
        -------
        states : (T+1,) int array, the first is 0
        outputs : (T, O) int array
        """
        letters = np.asarray(word, dtype=np.int64)
        states = np.zeros(len(letters) + 1, dtype=np.int64)
        for t, letter in enumerate(letters):
            states[t + 1] = self.next[states[t], letter]
        return states, self.outputs[states[:-1], letters]
