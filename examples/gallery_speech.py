"""Classify sequences of different lengths: who speaks?

Your own data: `series`, a list of arrays (time, features), and `labels`, a list of as many names.
See: throughtime gallery speech
"""

from typing import Any

import numpy as np
import numpy.typing as npt

import throughtime as tt
from throughtime.experiments.gallery import timeseries


def load(part: str) -> tuple[list[npt.NDArray[Any]], list[str]]:
    """270 or 370 utterances of nine speakers: 7 to 29 steps of 12 numbers."""
    found = timeseries.load("JapaneseVowels", part)
    return found.series, [found.classes[label] for label in found.labels]


series, labels = load("TRAIN")
classes = sorted(set(labels))
steps = np.concatenate(series)
mean, deviation = steps.mean(axis=0), steps.std(axis=0)


def standardised(series: list[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    return [(one - mean) / deviation for one in series]


# A few sequences are soon known by heart: learn from 20 copies of each, with noise.
rng = np.random.default_rng(0)
copies = [one + 0.7 * rng.standard_normal(one.shape) for one in standardised(series) * 20]
targets = np.array([[name == one for one in classes] for name in labels * 20], float)
x, lengths = tt.pad(copies)

net = tt.Network(
    cell="gru", inputs=12, hidden=64, outputs=len(classes), bidirectional=True, output="last step",
    readout="softmax", loss="cross_entropy", dtype="float32",
)  # fmt: skip
net = tt.train(
    net, tt.Batch(x, targets, lengths), steps=400, batch=32, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.02),
    clip=1.0, weight_decay=0.3,
).network  # fmt: skip

others, truth = load("TEST")
predicted = [classes[number] for number in net.predict(standardised(others)).argmax(axis=1)]
print(f"accuracy {np.mean([one == right for one, right in zip(predicted, truth, strict=True)]):.3f}")
