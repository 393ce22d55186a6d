"""`CharacterEncoder`: texts as sequences that the estimators read, with a feature for each character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from throughtime.batch import Array
from throughtime.generation import Vocabulary
from throughtime.sklearn.texts import MIN_COUNT, UNKNOWN, Known, ReadsTexts, check_not_empty, check_texts, vocabulary_of
from throughtime.support import memory


@dataclass(kw_only=True, eq=False, repr=False)
class CharacterEncoder(ReadsTexts, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """One-hot characters: a text of T characters becomes an array (T, S), 1 where a character stands and else 0.

    Before a `SequenceClassifier`, `SequenceRegressor` or `SequenceLabeler` it makes a pipeline that reads texts.

    Parameters
    ----------
    vocabulary, min_count : as for `CharacterModel`

    Attributes
    ----------
    vocabulary_ : str
        The characters that have a feature of their own, in this order; the last feature is "unknown".
    """

    vocabulary: str | None = None
    min_count: int = MIN_COUNT

    def fit(self, X: Any, y: Any = None) -> CharacterEncoder:
        """Learn which characters there are in texts; y is not looked at."""
        self._symbols = Vocabulary(vocabulary_of(check_texts(X), self.vocabulary, self.min_count))
        self.vocabulary_ = self._symbols.symbols.removesuffix(UNKNOWN)
        return self

    def transform(self, X: Any) -> list[Array]:
        """A list of arrays (T_i, S) of 0 and 1; a ValueError for an empty text."""
        check_is_fitted(self, "vocabulary_")
        texts, known = check_texts(X), Known(self._symbols.symbols)
        check_not_empty(texts, "no sequence can be made of it")
        features = len(self._symbols.symbols)
        characters = sum(map(len, texts))
        memory.require(
            8.0 * features * (characters + features),
            f"X, of {characters:,} characters with {features:,} features each,",
            "give fewer or shorter texts, or a greater min_count",
        )  # fmt: skip
        one_hot = np.eye(features)
        return [one_hot[self._symbols.encode([known.text(text)])[0][0] - 1] for text in texts]
