"""`SequenceRegressor`: one number, or several, for each sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array

from throughtime.batch import Array
from throughtime.sklearn.estimator import (
    SequenceEstimator,
    check_given,
    check_length,
    check_weights,
    mean_and_deviation,
)
from throughtime.sklearn.sequences import read


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(RegressorMixin, SequenceEstimator):  # type: ignore[misc]
    """A recurrent network that tells real numbers about a sequence from its last state.

    Its parameters and X are those of `SequenceClassifier`, without `class_weight`; with `standardize`, targets are
    brought to mean 0 and deviation 1 too (`y_mean_`, `y_scale_`). The loss is the squared error.
    """

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

    def predict(self, X: Any) -> Array:
        """The numbers (N,) or (N, O), as y was in `fit`."""
        y: Array = self._outputs(self._read(X)) * self.y_scale_ + self.y_mean_
        return y[:, 0] if self._one_number else y

    def _regress(self, X: Any, y: Any, sample_weight: Any, partial: bool) -> SequenceRegressor:
        check_given(y)
        new = self._begins(partial)
        sequences = read(self, X, reset=new)
        given = check_array(
            sequences.per_sequence(y), ensure_2d=False, dtype=np.float64, input_name="y", estimator=self
        )
        check_length(given, sequences)
        weights = check_weights(sample_weight, sequences)
        targets = given[:, None] if given.ndim == 1 else given
        if new:
            self._one_number = given.ndim == 1
            self.y_mean_, self.y_scale_ = np.zeros(targets.shape[1]), np.ones(targets.shape[1])
            if self.standardize and weights.any():
                self.y_mean_, self.y_scale_ = mean_and_deviation(targets, weights)
        if targets.shape[1] != len(self.y_mean_):
            raise ValueError(f"y must be (sequences, {len(self.y_mean_)} outputs) as before, got {given.shape}")
        self._learn(
            sequences, (targets - self.y_mean_) / self.y_scale_, weights, readout="identity", output="last step",
            new=new, partial=partial,
        )  # fmt: skip
        return self
