"""Seasonal differences inside of a forecaster are those that are taken by hand."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")
pytest.importorskip("pandas", reason="pandas is not installed: pip install 'throughtime[sklearn]'")

import pandas
from sklearn.metrics import r2_score

from throughtime.sklearn import Forecaster, backtest

RNG = np.random.default_rng(0)
SMALL = {"cell": "gru", "hidden": 4, "max_iter": 5, "batch_size": 4, "random_state": 0, "horizon": 3, "window": 10}
LISTED = [RNG.normal(size=(n, 2)).cumsum(axis=0) for n in (30, 25, 41)]
MONTHS = pandas.date_range("2015-01-31", periods=60, freq="ME")
GROWING = pandas.Series(np.arange(60) + 5 * np.sin(np.arange(60) * np.pi / 6), MONTHS, name="sales")


@pytest.mark.parametrize("quantiles", [None, (0.1, 0.5, 0.9)])
def test_it_is_the_forecaster_of_differences_that_were_taken_by_hand(quantiles):
    model = Forecaster(season=4, quantiles=quantiles, **SMALL).fit(LISTED)
    by_hand = Forecaster(quantiles=quantiles, **SMALL).fit([x[4:] - x[:-4] for x in LISTED])
    np.testing.assert_array_equal(model.network_.parameters, by_hand.network_.parameters)
    before = np.stack([x[-4:-1] for x in LISTED])
    np.testing.assert_allclose(model.predict(LISTED), before + by_hand.predict([x[4:] - x[:-4] for x in LISTED]))
    if quantiles:
        found = model.predict_quantiles(LISTED)
        np.testing.assert_array_equal(found[..., 1], model.predict(LISTED))
        ahead = by_hand.predict_quantiles([x[4:] - x[:-4] for x in LISTED])
        np.testing.assert_allclose(found, before[..., None] + ahead)


def test_columns_that_are_not_predicted_are_read_as_they_are():
    model = Forecaster(season=4, targets=[1], **SMALL).fit(LISTED)
    by_hand = [np.stack([x[4:, 0], x[4:, 1] - x[:-4, 1]], axis=1) for x in LISTED]
    other = Forecaster(targets=[1], **SMALL).fit(by_hand)
    np.testing.assert_array_equal(model.network_.parameters, other.network_.parameters)
    found = np.stack([x[-4:-1, 1:] for x in LISTED]) + other.predict(by_hand)
    np.testing.assert_allclose(model.predict(LISTED), found)


def test_scores_are_of_the_series_itself():
    model = Forecaster(season=4, **SMALL).fit(LISTED)
    right, predicted = [], []
    for x in LISTED:
        for end in range(5, len(x) - 2):
            predicted.append(model.predict([x[:end]])[0])
            right.append(x[end : end + 3])
    assert model.score(LISTED) == pytest.approx(r2_score(np.concatenate(right), np.concatenate(predicted)))
    following = RNG.normal(size=(3, 3, 2))
    assert model.score(LISTED, following) == pytest.approx(
        r2_score(following.reshape(-1, 2), model.predict(LISTED).reshape(-1, 2))
    )


def test_what_grows_beyond_all_that_was_seen_is_forecast():
    with_season = Forecaster(season=12, **SMALL)
    found = backtest(with_season, GROWING, origins=4, season=12).errors()
    assert found.loc["forecast", "MAE"] < 0.1 < 11 < found.loc["seasonal naive", "MAE"]
    ahead = with_season.fit(GROWING).predict(GROWING)
    assert list(ahead.index) == list(pandas.date_range("2020-01-31", periods=3, freq="ME"))


def test_what_a_season_cannot_be_is_refused():
    with pytest.raises(ValueError, match=r"season must be .*3"):
        Forecaster(season=2, **SMALL).fit(LISTED)
    with pytest.raises(ValueError, match="a horizon of 3 behind a season of 40 needs sequences of at least 44 steps"):
        Forecaster(season=40, **SMALL).fit(LISTED)
    with pytest.raises(
        ValueError, match="a season of 26 needs sequences of at least 27 steps, but sequence 1 of X has"
    ):
        Forecaster(season=26, **SMALL).fit(LISTED)
    model = Forecaster(season=4, **SMALL).fit(LISTED)
    with pytest.raises(ValueError, match="at least 5 steps, but sequence 1 of X has 4"):
        model.predict([LISTED[0], LISTED[1][:4]])
    with pytest.raises(ValueError, match="3 steps to be predicted and the 4 of a season"):
        model.score([LISTED[0][:7]])
    with pytest.raises(ValueError, match="season must stay"):
        model.set_params(season=5, warm_start=True).fit(LISTED)
