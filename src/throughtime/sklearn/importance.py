"""`permutation_importance`: which features, or which steps, an estimator's score depends on."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.utils import Bunch, check_random_state

from throughtime.batch import Array
from throughtime.sklearn import frames
from throughtime.sklearn.estimator import SequenceEstimator
from throughtime.sklearn.forecaster import Forecaster
from throughtime.sklearn.forms import Sequences
from throughtime.support.checks import choice, whole_number


def permutation_importance(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    by: str = "feature",
    scoring: Any = None,
    n_repeats: int = 5,
    random_state: Any = None,
    sample_weight: Any = None,
) -> Bunch:
    """By how much the score falls when sequences exchange a feature, or a step [Breiman 2001].

    Each sequence gets the values of another one, at the same steps: with `by="feature"` the whole course of a feature,
    with `by="step"` all features of a step. All that is left as it was is not what the score depended on. Where
    features, or steps, say the same, each can be exchanged without harm, and none of them seems important.

    Parameters
    ----------
    estimator : fitted SequenceClassifier, SequenceRegressor or SequenceLabeler
    X, y : sequences that were not learned from, in any form that the estimator reads, and what is right for them
    by : "feature" or "step"
        Steps are counted from the beginnings of sequences.
    scoring : as in scikit-learn, optional
        The estimator's own `score` when not given.
    n_repeats : int ≥ 1
        How often each is exchanged, in random orders.
    random_state : int, RandomState or None
    sample_weight : as for the scorer, optional

    Returns
    -------
    Bunch
        As scikit-learn's own: `importances` (features or steps, n_repeats), the score as it is less the score after the
        exchange; `importances_mean` and `importances_std` of these.

    Notes
    -----
    An exchange goes round in one circle of all sequences, in a random order, and leaves out those that have ended: no
    sequence keeps its own values, unless it is the only one that is so long.
    """
    if not isinstance(estimator, SequenceEstimator) or isinstance(estimator, Forecaster):
        raise ValueError(
            "permutation_importance needs a classifier, regressor or labeler of throughtime.sklearn, got "
            f"{type(estimator).__name__}"
        )
    by = choice("by", by, ("feature", "step"))
    n_repeats = whole_number("n_repeats", n_repeats, 1)
    rng = check_random_state(random_state)
    sequences = estimator._read(X)
    if len(sequences) < 2:
        raise ValueError("permutation_importance exchanges values between sequences, and needs at least 2 of them")
    x = sequences.x[:, :, : estimator._channels.features(sequences.x.shape[2])]
    scorer = check_scoring(estimator, scoring)
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    places = x.shape[2] if by == "feature" else x.shape[1]
    before = scorer(estimator, X, y, **weights)
    importances = np.empty((places, n_repeats))
    for repeat in range(n_repeats):
        others = np.take_along_axis(x, _others(sequences, rng.permutation(len(x)))[:, :, None], axis=0)
        for place in range(places):
            where = (..., place) if by == "feature" else (slice(None), place)
            exchanged = x.copy()
            exchanged[where] = others[where]
            importances[place, repeat] = before - scorer(
                estimator, _as_given(exchanged, X, sequences, estimator), y, **weights
            )
    return Bunch(
        importances=importances, importances_mean=importances.mean(axis=1), importances_std=importances.std(axis=1)
    )


def _others(sequences: Sequences, order: Array) -> Array:
    """The sequence (N, T) whose values each one gets at each step: the next of the order that has not ended."""
    other = np.tile(np.arange(len(order))[:, None], sequences.x.shape[1])
    for step in range(other.shape[1]):
        left = order[sequences.lengths[order] > step]
        other[left, step] = np.roll(left, -1)
    return other


def _as_given(x: Array, X: Any, sequences: Sequences, estimator: Any) -> Any:
    """Features (N, T, F) in the form of X."""
    if sequences.kind == "table":
        return type(X)(x[:, :, 0], X.index, X.columns) if frames.is_frame(X) else x[:, :, 0]
    columns = estimator._columns
    rows = sequences.without_padding(x)
    if sequences.order is not None and columns is None:  # Series have no columns
        rows = [row[:, 0] for row in rows]
    if sequences.kind == "plain":
        return [row[:, 0].tolist() for row in rows]
    return sequences.steps_as_given(rows, columns)
