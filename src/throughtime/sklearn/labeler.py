"""`SequenceLabeler`: a class for each step of a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets

from throughtime.batch import Array
from throughtime.sklearn.classifier import class_weights, codes_of
from throughtime.sklearn.estimator import SequenceEstimator, check_given, check_length, check_weights
from throughtime.sklearn.sequences import Sequences, read


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceLabeler(SequenceEstimator):
    """A recurrent network that tells the class of each step.

    Its parameters and X are those of `SequenceClassifier`. y has a label for each step, in the form of X: an array
    (N, T), a list of arrays (T_i,), or a Series with the long frame's index. An y of shape (N,) tells one label that
    holds at all steps of a sequence.
    """

    class_weight: Any = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceLabeler:
        """Learn the labels y of the steps of X."""
        new = self._begins(False)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_ = np.unique(np.concatenate(labels))
        return self._label(sequences, labels, weights, new, False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SequenceLabeler:
        """Read some sequences once, in their order; the first call decides the standardisation and the `classes`.

        They are those of its y, if they are not given.
        """
        new = self._begins(True)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_ = np.unique(np.concatenate(labels) if classes is None else classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes must be those of the first call, {self.classes_}, got {np.unique(classes)}")
        return self._label(sequences, labels, weights, new, True)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class at each step: an array (N, T, K), or a list of arrays (T_i, K)."""
        sequences = self._read(X)
        return sequences.like_given(self._rows(sequences))

    def predict(self, X: Any) -> Any:
        """The likeliest class of each step, in the form of X."""
        sequences = self._read(X)
        return sequences.like_given([self.classes_[row.argmax(axis=1)] for row in self._rows(sequences)])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of steps whose label is told right, 0..1."""
        sequences, labels, weights = self._given(X, y, sample_weight, False)
        told = [self.classes_[row.argmax(axis=1)] for row in self._rows(sequences)]
        right = np.concatenate(told) == np.concatenate(labels)
        return float(np.average(right, weights=np.concatenate(weights)))

    def _rows(self, sequences: Sequences) -> list[Array]:
        outputs = self._outputs(sequences)
        return [row[:length] for row, length in zip(outputs, sequences.lengths, strict=True)]

    def _given(self, X: Any, y: Any, sample_weight: Any, new: bool) -> tuple[Sequences, list[Array], list[Array]]:
        """The sequences, and the labels and weights (T_i,) of their steps."""
        check_given(y)
        sequences = read(self, X, reset=True) if new else self._read(X)
        labels = sequences.per_step(y)
        if labels is None:
            told = np.asarray(sequences.per_sequence(y))
            told = told[:, 0] if told.ndim == 2 and told.shape[1] == 1 else told
            if told.ndim != 1:
                raise ValueError(
                    f"y must be (sequences, time) = {sequences.x.shape[:2]}, with a label for each step, or (sequences,), "
                    f"got {told.shape}"
                )
            check_length(told, sequences)
            labels = [np.repeat(label, length) for label, length in zip(told, sequences.lengths, strict=True)]
        every = np.concatenate(labels)
        if every.dtype.kind == "f":
            assert_all_finite(every, input_name="y")
        check_classification_targets(every)
        of_sequences = check_weights(sample_weight, sequences)
        weights = [np.repeat(w, length) for w, length in zip(of_sequences, sequences.lengths, strict=True)]
        return sequences, labels, weights

    def _label(
        self, sequences: Sequences, labels: list[Array], weights: list[Array], new: bool, partial: bool
    ) -> SequenceLabeler:
        codes = codes_of(np.concatenate(labels), self.classes_)
        of_steps = np.concatenate(weights).astype(float)
        of_steps = of_steps * class_weights(self.class_weight, self.classes_, codes, of_steps)[codes]
        real = np.arange(sequences.x.shape[1]) < sequences.lengths[:, None]
        targets, mask = np.zeros((*real.shape, len(self.classes_))), np.zeros(real.shape)
        targets[real], mask[real] = np.eye(len(self.classes_))[codes], of_steps
        self._learn(sequences, targets, mask, readout="softmax", output="every step", new=new, partial=partial)
        return self
