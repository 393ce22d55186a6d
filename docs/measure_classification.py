"""The table of docs/estimators.md: recurrent networks beside ROCKET and 1-NN DTW on the sets that sktime ships.

NUMBA_NUM_THREADS=1 python docs/measure_classification.py [--choose] [SET …]
"""

from __future__ import annotations

import pickle
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import sktime.datasets as shipped
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sktime.classification.deep_learning.gru import GRUClassifier
from sktime.classification.distance_based import KNeighborsTimeSeriesClassifier
from sktime.classification.kernel_based import RocketClassifier

from throughtime.batch import Array
from throughtime.sklearn import SequenceClassifier

SETS: dict[str, Callable[..., Any]] = {
    "BasicMotions": shipped.load_basic_motions,
    "JapaneseVowels": shipped.load_japanese_vowels,
    "ItalyPowerDemand": shipped.load_italy_power_demand,
    "GunPoint": shipped.load_gunpoint,
    "ArrowHead": shipped.load_arrow_head,
}
"""Those of several features, JapaneseVowels of different lengths, and some of one feature."""

SEEDS = (0, 1, 2)
GRU: dict[str, Any] = {"cell": "gru", "hidden": 32, "max_iter": 200, "batch_size": 16}
BOTH: dict[str, Any] = {"schedule": "cosine:0.02", "bidirectional": True, "input_noise": 0.1, "weight_decay": 0.1}
CANDIDATES: dict[str, dict[str, Any]] = {
    "dropout": {"dropout": 0.1},
    "both directions, dropout": {"bidirectional": True, "dropout": 0.1},
    "both directions, recurrent dropout": {"bidirectional": True, "recurrent_dropout": 0.2},
    "both directions, cosine, input noise, weight decay": BOTH,
    "the same, recurrent dropout": BOTH | {"recurrent_dropout": 0.2},
}
"""Beside `GRU`, what `--choose` compares on the training parts alone."""
CHOSEN = "both directions, cosine, input noise, weight decay"


def network(seed: int) -> Any:
    """One setting for all sets, chosen by cross-validation on their training parts."""
    return SequenceClassifier(**GRU, **CANDIDATES[CHOSEN], random_state=seed)


def of_sktime(seed: int) -> Any:
    """The recurrent classifier that sktime has, of the same size; with `batch_first` left out it reads no time."""
    return GRUClassifier(
        hidden_dim=32, n_layers=1, batch_first=True, num_epochs=200, batch_size=16, lr=0.01, random_state=seed
    )


OURS = "GRU of 32, both ways"
METHODS: dict[str, Callable[[int], Any]] = {
    OURS: network,
    "GRU of sktime": of_sktime,
    "ROCKET": lambda seed: RocketClassifier(num_kernels=2000, random_state=seed),
    "1-NN DTW": lambda seed: KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw"),
}


def of_equal_length(X: list[Array], steps: int, method: str) -> Array:
    """(cases, channels, time), as the others read it; what is too long is cut.

    Behind an end ROCKET reads 0, with which it is right far more often, and DTW the last step again.
    """
    padding: Any = "constant" if method == "ROCKET" else "edge"
    return np.stack([np.pad(x[:steps], ((0, max(0, steps - len(x))), (0, 0)), padding).T for x in X])


def part(name: str, split: str) -> tuple[list[Array], Array]:
    """The sequences (time, features) of a set's part, and their classes."""
    frames, labels = SETS[name](split=split, return_X_y=True, return_type="df-list")
    return [frame.to_numpy(dtype=np.float64) for frame in frames], np.asarray(labels)


def choose(names: list[str]) -> None:
    """Print how often each candidate is right in cross-validation of four folds on the training parts."""
    print("| set |", " | ".join(CANDIDATES), f"|\n|---|{'---|' * len(CANDIDATES)}")
    folds = RepeatedStratifiedKFold(n_splits=4, n_repeats=1, random_state=0)
    for name in names:
        X, y = part(name, "train")
        models = [SequenceClassifier(**GRU, **more, random_state=0) for more in CANDIDATES.values()]
        right = [cross_val_score(model, X, y, cv=folds).mean() for model in models]
        print(f"| {name} |", " | ".join(f"{share:.3f}" for share in right), "|", flush=True)


def measured(name: str, method: str, seed: int) -> tuple[float, float, float, int]:
    """The share of test sequences that are right, processor seconds to learn and to predict one, and bytes pickled."""
    (X, y), (X_test, y_test) = part(name, "train"), part(name, "test")
    if method != OURS:
        steps = max(len(x) for x in X)
        X, X_test = of_equal_length(X, steps, method), of_equal_length(X_test, steps, method)
    model = METHODS[method](seed)
    began = time.process_time()
    model.fit(X, y)
    fitted = time.process_time()
    right = float(np.mean(model.predict(X_test) == y_test))
    return right, fitted - began, (time.process_time() - fitted) / len(X_test), len(pickle.dumps(model))


def compare(names: list[str]) -> None:
    """Print the table; each method is run once before it is timed, so that nothing is compiled in between."""
    for method in METHODS:
        measured("ItalyPowerDemand", method, 0)
    print("| set | method | right | seconds to learn | ms a prediction | kB |\n|---|---|---|---|---|---|")
    for name in names:
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
    warnings.simplefilter("ignore")
    chosen = [name for name in sys.argv[1:] if name in SETS] or list(SETS)
    (choose if "--choose" in sys.argv else compare)(chosen)
