"""Handwritten digits of 8×8 pixels, read row by row: eight steps of eight numbers; which digit?"""

from __future__ import annotations

import numpy as np

from throughtime.batch import Array, Batch
from throughtime.experiments.gallery import classification, images
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.experiments.gallery.speech import SEEDS


def compare(seed: int = 0, steps: int = 1500) -> Comparison:
    """Over five seeds. Hidden units, layers, noise and weight decay were chosen by five-fold cross-validation."""
    learned, test = images.split()
    data, others = (Batch(part.x - learned.x.mean(), _one_hot(part.digits)) for part in (learned, test))
    nets = [
        classification.learn(
            data, hidden=64, noise=0.2, steps=steps, learning_rate=0.005, weight_decay=0.1, seed=seed + n
        )
        for n in range(SEEDS)
    ]
    return Comparison(
        data=f"{len(data)} images to learn from, {len(others)} to test on",
        network=repr(nets[0]),
        columns=("accuracy", "least", "greatest"),
        rows=(
            Row("SVM, radial basis", (images.support_vectors(learned, test), float("nan"), float("nan"))),
            classification.over_seeds(nets, others),
        ),
    )


def _one_hot(digits: Array) -> Array:
    return np.eye(10)[digits]
