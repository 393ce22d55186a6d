"""`SequenceClassifier`: a class for each sequence."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial as bind
from typing import Any, Literal

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d

from throughtime.batch import Array
from throughtime.sklearn import losses
from throughtime.sklearn.estimator import Score, check_given, check_length, check_scored, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.labels import (
    check_same_classes,
    class_weights,
    classes_of,
    codes_of,
    indicator_of,
    label_array,
    label_weights,
    labels_of,
    smoothed,
)
from throughtime.sklearn.options import Options, options_of
from throughtime.sklearn.sequences import read
from throughtime.sklearn.whole import WholeSequences
from throughtime.weights.losses import LOSSES, SUITABLE


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(ClassifierMixin, WholeSequences):  # type: ignore[misc]
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
        The weight of each class in the loss, of which only the ratios matter; "balanced" gives all the same total.
        Where y holds labels, "balanced", or a list of dicts of 0 and 1, one for each label.
    label_smoothing : float, 0 to below 1
        The share of each target that is spread evenly over all classes (of a label, over 0 and 1), so that
        probabilities stay away from 0 and 1.
    pooling : "last", "mean" or "attention"
        What a sequence's output is made of: the last state, the states of all steps alike, or each with a share that
        the network learns to give it [Raffel & Ellis 2015]; `attention` gives these.
    scoring : str or function of estimator, X and y, optional
        As in scikit-learn: what `early_stopping` makes more on the sequences that are not trained on, in place of less
        loss. With the `sample_weight` of `fit` it is called with `sample_weight=` too.
    missing : "error" or "mask"
        What NaN in X is. With "mask" the network reads the last value of its feature that was seen before in the
        sequence, or the mean where none was, and one more number for each feature: 1 where it is missing, else 0.
    time_gaps : bool
        Whether the network reads the time since the step before (0 at the first), in seconds or in the numbers that
        the times of X are, standardised like a last feature. X must be frames with times.

    Attributes
    ----------
    classes_ : (K,) array
        Where y holds labels, (L, 2), 0 and 1 for each, as scikit-learn's scorers and `cross_val_predict` take it.
    network_ : Network
        It reads standardised features: (x − mean_) / scale_; then whether each is missing.
    history_ : History
    n_iter_ : int
        Epochs taken.
    validation_losses_, validation_scores_ : lists of float
        After each epoch, with `early_stopping`; scores where there is `scoring`.
    mean_, scale_ : (F,) arrays
        Of the features, from the numbers that are not missing; with `time_gaps`, of the gap behind them.
    n_features_in_ : int
        Features; for X of shape (sequences, time), steps.

    Notes
    -----
    X is (sequences, time, features), or a list of arrays (time, features) of different lengths, or a pandas frame with
    an index of sequence and time (y may then be a Series with the sequences' names), or (sequences, time) for one
    feature. y is a class for each sequence, or, where it may have several labels or none, an indicator (sequences,
    labels) of 0 and 1: outputs are then the probability of each label on its own.
    """

    class_weight: Mapping[Any, float] | list[Mapping[int, float]] | Literal["balanced"] | None = None
    label_smoothing: float = 0.0

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SequenceClassifier:
        """Learn the classes y (N,), or labels (N, L), of sequences X; `sample_weight` (N,) weighs them in the loss."""
        options = options_of(self)
        new = self._begins(options, False)
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if new:
            self.classes_: Array = np.unique(labels) if labels.ndim == 1 else np.tile([0, 1], (labels.shape[1], 1))
            if labels.ndim == 2 and (labels.sum(axis=1) == 1).all():
                warnings.warn(
                    "y has exactly one label for each sequence: if they are classes, give y.argmax(axis=1)",
                    stacklevel=2,
                )
        scored = self._scored(options, X, sequences, labels, sample_weight)
        return self._classify(options, sequences, labels, weights, new, False, scored)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> SequenceClassifier:
        """Read some sequences once, in their order.

        The first call needs all `classes`, and decides the standardisation.
        """
        options = options_of(self)
        new = self._begins(options, True)
        if new and classes is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        sequences, labels, weights = self._given(X, y, sample_weight, new)
        if labels.ndim == 2 and classes is not None and not np.array_equal(classes_of(classes), [0, 1]):
            raise ValueError(f"classes of labels must be 0 and 1, got {classes!r:.80}")
        if new:
            self.classes_ = classes_of(classes) if labels.ndim == 1 else np.tile([0, 1], (labels.shape[1], 1))
        elif labels.ndim == 1:
            check_same_classes(classes, self.classes_)
        return self._classify(options, sequences, labels, weights, new, True)

    def predict_proba(self, X: Any) -> Array:
        """The probability (N, K) of each class, in the order of `classes_`, or of each label."""
        return self._outputs(self._read(X))

    def predict(self, X: Any) -> Any:
        """The likeliest class (N,) of each sequence, or its labels (N, L) of 0 and 1.

        For a long frame, a Series or frame with the sequences' names.
        """
        sequences = self._read(X)
        return sequences.named(self._likeliest(sequences))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of sequences whose class is predicted right, or all of whose labels are, 0..1."""
        sequences = self._read(X)
        found, wanted = self._likeliest(sequences), _classes_of(sequences, y)
        if found.shape != wanted.shape:
            raise ValueError(f"y must be {found.shape} as what is predicted, got {wanted.shape}")
        right = (found == wanted).reshape(len(found), -1).all(axis=1)
        return float(np.average(right, weights=check_scored(check_weights(sample_weight, sequences))))

    def _likeliest(self, sequences: Sequences) -> Array:
        outputs = self._outputs(sequences)
        predicted: Array = self.classes_[outputs.argmax(axis=1)] if self._readout == "softmax" else (outputs > 0.5) * 1
        return predicted

    def _given(self, X: Any, y: Any, sample_weight: Any, new: bool) -> tuple[Sequences, Array, Array]:
        sequences = read(self, X, reset=new)
        labels = _classes_of(sequences, y)
        return sequences, labels, check_weights(sample_weight, sequences)

    def _classify(
        self, options: Options, sequences: Sequences, labels: Array, weights: Array, new: bool, partial: bool,
        scored: Callable[[Array], Score] | None = None,
    ) -> SequenceClassifier:  # fmt: skip
        if self.classes_.ndim != labels.ndim:
            raise ValueError("y must hold classes, or an indicator of labels, as in the first fit, and not the other")
        readout: Any = "softmax" if labels.ndim == 1 else "sigmoid"
        codes, loss, weighed = None, bind(LOSSES[SUITABLE[readout]], readout), False
        if labels.ndim == 1:
            codes = codes_of(labels, self.classes_)
            targets = np.eye(len(self.classes_))[codes]
            weights = weights * class_weights(self.class_weight, self.classes_, codes, weights)[codes]
        else:
            targets, weighed = labels.astype(float), self.class_weight is not None
            if weighed:
                loss = bind(losses.labels, weights=label_weights(self.class_weight, labels, weights))
        self._learn(
            options, sequences, smoothed(targets, options.label_smoothing, labels.ndim == 1), weights, readout=readout,
            output="last step", new=new, partial=partial, strata=codes, scored=scored,
            objective=losses.Weighed(loss, options.pooling) if weighed or options.pooling != "last" else None,
        )  # fmt: skip
        return self


def _classes_of(sequences: Sequences, y: Any) -> Array:
    """The class (N,) of each sequence, or its labels (N, L) of 0 and 1."""
    check_given(y)
    given = label_array(sequences.per_sequence(y))
    if given.ndim not in (1, 2):
        raise ValueError(f"y must be (sequences,), or an indicator (sequences, labels), got {given.shape}")
    if given.ndim == 2 and given.shape[1] > 1:
        check_length(given, sequences)
        return indicator_of(given)
    column = column_or_1d(given, warn=True)
    check_length(column, sequences)
    labels, known = labels_of(column)
    if not known.all():
        raise ValueError(f"Input y contains NaN or None: sequence {known.argmin()} has no class, leave it out")
    return labels
