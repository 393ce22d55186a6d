"""The table of docs/estimators.md: recurrent networks beside ROCKET and 1-NN DTW on the sets that sktime ships.

python docs/measure_classification.py
"""

from __future__ import annotations

import pickle
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import sktime.datasets as shipped
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
from sktime.classification.kernel_based import RocketClassifier

from throughtime.batch import Array
from throughtime.sklearn import SequenceClassifier

SETS: dict[str, Callable[..., Any]] = {
    "BasicMotions": shipped.load_basic_motions,
    "JapaneseVowels": shipped.load_japanese_vowels,
    "ItalyPowerDemand": shipped.load_italy_power_demand,
}
"""Those of several features, JapaneseVowels of different lengths, and one of one feature."""

SEEDS = (0, 1, 2)


def network(seed: int) -> Any:
    """One setting for all sets; nothing was chosen by what is measured."""
    return SequenceClassifier(cell="gru", hidden=32, max_iter=200, batch_size=16, dropout=0.1, random_state=seed)


METHODS: dict[str, Callable[[int], Any]] = {
    "GRU of 32": network,
    "ROCKET": lambda seed: RocketClassifier(num_kernels=2000, random_state=seed),
    "1-NN DTW": lambda seed: KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw"),
}


def of_equal_length(X: list[Array], steps: int, method: str) -> Array:
    """(cases, channels, time), as the others read it; what is too long is cut.

    Behind an end ROCKET reads 0, with which it is right far more often, and DTW the last step again.
    """
    padding: Any = "constant" if method == "ROCKET" else "edge"
    return np.stack([np.pad(x[:steps], ((0, max(0, steps - len(x))), (0, 0)), padding).T for x in X])


def measured(name: str, method: str, seed: int) -> tuple[float, float, float, int]:
    """The share of test sequences that are right, processor seconds to learn and to predict one, and bytes pickled."""
    parts = [SETS[name](split=split, return_X_y=True, return_type="df-list") for split in ("train", "test")]
    X, X_test = ([frame.to_numpy(dtype=np.float64) for frame in frames] for frames, _ in parts)
    y, y_test = (np.asarray(labels) for _, labels in parts)
    if method != "GRU of 32":
        steps = max(len(x) for x in X)
        X, X_test = of_equal_length(X, steps, method), of_equal_length(X_test, steps, method)
    model = METHODS[method](seed)
    began = time.process_time()
    model.fit(X, y)
    fitted = time.process_time()
    right = float(np.mean(model.predict(X_test) == y_test))
    return right, fitted - began, (time.process_time() - fitted) / len(X_test), len(pickle.dumps(model))


def main() -> None:
    """Print the table; each method is run once before it is timed, so that nothing is compiled in between."""
    warnings.simplefilter("ignore")
    for method in METHODS:
        measured("ItalyPowerDemand", method, 0)
    print("| set | method | right | seconds to learn | ms a prediction | kB |\n|---|---|---|---|---|---|")
    for name in SETS:
        for method in METHODS:
            runs = [measured(name, method, seed) for seed in (SEEDS if method != "1-NN DTW" else SEEDS[:1])]
            right, learn, predict, size = zip(*runs, strict=True)
            spread = f"{min(right):.3f}–{max(right):.3f}" if min(right) < max(right) else f"{right[0]:.3f}"
            print(
                f"| {name} | {method} | {spread} | {min(learn):.2f} | {1000 * min(predict):.3f} |",
                f"{size[0] / 1000:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
