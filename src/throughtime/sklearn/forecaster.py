"""`Forecaster`: the next steps of a sequence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from throughtime.batch import Array, pad
from throughtime.sklearn.estimator import SequenceEstimator, check_weights, check_whole, mean_and_deviation
from throughtime.sklearn.sequences import Sequences, read


@dataclass(kw_only=True, eq=False, repr=False)
class Forecaster(SequenceEstimator):
    """A recurrent network that tells the next steps of a sequence, all features of them at once.

    It learns at each step by how much the next `horizon` steps differ from this one. Its other parameters and X are those of
    `SequenceClassifier`, without `class_weight`; one long series is `[series]`, a list of one array (time,) or (time, features):
    it is few pieces, so let `batch_size` be small.

    Parameters
    ----------
    horizon : int ≥ 1
        Steps that are told.
    window : int ≥ 1
        Steps that are read before: a longer sequence is learned from in pieces of this length, and told on from its last ones.
    """

    horizon: int = 1
    window: int = 100

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Learn from sequences X; y is not needed."""
        return self._forecast(X, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Read some sequences once, in their order; the first call decides the standardisation."""
        return self._forecast(X, sample_weight, partial=True)

    def predict(self, X: Any) -> Array:
        """The steps after the last of each sequence: (N, horizon, F), or (N, horizon) for X of shape (N, T)."""
        return self._ahead(self._read(X))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R² of what is told after X against y, or, without y, of the last `horizon` steps of X told from those before."""
        sequences = self._read(X)
        if y is None:
            horizon = len(self.change_mean_) // sequences.x.shape[2]
            if sequences.lengths.min() <= horizon:
                raise ValueError(
                    f"a sequence of X has no more than the {horizon} steps to be told: give y, or longer ones"
                )
            steps = sequences.lengths[:, None] - np.arange(horizon, 0, -1)
            y = sequences.x[np.arange(len(sequences))[:, None], steps]
            sequences = replace(sequences, lengths=sequences.lengths - horizon)
        told = self._ahead(sequences).reshape(len(sequences), -1)
        return float(r2_score(np.asarray(y).reshape(told.shape), told, sample_weight=sample_weight))

    def _ahead(self, sequences: Sequences) -> Array:
        N, F = len(sequences), sequences.x.shape[2]
        read_last = [x[max(0, n - self.window) : n] for x, n in zip(sequences.x, sequences.lengths, strict=True)]
        x, lengths = pad(read_last)
        outputs = self._outputs(Sequences(x, lengths, "list"))[np.arange(N), lengths - 1]
        last = x[np.arange(N), lengths - 1]
        told = last[:, None] + (outputs * self.change_scale_ + self.change_mean_).reshape(N, -1, F)
        return told[:, :, 0] if self._tabular else told

    def _forecast(self, X: Any, sample_weight: Any, partial: bool) -> Forecaster:
        new = self._begins(partial)
        sequences = read(self, X, reset=new)
        of_sequences = check_weights(sample_weight, sequences)
        check_whole("horizon", self.horizon)
        check_whole("window", self.window)
        if sequences.lengths.max() <= self.horizon:
            raise ValueError(self._too_short(sequences))
        pieces, changes, weights = list[Array](), list[Array](), list[float]()
        for x, n, weight in zip(sequences.x, sequences.lengths, of_sequences, strict=True):
            known = np.arange(n - self.horizon)
            ahead = x[known[:, None] + np.arange(1, self.horizon + 1)] - x[known, None]
            for start in range(0, len(known), self.window):
                rows = known[start : start + self.window]
                pieces.append(x[rows])
                changes.append(ahead[rows].reshape(len(rows), -1))
                weights.append(weight)
        x, lengths = pad(pieces)
        targets, _ = pad(changes)
        mask = np.where(np.arange(x.shape[1]) < lengths[:, None], np.array(weights)[:, None], 0)
        if new:
            self.change_mean_, self.change_scale_ = np.zeros(targets.shape[2]), np.ones(targets.shape[2])
            if self.standardize and mask.any():
                self.change_mean_, self.change_scale_ = mean_and_deviation(targets[mask > 0], mask[mask > 0])
        if targets.shape[2] != len(self.change_mean_):
            raise ValueError(f"horizon must stay as it was when the forecaster was first fitted, got {self.horizon}")
        targets = (targets - self.change_mean_) / self.change_scale_
        self._learn(
            Sequences(x, lengths, "list"), targets, mask, readout="identity", output="every step", new=new, partial=partial
        )  # fmt: skip
        return self

    def _too_short(self, sequences: Sequences) -> str:
        steps = int(sequences.lengths.max())
        given = f"n_features={steps}, which are its steps" if self._tabular else f"a longest sequence of {steps} steps"
        return f"a horizon of {self.horizon} needs sequences of at least {self.horizon + 1} steps, but X has {given}"
