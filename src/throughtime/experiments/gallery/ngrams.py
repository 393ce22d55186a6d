"""Rivals of a language model: an n-gram model with back-off, and a general compressor."""

from __future__ import annotations

import lzma
from collections import Counter, defaultdict
from math import log2

DISCOUNT = 0.75


class BackOff:
    """p(symbol | the n−1 before it) with absolute discounting and back-off to shorter contexts [Ney et al. 1994].

        p(s | c) = (N(c s) − D) / N(c)            if s was seen behind c
                 = β(c) · p(s | c without its first symbol)   if not

    β(c) is what makes Σ_s p(s | c) = 1; below the shortest context all symbols are equally probable.

    Parameters
    ----------
    text : str
        Where it counts.
    order : int ≥ 1
        n.
    symbols : str
        All that may come.
    """

    def __init__(self, text: str, order: int, symbols: str) -> None:
        self.order, self.symbols = order, symbols
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for n in range(order):
            for at in range(n, len(text)):
                self.counts[text[at - n : at]][text[at]] += 1
        self.totals = {context: followers.total() for context, followers in self.counts.items()}
        self._betas: dict[str, float] = {}

    def probability(self, symbol: str, context: str) -> float:
        """p(symbol | context), of which the last n−1 symbols count."""
        context = context[max(0, len(context) - self.order + 1) :]
        while context not in self.counts:
            context = context[1:]
        followers = self.counts[context]
        if symbol in followers:
            return (followers[symbol] - DISCOUNT) / self.totals[context]
        return self._beta(context) * self._shorter(symbol, context)

    def _shorter(self, symbol: str, context: str) -> float:
        return self.probability(symbol, context[1:]) if context else 1 / len(self.symbols)

    def _beta(self, context: str) -> float:
        if context not in self._betas:
            followers = self.counts[context]
            left = DISCOUNT * len(followers) / self.totals[context]
            unseen = 1 - sum(self._shorter(symbol, context) for symbol in followers)
            self._betas[context] = left / unseen if unseen > 1e-12 else 0.0
        return self._betas[context]

    def bits(self, before: str, text: str) -> float:
        """Bits per symbol of a text that follows another."""
        n, whole = self.order - 1, before[max(0, len(before) - self.order + 1) :] + text
        begin = len(whole) - len(text)
        return -sum(
            log2(self.probability(whole[at], whole[max(0, at - n) : at])) for at in range(begin, len(whole))
        ) / len(text)


def xz_bits(before: str, text: str) -> float:
    """Bits per symbol that a text adds to what xz makes of the text before it, at its best setting."""

    def size(content: str) -> int:
        return len(lzma.compress(content.encode(), preset=9 | lzma.PRESET_EXTREME))

    return 8 * (size(before + text) - size(before)) / len(text)
