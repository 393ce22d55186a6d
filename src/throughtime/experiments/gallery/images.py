"""The 8×8 images of handwritten digits that scikit-learn carries, split once and for all entries alike.

1,797 images of 43 people, NIST [Alpaydin & Kaynak 1998].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from throughtime.batch import Array


@dataclass(frozen=True)
class Images:
    """Images (B, 8, 8) with 0 for paper and 1 for ink, and the digits (B,)."""

    x: Array
    digits: Array


def split() -> tuple[Images, Images]:
    """70 % to learn from and 30 % to test on, with the same share of each digit."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, digits = load_digits(return_X_y=True)
    parts = train_test_split(np.arange(len(x)), test_size=0.3, stratify=digits, random_state=0)
    learned, test = (Images(x[rows].reshape(-1, 8, 8) / 16, digits[rows]) for rows in parts)
    return learned, test


def support_vectors(learned: Images, test: Images) -> float:
    """The accuracy, 0..1, of scikit-learn's own example: a support vector machine with γ = 0.001 on pixels of 0..16."""
    from sklearn.svm import SVC

    machine = SVC(gamma=0.001).fit(16 * learned.x.reshape(-1, 64), learned.digits)
    return float(machine.score(16 * test.x.reshape(-1, 64), test.digits))
