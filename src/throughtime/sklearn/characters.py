"""`CharacterModel`: how a text goes on, character by character, and how many bits each one costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from throughtime.batch import Array
from throughtime.cells.graph import Graph
from throughtime.generation import END, LanguageModel, Vocabulary, load
from throughtime.generation.training import Memory, learn, of_windows
from throughtime.generation.windows import Windows
from throughtime.sklearn.estimator import seed_of, split
from throughtime.sklearn.options import LanguageOptions, check_goes_on, language_options_of
from throughtime.sklearn.texts import UNKNOWN, Known, check_text, check_texts, vocabulary_of
from throughtime.support.checks import flag, number
from throughtime.support.interrupts import deferred
from throughtime.support.threads import processors
from throughtime.training.optimisers import OptimiserName
from throughtime.training.source import EPOCHS, stream
from throughtime.weights.network_specification import DtypeName
