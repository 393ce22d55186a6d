"""scikit-learn's own checks of its conventions, all of them."""

import warnings

import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install 'throughtime[sklearn]'")

from sklearn.utils.estimator_checks import check_estimator

from throughtime.sklearn import Forecaster, SequenceClassifier, SequenceLabeler, SequenceRegressor

NOT_FOR_US = {"check_array_api_input"}
"""Skipped by scikit-learn itself, where SCIPY_ARRAY_API is not set before SciPy is imported."""


@pytest.mark.long
@pytest.mark.parametrize("kind", [SequenceClassifier, SequenceRegressor, SequenceLabeler, Forecaster])
def test_check_estimator(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks themselves say which warnings must come
        done = check_estimator(kind(hidden=8), on_skip=None)
    assert len(done) > 40
    assert {check["check_name"] for check in done if check["status"] != "passed"} <= NOT_FOR_US
