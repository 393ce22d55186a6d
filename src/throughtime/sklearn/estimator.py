"""What the estimators have in common: their parameters, and how their network is trained and asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from throughtime.batch import Array, Batch
from throughtime.network import Network
from throughtime.network_specification import NetworkSpecification
from throughtime.sklearn.sequences import Sequences, read
from throughtime.training.history import History
from throughtime.training.loop import Run, proceed
from throughtime.training.optimisers import Adam
from throughtime.training.settings import Settings

_TOGETHER = 250
"""Sequences that are predicted at once, so that memory does not grow with their number."""


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A recurrent network with scikit-learn's conventions; the base of the estimators."""

    cell: str = "lstm"
    hidden: int = 32
    layers: int = 1
    bidirectional: bool = False
    activation: str = "tanh"
    max_iter: int = 100
    batch_size: int = 64
    learning_rate: float = 0.01
    clip: float | None = 1.0
    weight_decay: float = 0.0
    standardize: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    warm_start: bool = False
    dtype: str = "float64"
    random_state: Any = None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    # Training

    def _begins(self, partial: bool) -> bool:
        """Whether a call of fit or partial_fit starts with a new network."""
        return not (hasattr(self, "network_") and (partial or self.warm_start))

    def _learn(
        self, sequences: Sequences, targets: Array, weights: Array, *, readout: str, output: str, new: bool,
        partial: bool = False, strata: Array | None = None,
    ) -> None:  # fmt: skip
        """Train the network.

        Parameters
        ----------
        sequences : Sequences
        targets : (N, O) array for output "last step", else (N, T, O)
        weights : (N,) or (N, T) array
            Of each target in the loss, 0 where there is none. Only their ratios matter.
        readout, output : as in `NetworkSpecification`
        new : bool
            Whether to start with a new network and standardisation.
        partial : bool
            Whether to read the sequences once, in their order, with the optimiser's memory of the calls before.
        strata : (N,) array, optional
            Classes that the validation split keeps in proportion.
        """
        for name in ("max_iter", "batch_size", "n_iter_no_change"):
            check_whole(name, getattr(self, name))
        if self.early_stopping and not (len(sequences) > 1 and 0 < self.validation_fraction < 1):
            raise ValueError(
                f"early_stopping needs at least 2 sequences and a validation_fraction between 0 and 1, got {len(sequences)} "
                f"and {self.validation_fraction!r}"
            )
        if not weights.any():
            raise ValueError("Sample weights must contain at least one non-zero number.")
        if new:
            self._start(sequences, targets, weights, readout, output)
        outputs = self.network_.specification.outputs
        if targets.shape[-1] != outputs:
            raise ValueError(f"y has {targets.shape[-1]} outputs or classes; what was fitted before has {outputs}")
        data = Batch(self._standardized(sequences.x), targets, sequences.lengths, weights)
        if partial:
            self._pass_once(data)
        elif self.early_stopping:
            self._train_until_no_better(data, strata)
        else:
            self._run = self._new_run(data)
            self._train(_evenly(data), self.max_iter)
        self.network_: Network = self._run.network
        self.history_: History = self._run.history
        self.n_iter_ = max(1, round(self._run.step / self._steps(data)))

    def _start(self, sequences: Sequences, targets: Array, weights: Array, readout: str, output: str) -> None:
        losses = {"softmax": "cross_entropy", "identity": "squared"}
        specification = NetworkSpecification(
            cell=self.cell, inputs=sequences.x.shape[2], hidden=self.hidden, outputs=targets.shape[-1],  # type: ignore[arg-type]
            layers=self.layers, bidirectional=self.bidirectional, readout=readout, loss=losses[readout],  # type: ignore[arg-type]
            activation=self.activation if self.cell == "elman" else "sigmoid",  # type: ignore[arg-type]
            output=output, dtype=self.dtype,  # type: ignore[arg-type]
        )  # fmt: skip
        self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.network_ = Network(specification, seed=self._seed)
        self._run = Run(self.network_, Settings(steps=0))
        self.mean_, self.scale_ = np.zeros(specification.inputs), np.ones(specification.inputs)
        if self.standardize:
            steps = _real(sequences)
            of_step = np.where(steps, weights if weights.ndim == 2 else weights[:, None], 0)
            self.mean_, self.scale_ = mean_and_deviation(sequences.x[steps], of_step[steps])

    def _settings(self, data: Batch, steps: int) -> Settings:
        return Settings(
            steps=int(steps), batch=int(min(self.batch_size, len(data))), optimizer=Adam(self.learning_rate), clip=self.clip,
            weight_decay=self.weight_decay, shuffle=len(data) > self.batch_size, seed=self._seed,
        )  # fmt: skip

    def _steps(self, data: Batch) -> int:
        """Updates in an epoch."""
        return -(-len(data) // self.batch_size)

    def _new_run(self, data: Batch) -> Run:
        return Run(self.network_.copy(), self._settings(data, 0))

    def _train(self, data: Batch, epochs: int) -> None:
        """Go on with the run up to so many epochs."""
        run = self._run
        run.settings = replace(run.settings, steps=epochs * self._steps(data))
        proceed(run, data)
        if run.stopped == "interrupted":
            raise KeyboardInterrupt

    def _pass_once(self, data: Batch) -> None:
        """Read the data once, in order: the run goes on at its step, so they are turned until they begin there."""
        run = self._run
        run.settings = replace(self._settings(data, run.step + self._steps(data)), shuffle=False)
        begin = run.step * run.settings.batch
        proceed(run, _evenly(data[(np.arange(len(data)) - begin) % len(data)]))
        if run.stopped == "interrupted":
            raise KeyboardInterrupt

    def _train_until_no_better(self, data: Batch, strata: Array | None) -> None:
        """Keep the network that does best on a part of the data that is not trained on."""
        kept, held_out = train_test_split(
            np.arange(len(data)), test_size=self.validation_fraction, random_state=self._seed, stratify=strata
        )
        training, validation = _evenly(data[kept]), _evenly(data[held_out])
        self._run = self._new_run(training)
        best, losses = self._run.network, list[float]()
        for epoch in range(1, self.max_iter + 1):
            self._train(training, epoch)
            net = self._run.network
            losses.append(net.loss(validation.x, validation.y, validation.lengths, validation.mask) / len(validation))
            if losses[-1] <= min(losses):
                best = net.copy()
            elif epoch - 1 - int(np.argmin(losses)) >= self.n_iter_no_change:
                break
        self._run.network = best
        self.validation_losses_ = losses

    # Asking

    def _read(self, X: Any) -> Sequences:
        check_is_fitted(self, "network_")
        return read(self, X, reset=False)

    def _outputs(self, sequences: Sequences) -> Array:
        """The network's outputs (N, O) or (N, T, O), in float64."""
        parts = []
        x = self._standardized(sequences.x)
        for start in range(0, len(x), _TOGETHER):
            rows = slice(start, start + _TOGETHER)
            parts.append(self.network_.predict(x[rows], sequences.lengths[rows]))
        return np.concatenate(parts).astype(np.float64)

    def _standardized(self, x: Array) -> Array:
        standardized: Array = (x - self.mean_) / self.scale_
        return standardized


def mean_and_deviation(rows: Array, weights: Array) -> tuple[Array, Array]:
    """The weighted mean and standard deviation of rows (R, F), of weights (R,); a deviation of 0 is given as 1."""
    mean = np.average(rows, axis=0, weights=weights)
    deviation = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weights))
    return mean, np.where(deviation > 1e-12 * np.maximum(1, np.abs(mean)), deviation, 1)


