"""`Forecaster`: the next steps of a sequence."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import r2_score

from throughtime.batch import Array, pad
from throughtime.sklearn import frames, losses
from throughtime.sklearn.channels import Channels, parts_of
from throughtime.sklearn.covariates import Known, effects, targets_of
from throughtime.sklearn.epochs import forget
from throughtime.sklearn.estimator import SequenceEstimator, check_weights
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.numbers import check_changes, check_range, numbers_of
from throughtime.sklearn.options import options_of
from throughtime.sklearn.pieces import learned_of, pieces_of
from throughtime.sklearn.sequences import read
from throughtime.sklearn.times import check_even
from throughtime.support.checks import whole_number
from throughtime.tasks.standardisation import mean_and_deviation

_TOGETHER = 250
"""Forecasts that are made at once in `score`, so that memory does not grow with their number."""

_FEW = 10
"""Steps, of which a table of very many rows has fewer if its columns are no steps."""


@dataclass(kw_only=True, eq=False, repr=False)
class Forecaster(SequenceEstimator):
    """A recurrent network that predicts the next steps of a sequence, all features of them at once, or some.

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
    quantiles : ascending levels between 0 and 1, optional
        Such as (0.1, 0.5, 0.9): the network learns these by the pinball loss. 0.5 must be among them:
        `predict` gives the median then.
    targets : list of columns (their numbers from 0 where X is no frame), optional
        The features that are predicted, in this order; the others are read alone. All that are not in `future` when
        not given.
    season : int ≥ horizon, optional
        Steps of a season: of the targets, the differences to the step a season before are read and learned. For series
        with a season and a trend; one that goes back to its mean is better without.
    future : list of columns (their numbers from 0 where X is no frame), optional
        The features that are known in advance, such as planned offers: `predict` takes them for the steps ahead. What
        a unit of each adds to the targets is learned by least squares and taken off (`effects_`), the network learns
        what is left, as in chapter 10 of [Hyndman & Athanasopoulos 2021].
    calendar : "quarter", "month", "dayofyear", "weekday", "hour", "minute", or a list of them, optional
        Sine and cosine of these parts of the dates in X's index, as features that are known in advance.

    Attributes
    ----------
    effects_ : (C, F) array
        What a unit of each column known in advance, then of each sine and cosine, adds to each target.
    """

    horizon: int = 1
    window: int = 100
    quantiles: tuple[float, ...] | None = None
    targets: list[Any] | None = None
    season: int | None = None
    future: list[Any] | None = None
    calendar: str | list[str] | None = None

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Learn from sequences X.

        `y`, if it is given, is what `predict` is to find, the `horizon` steps that follow each sequence, in its form;
        it is learned from as if it were the end of X.
        """
        return self._forecast(X, y, sample_weight, once=False)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Forecaster:
        """Read some sequences once, in their order; the first call decides the standardisation and `effects_`."""
        return self._forecast(X, y, sample_weight, once=True)

    def predict(self, X: Any, future: Any = None) -> Any:
        """The steps after the last of each sequence.

        Parameters
        ----------
        X : sequences
        future : in the form of X, where columns are known in advance
            Their values at the steps that follow: a frame with these times as index, of which other columns and rows
            are not read, a list of such frames, a long frame, or an array (N, horizon, C).

        Returns
        -------
        array or frame
            An array (N, horizon, F) of the targets, or (N, horizon) for X of shape (N, T); for one series in pandas, a
            Series or a frame like it with the times that follow, and for a long frame a long one; or numbered from 1
            as "steps ahead" where times are not evenly spaced and no `future` says which they are.
        """
        sequences = self._read(X)
        known, times = self._known.ahead(sequences, future, self._horizon)
        return self._framed(self._ahead(sequences, known), X, sequences, times)

    def predict_quantiles(self, X: Any, future: Any = None) -> Any:
        """The quantiles of the steps after the last of each sequence, Q of them, ascending.

        An array (N, horizon, F, Q), or (N, horizon, Q) for X of shape (N, T); for one series in pandas, or a long
        frame, a frame with the index that `predict` gives and the levels as columns, under the names of features if X
        is a frame. Where the network's quantiles cross, they are sorted [Chernozhukov 2010]. `future` as for `predict`.
        """
        sequences = self._read(X)
        if self._levels is None:
            raise ValueError("predict_quantiles needs a Forecaster with quantiles=(0.1, 0.5, 0.9), say")
        known, times = self._known.ahead(sequences, future, self._horizon)
        return self._framed(self._quantiles_ahead(sequences, known), X, sequences, times, self._levels)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """R² of forecasts, at most 1; the mean over features.

        With y, the `horizon` steps that follow each sequence, it is that of `predict(X)`. Without, forecasts are made
        from every step of X that has `horizon` steps after it, and each reads the `window` steps up to there.
        """
        sequences = self._read(X)
        weights = check_weights(sample_weight, sequences)
        F, horizon = len(self._targets), self._horizon
        if y is not None:
            if self._known.names:
                raise ValueError(
                    "with future, y holds too little to score by: let X be longer instead, and leave y out"
                )
            known, _ = self._known.ahead(sequences, None, horizon)
            parts = iter([(self._ahead(sequences, known), self._following(y, sequences), weights)])
        else:
            if sequences.lengths.min() <= horizon + self._season:
                behind = f" and the {self._season} of a season" if self._season else ""
                raise ValueError(
                    f"a sequence of X has no more than the {horizon} steps to be predicted{behind}: give y, or longer "
                    "ones"
                )
            parts = self._from_every_step(sequences, weights)
        predicted, right, weighed = (np.concatenate(part) for part in zip(*parts, strict=True))
        if predicted.shape[0] * horizon < 2:
            raise ValueError(
                "R² needs at least two numbers to be compared, and y is one: score more sequences, or leave y out"
            )
        return float(
            r2_score(right.reshape(-1, F), predicted.reshape(-1, F), sample_weight=np.repeat(weighed, horizon))
        )

    def _from_every_step(self, sequences: Sequences, weights: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Forecasts (M, horizon, F) from some steps, what came after these, and their weights (M,)."""
        first, reads, horizon = self._season + 1, self._season + self.window, self._horizon
        ends = [(i, end) for i, length in enumerate(sequences.lengths) for end in range(first, length - horizon + 1)]
        for start in range(0, len(ends), _TOGETHER):
            some = ends[start : start + _TOGETHER]
            read_before = [sequences.x[i, max(0, end - reads) : end] for i, end in some]
            after = np.stack([sequences.x[i, end : end + horizon] for i, end in some])
            known, right = after[..., self._known.columns], after[..., self._targets]
            yield self._ahead(Sequences(*pad(read_before), "list"), known), right, weights[[i for i, _ in some]]

    def _ahead(self, sequences: Sequences, known: Array) -> Array:
        """The steps (N, horizon, F) after the last of each sequence: their means, or medians.

        `known` (N, horizon, C) is what is known of them.
        """
        middle = 0 if self._levels is None else self._levels.index(losses.MEDIAN)
        return self._quantiles_ahead(sequences, known)[..., middle]

    def _quantiles_ahead(self, sequences: Sequences, known: Array) -> Array:
        """Their quantiles (N, horizon, F, Q), ascending; the mean alone where there are none."""
        with np.errstate(over="ignore", invalid="ignore"):
            ahead = self._added_up(sequences, known)
        if not np.isfinite(ahead).all():
            sequence, step = np.argwhere(~np.isfinite(ahead))[0][:2]
            raise ValueError(
                f"what is predicted for sequence {sequence} of X at step {step + 1} after it is beyond float64: X, or "
                "what is known in advance, is far from what was learned from"
            )
        return ahead

    def _added_up(self, sequences: Sequences, known: Array) -> Array:
        """Last values, and changes, seasons and effects on them."""
        N, F = len(sequences), len(self._targets)
        window = whole_number("window", self.window, 1)
        sequences = self._without_effects(sequences)
        given = self._differenced(sequences, self._targets)
        read_last = [x[max(0, n - window) : n] for x, n in zip(given.x, given.lengths, strict=True)]
        x, lengths = pad(read_last)
        outputs = self._outputs(Sequences(x, lengths, "list"))[np.arange(N), lengths - 1]
        last = x[np.arange(N), lengths - 1][:, self._targets]
        Q = 1 if self._levels is None else len(self._levels)
        changes = outputs.reshape(N, Q, -1) * self.change_scale_ + self.change_mean_
        ahead: Array = last[:, None, :, None] + np.sort(np.moveaxis(changes.reshape(N, Q, -1, F), 1, -1))
        if self._season:
            before = zip(sequences.x, sequences.lengths - self._season, strict=True)
            ahead += np.stack([x[n : n + ahead.shape[1], self._targets] for x, n in before])[..., None]
        if len(self._known):
            ahead += (known @ self.effects_)[..., None]
        return ahead

    def _effects(self, sequences: Sequences, weights: Array, held_out: float) -> Array:
        """What the columns known in advance add to the targets, by what is learned from."""
        every = self._differenced(sequences, np.arange(sequences.x.shape[2]))
        series = every.without_padding(every.x)
        horizon = self._horizon
        steps = [learned_of(max(0, len(x) - horizon), horizon, held_out)[0] for x in series]
        of_steps = [np.full(number, weight) for number, weight in zip(steps, weights, strict=True)]
        return effects(series, of_steps, self._known.columns, self._targets, horizon)

    def _without_effects(self, sequences: Sequences) -> Sequences:
        """The sequences without what the columns known in advance add to the targets."""
        if not len(self._known):
            return sequences
        x = sequences.x.copy()
        x[..., self._targets] -= x[..., self._known.columns] @ self.effects_
        return replace(sequences, x=x)

    def _differenced(self, sequences: Sequences, columns: Array) -> Sequences:
        """The sequences from their second season on, with the differences of some columns to the season before."""
        season = self._season
        if not season:
            return sequences
        short = int(sequences.lengths.argmin())
        if sequences.lengths[short] <= season:
            raise ValueError(
                f"a season of {season} needs sequences of at least {season + 1} steps, but sequence {short} of X has "
                f"{sequences.lengths[short]}"
            )
        parts = [x[season:].copy() for x in sequences.without_padding(sequences.x)]
        for part, x in zip(parts, sequences.x, strict=True):
            part[:, columns] -= x[: len(part), columns]
        x, lengths = pad(parts)
        return replace(sequences, x=x, lengths=lengths)

    def _following(self, y: Any, sequences: Sequences) -> Array:
        """y as an array (N, horizon, F)."""
        N = len(sequences)
        wanted = (N, self._horizon, len(self._targets))
        if frames.is_frame(y) and self._columns:
            names = [self._columns[target] for target in self._targets]
            if set(y.columns) == set(names):
                y = y[names]
        given = numbers_of(sequences.after(sequences.by_name(y), self._horizon), "y")
        if [axis for axis in given.shape if axis > 1] != [axis for axis in wanted if axis > 1]:
            raise ValueError(
                f"y must be the steps that follow X, (sequences, horizon, features) = {wanted}, got {given.shape}: a "
                "Forecaster learns from X alone, so leave y out, and let what else is known of a step be a feature of X"
            )
        return given.reshape(wanted)

    def _forecast(self, X: Any, y: Any, sample_weight: Any, once: bool) -> Forecaster:
        options = options_of(self)
        window = whole_number("window", self.window, 1)
        if options.bidirectional:
            raise ValueError(
                "bidirectional must be False in a Forecaster: read backward, X holds the very steps that are to be "
                "predicted"
            )
        calendar = parts_of(self.calendar)
        new = self._begins(options, once)
        if new:
            self._channels = Channels(calendar=calendar)
        sequences = read(self, X, reset=new)
        of_sequences = check_weights(sample_weight, sequences)
        N, T, _ = sequences.x.shape
        if new and self._form == "table" and T < _FEW and N > 10 * T:
            warnings.warn(
                f"X is read as {N} sequences of {T} steps: if it is one series of {N} steps with {T} features, give "
                "[X]",
                stacklevel=3,
            )
        self._settle(sequences.x.shape[2], calendar, new)
        check_even(sequences, self._season, warn=True)
        if y is not None:
            if len(self._targets) < sequences.x.shape[2]:
                raise ValueError(
                    "y holds all features of the steps that follow X: with targets or calendar, let X be longer instead"
                )
            sequences = _longer(sequences, self._following(y, sequences))
        if sequences.lengths.max() <= self._horizon + self._season:
            raise ValueError(self._too_short(sequences))
        check_changes(sequences.x[..., np.concatenate([self._targets, self._known.columns])])
        held_out = options.validation_fraction if options.early_stopping else 0
        if new:
            forget(self, "effects_")
        if new and len(self._known):
            self.effects_ = self._effects(sequences, of_sequences, held_out)
        learned = pieces_of(
            self._differenced(self._without_effects(sequences), self._targets), of_sequences, self._targets,
            horizon=self._horizon, window=window, held_out=held_out,
        )  # fmt: skip
        targets, mask = learned.changes, learned.training
        if options.early_stopping and not (mask.any() and learned.validation.any()):
            raise ValueError(
                "early_stopping keeps the last steps of each sequence apart, and none are left to learn from: give "
                "longer sequences, or another validation_fraction"
            )
        if new:
            self.change_mean_, self.change_scale_ = np.zeros(targets.shape[2]), np.ones(targets.shape[2])
            if options.standardize and mask.any():
                self.change_mean_, self.change_scale_ = mean_and_deviation(targets[mask > 0], mask[mask > 0])
        scaled = (targets - self.change_mean_) / self.change_scale_
        check_range(scaled, targets, options.dtype, "a change from one step to the next of X")
        of_outputs, objective = scaled, None
        if self._levels is not None:
            of_outputs = np.tile(scaled, len(self._levels))
            of_each = np.repeat(self._levels, scaled.shape[2])
            objective = losses.Weighed(partial(losses.pinball, levels=of_each))
        self._learn(
            options, Sequences(learned.x, learned.lengths, "list"), of_outputs, mask, readout="identity",
            output="every step", new=new, partial=once,
            held_out=learned.validation if options.early_stopping else None, objective=objective,
        )  # fmt: skip
        return self

    def _settle(self, numbers: int, calendar: tuple[str, ...], new: bool) -> None:
        """Read what is predicted and what is known in advance, of so many numbers of a step.

        A ValueError where it is not what it was in the first fit, if this is not it.
        """
        horizon = whole_number("horizon", self.horizon, 1)
        season = 0 if self.season is None else whole_number("season", self.season, horizon)
        levels = None if self.quantiles is None else losses.levels_of(self.quantiles)
        F = self._channels.features(numbers)
        chosen, ahead = targets_of(self.targets, self.future, self._columns, F)
        settled = {
            "horizon": horizon, "season": season, "quantiles": levels, "future": ahead.tolist(),
            "targets": chosen.tolist(), "calendar": calendar,
        }  # fmt: skip
        for name, value in settled.items():
            if not new and value != self._settled[name]:
                raise ValueError(
                    f"{name} must stay as when the forecaster was first fitted, got {getattr(self, name)!r}"
                )
        self._settled: dict[str, Any] = settled
        self._horizon, self._season = horizon, season
        self._levels: tuple[float, ...] | None = levels
        self._targets: Array = chosen
        names = () if self.future is None else tuple(self.future)
        self._known = Known(names, np.concatenate([ahead, np.arange(F, numbers)]), calendar)

    def _beside_network(self) -> str:
        plain = len(self._targets) == self.network_.specification.inputs and (np.diff(self._targets) > 0).all()
        if plain and self._levels is None and not self._season:
            return ""
        return "quantiles, targets, a season and what is known in advance"

    def _framed(self, predicted: Array, X: Any, read: Sequences, times: Any, levels: Any = None) -> Any:
        """Forecasts (N, horizon, F), or quantiles (N, horizon, F, Q), in the form of X, with the times that follow."""
        if read.kind not in ("series", "long frame"):
            return predicted[:, :, 0] if self._form != "sequences" else predicted
        columns = self._columns or list(X.columns if frames.is_frame(X) else [X.name])
        names = [columns[target] for target in self._targets]
        in_order = self.targets is None and frames.is_frame(X)
        shown = [column for column in X.columns if column in names] if in_order else names
        index = times[0] if read.kind == "series" else read.names_with(times, self._horizon)
        return frames.forecast(X, np.concatenate(predicted), index, names, shown, levels)

    def _read(self, X: Any) -> Sequences:
        sequences = super()._read(X)
        check_even(sequences, self._season)
        return sequences

    def _too_short(self, sequences: Sequences) -> str:
        horizon, steps = self._horizon, int(sequences.lengths.max())
        given = f"a longest sequence of {steps} steps"
        if self._form in ("table", "plain table"):
            given = f"n_features={steps}, which are its steps (one series of numbers is a pandas Series, or [X])"
        behind = f" behind a season of {self._season}" if self._season else ""
        least = horizon + self._season + 1
        return f"a horizon of {horizon}{behind} needs sequences of at least {least} steps, but X has {given}"


def _longer(sequences: Sequences, following: Array) -> Sequences:
    """The sequences with the steps that follow them."""
    parts = zip(sequences.without_padding(sequences.x), following, strict=True)
    x, lengths = pad([np.concatenate(part) for part in parts])
    return replace(sequences, x=x, lengths=lengths)
