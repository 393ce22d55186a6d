"""scikit-learn's handwritten digits, read row by row, in a pipeline and a search.

Needs: pip install 'throughtime[sklearn]'.
"""

from typing import Any

import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.metrics import classification_report
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from throughtime.sklearn import SequenceClassifier


def without_empty_rows(images: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Images (N, 8, 8) as sequences of different lengths: rows without ink at the bottom are cut off."""
    return [image[: max(1, image.any(axis=1).nonzero()[0].max() + 1)] for image in images]


digits = load_digits()
X, X_test, y, y_test = train_test_split(digits.images, digits.target, random_state=0, stratify=digits.target)
pipeline = make_pipeline(
    FunctionTransformer(without_empty_rows),
    SequenceClassifier(cell="gru", max_iter=20, random_state=0),
)
search = GridSearchCV(pipeline, {"sequenceclassifier__hidden": [8, 32]}, cv=3).fit(X, y)
print(f"best: {search.best_params_}, cross-validated accuracy {search.best_score_:.3f}")
print(classification_report(y_test, search.predict(X_test)))
assert search.score(X_test, y_test) > 0.93
