"""The symbols that a network writes, as numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]

END = 0
"""The number of what stands before each text's first symbol and behind its last."""


@dataclass(frozen=True)
class Vocabulary:
    """Symbols numbered from 1; 0 is END, the boundary of a text.

    Parameters
    ----------
    symbols : str
        Its characters, each of them once.

    Raises
    ------
    ValueError
        If a symbol is there twice, or none is.
    """

    symbols: str

    def __post_init__(self) -> None:
        if not isinstance(self.symbols, str):
            raise ValueError(f"a vocabulary's symbols must be a string, got {type(self.symbols).__name__}")
        twice = [symbol for symbol, times in Counter(self.symbols).items() if times > 1]
        if twice or not self.symbols:
            raise ValueError(f"a vocabulary must have symbols, each of them once; twice: {''.join(twice[:40])!r}")

    @classmethod
    def of(cls, texts: Iterable[str]) -> Vocabulary:
        """All characters of these texts, in order."""
        return cls("".join(sorted(set().union(*texts))))

    def __len__(self) -> int:
        """How many symbols there are, END included."""
        return 1 + len(self.symbols)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.symbols, 1)}

    def encode(self, texts: Sequence[str]) -> tuple[Indices, Indices]:
        """Texts as numbers.

        Returns
        -------
        symbols : (B, max T_i) int64 array, END behind each text's end
        lengths : (B,) int64 array of the T_i

        Raises
        ------
        ValueError
            If a text has a character that is no symbol.
        """
        lengths = np.array([len(text) for text in texts], np.int64)
        symbols = np.full((len(texts), int(lengths.max(initial=0))), END, np.int64)
        for row, text in zip(symbols, texts, strict=True):
            try:
                row[: len(text)] = [self._numbers[character] for character in text]
            except KeyError as error:
                raise ValueError(f"{text!r} has {error.args[0]!r}, which is not in the vocabulary") from None
        return symbols, lengths

    def decode(self, symbols: npt.ArrayLike) -> list[str]:
        """(B, T) numbers as texts, each up to its first END."""
        rows = np.asarray(symbols).tolist()
        return ["".join(self.symbols[n - 1] for n in (row[: row.index(END)] if END in row else row)) for row in rows]
