"""Forecast a whole season of sunspots, of carbon dioxide on Mauna Loa, of the sea's temperature where El Niño comes
from.

Each series is learned up to four fifths of its length; from every later point the next season (11 years or 12 months)
is forecast and compared with what came. The same straight line and mean of each month as in the AR model, fitted to
what is learned from, are taken off first; the networks read the last three seasons of what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.network import Network
from throughtime.training.loop import train
from throughtime.training.optimisers import Adam
from throughtime.training.schedules import Cosine

LEARNED, SEEDS, SEASONS_READ, COPIES = 0.8, 5, 3, 10


@dataclass(frozen=True)
class Series:
    """Numbers at equal distances in time (T,); `season` steps are one; a calendar's season has means and a trend."""

    name: str
    y: Array
    season: int
    calendar: bool

    @property
    def end(self) -> int:
        """Where the part that is learned from ends."""
        return int(LEARNED * len(self.y))

    @property
    def origins(self) -> range:
        """The first steps of the seasons that are forecast."""
        return range(self.end, len(self.y) - self.season + 1)

    def ahead(self, origins: Sequence[int]) -> Array:
        """The season that begins at each origin (N, season)."""
        return seasons(self.y, origins, self.season)


def load() -> list[Series]:
    """From statsmodels; CO₂ as monthly means, its 5 months without a measurement interpolated."""
    from statsmodels.datasets import co2, elnino, sunspots

    monthly = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    return [
        Series("sunspots", sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(), 11, False),
        Series("CO₂, ppm", monthly.to_numpy(), 12, True),
        Series("El Niño, °C", elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel(), 12, True),
    ]


def compare(seed: int = 0, steps: int = 400) -> Comparison:
    """Units, steps, noise and seasons read are the same for all series, chosen on the last quarter of what is learned
    from.
    """
    every = load()
    methods: dict[str, Callable[[Series], Array]] = {
        "seasonal naive": seasonal_naive,
        "AR by AIC, statsmodels": autoregression,
        f"throughtime, mean of {SEEDS} networks": lambda series: networks(series, seed, steps),
    }
    rows = [Row(who, tuple(error(one, forecast(one)) for one in every)) for who, forecast in methods.items()]
    return Comparison(
        data=", ".join(f"{one.name.split(',')[0]} {len(one.y)} steps" for one in every)
        + "; the last fifth is forecast",
        network=f"for each series {SEEDS} of {network(every[0].season, seed)!r}",
        columns=tuple(f"RMSE {one.name}" for one in every),
        rows=tuple(rows),
    )


def error(series: Series, predicted: Array) -> float:
    """The root of the mean squared error of forecasts (N, season) from all origins."""
    return float(np.sqrt(np.mean((predicted - series.ahead(series.origins)) ** 2)))


def seasonal_naive(series: Series) -> Array:
    """The next season will be like the last one."""
    return series.ahead([origin - series.season for origin in series.origins])


def autoregression(series: Series) -> Array:
    """An AR model with (for a calendar's season) means of the months and a trend, its lags chosen by Akaike's
    criterion.
    """
    from statsmodels.tsa.ar_model import AutoReg, ar_select_order

    form = {"seasonal": True, "period": series.season, "trend": "ct"} if series.calendar else {"trend": "c"}
    learned = series.y[: series.end]
    lags = ar_select_order(learned, maxlag=2 * series.season, ic="aic", **form).ar_lags
    fitted = AutoReg(learned, lags=lags, **form).fit().params
    return np.array(
        [
            AutoReg(series.y[:origin], lags=lags, **form).predict(fitted, start=origin, end=origin + series.season - 1)
            for origin in series.origins
        ]
    )


def networks(series: Series, seed: int, steps: int) -> Array:
    """The mean forecast of networks that differ in their seed alone."""
    expected = trend_and_season(series)
    left = series.y - expected
    deviation = left[: series.end].std()
    left = left / deviation
    read = SEASONS_READ * series.season
    known = range(read, series.end - series.season + 1)
    change = seasons(left, known, series.season) - left[np.array(known) - 1, None]
    scale = change.std(axis=0)
    predicted = []
    for own in range(seed, seed + SEEDS):
        x = np.tile(last_steps(left, known, read), (COPIES, 1, 1))
        x += 0.1 * np.random.default_rng(own).standard_normal(x.shape)
        run = train(
            network(series.season, own), Batch(x, np.tile(change / scale, (COPIES, 1))), steps=steps, batch=32,
            optimizer=Adam(0.005), schedule=Cosine(0.02), clip=1.0, weight_decay=0.3, seed=own,
        )  # fmt: skip
        predicted.append(run.network.predict(last_steps(left, series.origins, read)) * scale)
    last = left[np.array(series.origins) - 1, None]
    forecast: Array = (np.mean(predicted, axis=0) + last) * deviation + seasons(expected, series.origins, series.season)
    return forecast


def network(season: int, seed: int) -> Network:
    """Reads a value and its change at each step, and predicts at the last by how much each of the next will differ from
    it.
    """
    return Network(
        cell="gru",
        inputs=2,
        hidden=8,
        outputs=season,
        readout="identity",
        output="last step",
        dtype="float32",
        seed=seed,
    )


def trend_and_season(series: Series) -> Array:
    """The straight line and the month's mean (T,), or the mean alone, by least squares on what is learned from."""
    t = np.arange(len(series.y))
    columns = np.ones((len(t), 1))
    if series.calendar:
        columns = np.column_stack([np.eye(series.season)[t % series.season], t / len(t)])
    fitted: Array = columns @ np.linalg.lstsq(columns[: series.end], series.y[: series.end], rcond=None)[0]
    return fitted


def seasons(y: Array, origins: Sequence[int], season: int) -> Array:
    """The `season` values from each origin on (N, season)."""
    chosen: Array = y[np.array(origins)[:, None] + np.arange(season)]
    return chosen


def last_steps(y: Array, origins: Sequence[int], count: int) -> Array:
    """The `count` values before each origin, and twice their changes (N, count, 2)."""
    values = y[np.array(origins)[:, None] + np.arange(-count, 0)]
    read: Array = np.stack([values, 2 * np.diff(values, axis=1, prepend=values[:, :1])], axis=2)
    return read
