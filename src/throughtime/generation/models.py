"""The three networks that write, by what they start from: nothing, a vector, another text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.generation.generator import (
    Begun,
    Generator,
    Gradient,
    Part,
    Sizes,
    as_state,
    as_vectors,
    embedding_gradient,
    state_size,
)
from throughtime.generation.vocabulary import END, Indices, Vocabulary
from throughtime.network import Network
from throughtime.passes.one_pass import Pass
from throughtime.passes.state import State
from throughtime.support.checks import flag, whole_number
from throughtime.weights.network_specification import NetworkSpecification

_WINDOW, _TOGETHER = 256, 64
"""Symbols and texts that are read at once, so that memory does not grow with them."""


class LanguageModel(Generator):
    """p(s_t | s_1 .. s_{t-1}): many to many.

    Its source is a list of beginnings: `write` and `sample` continue from there, `gradient` and `log_probability` are
    of whole texts, whose beginnings must be "".

    Parameters
    ----------
    vocabulary : Vocabulary
    cell : one of `throughtime.cells.NAMES`, or a step function that `throughtime.cell` has read
        "lstm" when not given; "gru" in the other models.
    hidden, layers : int ≥ 1
        64 and 1 when not given.
    embedding : int ≥ 1
        The width of the vector that stands for a symbol; 16 when not given.
    dtype : "float64" or "float32"
    seed : int ≥ 0
        Decides the initial parameters.
    """

    kind = "language model"

    def __init__(self, vocabulary: Vocabulary, **sizes: Unpack[Sizes]) -> None:
        super().__init__(vocabulary, {"cell": "lstm", **sizes})

    def begin(self, source: Sequence[str]) -> Begun:
        """States of 0: what the beginnings do to them is for `start`."""
        if any(source):
            raise ValueError("the probability of a text counts from its first symbol: its beginning must be ''")
        return self.decoder.initial_state(len(source)), lambda d_state: {}

    def start(self, source: Sequence[str]) -> tuple[Indices, State]:
        """The last symbol of each beginning, and the state after those before it."""
        symbols = [self.vocabulary.encode([text])[0][0] for text in source]
        state = self.decoder.initial_state(len(symbols))
        for rows, _, _, pass_ in self._read_through(symbols):
            state.numbers[:, :, rows] = pass_.final.numbers
        return np.array([text[-1] if text.size else END for text in symbols], np.int64), state

    def bits(self, text: str, after: str = "") -> float:
        """Bits per symbol of a text of at least one symbol, END not counted: −log₂ p of it behind `after`."""
        if not text:
            raise ValueError("a text of no symbol has no bits per symbol")
        return float(self.total_bits([text], after)[0] / len(text))

    def total_bits(self, texts: Sequence[str], after: str = "") -> Array:
        """−log₂ p of each text behind `after` (N,), END not counted."""
        total: Array = np.zeros(len(texts))
        for first in range(0, len(texts), _TOGETHER):
            symbols = [self.vocabulary.encode([after + text])[0][0] for text in texts[first : first + _TOGETHER]]
            for rows, at, written, pass_ in self._read_through(symbols):
                counted = np.tile(np.arange(at, at + written.shape[1]) >= len(after), (len(rows), 1))
                pass_.loss(self._targets(written, written.shape[1]), counted)
                total[first + rows] += pass_.error.sum(axis=1, dtype=float)
        total /= np.log(2)
        return total

    def _read_through(self, symbols: Sequence[Indices]) -> Iterator[tuple[Indices, int, Indices, Pass]]:
        """Read texts from states of 0, a window at a time: which of them are not at their end, where the window begins,
        what they ought to write there (B,T), and the pass over it, which holds until the next.
        """
        lengths, state = np.array([len(text) for text in symbols]), self.decoder.initial_state(len(symbols))
        for at in range(0, int(lengths.max(initial=0)), _WINDOW):
            rows = np.flatnonzero(lengths > at)
            ends = np.minimum(lengths[rows] - at, _WINDOW)
            written = np.full((len(rows), int(ends.max())), END, np.int64)
            read = written.copy()
            for row, (number, end) in enumerate(zip(rows.tolist(), ends.tolist(), strict=True)):
                text = symbols[number]
                written[row, :end] = text[at : at + end]
                read[row, at == 0 : end] = text[at - (at > 0) : at + end - 1]
            pass_ = self._passes.take(written.shape[1], len(rows), False)
            pass_.read(*self._read(read, ends), state[rows])
            yield rows, at, written, pass_
            state.numbers[:, :, rows] = pass_.final.numbers
            self._passes.give_back(pass_)


class OneToMany(Generator):
    """p(text | vector): the decoder's initial state is an affine map of a vector, views "affine.W" and "affine.b".

    Its source is an array (B, features).

    Parameters
    ----------
    features : int ≥ 1
    vocabulary, cell, hidden, layers, embedding, dtype, seed : as for `LanguageModel`
    """

    kind = "one to many"

    def __init__(self, features: int, vocabulary: Vocabulary, **sizes: Unpack[Sizes]) -> None:
        features = whole_number("features", features, 1)

        def affine(decoder: NetworkSpecification) -> dict[str, Part]:
            return {"affine.W": (features, state_size(decoder)), "affine.b": (state_size(decoder),)}

        super().__init__(vocabulary, {"cell": "gru", **sizes}, affine)
        self.features = self.fields["features"] = features

    def begin(self, source: npt.ArrayLike) -> Begun:
        """The affine map of vectors (B, features)."""
        x = np.asarray(source, self.dtype)
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ValueError(f"the source must be (batch, features) with {self.features} features, got {x.shape}")
        if not np.isfinite(x).all():
            raise ValueError("the source holds numbers that are not finite")
        state = as_state(self.decoder.specification, x @ self._arrays["affine.W"] + self._arrays["affine.b"])

        def back(d_state: State) -> Gradient:
            d: Array = as_vectors(d_state)
            return {"affine.W": x.T @ d, "affine.b": d.sum(axis=0)}

        return state, back


class EncoderDecoder(Generator):
    """p(text | other text): an encoder reads the source, the decoder begins with an affine map of its last states.

    That map is the encoder's readout, "encoder.W" and "encoder.b_y". The source is a list of B strings.

    Parameters
    ----------
    source : Vocabulary
        The encoder's symbols.
    vocabulary : Vocabulary
        The decoder's symbols.
    bidirectional : bool
        Whether the encoder reads in both directions.
    cell, hidden, layers, embedding, dtype, seed : as for `LanguageModel`; the same for encoder and decoder
    """

    kind = "encoder-decoder"

    def __init__(
        self, source: Vocabulary, vocabulary: Vocabulary, *, bidirectional: bool = True, **sizes: Unpack[Sizes]
    ) -> None:
        bidirectional = flag("bidirectional", bidirectional)

        def reading(decoder: NetworkSpecification) -> dict[str, Part]:
            encoder = replace(
                decoder, outputs=state_size(decoder), readout="identity", loss="squared", output="last step",
                bidirectional=bidirectional,
            )  # fmt: skip
            return {"encoder.embedding": (len(source), decoder.inputs), "encoder": encoder}

        super().__init__(vocabulary, {"cell": "gru", **sizes}, reading)
        self.source = source
        self.fields |= {"source": source.symbols, "bidirectional": bidirectional}

    @property
    def encoder(self) -> Network:
        """The network that reads; its parameters are a part of this one's."""
        return self._networks["encoder"]

    def begin(self, source: Sequence[str]) -> Begun:
        """The encoder's output for the texts, each with END behind it."""
        symbols, lengths = self.source.encode(source)
        symbols = np.pad(symbols, [(0, 0), (0, 1)], constant_values=END)
        pass_ = self.encoder.forward(self._arrays["encoder.embedding"][symbols], lengths + 1)
        state = as_state(self.decoder.specification, pass_.outputs())

        def back(d_state: State) -> Gradient:
            back = pass_.backward(delta_y=as_vectors(d_state))
            d_embedding = embedding_gradient(symbols, back.d_x, len(self.source))
            return {"encoder": back.gradient, "encoder.embedding": d_embedding}

        return state, back
