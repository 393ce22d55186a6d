"""Monthly series, the month known ahead, quantiles, backtest and picture, with darts."""

import matplotlib.pyplot as plt
from darts import TimeSeries
from darts.metrics import ic, mae, rmse
from darts.models import LinearRegressionModel
from statsmodels.datasets import co2

air = TimeSeries.from_series(co2.load_pandas().data["co2"].resample("MS").mean().interpolate())
known = {"lags_future_covariates": [0], "add_encoders": {"cyclic": {"future": ["month"]}}}
quantiles = {"likelihood": "quantile", "quantiles": [0.05, 0.5, 0.95], "alpha": 0.0}
model = LinearRegressionModel(lags=24, output_chunk_length=12, **known, **quantiles)
origins = {"start": -96, "start_format": "position", "forecast_horizon": 12, "stride": 12}
past = model.historical_forecasts(air, **origins, num_samples=500, last_points_only=False)
print(model.backtest(air, historical_forecasts=past, metric=[mae, rmse]))
print(model.backtest(air, historical_forecasts=past, metric=ic, metric_kwargs={"q_interval": (0.05, 0.95)}))
found = model.fit(air).predict(12, num_samples=500)
air[-60:].plot()
found.plot(low_quantile=0.05, high_quantile=0.95)
plt.savefig("forecast.svg")
