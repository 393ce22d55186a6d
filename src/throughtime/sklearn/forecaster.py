"""`Forecaster`: the next steps of a sequence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from throughtime.batch import Array, pad
from throughtime.sklearn import frames
from throughtime.sklearn.estimator import SequenceEstimator, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.numbers import check_range, numbers_of
from throughtime.sklearn.options import options_of
from throughtime.sklearn.sequences import read
from throughtime.support.checks import whole_number
from throughtime.tasks.standardisation import mean_and_deviation

_TOGETHER = 250
"""Forecasts that are made at once in `score`, so that memory does not grow with their number."""

_FEW = 10
"""Steps, of which a table of very many rows has fewer if its columns are no steps."""


@dataclass(kw_only=True, eq=False, repr=False)
class Forecaster(SequenceEstimator):
    """A recurrent network that predicts the next steps of a sequence, all features of them at once.

    It learns at each step by how much the next `horizon` steps differ from this one. Its other parameters and X are
    those of `SequenceClassifier`, without `class_weight` and `bidirectional`; one long series is a pandas Series, or a
    frame whose index holds dates, or `[series]`, a list of one array (time,) or (time, features): it is few pieces, so
    let `batch_size` be small. With `early_stopping`, the last `validation_fraction` of the steps of each sequence is
    what is not trained on.

    Parameters
    ----------
    horizon : int ≥ 1
        Steps that are predicted.
    window : int ≥ 1
        Steps that are read before: a longer sequence is learned from in pieces of this length, and continued from its
        last ones.
    """

    horizon: int = 1
    window: int = 100

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Learn from sequences X.

        `y`, if it is given, is what `predict` is to find, the `horizon` steps that follow each sequence, in its form;
        it is learned from as if it were the end of X.
        """
        return self._forecast(X, y, sample_weight, partial=False)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Read some sequences once, in their order; the first call decides the standardisation."""
        return self._forecast(X, y, sample_weight, partial=True)

    def predict(self, X: Any) -> Any:
        """The steps after the last of each sequence.

        An array (N, horizon, F), or (N, horizon) for X of shape (N, T); for one series in pandas, a Series or a frame
        like it with the times that follow, or numbered from 1 as "steps ahead" where its times are not evenly spaced.
        """
        sequences = self._read(X)
        predicted = self._ahead(sequences)
        if sequences.kind == "series":
            return _framed(predicted[0], X, self._columns)
        return predicted[:, :, 0] if self._form != "sequences" else predicted

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R² of forecasts, at most 1; the mean over features.

        With y, the `horizon` steps that follow each sequence, it is that of `predict(X)`. Without, forecasts are made
        from every step of X that has `horizon` steps after it, and each reads the `window` steps up to there.
        """
        sequences = self._read(X)
        weights = check_weights(sample_weight, sequences)
        F = sequences.x.shape[2]
        horizon = len(self.change_mean_) // F
        if y is not None:
            parts = iter([(self._ahead(sequences), self._following(y, sequences, horizon), weights)])
        else:
            if sequences.lengths.min() <= horizon:
                raise ValueError(
                    f"a sequence of X has no more than the {horizon} steps to be predicted: give y, or longer ones"
                )
            parts = self._from_every_step(sequences, weights, horizon)
        predicted, right, weighed = (np.concatenate(part) for part in zip(*parts, strict=True))
        if predicted.shape[0] * horizon < 2:
            raise ValueError(
                "R² needs at least two numbers to be compared, and y is one: score more sequences, or leave y out"
            )
        return float(
            r2_score(right.reshape(-1, F), predicted.reshape(-1, F), sample_weight=np.repeat(weighed, horizon))
        )

    def _from_every_step(
        self, sequences: Sequences, weights: Array, horizon: int
    ) -> Iterator[tuple[Array, Array, Array]]:
        """Forecasts (M, horizon, F) from some steps, what came after these, and their weights (M,)."""
        ends = [(i, end) for i, length in enumerate(sequences.lengths) for end in range(1, length - horizon + 1)]
        for start in range(0, len(ends), _TOGETHER):
            some = ends[start : start + _TOGETHER]
            read_before = [sequences.x[i, max(0, end - self.window) : end] for i, end in some]
            after = np.stack([sequences.x[i, end : end + horizon] for i, end in some])
            yield self._ahead(Sequences(*pad(read_before), "list")), after, weights[[i for i, _ in some]]

    def _ahead(self, sequences: Sequences) -> Array:
        """The steps (N, horizon, F) after the last of each sequence."""
        N, F = len(sequences), sequences.x.shape[2]
        window = whole_number("window", self.window, 1)
        read_last = [x[max(0, n - window) : n] for x, n in zip(sequences.x, sequences.lengths, strict=True)]
        x, lengths = pad(read_last)
        outputs = self._outputs(Sequences(x, lengths, "list"))[np.arange(N), lengths - 1]
        last = x[np.arange(N), lengths - 1]
        ahead: Array = last[:, None] + (outputs * self.change_scale_ + self.change_mean_).reshape(N, -1, F)
        return ahead

    def _following(self, y: Any, sequences: Sequences, horizon: int) -> Array:
        """y as an array (N, horizon, F)."""
        N, _, F = sequences.x.shape
        wanted = (N, horizon, F)
        if frames.is_frame(y) and self._columns and set(y.columns) == set(self._columns):
            y = y[self._columns]
        given = numbers_of(sequences.by_name(y), "y")
        if [axis for axis in given.shape if axis > 1] != [axis for axis in wanted if axis > 1]:
            raise ValueError(
                f"y must be the steps that follow X, (sequences, horizon, features) = {wanted}, got {given.shape}: a "
                "Forecaster learns from X alone, so leave y out, and let what else is known of a step be a feature of X"
            )
        return given.reshape(wanted)

    def _forecast(self, X: Any, y: Any, sample_weight: Any, partial: bool) -> Forecaster:
        options = options_of(self)
        horizon, window = whole_number("horizon", self.horizon, 1), whole_number("window", self.window, 1)
        if options.bidirectional:
            raise ValueError(
                "bidirectional must be False in a Forecaster: read backward, X holds the very steps that are to be "
                "predicted"
            )
        new = self._begins(options, partial)
        sequences = read(self, X, reset=new)
        of_sequences = check_weights(sample_weight, sequences)
        N, T, _ = sequences.x.shape
        if new and self._form == "table" and T < _FEW and N > 10 * T:
            warnings.warn(
                f"X is read as {N} sequences of {T} steps: if it is one series of {N} steps with {T} features, give "
                "[X]",
                stacklevel=3,
            )
        if y is not None:
            sequences = _longer(sequences, self._following(y, sequences, horizon))
        if sequences.lengths.max() <= horizon:
            raise ValueError(self._too_short(sequences, horizon))
        pieces, changes, training, validation = list[Array](), list[Array](), list[Array](), list[Array]()
        for x, n, weight in zip(sequences.x, sequences.lengths, of_sequences, strict=True):
            known = np.arange(n - horizon)
            ahead = x[known[:, None] + np.arange(1, horizon + 1)] - x[known, None]
            held_out = math.ceil(options.validation_fraction * len(known)) if options.early_stopping else 0
            cut = len(known) - held_out
            for start in range(0, len(known), window):
                rows = known[start : start + window]
                pieces.append(x[rows])
                changes.append(ahead[rows].reshape(len(rows), -1))
                training.append(
                    weight * (rows < (cut - (horizon - 1) if held_out else cut))
                )  # none sees what is held out
                validation.append(weight * (rows >= cut))
        x, lengths = pad(pieces)
        targets, _ = pad(changes)
        mask, held = (pad([part[:, None] for part in parts])[0][:, :, 0] for parts in (training, validation))
        if options.early_stopping and not (mask.any() and held.any()):
            raise ValueError(
                "early_stopping keeps the last steps of each sequence apart, and none are left to learn from: give "
                "longer sequences, or another validation_fraction"
            )
        if new:
            self.change_mean_, self.change_scale_ = np.zeros(targets.shape[2]), np.ones(targets.shape[2])
            if options.standardize and mask.any():
                self.change_mean_, self.change_scale_ = mean_and_deviation(targets[mask > 0], mask[mask > 0])
        if targets.shape[2] != len(self.change_mean_):
            raise ValueError(f"horizon must stay as it was when the forecaster was first fitted, got {horizon}")
        scaled = (targets - self.change_mean_) / self.change_scale_
        check_range(scaled, targets, options.dtype, "a change from one step to the next of X")
        self._learn(
            options, Sequences(x, lengths, "list"), scaled, mask, readout="identity", output="every step", new=new,
            partial=partial, held_out=held if options.early_stopping else None,
        )  # fmt: skip
        return self

    def _too_short(self, sequences: Sequences, horizon: int) -> str:
        steps = int(sequences.lengths.max())
        given = f"a longest sequence of {steps} steps"
        if self._form in ("table", "plain table"):
            given = f"n_features={steps}, which are its steps (one series of numbers is a pandas Series, or [X])"
        return f"a horizon of {horizon} needs sequences of at least {horizon + 1} steps, but X has {given}"


def _longer(sequences: Sequences, following: Array) -> Sequences:
    """The sequences with the steps that follow them."""
    parts = zip(sequences.x, sequences.lengths, following, strict=True)
    x, lengths = pad([np.concatenate([x[:n], after]) for x, n, after in parts])
    return replace(sequences, x=x, lengths=lengths)


def _framed(predicted: Array, series: Any, columns: Any) -> Any:
    """Forecasts (horizon, F) of one series as a Series or frame like it, with the times that follow."""
    import pandas

    times = frames.following(frames.comparable(series.index, "the index of X").sort_values(), len(predicted))
    if frames.is_series(series):
        return pandas.Series(predicted[:, 0], times, name=series.name)
    return pandas.DataFrame(predicted, times, columns or series.columns)[list(series.columns)]
