"""Describe vectors in words, letter by letter: images of digits by their names.

Your own data: `x`, an array (examples, features), and `texts`, a list of as many strings.
See: throughtime gallery caption
"""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import throughtime as tt
from throughtime.generation import OneToMany, Vocabulary, train

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
x, digits = load_digits(return_X_y=True)
texts = [NAMES[digit] for digit in digits]
x, others, texts, truth = train_test_split(x / 16 - 0.3, texts, test_size=0.3, stratify=digits, random_state=0)

copies = np.tile(x, (20, 1))
copies += 0.2 * np.random.default_rng(0).standard_normal(copies.shape)
model = OneToMany(64, Vocabulary.of(texts), cell="gru", hidden=64, layers=2, embedding=8, dtype="float32")
model, _ = train(
    model, (copies, texts * 20), steps=600, batch=32, optimizer=tt.Adam(0.01), schedule=tt.Cosine(0.02), clip=1.0,
    weight_decay=0.1,
)  # fmt: skip
written = model.write(others, longest=6)
print(f"{np.mean([one == right for one, right in zip(written, truth, strict=True)]):.3f} right to the letter")
print(dict(zip(written[:5], np.exp(model.log_probability(others[:5], written[:5])).round(3).tolist(), strict=True)))
