"""`SequenceRegressor`: one number, or several, for each sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from throughtime.batch import Array
from throughtime.sklearn.estimator import SequenceEstimator, check_given, check_length, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.numbers import check_range, numbers_of
from throughtime.sklearn.options import options_of
from throughtime.sklearn.sequences import read
from throughtime.tasks.standardisation import mean_and_deviation


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(RegressorMixin, SequenceEstimator):  # type: ignore[misc]
    """A recurrent network that predicts real numbers for a sequence from its last state.

    Its parameters and X are those of `SequenceClassifier`, without `class_weight`; with `standardize`, targets are
    brought to mean 0 and deviation 1 too (`y_mean_`, `y_scale_`). The loss is the squared error.
    """

    missing: Literal["error", "mask"] = "error"
    time_gaps: bool = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceRegressor:
        """Learn y (N,) or (N, O) of sequences X; `sample_weight` (N,) weighs them in the loss."""
        return self._regress(X, y, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceRegressor:
        """Read some sequences once, in their order; the first call decides the standardisation."""
        return self._regress(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> Any:
        """The numbers (N,) or (N, O), as y was in `fit`; for a long frame, with the sequences' names as index."""
        sequences = self._read(X)
        return sequences.named(self._numbers(sequences))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² of what is predicted, at most 1; the mean over the numbers of each sequence."""
        sequences = self._read(X)
        weights = None if sample_weight is None else check_weights(sample_weight, sequences)
        return float(r2_score(sequences.per_sequence(y), self._numbers(sequences), sample_weight=weights))

    def _numbers(self, sequences: Sequences) -> Array:
        y: Array = self._outputs(sequences) * self.y_scale_ + self.y_mean_
        return y[:, 0] if self._one_number else y

    def _regress(self, X: Any, y: Any, sample_weight: Any, partial: bool) -> SequenceRegressor:
        check_given(y)
        options = options_of(self)
        new = self._begins(options, partial)
        sequences = read(self, X, reset=new)
        given = numbers_of(sequences.per_sequence(y), "y")
        check_length(given, sequences)
        weights = check_weights(sample_weight, sequences)
        numbers = given[:, None] if given.ndim == 1 else given
        if numbers.ndim != 2:
            raise ValueError(f"y must be (sequences,) or (sequences, outputs), got {given.shape}")
        if new:
            self._one_number = given.ndim == 1
            self.y_mean_, self.y_scale_ = np.zeros(numbers.shape[1]), np.ones(numbers.shape[1])
            learned, _ = self._apart(options, len(sequences), None)
            if options.standardize and weights[learned].any():
                self.y_mean_, self.y_scale_ = mean_and_deviation(numbers[learned], weights[learned])
        if numbers.shape[1] != len(self.y_mean_):
            raise ValueError(f"y must be (sequences, {len(self.y_mean_)} outputs) as before, got {given.shape}")
        targets = (numbers - self.y_mean_) / self.y_scale_
        check_range(targets, numbers, options.dtype, "y")
        self._learn(
            options, sequences, targets, weights, readout="identity", output="last step", new=new, partial=partial
        )
        return self
