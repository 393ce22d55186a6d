"""Classes: of sequences or of steps, known at all of them or at some, and their weights in the loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from throughtime.batch import Array
from throughtime.sklearn.numbers import array_of, with_sums
from throughtime.support.checks import number

_PLAIN = (bool, int, float, str)


def label_array(given: Any, what: str = "y") -> Array:
    """Labels as an array, in which text stays apart from numbers and from what is missing."""
    array = array_of(given, what)
    if array.dtype.kind in "US" and isinstance(given, list | tuple):
        kept = np.array(given, dtype=object)
        if not all(isinstance(label, str | bytes) for label in kept.flat):
            return kept
    return array


def labels_of(given: Array, what: str = "y") -> tuple[Array, Array]:
    """Labels, and which of them are known: None, NaN, NaT and pandas' NA are none.

    Parameters
    ----------
    given : (R,) array

    Returns
    -------
    labels : (R,) array
        Where one is not known, one of the others stands.
    known : (R,) bool array

    Raises
    ------
    ValueError
        If no label is known, or they are no classes.
    """
    if given.dtype == object:
        known = np.array([not _is_missing(label) for label in given], bool)
    elif given.dtype.kind in "fmM":
        known = ~np.isnan(given)
    else:
        known = np.ones(len(given), bool)
    if not known.any():
        raise ValueError(f"Input {what} contains NaN or None only: no label is known")
    labels = np.where(known, given, given[known.argmax()])
    if labels.dtype == object:
        kinds = {next((kind for kind in _PLAIN if isinstance(_plain(label), kind)), type(label)) for label in labels}
        if len(kinds) > 1:
            raise ValueError(
                f"{what} must hold classes of one type, got {' and '.join(sorted(kind.__name__ for kind in kinds))}"
            )
        if kinds < set(_PLAIN) and kinds != {str}:
            labels = np.array(labels.tolist())
    if labels.dtype.kind == "f":
        assert_all_finite(labels, input_name=what)
    check_classification_targets(labels)
    return labels, known


def classes_of(given: Any) -> Array:
    """The `classes` of partial_fit, ascending; a ValueError if they are none, or of several types."""
    labels, known = labels_of(np.atleast_1d(label_array(given, "classes")).reshape(-1), "classes")
    if not known.all():
        raise ValueError(f"classes must be classes, each of them known, got {given!r:.80}")
    return np.unique(labels)


def check_same_classes(given: Any, classes: Array) -> None:
    """A ValueError if the `classes` of a later call of partial_fit are given, and are not those of the first."""
    if given is not None and not np.array_equal(found := classes_of(given), classes):
        raise ValueError(f"classes must be those of the first call, {classes}, got {found}")


def codes_of(labels: Array, classes: Array) -> Array:
    """The place of each label in `classes`; a ValueError for one that is not there."""
    unknown = np.setdiff1d(labels, classes)
    if len(unknown):
        raise ValueError(f"y holds {unknown[:1].tolist()[0]!r}, which is not among the classes {classes}")
    return np.searchsorted(classes, labels)


def class_weights(given: Any, classes: Array, codes: Array, weights: Array) -> Array:
    """The weight (K,) of each class; `weights` are those of the labels whose `codes` are given."""
    if isinstance(given, str) and given == "balanced":
        totals = np.bincount(codes, weights, minlength=len(classes))
        return np.asarray(weights.sum() / (len(classes) * np.where(totals > 0, totals, np.inf)))
    if given is not None and not isinstance(given, dict):
        raise ValueError(f'class_weight must be a dict, "balanced" or None, got {given!r}')
    given = given and {name: number(f"class_weight[{name!r}]", weight, 0) for name, weight in given.items()}
    return with_sums(np.asarray(compute_class_weight(given, classes=classes, y=classes[codes])))


def indicator_of(given: Array) -> Array:
    """Which labels each sequence has, (N, L) of 0 and 1; a ValueError for columns of classes."""
    numbers = given.dtype.kind in "biuf" or all(isinstance(_plain(label), bool | int | float) for label in given.flat)
    labels = np.asarray(given, np.float64) if numbers else np.array([np.nan])
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError(
            f"y has {given.shape[1]} columns that do not hold 0 and 1 alone: for several columns of classes, fit "
            "sklearn.multioutput.MultiOutputClassifier(SequenceClassifier(…)), a network for each"
        )
    return labels.astype(int)


def label_weights(given: Any, labels: Array, weights: Array) -> Array:
    """The weights (2, L) of 0 and of 1 for each label; `labels` (N, L) are learned from, with `weights` (N,).

    Only their ratios matter, as of the classes: their mean over all labels is made 1.
    """
    L, balanced = labels.shape[1], isinstance(given, str) and given == "balanced"
    if not balanced and not (isinstance(given, list | tuple) and len(given) == L):
        raise ValueError(
            f'class_weight must be "balanced", None or a list of {L} dicts of 0 and 1, one for each label, got '
            f"{given!r}"
        )
    of_each = [given] * L if balanced else given
    found = [class_weights(one, np.arange(2), column, weights) for one, column in zip(of_each, labels.T, strict=True)]
    of_values = np.stack(found, axis=1)
    total = weights @ np.where(labels, of_values[1], of_values[0]).sum(axis=1)
    if not total:
        raise ValueError("class_weight and sample_weight leave no label with a weight above 0")
    return np.asarray(of_values * (weights.sum() * L / total))


def smoothed(targets: Array, share: float, of_classes: bool) -> Array:
    """Targets (…, K) with a share of them spread evenly: over the K classes, or over 0 and 1 of each label."""
    return np.asarray((1 - share) * targets + share / (targets.shape[-1] if of_classes else 2))


def _is_missing(label: Any) -> bool:
    same = label == label  # False for NaN and NaT; pandas' NA is no bool
    return label is None or not isinstance(same, bool | np.bool_) or not same


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label
