"""Standing, walking, running or playing badminton: accelerometer and gyroscope of a watch, 100 steps in 10 seconds.

BasicMotions of the UEA archive, as its authors split it: 40 recordings to learn from, 40 to test on.
"""

from __future__ import annotations

from throughtime.experiments.gallery import timeseries
from throughtime.experiments.gallery.comparison import Comparison
from throughtime.experiments.gallery.speech import SEEDS


def compare(seed: int = 0, steps: int = 400) -> Comparison:
    """Over five seeds. Units, noise, learning rate and weight decay were chosen by five-fold cross-validation."""
    return timeseries.compare(
        "BasicMotions",
        {"several published": 1.0},
        range(seed, seed + SEEDS),
        hidden=32,
        noise=0.6,
        steps=steps,
        learning_rate=0.01,
        weight_decay=0.1,
    )