def check_weights(sample_weight: Any, sequences: Sequences) -> Array:
    """`sample_weight` as an array (N,), or a ValueError that says what is wrong."""
    if sample_weight is None:
        return np.ones(len(sequences))
    given = sequences.per_sequence(sample_weight)
    weights: Array = check_array(given, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weights.shape != (len(sequences),):
        raise ValueError(f"sample_weight must be (sequences,) = ({len(sequences)},), got {weights.shape}")
    if (weights < 0).any():
        raise ValueError(f"sample_weight must not be negative, got {weights.min()}")
    return weights


def check_length(y: Any, sequences: Sequences) -> None:
    """A ValueError if y is not told for as many sequences as there are in X."""
    if len(y) != len(sequences):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {len(sequences)} sequences, y has {len(y)}"
        )


def check_given(y: Any) -> None:
    """A ValueError if there is no y."""
    if y is None:
        raise ValueError("fit requires y to be passed, but the target y is None")


def check_whole(name: str, value: Any) -> None:
    """A ValueError if a parameter is not a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")


def _real(sequences: Sequences) -> Array:
    """Which steps (N, T) are real."""
    real: Array = np.arange(sequences.x.shape[1]) < sequences.lengths[:, None]
    return real


def _evenly(data: Batch) -> Batch:
    """The data with weights of mean 1 for a sequence, so that their scale changes nothing."""
    assert data.mask is not None
    total = data.mask.sum()
    if not total:
        raise ValueError(
            "no sequence with a weight above 0 is left: give more of them, or a smaller validation_fraction"
        )
    return replace(data, mask=data.mask * (len(data) / total))
