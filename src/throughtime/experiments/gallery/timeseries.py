"""Labelled time series from files in the .ts format that a package carries, without importing that package.

Each line behind `@data` is one series: its dimensions separated by ":", in each the values separated by ",", and last
the label. https://www.sktime.net/en/stable/api_reference/file_specifications/ts.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from throughtime.batch import Array, Batch, pad
from throughtime.experiments.gallery import classification
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.experiments.gallery.nearest import nearest

PACKAGES = ("sktime", "aeon")
"""Both carry the same files; the extra installs sktime, since aeon 1.6 does not allow Numba 0.64 and newer."""


@dataclass(frozen=True)
class Labelled:
    """Series, arrays (T_i, features), and the number of each one's class (B,)."""

    series: list[Array]
    labels: Array
    classes: tuple[str, ...]

    def batch(self, mean: Array, deviation: Array) -> Batch:
        """Standardised, with one-hot targets (B, classes)."""
        x, lengths = pad(self.standardised(mean, deviation))
        return Batch(x, np.eye(len(self.classes))[self.labels], lengths)

    def standardised(self, mean: Array, deviation: Array) -> list[Array]:
        """The series with each feature's mean 0 and deviation 1, if these are its moments."""
        return [(one - mean) / deviation for one in self.series]

    def moments(self) -> tuple[Array, Array]:
        """Mean and standard deviation of each feature over all steps of all series, (features,) each."""
        steps = np.concatenate(self.series)
        return steps.mean(axis=0), steps.std(axis=0)


def load(name: str, part: str) -> Labelled:
    """The "TRAIN" or "TEST" part of a data set, as its authors split it.

    Raises
    ------
    ModuleNotFoundError
        If no installed package carries the data.
    """
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            return parse((Path(spec.origin).parent / f"datasets/data/{name}/{name}_{part}.ts").read_text())
    raise ModuleNotFoundError(f"no module named {PACKAGES[0]}", name=PACKAGES[0])


def parse(text: str) -> Labelled:
    """The content of a .ts file."""
    head, _, data = text.partition("@data\n")
    declared = next(line for line in head.splitlines() if line.startswith("@classLabel true"))
    classes = tuple(declared.split()[2:])
    series, labels = [], []
    for line in data.splitlines():
        *dimensions, label = line.strip().split(":")
        series.append(np.array([values.split(",") for values in dimensions], dtype=float).T)
        labels.append(classes.index(label))
    return Labelled(series, np.array(labels), classes)


def compare(name: str, published: dict[str, float], seeds: Iterable[int], **settings: Any) -> Comparison:
    """Learn the training part once for each seed, test on the other, and compare with 1-NN DTW.

    `published` are accuracies from the paper of the archive [Bagnall et al. 2018].
    """
    train, test = load(name, "TRAIN"), load(name, "TEST")
    moments = train.moments()
    data, test_batch = train.batch(*moments), test.batch(*moments)
    assert data.lengths is not None
    found = nearest(test.standardised(*moments), data.x, data.lengths)
    nan = float("nan")
    others = [Row(who, (value, nan, nan), "Bagnall et al. 2018") for who, value in published.items()]
    others.append(Row("1-NN, DTW", (float(np.mean(train.labels[found] == test.labels)), nan, nan)))
    nets = [classification.learn(data, seed=seed, **settings) for seed in seeds]
    return Comparison(
        data=f"{name}, {len(train.series)} series to learn from, {len(test.series)} to test on (official split)",
        network=repr(nets[0]),
        columns=("accuracy", "least", "greatest"),
        rows=(*others, classification.over_seeds(nets, test_batch)),
    )
