"""What estimators do after each epoch: ask whether it was the best, and whether somebody ends training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def since_best(measured: list[float]) -> int:
    """Epochs since the one of the least number, the first of them if there are several: 0 if the last is the best.

    So scores that stay the same, such as 1.0 of what is always right, are no progress.
    """
    return len(measured) - 1 - measured.index(min(measured))


def forget(estimator: Any, *names: str) -> None:
    """Attributes that a fit before has left, and the next may not have."""
    for name in names:
        vars(estimator).pop(name, None)


def ended_by(callbacks: Iterable[Any], estimator: Any) -> bool:
    """Whether a callback ends training; all of them are called."""
    answers = [callback(estimator) for callback in callbacks]
    return any(answer is True or answer is np.True_ for answer in answers)
