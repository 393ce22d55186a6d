"""Monthly series, the month known ahead, quantiles, backtest and picture, with statsforecast, fitted once."""

import numpy as np
from statsforecast import StatsForecast
from statsforecast.models import AutoARIMA
from statsmodels.datasets import co2
from utilsforecast.evaluation import evaluate
from utilsforecast.feature_engineering import fourier
from utilsforecast.losses import mae, rmse

air = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
frame = air.rename("y").rename_axis("ds").reset_index().assign(unique_id="air")
frame, ahead = fourier(frame, freq="MS", season_length=12, k=1, h=12)
models = StatsForecast([AutoARIMA(season_length=12)], freq="MS")
past = models.cross_validation(df=frame, h=12, n_windows=8, step_size=12, level=[90], refit=False)
print(evaluate(past.drop(columns="cutoff"), [mae, rmse]))
print(np.mean((past["y"] >= past["AutoARIMA-lo-90"]) & (past["y"] <= past["AutoARIMA-hi-90"])))
found = models.forecast(df=frame, h=12, X_df=ahead, level=[90])
models.plot(frame, found, level=[90], max_insample_length=60).savefig("forecast.svg")
