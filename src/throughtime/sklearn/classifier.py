"""`SequenceClassifier`: a class for each sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d

from throughtime.batch import Array
from throughtime.sklearn.estimator import SequenceEstimator, check_given, check_length, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.labels import class_weights, codes_of, label_array, labels_of
from throughtime.sklearn.options import Options, options_of
from throughtime.sklearn.sequences import read


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(ClassifierMixin, SequenceEstimator):  # type: ignore[misc]
    """A recurrent network that predicts the class of a sequence from its last state.

    Parameters
    ----------
    cell : "elman", "lstm" or "gru"
    hidden : int ≥ 1
        Units of each layer and direction.
    layers : int ≥ 1
    bidirectional : bool
        Whether each layer reads in both directions.
    activation : "tanh", "sigmoid" or "relu"
        Of Elman cells; the others have their own.
    layer_norm : bool
        Whether each net input is normalised over the hidden units of its layer.
    max_iter : int ≥ 1
        Epochs: how often all sequences are read.
    batch_size : int ≥ 1
        Sequences of an update. While all fit into one, an integer `sample_weight` is the same as repeated sequences.
    optimizer : "adam", "rmsprop", "momentum" or "gradient-descent"
    learning_rate : float ≥ 0
    schedule : str
        How the learning rate changes over `max_iter` epochs: "constant", "cosine", "cosine:0.05", "step:500:0.5",
        "warm-up:100".
    clip : float, optional
        The greatest norm of a gradient.
    noise : float ≥ 0
        Standard deviation of noise on the states while training.
    input_noise : float ≥ 0
        The same of noise on the inputs, as standardised.
    dropout : float, 0 to below 1
        The probability with which a number that a layer reads is 0 in training, the same for all steps of a sequence.
    recurrent_dropout : float, 0 to below 1
        The probability with which a recurrent weight is 0 in an update.
    weight_decay : float ≥ 0
        AdamW's λ.
    cell_penalty : float ≥ 0
        On the squared cell states of an LSTM.
    standardize : bool
        Whether each feature is brought to mean 0 and deviation 1 over all steps that are learned from (`mean_`,
        `scale_`).
    early_stopping : bool
        Whether a part of the sequences, `validation_fraction` of them, is not trained on, and training stops when the
        loss on it has not become better for `n_iter_no_change` epochs. The network is then the one that did best.
    validation_fraction : float in (0, 1)
    n_iter_no_change : int ≥ 1
    warm_start : bool
        Whether `fit` continues with the network of the `fit` before, and its standardisation.
    dtype : "float64" or "float32"
    random_state : int, RandomState or None
        Decides the first parameters, the order of the sequences and the validation split.
    verbose : bool
        Whether to print the loss of each epoch.
    callbacks : list of functions of the estimator
        They are called after each epoch of `fit`, in which the estimator can predict and score, and `n_iter_` epochs
        are taken; training stops when one returns True.
    class_weight : dict, "balanced" or None
        The weight of each class in the loss; "balanced" gives all the same total.
    missing : "error" or "mask"
        What NaN in X is. With "mask" the network reads the last value of its feature that was seen before in the
        sequence, or the mean where none was, and one more number for each feature: 1 where it is missing, else 0.
    time_gaps : bool
        Whether the network reads the time since the step before (0 at the first), in seconds or in the numbers that
        the times of X are, standardised like a last feature. X must be frames with times.

    Attributes
    ----------
    classes_ : (K,) array
    network_ : Network
        It reads standardised features: (x − mean_) / scale_; then whether each is missing.
    history_ : History
    n_iter_ : int
        Epochs taken.
    validation_losses_ : list of float
        After each epoch, with `early_stopping`.
    mean_, scale_ : (F,) arrays
        Of the features, from the numbers that are not missing; with `time_gaps`, of the gap behind them.
    n_features_in_ : int
        Features; for X of shape (sequences, time), steps.

    Notes
    -----
    X is (sequences, time, features), or a list of arrays (time, features) of different lengths, or a pandas frame with
    an index of sequence and time (y may then be a Series with the sequences' names), or (sequences, time) for one
    feature.
    """

    class_weight: Mapping[Any, float] | Literal["balanced"] | None = None
    missing: Literal["error", "mask"] = "error"
    time_gaps: bool = False

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceClassifier:
        """Learn the classes y (N,) of sequences X; `sample_weight` (N,) weighs them in the loss."""
        options = options_of(self)
        new = self._begins(options, False)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        found = np.unique(labels)
        if new:
            self.classes_ = found
        return self._classify(options, sequences, labels, weights, new, False)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SequenceClassifier:
        """Read some sequences once, in their order.

        The first call needs all `classes`, and decides the standardisation.
        """
        options = options_of(self)
        new = self._begins(options, True)
        if new and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_ = np.unique(classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"classes must be those of the first call, {self.classes_}, got {np.unique(classes)}")
        return self._classify(options, sequences, labels, weights, new, True)

    def predict_proba(self, X: Any) -> Array:
        """The probability (N, K) of each class, in the order of `classes_`."""
        return self._outputs(self._read(X))

    def predict(self, X: Any) -> Any:
        """The likeliest class (N,) of each sequence; for a long frame, a Series with the sequences' names."""
        sequences = self._read(X)
        return sequences.named(self._likeliest(sequences))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of sequences whose class is predicted right, 0..1."""
        sequences = self._read(X)
        right = self._likeliest(sequences) == _classes_of(sequences, y)
        return float(np.average(right, weights=check_weights(sample_weight, sequences)))

    def _likeliest(self, sequences: Sequences) -> Array:
        predicted: Array = self.classes_[self._outputs(sequences).argmax(axis=1)]
        return predicted

    def _given(self, X: Any, y: Any, sample_weight: Any, new: bool) -> tuple[Sequences, Array, Array]:
        check_given(y)
        sequences = read(self, X, reset=new)
        labels = _classes_of(sequences, y)
        return sequences, labels, check_weights(sample_weight, sequences)

    def _classify(
        self, options: Options, sequences: Sequences, labels: Array, weights: Array, new: bool, partial: bool
    ) -> SequenceClassifier:
        codes = codes_of(labels, self.classes_)
        weights = weights * class_weights(self.class_weight, self.classes_, codes, weights)[codes]
        self._learn(
            options, sequences, np.eye(len(self.classes_))[codes], weights, readout="softmax", output="last step",
            new=new, partial=partial, strata=codes,
        )  # fmt: skip
        return self


def _classes_of(sequences: Sequences, y: Any) -> Array:
    """The class (N,) of each sequence."""
    labels, known = labels_of(column_or_1d(label_array(sequences.per_sequence(y)), warn=True))
    check_length(labels, sequences)
    if not known.all():
        raise ValueError(f"Input y contains NaN or None: sequence {known.argmin()} has no class, leave it out")
    return labels
