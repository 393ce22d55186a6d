"""The forecaster of the guide beside what users forecast with now: the table of docs/forecasting.md.

pip install throughtime[sklearn] statsmodels statsforecast darts
OMP_NUM_THREADS=1 python docs/compare_forecasters.py [METHOD …]

Two monthly series, ten origins a year apart, a year ahead, refitted at each (those in ONCE at the first origin, as ten
fits take too long); quantiles of 5, 50 and 95 %. Processor time of a fit and its forecast, after one has been made.
"""

from __future__ import annotations

import logging
import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from statsmodels.datasets import co2, elnino

from throughtime.sklearn import Forecaster, backtest

warnings.simplefilter("ignore")
for library in ("pytorch_lightning", "lightning.pytorch", "darts"):
    logging.getLogger(library).setLevel(logging.ERROR)

LEVELS = (0.05, 0.5, 0.95)
OURS = {"cell": "gru", "hidden": 8, "max_iter": 60, "batch_size": 4, "schedule": "cosine", "horizon": 12, "window": 48}


class Other(BaseEstimator):
    """Another library's model, as a backtest takes it: `predict_quantiles` gives (12, 3)."""

    def __init__(self, kind: str = "", horizon: int = 12, quantiles: tuple[float, ...] = LEVELS, seed: int = 0):
        self.kind, self.horizon, self.quantiles, self.seed = kind, horizon, quantiles, seed

    def predict(self, X: pd.Series) -> Any:
        """The medians."""
        return self.predict_quantiles(X)[:, 1]


class Statsforecast(Other):
    """AutoETS and AutoARIMA with a season of 12, and their intervals of 90 %."""

    def fit(self, X: pd.Series, y: None = None) -> Statsforecast:
        """Fit to the series."""
        from statsforecast import models

        self.fitted_ = getattr(models, self.kind)(season_length=12).fit(X.to_numpy())
        return self

    def predict_quantiles(self, X: pd.Series) -> Any:
        """What follows the series X: read on by AutoARIMA's parameters, which is what was fitted to for AutoETS."""
        read_on = self.kind == "AutoARIMA"
        found = self.fitted_.forward(X.to_numpy(), 12, level=[90]) if read_on else self.fitted_.predict(12, level=[90])
        return np.stack([found["lo-90"], found["mean"], found["hi-90"]], axis=1)


class Darts(Other):
    """Its GRU (DeepAR's form) and its linear regression with lags, both with the month and quantiles."""

    def fit(self, X: pd.Series, y: None = None) -> Darts:
        """Fit to the series."""
        from darts import TimeSeries, models
        from darts.dataprocessing.transformers import Scaler
        from darts.utils.likelihood_models import QuantileRegression

        month = {"cyclic": {"future": ["month"]}}
        if self.kind == "LinearRegressionModel":
            model = models.LinearRegressionModel(
                lags=24, lags_future_covariates=[0], output_chunk_length=12, add_encoders=month, likelihood="quantile",
                quantiles=list(LEVELS), alpha=0.0,  # its own 1.0 shrinks lags of standardised numbers to nothing
            )  # fmt: skip
        else:
            model = models.RNNModel(
                model="GRU", hidden_dim=25, input_chunk_length=48, training_length=59, add_encoders=month,
                likelihood=QuantileRegression(list(LEVELS)), random_state=self.seed,
                pl_trainer_kwargs={"accelerator": "cpu", "enable_progress_bar": False, "logger": False},
            )  # fmt: skip
        self.scaler_ = Scaler()
        self.fitted_ = model.fit(self.scaler_.fit_transform(TimeSeries.from_series(X)))
        return self

    def predict_quantiles(self, X: pd.Series) -> Any:
        """What follows the series X, by 500 drawn courses."""
        from darts import TimeSeries

        scaled = self.scaler_.transform(TimeSeries.from_series(X))
        drawn = self.scaler_.inverse_transform(self.fitted_.predict(12, series=scaled, num_samples=500))
        return np.quantile(drawn.all_values()[:, 0], LEVELS, axis=1).T


METHODS: dict[str, Any] = {
    "Forecaster": lambda seed: Forecaster(**OURS, random_state=seed),
    "Forecaster, calendar": lambda seed: Forecaster(**OURS, calendar="month", random_state=seed),
    "Forecaster, calendar, quantiles": lambda seed: Forecaster(
        **OURS, calendar="month", quantiles=LEVELS, random_state=seed
    ),
    "statsforecast AutoETS": lambda seed: Statsforecast("AutoETS"),
    "statsforecast AutoARIMA": lambda seed: Statsforecast("AutoARIMA"),
    "darts LinearRegressionModel": lambda seed: Darts("LinearRegressionModel"),
    "darts GRU": lambda seed: Darts("RNNModel", seed=seed),
}
SEEDS = {name: 3 if name.startswith("Forecaster") else 1 for name in METHODS}
ONCE = ("statsforecast AutoARIMA", "darts GRU")


def series() -> dict[str, pd.Series]:
    """The sea's temperature and the carbon dioxide of the guide."""
    years = elnino.load_pandas().data
    months = pd.date_range("1950-01-01", periods=12 * len(years), freq="MS")
    sea = pd.Series(years.iloc[:, 1:].to_numpy().ravel(), months, name="sea")
    return {"sea": sea, "CO₂": co2.load_pandas().data["co2"].resample("MS").mean().interpolate().rename("air")}


if __name__ == "__main__":
    for name in sys.argv[1:] or METHODS:
        for which, x in series().items():
            if name not in ONCE:
                METHODS[name](0).fit(x[:240]).predict(x[:240])
            for seed in range(SEEDS[name]):
                begun = time.process_time()
                past = backtest(METHODS[name](seed), x, origins=10, season=12, refit=name not in ONCE)
                seconds = (time.process_time() - begun) / (1 if name in ONCE else 10)
                found = past.errors()
                if name == "Forecaster" and seed == 0:
                    print(which, "seasonal naive", found.iloc[1].round(3).to_dict())
                print(f"{which} {name} {seed}: {found.iloc[0].round(3).to_dict()} {seconds:.2f} s", flush=True)
