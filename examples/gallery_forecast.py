"""Forecast a season of a series, and see by how much better than "as last time" it is.

Your own data: a CSV file of which the last column is the series, equal steps apart:
    python gallery_forecast.py FILE.csv SEASON
See: throughtime gallery forecast
"""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

import throughtime as tt

if len(sys.argv) == 3:
    y, season = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)[:, -1], int(sys.argv[2])
else:
    from statsmodels.datasets import elnino

    y, season = elnino.load_pandas().data.iloc[:, 1:].to_numpy().ravel(), 12  # months of 61 years

end, read = int(0.8 * len(y)), 3 * season
expected = np.array([y[:end][place::season].mean() for place in range(season)])[np.arange(len(y)) % season]
left: npt.NDArray[Any] = (y - expected) / y[:end].std()  # what is not explained by the place in the season


def before(origins: Sequence[int]) -> npt.NDArray[Any]:
    """(N, read, 1)"""
    return left[np.array(origins)[:, None] + np.arange(-read, 0), None]


def ahead(values: npt.NDArray[Any], origins: Sequence[int]) -> npt.NDArray[Any]:
    """(N, season)"""
    return values[np.array(origins)[:, None] + np.arange(season)]


known, test = range(read, end - season + 1), range(end, len(y) - season + 1)
net = tt.Network(
    cell="gru", inputs=1, hidden=8, outputs=season, readout="identity", output="last step", dtype="float32"
)  # fmt: skip
net = tt.train(
    net, tt.Batch(before(known), ahead(left, known)), steps=400, batch=32, optimizer=tt.Adam(0.005),
    schedule=tt.Cosine(0.02), clip=1.0, weight_decay=0.3,
).network  # fmt: skip

predicted = net.predict(before(test)) * y[:end].std() + ahead(expected, test)
for who, forecast in (("as a season ago", ahead(y, [origin - season for origin in test])), ("network", predicted)):
    print(f"{who:<15} RMSE {np.sqrt(np.mean((forecast - ahead(y, test)) ** 2)):.3f}")
