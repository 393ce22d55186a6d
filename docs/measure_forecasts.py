"""Why the AR model forecasts the gallery's series better than networks: the table of docs/gallery.md.

python docs/measure_forecasts.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from throughtime.batch import Array
from throughtime.experiments.gallery import forecast as gallery
from throughtime.experiments.gallery.forecast import Series


def direct(series: Series, shrink: float = 0.001) -> Array:
    """A linear map from what the networks read to each step ahead, by least squares with a ridge."""
    expected, read = gallery.trend_and_season(series), gallery.SEASONS_READ * series.season
    left = series.y - expected
    known = np.arange(read, series.end - series.season + 1)

    def before(origins: Array) -> Array:
        rows: Array = left[origins[:, None] + np.arange(-read, 0)]
        return rows

    A = before(known)
    ridge = shrink * len(A) * left[: series.end].var() * np.eye(read)
    weights = np.linalg.solve(A.T @ A + ridge, A.T @ gallery.seasons(left, known, series.season))
    found: Array = before(np.array(series.origins)) @ weights
    return found + gallery.seasons(expected, series.origins, series.season)


def without_a_line(forecast: Callable[[Series], Array]) -> Callable[[Series], Array]:
    """The same forecast of a series from which its months' means alone were taken, and no trend."""

    def of_rest(series: Series) -> Array:
        months = np.array([series.y[: series.end][place :: series.season].mean() for place in range(series.season)])
        expected = months[np.arange(len(series.y)) % series.season]
        found = forecast(replace(series, y=series.y - expected, calendar=False))
        return found + gallery.seasons(expected, series.origins, series.season)

    return of_rest


def networks(series: Series) -> Array:
    """Those of the gallery."""
    return gallery.networks(series, seed=0, steps=400)


METHODS: dict[str, Callable[[Series], Array]] = {
    "seasonal naive": gallery.seasonal_naive,
    "AR": gallery.autoregression,
    "direct linear map": direct,
    "networks": networks,
    "AR, no line": without_a_line(gallery.autoregression),
    "networks, no line": without_a_line(networks),
}

for series in gallery.load():
    for who, method in METHODS.items():
        if "no line" in who and not series.calendar:
            continue
        error = method(series) - series.ahead(series.origins)
        rest = error - error.mean(axis=0)  # what is left when each step ahead has its own mean error taken off
        first, last = np.sqrt((error[:, [0, -1]] ** 2).mean(axis=0))
        print(
            f"{series.name:12} {who:18} RMSE {np.sqrt((error**2).mean()):7.3f}  mean {error.mean():+7.3f}"
            f"  rest {np.sqrt((rest**2).mean()):7.3f}  first {first:7.3f}  last {last:7.3f}",
            flush=True,
        )
