"""Handwritten digits of 8×8 pixels, named letter by letter: from the picture of a 7 to "seven".

One to many: the decoder's initial state is an affine map of the 64 pixels.
"""

from __future__ import annotations

import numpy as np

from throughtime.batch import Array
from throughtime.experiments.gallery import images
from throughtime.experiments.gallery.comparison import Comparison, Row
from throughtime.generation import OneToMany, Vocabulary, train
from throughtime.training.optimisers import Adam
from throughtime.training.schedules import Cosine

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SEEDS, COPIES, NOISE = 5, 20, 0.2


def compare(seed: int = 0, steps: int = 1200) -> Comparison:
    """Over five seeds. Units, layers, noise and weight decay were chosen by five-fold cross-validation."""
    learned, test = images.split()
    models = [learn(learned, own, steps) for own in range(seed, seed + SEEDS)]
    exact = [share_right(model, test) for model in models]
    nan = float("nan")
    return Comparison(
        data=f"{len(learned.x)} images to learn from, {len(test.x)} to name",
        network=repr(models[0]),
        columns=("exact", "least", "greatest"),
        rows=(
            Row("SVM, radial basis (the class alone)", (images.support_vectors(learned, test), nan, nan)),
            Row(f"throughtime, mean of {SEEDS} seeds", (float(np.mean(exact)), min(exact), max(exact))),
        ),
    )


def learn(learned: images.Images, seed: int, steps: int) -> OneToMany:
    """Two layers of GRUs that learn from copies of the images with noise."""
    x: Array = np.tile(pixels(learned), (COPIES, 1))
    x += NOISE * np.random.default_rng(seed).standard_normal(x.shape)
    names = [NAMES[digit] for digit in learned.digits] * COPIES
    model = OneToMany(
        64, Vocabulary.of(NAMES), cell="gru", hidden=64, layers=2, embedding=8, dtype="float32", seed=seed
    )
    model, _ = train(
        model, (x, names), steps=steps, batch=32, optimizer=Adam(0.01), schedule=Cosine(0.02), clip=1.0,
        weight_decay=0.1, seed=seed,
    )  # fmt: skip
    return model


def share_right(model: OneToMany, test: images.Images) -> float:
    """The share of images that get their name right to the letter, 0..1."""
    names = model.write(pixels(test), longest=6)
    return float(np.mean([NAMES[digit] == name for digit, name in zip(test.digits, names, strict=True)]))


def pixels(part: images.Images) -> Array:
    """(B, 64), around 0."""
    return part.x.reshape(-1, 64) - 0.3
