"""`SequenceLabeler`: a class for each step of a sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from throughtime.batch import Array
from throughtime.sklearn.estimator import (
    SequenceEstimator,
    check_given,
    check_length,
    check_weights,
)
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.labels import (
    check_same_classes,
    class_weights,
    classes_of,
    codes_of,
    label_array,
    labels_of,
    smoothed,
)
from throughtime.sklearn.numbers import weights_of
from throughtime.sklearn.options import Options, options_of
from throughtime.sklearn.sequences import read


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceLabeler(SequenceEstimator):
    """A recurrent network that predicts the class of each step.

    Its parameters and X are those of `SequenceClassifier`, without `pooling` and `scoring`. y has a label for each
    step, in the form of X: an array (N, T), a list of arrays (T_i,), or a Series with the frame's index; a label that
    is not known is None or NaN, and nothing is learned or scored at its step. An y of shape (N,) gives one label that
    holds at all steps of a sequence. `sample_weight` weighs sequences (N,), or steps in the form of y (of a table,
    sequences only).
    """

    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None
    label_smoothing: float = 0.0
    missing: Literal["error", "mask"] = "error"
    time_gaps: bool = False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceLabeler:
        """Learn the labels y of the steps of X."""
        options = options_of(self)
        new = self._begins(options, False)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_ = np.unique(labels)
        return self._label(options, sequences, labels, weights, new, False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SequenceLabeler:
        """Read some sequences once, in their order; the first call decides the standardisation and the `classes`.

        Without `classes` they are the labels that the first call has.
        """
        options = options_of(self)
        new = self._begins(options, True)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_ = np.unique(labels) if classes is None else classes_of(classes)
        else:
            check_same_classes(classes, self.classes_)
        return self._label(options, sequences, labels, weights, new, True)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class at each step, in the form of X: (N, T, K), a list of (T_i, K), or frames."""
        sequences = self._read(X)
        return sequences.steps_as_given(sequences.without_padding(self._outputs(sequences)), self.classes_)

    def predict(self, X: Any) -> Any:
        """The likeliest class of each step, in the form of X."""
        sequences = self._read(X)
        likeliest = self._likeliest(sequences)
        return sequences.steps_as_given(np.split(likeliest, np.cumsum(sequences.lengths)[:-1]))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of steps, of those whose label is known, for which it is predicted right, 0..1."""
        sequences, labels, weights = self._given(X, y, sample_weight, False)
        if not weights.any():
            raise ValueError("no step has a known label and a weight above 0, so there is nothing to score")
        return float(np.average(self._likeliest(sequences) == labels, weights=weights))

    def _likeliest(self, sequences: Sequences) -> Array:
        """The likeliest class (R,) of each step, sequence by sequence."""
        likeliest: Array = self.classes_[self._outputs(sequences)[sequences.real].argmax(axis=1)]
        return likeliest

    def _given(self, X: Any, y: Any, sample_weight: Any, new: bool) -> tuple[Sequences, Array, Array]:
        """The sequences, and the labels and weights (R,) of their steps; the weight of an unknown label is 0."""
        check_given(y)
        sequences = read(self, X, reset=True) if new else self._read(X)
        given = sequences.per_step(y, convert=label_array)
        if given is None:
            of_each = label_array(sequences.per_sequence(y))
            of_each = of_each[:, 0] if of_each.ndim == 2 and of_each.shape[1] == 1 else of_each
            if of_each.ndim != 1:
                raise ValueError(
                    f"y must be (sequences, time) = {sequences.x.shape[:2]}, with a label for each step, or "
                    f"(sequences,), got {of_each.shape}"
                    + (": for several labels, fit a SequenceLabeler for each" if of_each.ndim == 3 else "")
                )
            check_length(of_each, sequences)
            every = np.repeat(of_each, sequences.lengths)
        else:
            mixed = len({row.dtype.kind in "biuf" for row in given}) > 1
            every = np.concatenate([row.astype(object) if mixed else row for row in given])
        labels, known = labels_of(every)
        return sequences, labels, np.where(known, self._weights(sample_weight, sequences), 0.0)

    def _weights(self, sample_weight: Any, sequences: Sequences) -> Array:
        """The weight (R,) of each step."""
        tabular = (
            sample_weight is None or sequences.kind == "table"
        )  # scikit-learn refuses (N, T) weights of its tables
        of_steps = None if tabular else sequences.per_step(sample_weight, "sample_weight")
        if of_steps is None:
            return np.repeat(check_weights(sample_weight, sequences), sequences.lengths)
        return weights_of(np.concatenate(of_steps), "sample_weight")

    def _label(
        self, options: Options, sequences: Sequences, labels: Array, weights: Array, new: bool, partial: bool
    ) -> SequenceLabeler:
        known = weights > 0
        codes = np.zeros(len(labels), int)
        codes[known] = codes_of(labels[known], self.classes_)
        if known.any():
            of_classes = class_weights(self.class_weight, self.classes_, codes[known], weights[known])
            weights = weights * of_classes[codes]
        real = sequences.real
        targets, mask = np.zeros((*real.shape, len(self.classes_))), np.zeros(real.shape)
        targets[real] = smoothed(np.eye(len(self.classes_))[codes], options.label_smoothing, True)
        mask[real] = weights
        self._learn(options, sequences, targets, mask, readout="softmax", output="every step", new=new, partial=partial)
        return self
