"""`verbose` and `callbacks`: what is told of an epoch is true, and telling changes nothing."""

import re

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from sklearn.metrics import log_loss

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

SMALL = {"cell": "gru", "hidden": 4, "max_iter": 6, "random_state": 0}
RNG = np.random.default_rng(0)
X = [RNG.normal(size=(int(n), 2)) for n in RNG.integers(3, 8, 24)]
Y = np.arange(24) % 2
EVERY = {
    SequenceClassifier: Y,
    SequenceRegressor: RNG.normal(size=24),
    SequenceLabeler: [np.arange(len(x)) % 2 for x in X],
    Forecaster: None,
}


@pytest.mark.parametrize("batch_size", [64, 5])
@pytest.mark.parametrize("kind", EVERY)
def test_the_same_bits_whether_told_or_not(kind, batch_size, capsys):
    options = SMALL | {"batch_size": batch_size, "dropout": 0.1}
    silent = kind(**options).fit(X, EVERY[kind])
    assert capsys.readouterr().out == ""
    epochs = []
    told = kind(**options, verbose=True, callbacks=[lambda model: epochs.append(model.n_iter_)]).fit(X, EVERY[kind])
    for a, b in zip(silent.network_.parameters, told.network_.parameters, strict=True):
        np.testing.assert_array_equal(a, b)
    assert epochs == [1, 2, 3, 4, 5, 6]
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [f"epoch {n}" for n in epochs]
    assert silent.n_iter_ == told.n_iter_ == 6


def test_the_loss_that_is_printed_is_the_one_that_the_network_had_before_its_update(capsys):
    losses = []
    SequenceClassifier(
        **SMALL, verbose=True, callbacks=[lambda model: losses.append(log_loss(Y, model.predict_proba(X)))]
    ).fit(X, Y)
    printed = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    np.testing.assert_allclose(printed[1:], losses[:-1], rtol=1e-5)


def test_the_loss_that_is_printed_is_the_mean_over_the_epoch(capsys):
    model = SequenceClassifier(**SMALL | {"max_iter": 2}, learning_rate=0, batch_size=6, verbose=True).fit(X, Y)
    printed = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    np.testing.assert_allclose(printed, log_loss(Y, model.predict_proba(X)), rtol=1e-5)


def test_the_validation_loss_is_printed(capsys):
    model = SequenceClassifier(**SMALL, early_stopping=True, verbose=True).fit(X, Y)
    printed = re.findall(r"validation (\S+)", capsys.readouterr().out)
    np.testing.assert_allclose([float(loss) for loss in printed], model.validation_losses_, rtol=1e-5)


def test_a_callback_ends_training_and_all_are_called():
    called = []
    ends = [lambda model: model.n_iter_ == 3, lambda model: called.append(model.n_iter_)]
    stopped = SequenceClassifier(**SMALL, callbacks=ends).fit(X, Y)
    right = SequenceClassifier(**SMALL | {"max_iter": 3}).fit(X, Y)
    np.testing.assert_array_equal(stopped.predict_proba(X), right.predict_proba(X))
    assert (stopped.n_iter_, called) == (3, [1, 2, 3])
    early = SequenceClassifier(**SMALL, early_stopping=True, callbacks=ends).fit(X, Y)
    assert len(early.validation_losses_) == 3


def test_a_loss_that_stays_the_same_does_not_become_better():
    model = SequenceClassifier(**SMALL, learning_rate=0, early_stopping=True, n_iter_no_change=2).fit(X, Y)
    assert len(model.validation_losses_) == model.n_iter_ == 3


def test_an_error_of_a_callback_is_its_own():
    def wrong(model):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        SequenceClassifier(**SMALL, callbacks=[wrong]).fit(X, Y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"callbacks": print}, "callbacks must be a list of functions of the estimator"),
        ({"callbacks": ["print"]}, "callbacks must be a list of functions of the estimator"),
        ({"verbose": 2}, "verbose must be true or false, got 2"),
    ],
)
def test_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SequenceClassifier(**SMALL, **options).fit(X, Y)


def test_partial_fit_has_no_epochs():
    with pytest.raises(ValueError, match="partial_fit has no epochs"):
        SequenceClassifier(**SMALL, verbose=True).partial_fit(X, Y, classes=[0, 1])
