"""What estimators of whole sequences share: one answer for each, made of its steps, and scored as scikit-learn does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.metrics import check_scoring

from throughtime.batch import Array
from throughtime.sklearn.estimator import Score, SequenceEstimator, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.options import Options
from throughtime.sklearn.pooling import Pooling, attention
from throughtime.support.checks import number


@dataclass(kw_only=True, eq=False, repr=False)
class WholeSequences(SequenceEstimator):
    """A recurrent network with one answer for each sequence; the base of classifier and regressor."""

    pooling: Pooling = "last"
    scoring: Any = None
    missing: Literal["error", "mask"] = "error"
    time_gaps: bool = False

    def attention(self, X: Any) -> Any:
        """Where the network looked, with `pooling="attention"`: the share of each step, in the form of X.

        Those of a sequence sum to 1.
        """
        sequences = self._read(X)
        if self._pooling != "attention":
            raise ValueError(f'attention needs pooling="attention", what was fitted has pooling="{self._pooling}"')
        return sequences.steps_as_given(sequences.without_padding(self._of_parts(sequences, attention)))

    def _scored(
        self, options: Options, X: Any, sequences: Sequences, y: Array, sample_weight: Any
    ) -> Callable[[Array], Score] | None:
        """The score by `scoring` on some of the sequences, for early stopping; None where it compares losses."""
        if options.scoring is None:
            return None
        scorer = check_scoring(self, options.scoring)

        def on(rows: Array) -> Score:
            rows = np.sort(rows)
            some = sequences.some(X, rows)
            weights = {} if sample_weight is None else {"sample_weight": check_weights(sample_weight, sequences)[rows]}

            def score(model: Any) -> float:
                try:
                    found = scorer(model, some, y[rows], **weights)
                except TypeError as error:
                    if not weights or "sample_weight" not in str(error):
                        raise
                    raise ValueError(
                        "scoring takes no sample_weight, and fit was given one: leave it out, or let scoring be a "
                        "function of estimator, X, y and sample_weight"
                    ) from None
                return number("the score by scoring", found)

            return score

        return on
