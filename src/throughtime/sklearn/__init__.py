"""Recurrent networks as scikit-learn estimators, for sequences of different lengths; see docs/estimators.md."""

try:
    import sklearn  # noqa: F401
except ImportError:
    raise ImportError("throughtime.sklearn needs scikit-learn: pip install 'throughtime[sklearn]'") from None

from throughtime.sklearn.backtest import Backtest, backtest
from throughtime.sklearn.character_encoder import CharacterEncoder
from throughtime.sklearn.characters import CharacterModel
from throughtime.sklearn.classifier import SequenceClassifier
from throughtime.sklearn.forecaster import Forecaster
from throughtime.sklearn.importance import permutation_importance
from throughtime.sklearn.labeler import SequenceLabeler
from throughtime.sklearn.regressor import SequenceRegressor

__all__ = [
    "Backtest",
    "CharacterEncoder",
    "CharacterModel",
    "Forecaster",
    "SequenceClassifier",
    "SequenceLabeler",
    "SequenceRegressor",
    "backtest",
    "permutation_importance",
]
