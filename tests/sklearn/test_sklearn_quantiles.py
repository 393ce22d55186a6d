"""Quantile forecasts: what is learned by the pinball loss, and what is predicted."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from throughtime.sklearn import Forecaster, backtest

NAMES_IGNORED = pytest.mark.filterwarnings("ignore:X does not have valid feature names")
RNG = np.random.default_rng(0)
LEVELS = (0.1, 0.5, 0.9)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "batch_size": 4, "random_state": 0}
MONTHS = pandas.date_range("2015-01-31", periods=60, freq="ME")
SALES = pandas.Series(np.sin(np.arange(60) / 2) + 0.1 * RNG.normal(size=60), MONTHS, name="sales")
TWO = pandas.DataFrame({"a": SALES, "b": 10 * SALES})


def test_what_is_learned_of_noise_are_its_quantiles():
    """Exponential noise that no past explains: the quantiles at τ are −ln(1 − τ), far from those of a normal one."""
    x = RNG.exponential(size=(40, 60))
    model = Forecaster(quantiles=LEVELS, cell="gru", hidden=4, max_iter=80, batch_size=10, weight_decay=0.1,
                       schedule="cosine", window=60, random_state=0).fit(x)  # fmt: skip
    found = model.predict_quantiles(RNG.exponential(size=(200, 60)))[:, 0]
    np.testing.assert_allclose(np.median(found, axis=0), -np.log(1 - np.array(LEVELS)), atol=0.2)
    later = RNG.exponential(size=200)
    assert (later < found[:, 0]).mean() == pytest.approx(0.1, abs=0.06)
    assert (later < found[:, 2]).mean() == pytest.approx(0.9, abs=0.06)
    assert model.history_["loss"][-1] < model.history_["loss"][0]


def test_quantiles_never_cross_and_predict_gives_the_median():
    model = Forecaster(horizon=3, quantiles=(0.2, 0.4, 0.5, 0.6), **SMALL | {"max_iter": 1})
    for X, shape in ((RNG.normal(size=(5, 20)), (5, 3, 4)), (RNG.normal(size=(5, 20, 2)), (5, 3, 2, 4))):
        fitted = clone(model).fit(X)
        found = fitted.predict_quantiles(X)
        assert found.shape == shape
        assert (np.diff(found, axis=-1) >= 0).all()
        np.testing.assert_array_equal(fitted.predict(X), found[..., 2])
        raw = fitted.network_.predict(fitted._standardized(X if X.ndim == 3 else X[..., None]))[:, -1]
        assert (np.diff(raw.reshape(5, 4, -1), axis=1) < 0).any()  # those of the network do


@NAMES_IGNORED
def test_quantiles_of_series_have_times_levels_and_columns():
    model = Forecaster(horizon=2, quantiles=LEVELS, **SMALL)
    found = model.fit(SALES).predict_quantiles(SALES)
    assert list(found.index) == list(pandas.to_datetime(["2020-01-31", "2020-02-29"]))
    assert list(found.columns) == list(LEVELS)
    np.testing.assert_array_equal(found[0.5], model.predict(SALES))
    listed = model.predict_quantiles([SALES.to_numpy()])
    np.testing.assert_array_equal(listed[0, :, 0], found)
    two = model.fit(TWO).predict_quantiles(TWO[["b", "a"]])
    assert list(two.columns) == [(name, level) for name in "ba" for level in LEVELS]
    np.testing.assert_array_equal(two.xs(0.5, axis=1, level="quantile"), model.predict(TWO)[["b", "a"]])
    np.testing.assert_array_equal(two["b"], model.predict_quantiles([TWO.to_numpy()])[0, :, 1])


def test_the_median_alone_is_least_absolute_error():
    x = np.where(RNG.random((30, 40)) < 0.7, 0.0, 10.0)  # its median is 0, its mean 3
    options = SMALL | {"max_iter": 60, "weight_decay": 0.1}
    assert np.median(Forecaster(quantiles=(0.5,), **options).fit(x).predict(x)) == pytest.approx(0, abs=0.7)
    assert np.median(Forecaster(**options).fit(x).predict(x)) == pytest.approx(3, abs=1.2)


def test_early_stopping_partial_fit_and_warm_start_learn_by_the_pinball_loss():
    model = Forecaster(horizon=2, window=15, quantiles=LEVELS, **SMALL)
    stopped = clone(model).set_params(early_stopping=True, validation_fraction=0.25).fit(SALES)
    best = int(np.argmin(stopped.validation_losses_))
    other = clone(model).set_params(early_stopping=True, validation_fraction=0.25, max_iter=best + 1).fit(SALES)
    assert other.validation_losses_ == pytest.approx(stopped.validation_losses_[: best + 1])
    np.testing.assert_array_equal(other.network_.parameters, stopped.network_.parameters)
    again = clone(model).set_params(warm_start=True).fit(SALES)
    with pytest.raises(ValueError, match="quantiles must stay as when"):
        again.set_params(quantiles=(0.5,)).fit(SALES)
    parts = clone(model).partial_fit(SALES).partial_fit(SALES)
    assert parts.predict_quantiles(SALES).shape == (2, 3)


@pytest.mark.parametrize("selected", [False, True])
def test_a_backtest_reports_pinball_loss_and_coverage(selected):
    model = Forecaster(horizon=2, quantiles=LEVELS, **SMALL)
    if selected:
        model = GridSearchCV(model, {"hidden": [3]}, cv=TimeSeriesSplit(2))
    found = backtest(model, TWO, origins=3, season=12)
    table, errors = found.forecasts, found.errors()
    assert found.levels == LEVELS
    np.testing.assert_array_equal(table["forecast"], table[0.5])
    for who, columns in (("forecast", LEVELS), ("seasonal naive", ["seasonal naive"] * 3)):
        losses = [mean_pinball_loss(table["actual"], table[c], alpha=q) for c, q in zip(columns, LEVELS, strict=True)]
        assert errors.loc[who, "pinball"] == pytest.approx(np.mean(losses))
    inside = [low <= x <= high for low, x, high in zip(table[0.1], table["actual"], table[0.9], strict=True)]
    assert errors.loc["forecast", "coverage"] == pytest.approx(np.mean(inside))
    assert np.isnan(errors.loc["seasonal naive", "coverage"])
    assert (found.errors("step").xs("forecast", level="who")["coverage"] <= 1).all()
    fitted = model.fit(TWO[:58])
    by_hand = getattr(fitted, "best_estimator_", fitted).predict_quantiles(TWO[:58])
    for feature in "ab":
        last = table[(table["origin"] == MONTHS[57]) & (table["feature"] == feature)]
        np.testing.assert_array_equal(last[list(LEVELS)], by_hand[feature])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantiles": 0.5}, r"must be levels such as \(0.1, 0.5, 0.9\), or None, got 0.5"),
        ({"quantiles": "half"}, "must be levels"),
        ({"quantiles": (0.5, 0.1)}, "ascending levels between 0 and 1"),
        ({"quantiles": (0, 0.5)}, "ascending levels between 0 and 1"),
        ({"quantiles": (0.1, 0.9)}, "must have the level 0.5"),
        ({"quantiles": ("a", 0.5)}, "a level of quantiles must be"),
    ],
)
def test_what_are_no_quantiles_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        Forecaster(**SMALL | options).fit(SALES)


def test_a_forecaster_of_means_has_no_quantiles():
    with pytest.raises(ValueError, match="predict_quantiles needs a Forecaster with quantiles"):
        Forecaster(**SMALL).fit(SALES).predict_quantiles(SALES)
