"""Nine speakers say the Japanese vowels /ae/: 12 cepstral coefficients at each of 7 to 29 steps; who speaks?

M. Kudo, J. Toyama, M. Shimbo: Multidimensional curve classification using passing-through regions (1999). The data as
its authors split them: 270 utterances to learn from, 370 to test on.
"""

from __future__ import annotations

from throughtime.experiments.gallery import timeseries
from throughtime.experiments.gallery.comparison import Comparison

SEEDS = 5


def compare(seed: int = 0, steps: int = 800) -> Comparison:
    """Over five seeds. Units, noise, learning rate and weight decay were chosen by five-fold cross-validation."""
    return timeseries.compare(
        "JapaneseVowels",
        {"1-NN DTW, best published": 0.959, "1-NN DTW, least published": 0.949},
        range(seed, seed + SEEDS),
        hidden=64,
        noise=0.7,
        steps=steps,
        learning_rate=0.01,
        weight_decay=0.3,
    )
