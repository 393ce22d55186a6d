"""Targets, weights and classes from outside that are none, or at the ends of float64: read right, or refused."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score

from throughtime.sklearn import (
    CharacterEncoder,
    CharacterModel,
    Forecaster,
    SequenceClassifier,
    SequenceLabeler,
    SequenceRegressor,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 5, 2))
CLASSES = np.arange(12) % 2
LABELS = np.stack([CLASSES, CLASSES, 1 - CLASSES, CLASSES], axis=1)
AMOUNTS = X.sum(axis=(1, 2)) ** 2
QUICK = {"hidden": 3, "max_iter": 2, "random_state": 0}


@pytest.mark.parametrize("size", [1e308, 1e-320])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "poisson"])
def test_only_ratios_of_weights_matter_at_the_ends_of_float64(size, loss):
    estimator = SequenceRegressor(loss=loss, **QUICK)
    plain = estimator.fit(X, AMOUNTS).predict(X)
    weighed = estimator.fit(X, AMOUNTS, sample_weight=np.full(12, size)).predict(X)
    np.testing.assert_allclose(weighed, plain, rtol=1e-9)


@pytest.mark.parametrize("y", [CLASSES, LABELS])
def test_weights_of_classes_and_of_sequences_have_no_size_of_their_own(y):
    plain = SequenceClassifier(class_weight="balanced", **QUICK).fit(X, y)
    given = "balanced" if y.ndim == 2 else {0: 1e300, 1: 1e300}
    weighed = SequenceClassifier(class_weight=given, **QUICK).fit(X, y, sample_weight=np.full(12, 1e308))
    np.testing.assert_allclose(weighed.predict_proba(X), plain.predict_proba(X), rtol=1e-9)


def test_weights_of_steps_may_be_as_large_as_numbers_are():
    steps = np.tile([0, 1, 0, 1, 1], (12, 1))
    plain = SequenceLabeler(**QUICK).fit(X, steps)
    weighed = SequenceLabeler(**QUICK).fit(X, steps, sample_weight=np.full((12, 5), 1e308))
    np.testing.assert_allclose(weighed.predict_proba(X), plain.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (["a", None], "each of them known"),
        ([0, "a"], "classes must hold classes of one type, got int and str"),
        ([0.0, 1.0, np.nan], "each of them known"),
    ],
)
def test_classes_of_partial_fit_are_classes(classes, words):
    with pytest.raises(ValueError, match=words):
        SequenceClassifier(**QUICK).partial_fit(X, CLASSES, classes=classes)
    with pytest.raises(ValueError, match=words):
        SequenceLabeler(**QUICK).partial_fit(X, CLASSES, classes=classes)


def test_a_date_that_is_missing_is_no_class():
    dates = np.array(["2024-01-01", "NaT"] * 6, "datetime64[D]")
    with pytest.raises(ValueError, match="sequence 1 has no class, leave it out"):
        SequenceClassifier(**QUICK).fit(X, dates)
    steps = np.where(np.arange(5) % 2, dates[:1], np.where(CLASSES, dates[1], dates[0] + 1)[:, None])
    labeler = SequenceLabeler(**QUICK).fit(X, steps)
    assert labeler.classes_.tolist() == [dates[0].item(), (dates[0] + 1).item()]


def test_no_y_is_said_of_fit_and_of_score():
    with pytest.raises(ValueError, match="X has 12 sequences, y has 0"):
        SequenceClassifier(**QUICK).fit(X, [])
    for estimator, y in ((SequenceClassifier(**QUICK), CLASSES), (SequenceRegressor(**QUICK), AMOUNTS)):
        with pytest.raises(ValueError, match="the target y is None"):
            estimator.fit(X, y).score(X, None)
        with pytest.raises(ValueError, match="nothing to score"):
            estimator.score(X, y, sample_weight=np.zeros(12))


def test_weights_of_0_are_not_called_counts_of_0():
    with pytest.raises(ValueError, match="Sample weights must contain"):
        SequenceRegressor(loss="poisson", **QUICK).fit(X, AMOUNTS, sample_weight=np.zeros(12))
    with pytest.raises(ValueError, match="leave no label with a weight above 0"):
        SequenceClassifier(class_weight=[{0: 0, 1: 0}] * 4, **QUICK).fit(X, LABELS)


def test_a_scorer_without_weights_is_refused_where_there_are_weights():
    scored = SequenceClassifier(early_stopping=True, scoring=lambda estimator, X, y: 0.5, **QUICK)
    assert scored.fit(X, CLASSES).validation_scores_ == [0.5, 0.5]
    with pytest.raises(ValueError, match="scoring takes no sample_weight, and fit was given one"):
        scored.fit(X, CLASSES, sample_weight=np.ones(12))


def test_a_language_model_whose_last_update_was_too_large_is_not_asked_in_vain():
    model = CharacterModel(hidden=4, max_iter=1, learning_rate=1e30, clip=None, random_state=0).fit(["hello", "hallo"])
    for ask in (model.score, model.bits_per_character, lambda texts: model.next_probabilities(texts[0])):
        with pytest.raises(ValueError, match="not finite: train anew"):
            ask(["hello"])
    with pytest.raises(ValueError, match="not finite: train anew"):
        next(model.sample("hello"))


def test_a_vocabulary_too_large_for_the_memory_is_refused_before_it_is_taken():
    every = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    with pytest.raises(ValueError, match="1,112,064 features each, needs about"):
        CharacterEncoder(vocabulary=every).fit(["a"]).transform(["a"])


@pytest.mark.parametrize("columns", [[0, 1], [0, 1, 2]])
def test_labels_are_cross_validated(columns):
    labels, folds = LABELS[:, columns], KFold(2)
    model = SequenceClassifier(**QUICK)
    found = cross_val_predict(model, X, labels, cv=folds, method="predict_proba")
    of_folds = [
        (train, test, model.fit(X[train], labels[train]).predict_proba(X[test])) for train, test in folds.split(X)
    ]
    np.testing.assert_array_equal(found, np.concatenate([predicted for _, _, predicted in of_folds]))
    expected = [
        np.mean([roc_auc_score(labels[test, label], predicted[:, label]) for label in range(len(columns))])
        for _, test, predicted in of_folds
    ]
    np.testing.assert_allclose(cross_val_score(model, X, labels, cv=folds, scoring="roc_auc"), expected)


def test_a_fit_leaves_nothing_of_the_one_before():
    classifier = SequenceClassifier(early_stopping=True, scoring="accuracy", **QUICK).fit(X, CLASSES)
    assert len(classifier.validation_scores_) == len(classifier.validation_losses_) == 2
    classifier.set_params(early_stopping=False, scoring=None).fit(X, CLASSES)
    assert not {"validation_scores_", "validation_losses_"} & set(vars(classifier))
    model = CharacterModel(hidden=3, max_iter=1, early_stopping=True).fit(["hello hello"])
    assert not hasattr(model.set_params(early_stopping=False).fit(["hello hello"]), "validation_losses_")
    forecaster = Forecaster(future=[1], **QUICK).fit(X)
    assert forecaster.effects_.shape == (1, 1)
    assert not hasattr(forecaster.set_params(future=None).fit(X), "effects_")
