"""Entries of the gallery with few steps, what they compare with, and the number that speech is to reach."""

import numpy as np
import pytest

from throughtime.experiments import gallery
from throughtime.experiments.gallery import speech

pytest.importorskip("sktime", reason="the gallery's data are not installed: pip install 'throughtime[gallery]'")


@pytest.mark.long
@pytest.mark.parametrize("name", ["motion", "digits"])
def test_a_classifier_learns_something_in_a_few_steps(name):
    found = gallery.compare(name, steps=40)
    chance = {"motion": 1 / 4, "digits": 1 / 10}[name]
    mean, least, greatest = found.ours.values
    assert 2 * chance < least <= mean <= greatest <= 1
    assert found.columns == ("accuracy", "least", "greatest")


def test_the_same_seed_gives_the_same_figures():
    assert repr(gallery.compare("digits", 3, 5)) == repr(gallery.compare("digits", 3, 5))


def test_an_unknown_entry():
    with pytest.raises(ValueError, match="the gallery has no 'nonsense'; it has speech, "):
        gallery.compare("nonsense")
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0"):
        gallery.compare("digits", seed=-1)
    with pytest.raises(ValueError, match="steps must be a whole number of at least 1"):
        gallery.compare("digits", steps=2.5)


def test_a_missing_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(ValueError, match=r"pip install 'throughtime\[gallery\]'"):
        gallery.compare("digits", steps=1)


def test_forecasts_of_a_perfect_season():
    """A series that repeats itself is forecast without error by the seasonal naive method, and nearly by the others."""
    from throughtime.experiments.gallery import forecast

    y = np.tile(np.sin(2 * np.pi * np.arange(12) / 12), 20) + 0.01 * np.random.default_rng(0).standard_normal(240)
    series = forecast.Series("sine", y, 12, True)
    assert series.origins == range(192, 229)
    assert forecast.error(series, forecast.seasonal_naive(series)) == pytest.approx(0.0141, rel=0.25)
    assert forecast.error(series, forecast.autoregression(series)) < 0.0163
    assert forecast.error(series, forecast.networks(series, seed=0, steps=20)) < 0.02


def test_nothing_of_the_future_is_read():
    """Forecasts up to a time do not change with what comes after it."""
    from throughtime.experiments.gallery import forecast

    y = np.random.default_rng(0).standard_normal(240)
    changed = y.copy()
    changed[-12:] += 100
    series, other = (forecast.Series("noise", values, 12, True) for values in (y, changed))
    for method in (forecast.autoregression, lambda one: forecast.networks(one, 0, 2)):
        np.testing.assert_allclose(method(series), method(other), rtol=1e-9)


@pytest.mark.long
def test_speech_reaches_its_number(monkeypatch):
    monkeypatch.setattr(speech, "SEEDS", 1)
    assert gallery.compare("speech").ours.values[0] >= 0.97
