"""Monthly series, the month known ahead, quantiles, backtest and picture, with throughtime."""

from statsmodels.datasets import co2

from throughtime.analysis import plots
from throughtime.sklearn import Forecaster, backtest

air = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
options = {"cell": "gru", "hidden": 8, "max_iter": 60, "batch_size": 4, "schedule": "cosine", "random_state": 0}
model = Forecaster(horizon=12, window=48, calendar="month", quantiles=(0.05, 0.5, 0.95), **options)
print(backtest(model, air, origins=8, season=12).errors())
plots.save(plots.forecast(air[-60:], model.fit(air).predict_quantiles(air)), "forecast.svg")
