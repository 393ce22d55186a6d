"""The finite machine that a network ought to be: for every state and input symbol, the next state and the
output.

A Mealy machine (Mealy 1955). For addition the states are the two carries and the symbols the four pairs of bits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Machine:
    """A Mealy machine over a finite input alphabet; it starts in state 0.

    A symbol is an input vector, or any input vector of a box: then the machine says the same of all of them, and
    nothing of inputs between the boxes.

    Parameters
    ----------
    symbols : (A, I) float array
        The input vector of each symbol, as the network is given it; of a box, one that is in it.
    next : (S, A) int array
        The state that follows, from 0..S-1.
    outputs : (S, A, O) int array of 0 and 1
        The outputs while that symbol is read in that state.
    state_names : S strings
        The memory of each state, for people ("carry 0", "carry 1").
    symbol_names : A strings
        How each symbol is written ("00", "01", …).
    ends : (2, A, I) float array, optional
        Of each symbol's box, the lower and the upper ends.

    Raises
    ------
    ValueError
        If the tables do not fit together, symbols repeat, or an input would be in two boxes.
    """

    symbols: npt.NDArray[np.float64]
    next: npt.NDArray[np.int64]
    outputs: npt.NDArray[np.int64]
    state_names: tuple[str, ...]
    symbol_names: tuple[str, ...]
    ends: npt.NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        states, letters = len(self.state_names), len(self.symbol_names)
        if self.symbols.ndim != 2 or len(self.symbols) != letters or not letters:
            raise ValueError(
                f"symbols must be (symbols, features) with one row for each of the {letters} symbol names, "
                f"got shape {self.symbols.shape}"
            )
        self._check_inputs()
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

    def _check_inputs(self) -> None:
        if self.ends is None:
            if not np.isfinite(self.symbols).all():
                a, i = np.argwhere(~np.isfinite(self.symbols))[0]
                raise ValueError(f'symbol "{self.symbol_names[a]}": expected a number, got {self.symbols[a, i]:g}')
            if len({row.tobytes() for row in self.symbols + 0.0}) != len(self.symbols):  # + 0 makes 0 of −0
                raise ValueError("two symbols have the same input vector; each symbol needs its own")
            return
        if self.ends.shape != (2, *self.symbols.shape):
            raise ValueError(
                f"ends must be (2, symbols, features) = {(2, *self.symbols.shape)}, got shape {self.ends.shape}"
            )
        inside = (self.lo <= self.symbols) & (self.symbols <= self.hi) & np.isfinite(self.ends).all(axis=0)
        if not inside.all():
            a, i = np.argwhere(~inside)[0]
            raise ValueError(
                f'symbol "{self.symbol_names[a]}": an interval needs a lower and an upper end with the symbol\'s own '
                f"input between them, got {self.lo[a, i]:g} to {self.hi[a, i]:g}"
            )
        if (pair := meeting(self.lo, self.hi)) is not None:
            first, second = (self.symbol_names[a] for a in pair)
            raise ValueError(f'an input could be both "{first}" and "{second}"; leave a gap between their intervals')

    @property
    def lo(self) -> npt.NDArray[np.float64]:
        """The least inputs of each symbol, (A, I)."""
        return self.symbols if self.ends is None else self.ends[0]

    @property
    def hi(self) -> npt.NDArray[np.float64]:
        """The greatest, (A, I)."""
        return self.symbols if self.ends is None else self.ends[1]

    @property
    def absorbing(self) -> npt.NDArray[np.bool_]:
        """Which states (S,) are never left."""
        return np.asarray((self.next == np.arange(len(self.next))[:, None]).all(axis=1))

    def off_by(self, noise: float) -> Machine:
        """The same machine, where each input may be off by so much at every step."""
        return replace(self, ends=np.stack([self.lo - noise, self.hi + noise])) if noise else self

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

    def follow(self, word: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Feed words of symbol indices (T,B) → the table entries (T,B) it came by, its last state (B,)."""
        letters, after = len(self.symbols), self.next.ravel()
        entry = np.empty_like(word)
        state = np.zeros(word.shape[1], np.int64)
        for t in range(len(word)):
            entry[t] = state * letters + word[t]
            state = after.take(entry[t])
        return entry, state

    def staying(self, word: npt.NDArray[Any], kept: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Words of symbol indices (T,B) that come to no absorbing state in their first `kept` (B,) steps.

        A symbol that would lead to one there becomes the first that does not, where the state has such a symbol.
        """
        leads, word = self.absorbing[self.next], word.copy()
        leads &= ~leads.all(axis=1, keepdims=True)
        other, state = leads.argmin(axis=1), np.zeros(len(kept), np.int64)
        for t, letters in enumerate(word):
            word[t] = np.where(leads[state, letters] & (t < kept), other[state], letters)
            state = self.next[state, word[t]]
        return word


def meeting(lo: npt.NDArray[Any], hi: npt.NDArray[Any]) -> tuple[int, int] | None:
    """Two of the boxes lo to hi (A, I) that have a point in common, or None."""
    for a in range(len(lo) - 1):
        meet = ((lo[a] <= hi[a + 1 :]) & (lo[a + 1 :] <= hi[a])).all(axis=1)
        if meet.any():
            return a, a + 1 + int(meet.argmax())
    return None
