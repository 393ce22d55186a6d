"""Texts cut into windows that are read side by side: what a language model learns from, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from throughtime.generation.vocabulary import END, Indices, Vocabulary

Flags = npt.NDArray[np.bool_]


class Step(NamedTuple):
    """A window of each row: what is read and ought to be written (B,T), lengths (B,), and whether a row goes on (B,)
    from the state where its last window ended.
    """

    read: Indices
    written: Indices
    lengths: Indices
    carried: Flags


@dataclass(frozen=True)
class Windows:
    """All windows of some texts, in their order.

    written : (N,) int array, the texts one behind the other, END behind each
    of_text, first, lengths : (W,) int arrays: the number of each window's text, and where in `written` it lies
    begins : (W,) bool array, whether a text begins with the window
    """

    written: Indices
    of_text: Indices
    first: Indices
    lengths: Indices
    begins: Flags

    @classmethod
    def of(cls, vocabulary: Vocabulary, texts: Sequence[str], window: int) -> Windows:
        """Each text and its END, cut after every `window` symbols."""
        symbols, _ = vocabulary.encode(["".join(texts)])
        sizes = np.array([len(text) for text in texts], np.int64)
        written = np.insert(symbols[0], np.cumsum(sizes), END)
        sizes += 1
        counts = -(-sizes // window)
        of_text = np.repeat(np.arange(len(sizes)), counts)
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        first = (np.cumsum(sizes) - sizes)[of_text] + place * window
        return cls(written, of_text, first, np.minimum(window, sizes[of_text] - place * window), place == 0)

    def __len__(self) -> int:
        return len(self.first)

    def steps(self, batch: int) -> int:
        """Steps in which all windows are read once."""
        return -(-len(self) // batch)

    def epoch(self, batch: int, rng: np.random.Generator | None = None) -> Iterator[Step]:
        """All windows once, `batch` of them at a time; the last step may have fewer rows.

        Each row reads an equal run of all windows, one behind the other. A text that is longer than a run is so cut
        into pieces, of which each begins with a state of 0.

        Parameters
        ----------
        batch : int, at most the number of windows
        rng : numpy.random.Generator, optional
            Puts the texts into another order.
        """
        order = np.arange(len(self))
        if rng is not None:
            places = rng.permutation(int(self.of_text[-1]) + 1)
            order = np.argsort(places[self.of_text], kind="stable")
        runs = np.array_split(order, batch)
        T = np.arange(int(self.lengths.max()))
        for number in range(len(runs[0])):
            rows = np.array([run[number] for run in runs if number < len(run)])
            places, real = self.first[rows, None] + T, self.lengths[rows, None] > T
            written = np.where(real, self.written[np.minimum(places, len(self.written) - 1)], END)
            read = np.where(real & (places > 0), self.written[np.minimum(places, len(self.written)) - 1], END)
            yield Step(read, written, self.lengths[rows], ~self.begins[rows] & (number > 0))
