"""How a text is chosen when each next symbol's probability is known: beam search, and sampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from throughtime.batch import Array
from throughtime.generation.vocabulary import END, Indices
from throughtime.passes.state import State

NextSymbol = Callable[[Indices, State], tuple[Array, State]]
"""The last symbols (R,) and the state before they are read → ln p of each next symbol (R,S), and the state after."""


def beam_search(next_symbol: NextSymbol, first: Indices, state: State, width: int, longest: int) -> Indices:
    """The most probable text that is found when only the `width` best beginnings are kept at each step.

    Parameters
    ----------
    next_symbol : function
    first : (B,) int array
        The beginning of each text.
    state : State
        Of B sequences.
    width : int ≥ 1
        1 is greedy: always the most probable symbol.
    longest : int ≥ 1
        Where a text is cut.

    Returns
    -------
    (B, ≤ longest) int array, END behind each text's end.
    """
    B = len(first)
    text = np.full((B, width, longest), END, np.int64)
    score = np.full((B, width), -np.inf)
    score[:, 0] = 0
    ended = np.zeros((B, width), bool)
    last, state = np.repeat(first, width), state[np.repeat(np.arange(B), width)]
    for t in range(longest):
        ln_p, state = next_symbol(last, state)
        S = ln_p.shape[1]
        ln_p = ln_p.reshape(B, width, S).astype(float)
        ln_p[ended] = -np.inf
        ln_p[ended, END] = 0
        total = (score[:, :, None] + ln_p).reshape(B, width * S)
        best = np.argsort(-total, axis=1, kind="stable")[:, :width]
        score = np.take_along_axis(total, best, 1)
        parent, symbol = best // S, best % S
        text = np.take_along_axis(text, parent[:, :, None], 1)
        text[:, :, t] = symbol
        ended = np.take_along_axis(ended, parent, 1) | (symbol == END)
        state = state[(parent + width * np.arange(B)[:, None]).ravel()]
        last = symbol.ravel()
        if ended[:, 0].all():  # what comes behind can only become less probable
            return text[:, 0, : t + 1]
    return text[:, 0]


def sample(
    next_symbol: NextSymbol,
    first: Indices,
    state: State,
    temperature: float,
    longest: int,
    rng: np.random.Generator,
    ends: bool = True,
) -> Indices:
    """Texts drawn symbol by symbol with probability p^(1/temperature), made to sum to 1.

    Parameters
    ----------
    next_symbol, first, state, longest : as for `beam_search`
    temperature : float > 0
        1 draws as often as the network says; towards 0 it becomes greedy, above 1 more even.
    rng : numpy.random.Generator
    ends : bool
        Whether END may be drawn.

    Returns
    -------
    (B, ≤ longest) int array, END behind each text's end.
    """
    text = np.full((len(first), longest), END, np.int64)
    ended, last = np.zeros(len(first), bool), first
    for t in range(longest):
        ln_p, state = next_symbol(last, state)
        scaled = ln_p.astype(float) / temperature
        if not ends:
            scaled[:, END] = -np.inf
        # The greatest of ln p + Gumbel noise is a draw from p [Gumbel 1954].
        last = np.where(ended, END, np.argmax(scaled + rng.gumbel(size=scaled.shape), axis=1))
        text[:, t] = last
        ended |= last == END
        if ended.all():
            return text[:, : t + 1]
    return text
