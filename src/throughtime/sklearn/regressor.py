"""`SequenceRegressor`: one number, or several, for each sequence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from throughtime.batch import Array
from throughtime.sklearn import losses
from throughtime.sklearn.estimator import check_given, check_length, check_scored, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.numbers import check_range, numbers_of
from throughtime.sklearn.options import Options, options_of
from throughtime.sklearn.sequences import read
from throughtime.sklearn.whole import WholeSequences
from throughtime.tasks.standardisation import mean_and_deviation
from throughtime.weights.losses import squared


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(RegressorMixin, WholeSequences):  # type: ignore[misc]
    """A recurrent network that predicts real numbers for a sequence from its last state.

    Its parameters and X are those of `SequenceClassifier`, without `class_weight` and `label_smoothing`; with
    `standardize`, targets are brought to mean 0 and deviation 1 too (`y_mean_`, `y_scale_`), for the loss "poisson" to
    mean 1.

    Parameters
    ----------
    loss : "squared_error", "absolute_error", "huber", "poisson" or "quantile"
        What decides which number is predicted: the mean, the median, one between them that large errors do not pull,
        the mean of counts as the exponential of the network's output (y must not be negative), or a quantile.
    epsilon : float > 0
        Of the loss "huber": errors of up to so many standard deviations of the targets count squared, larger ones
        linearly; without `standardize`, of so many units.
    quantile : float in (0, 1), optional
        Of the loss "quantile": the share of targets that are below what is predicted.
    """

    loss: losses.LossName = "squared_error"
    epsilon: float = losses.EPSILON
    quantile: float | None = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceRegressor:
        """Learn y (N,) or (N, O) of sequences X; `sample_weight` (N,) weighs them in the loss."""
        return self._regress(X, y, sample_weight, once=False)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceRegressor:
        """Read some sequences once, in their order; the first call decides the standardisation."""
        return self._regress(X, y, sample_weight, once=True)

    def predict(self, X: Any) -> Any:
        """The numbers (N,) or (N, O), as y was in `fit`; for a long frame, with the sequences' names as index."""
        sequences = self._read(X)
        return sequences.named(self._numbers(sequences))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R² of what is predicted, at most 1; the mean over the numbers of each sequence."""
        sequences = self._read(X)
        weights = None if sample_weight is None else check_scored(check_weights(sample_weight, sequences))
        check_given(y)
        return float(r2_score(sequences.per_sequence(y), self._numbers(sequences), sample_weight=weights))

    def _numbers(self, sequences: Sequences) -> Array:
        with np.errstate(over="ignore"):
            y: Array = self._outputs(sequences) * self.y_scale_ + self.y_mean_
        if not np.isfinite(y).all():
            raise ValueError(
                f"what is predicted for sequence {np.argwhere(~np.isfinite(y))[0][0]} of X is beyond float64: X is far "
                "from what was learned from"
            )
        return y[:, 0] if self._one_number else y

    @property
    def _function(self) -> str:
        return "exp" if self._begun["loss"] == "poisson" else super()._function

    def _objective_of(self, options: Options) -> losses.Weighed | None:
        """What is made less; None where that is the kernels' squared error."""
        if options.loss == "squared_error" and options.pooling == "last":
            return None
        of_names: dict[losses.LossName, Any] = {
            "squared_error": partial(squared, "identity"),
            "absolute_error": losses.absolute,
            "huber": partial(losses.huber, epsilon=options.epsilon),
            "poisson": losses.poisson,
            "quantile": partial(losses.pinball, levels=options.quantile),
        }
        return losses.Weighed(of_names[options.loss], options.pooling)

    def _scales(self, options: Options, numbers: Array, weights: Array) -> tuple[Array, Array]:
        """What is taken from targets (N, O) that are learned from, and what they are divided by then.

        A ValueError where there is no logarithm of their mean, which "poisson" is to find.
        """
        none, one = np.zeros(numbers.shape[1]), np.ones(numbers.shape[1])
        if not weights.any():  # which is refused later
            return none, one
        if options.loss != "poisson":
            return mean_and_deviation(numbers, weights) if options.standardize else (none, one)
        if not (weights @ numbers > 0).all():
            raise ValueError('loss="poisson" needs an output of y that is not 0 at every sequence learned from')
        return none, np.average(numbers, axis=0, weights=weights) if options.standardize else one

    def _regress(self, X: Any, y: Any, sample_weight: Any, once: bool) -> SequenceRegressor:
        check_given(y)
        options = options_of(self)
        new = self._begins(options, once)
        sequences = read(self, X, reset=new)
        given = numbers_of(sequences.per_sequence(y), "y")
        check_length(given, sequences)
        weights = check_weights(sample_weight, sequences)
        numbers = given[:, None] if given.ndim == 1 else given
        if numbers.ndim != 2:
            raise ValueError(f"y must be (sequences,) or (sequences, outputs), got {given.shape}")
        if options.loss == "poisson" and (numbers < 0).any():
            raise ValueError(f'loss="poisson" is for counts and amounts: y must not be negative, got {numbers.min()}')
        if new:
            learned, _ = self._apart(options, len(sequences), None)
            self.y_mean_, self.y_scale_ = self._scales(options, numbers[learned], weights[learned])
            self._one_number = given.ndim == 1
        if numbers.shape[1] != len(self.y_mean_):
            raise ValueError(f"y must be (sequences, {len(self.y_mean_)} outputs) as before, got {given.shape}")
        targets = (numbers - self.y_mean_) / self.y_scale_
        check_range(targets, numbers, options.dtype, "y")
        self._learn(
            options, sequences, targets, weights, readout="identity", output="last step", new=new, partial=once,
            objective=self._objective_of(options), scored=self._scored(options, X, sequences, given, sample_weight),
        )  # fmt: skip
        return self
