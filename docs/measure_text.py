"""The figures of docs/text.md that the gallery does not have: `python docs/measure_text.py`."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
from babel import Locale
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

from throughtime.experiments.gallery import language
from throughtime.sklearn import CharacterEncoder, CharacterModel, SequenceClassifier

SEEDS = range(3)


def model(seed: int) -> tuple[float, float]:
    """Bits per character of the guide's CharacterModel on the gallery's text, and processor seconds."""
    text = language.load()
    started = time.process_time()
    learned = CharacterModel(
        vocabulary=text.symbols, max_iter=7, schedule="cosine:0.02", weight_decay=0.1, random_state=seed
    ).fit([text.learned])
    seconds = time.process_time() - started
    return float(learned.bits_per_character([text.test], after=text.before)[0]), seconds


def names() -> list[Any]:
    """The names of languages in six of them, and which one it is, without those that several share; split."""
    found = [(name, code) for code in ("de", "fi", "fr", "it", "pl", "tr") for name in Locale(code).languages.values()]
    times = Counter(name for name, _ in found)
    X, y = zip(*[pair for pair in found if times[pair[0]] == 1], strict=True)
    split: list[Any] = train_test_split(X, y, random_state=0)
    return split


def classes() -> None:
    """Which language is a name of? A GRU by letters beside n-grams of letters, tuned on what is learned from."""
    X, X_test, y, y_test = names()
    print(f"{len(X)} names to learn from, {len(X_test)} to test on; {np.unique(y)}")
    rival = make_pipeline(TfidfVectorizer(analyzer="char_wb"), LogisticRegression(max_iter=2000))
    grid = {"tfidfvectorizer__ngram_range": [(1, 3), (1, 5)], "logisticregression__C": [10, 100, 1000]}
    search = GridSearchCV(rival, grid, cv=3).fit(X, y)
    print("n-grams", search.best_params_, round(search.best_score_, 3), round(search.score(X_test, y_test), 3))
    for seed in SEEDS:
        started = time.process_time()
        options = {"cell": "gru", "hidden": 32, "bidirectional": True, "max_iter": 15, "standardize": False}
        ours = make_pipeline(CharacterEncoder(), SequenceClassifier(**options, random_state=seed)).fit(X, y)
        print("GRU", round(ours.score(X_test, y_test), 3), f"{time.process_time() - started:.1f} s")


if __name__ == "__main__":
    classes()
    print("CharacterModel", *(f"{number:.3f}" for number in model(seed=0)))
