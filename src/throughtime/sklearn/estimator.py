"""The common base of the estimators: their parameters, and how their network is trained and used."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from throughtime.batch import Array, Batch
from throughtime.cells.graph import Graph
from throughtime.network import Network
from throughtime.sklearn.channels import Channels, mean_and_deviation_of_seen
from throughtime.sklearn.epochs import ended_by, forget, since_best
from throughtime.sklearn.forms import Sequences
from throughtime.sklearn.losses import Weighed
from throughtime.sklearn.numbers import check_range, refuse_lengths, weights_of
from throughtime.sklearn.options import Options, Targets, check_goes_on, check_partial
from throughtime.sklearn.pooling import pooled
from throughtime.sklearn.sequences import read
from throughtime.support import memory
from throughtime.training.history import History
from throughtime.training.loop import Run, proceed
from throughtime.training.objective import loss_of
from throughtime.training.optimisers import OptimiserName
from throughtime.training.settings import Settings
from throughtime.weights.losses import READOUTS
from throughtime.weights.network_specification import ActivationName, DtypeName, NetworkSpecification

Score = Callable[[Any], float]

_TOGETHER = 250
"""Sequences that are predicted at once, so that memory does not grow with their number."""


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceEstimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A recurrent network with scikit-learn's conventions; the base of the estimators."""

    cell: str | Graph = "lstm"
    hidden: int = 32
    layers: int = 1
    bidirectional: bool = False
    activation: ActivationName = "tanh"
    layer_norm: bool = False
    max_iter: int = 100
    batch_size: int = 64
    optimizer: OptimiserName = "adam"
    learning_rate: float = 0.01
    schedule: str = "constant"
    clip: float | None = 1.0
    noise: float = 0.0
    input_noise: float = 0.0
    dropout: float = 0.0
    recurrent_dropout: float = 0.0
    weight_decay: float = 0.0
    cell_penalty: float = 0.0
    standardize: bool = True
    early_stopping: bool = False
    validation_fraction: float = 0.1
    n_iter_no_change: int = 10
    warm_start: bool = False
    dtype: DtypeName | type[np.floating[Any]] = "float64"
    random_state: int | np.random.RandomState | None = None
    verbose: bool = False
    callbacks: Sequence[Callable[[Any], Any]] = ()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = getattr(self, "missing", "error") == "mask"
        return tags

    # Training

    def _begins(self, options: Options, partial: bool) -> bool:
        """Whether a call of fit or partial_fit starts with a new network."""
        if partial:
            check_partial(options)
        new = not (hasattr(self, "network_") and (partial or options.warm_start))
        if not new:
            check_goes_on(options, self._begun)
        else:
            self._seed = seed_of(self.random_state)
            self._channels = Channels(options.missing == "mask", "unknown" if options.time_gaps else None)
        return new

    def _beside_network(self) -> str:
        """What it works out itself before or after its network, as a sentence names it; nothing, if it is empty."""
        gaps = self._channels.missing or self._channels.time_gaps
        return "what is missing and the time between steps" if gaps else ""

    def _apart(self, options: Options, sequences: int, strata: Array | None) -> tuple[Array, Array]:
        """Which sequences early stopping learns from, and which it validates on; without it all are learned from."""
        if not options.early_stopping:
            return np.arange(sequences), np.arange(0)
        if sequences < 2:
            raise ValueError("early_stopping keeps a part of the sequences apart, and needs at least 2 of them, got 1")
        return split(sequences, options.validation_fraction, self._seed, strata)

    def _learn(
        self, options: Options, sequences: Sequences, targets: Array, weights: Array, *, readout: str, output: str,
        new: bool, partial: bool = False, strata: Array | None = None, held_out: Array | None = None,
        objective: Weighed | None = None, scored: Callable[[Array], Score] | None = None,
    ) -> None:  # fmt: skip
        """Train the network.

        Parameters
        ----------
        options : Options
        sequences : Sequences
        targets : (N, O) array for output "last step", else (N, T, O)
        weights : (N,) or (N, T) array
            Of each target in the loss, 0 where there is none. Only their ratios matter.
        readout, output : as in `NetworkSpecification`, of what is predicted
        new : bool
            Whether to start with a new network and standardisation.
        partial : bool
            Whether to read the sequences once, in their order, with the optimiser's memory of the calls before.
        strata : (N,) array, optional
            Classes that the validation split keeps in proportion.
        held_out : (N, T) array, optional
            Weights of the targets that early stopping validates on, instead of a part of the sequences.
        objective : Weighed, optional
            What is made less, where it is not the loss that suits the readout. Where it pools over time, the network
            has an output at every step, and the readout is taken of what is pooled.
        scored : function of rows, optional
            The score that early stopping compares, a function of the estimator, on these sequences; else their loss.
        """
        learned, apart = self._apart(
            options if held_out is None else replace(options, early_stopping=False), len(sequences), strata
        )
        if not weights.any():
            raise ValueError("Sample weights must contain at least one non-zero number.")
        if new:
            seen = np.zeros(len(sequences))  # what is validated on, standardisation does not see either
            seen[learned] = 1
            of_targets = weights * (seen if weights.ndim == 1 else seen[:, None])
            self._readout, self._pooling = readout, "last" if objective is None else objective.pooling
            self._start(options, sequences, targets, of_targets, output)
        self._objective = objective
        outputs = self.network_.specification.outputs - (self._pooling == "attention")
        if targets.shape[-1] != outputs:
            raise ValueError(f"y has {targets.shape[-1]} outputs or classes; what was fitted before has {outputs}")
        data = Batch(self._standardized(sequences.x), targets, sequences.lengths, weights)
        forget(self, "validation_losses_", "validation_scores_")
        if readout == "softmax" and outputs == 1 and objective is None:
            self._run = Run(
                self.network_.copy(), self._settings(options, data, 0)
            )  # the probability of one class is 1 already
        elif partial:
            self._pass_once(options, data)
        elif options.early_stopping:
            if held_out is None:
                training, validation = data[learned], data[apart]
            else:
                training, validation = data, replace(data, mask=held_out)
            score = None if scored is None else scored(apart)
            self._train_until_no_better(options, _evenly(training), _evenly(validation), score)
        else:
            self._run = self._new_run(options, data)
            self._train_all(options, _evenly(data))
        self.network_: Network = self._run.network
        self.history_: History = self._run.history
        self.n_iter_ = max(1, round(self._run.step / _updates(data, options)))

    def _start(self, options: Options, sequences: Sequences, targets: Array, weights: Array, output: Any) -> None:
        numbers, outputs = sequences.x.shape[2], targets.shape[-1]
        readout: Any = self._readout
        if self._pooling != "last":
            outputs, readout, output = outputs + (self._pooling == "attention"), "identity", "every step"
        task = Targets(self._channels.inputs(numbers), outputs, readout, output)  # type: ignore[abstract]  # draws none
        specification = options.plan(task, len(sequences), 0, self._seed).specification
        _require_memory(specification, data_steps=min(options.batch_size, len(sequences)) * sequences.x.shape[1])
        self._begun: dict[str, Any] = options.of_the_start
        self.network_ = Network(specification, seed=self._seed)
        self._run = Run(self.network_, Settings(steps=0))
        self.mean_, self.scale_ = np.zeros(numbers), np.ones(numbers)
        if options.standardize and weights.any():
            of_step = np.where(sequences.real, weights if weights.ndim == 2 else weights[:, None], 0)
            self.mean_, self.scale_ = mean_and_deviation_of_seen(
                sequences.x[sequences.real], of_step[sequences.real], getattr(self, "feature_names_in_", None)
            )

    def _settings(self, options: Options, data: Batch, steps: int) -> Settings:
        s = self.network_.specification
        task = Targets(s.inputs, s.outputs, s.readout, s.output)  # type: ignore[abstract]  # draws none
        return options.plan(task, len(data), steps, self._seed).settings

    def _new_run(self, options: Options, data: Batch) -> Run:
        return Run(self.network_.copy(), self._settings(options, data, options.max_iter * _updates(data, options)))

    def _train(self, data: Batch, epochs: int) -> None:
        """Go on with the run up to so many epochs."""
        self._proceed(data, until=epochs * -(-len(data) // self._run.settings.batch))

    def _proceed(self, data: Batch, until: int | None = None) -> None:
        """Go on with the run up to a step, or to its end."""
        proceed(self._run, data, until=until, objective=self._objective)
        if self._run.stopped == "interrupted":
            raise KeyboardInterrupt

    def _loss(self, net: Network, data: Batch) -> float:
        """The loss, summed over sequences."""
        if self._objective is not None:
            return loss_of(net, data, self._objective)
        return net.loss(data.x, data.y, data.lengths, data.mask)

    def _train_all(self, options: Options, data: Batch) -> None:
        """Take all epochs, one by one only where somebody follows them."""
        followed = options.verbose or options.callbacks
        for epoch in range(1 if followed else options.max_iter, options.max_iter + 1):
            self._train(data, epoch)
            if followed and self._ends_after(options, epoch):
                break

    def _ends_after(self, options: Options, epoch: int) -> bool:
        """Tell of an epoch; whether a callback ends training."""
        run = self._run
        self.network_, self.history_, self.n_iter_ = run.network, run.history, epoch
        if options.verbose:
            begun = run.step * (epoch - 1) // epoch
            records = [record for record in run.history if record.step > begun]
            steps = np.diff([record.step for record in records], prepend=begun)
            losses = [f"loss {np.average([record.loss for record in records], weights=steps):.6g}"]
            if options.early_stopping:
                losses.append(f"validation {self.validation_losses_[-1]:.6g}")
                if options.scoring is not None:
                    losses.append(f"score {self.validation_scores_[-1]:.6g}")
            print(f"epoch {epoch}: {', '.join(losses)}")
        return ended_by(options.callbacks, self)

    def _pass_once(self, options: Options, data: Batch) -> None:
        """Read the data once, in order: the run goes on at its step, so they are turned until they begin there."""
        run = self._run
        run.settings = replace(self._settings(options, data, run.step + _updates(data, options)), shuffle=False)
        begin = run.step * run.settings.batch
        self._proceed(_evenly(data[(np.arange(len(data)) - begin) % len(data)]))

    def _train_until_no_better(self, options: Options, training: Batch, validation: Batch, score: Score | None) -> None:
        """Keep the network that does best on what is not trained on: of the least loss, or of the highest score."""
        self._run = self._new_run(options, training)
        best, losses, scores = self._run.network, list[float](), list[float]()
        self.validation_losses_ = losses
        if score is not None:
            self.validation_scores_ = scores
        for epoch in range(1, options.max_iter + 1):
            self._train(training, epoch)
            self.network_ = net = self._run.network
            losses.append(self._loss(net, validation) / len(validation))
            if score is not None:
                scores.append(score(self))
            since = since_best(losses if score is None else [-one for one in scores])
            if not since:
                best = net.copy()
            if self._ends_after(options, epoch) or since >= options.n_iter_no_change:
                break
        self._run.network = best

    # Asking

    def _read(self, X: Any) -> Sequences:
        check_is_fitted(self, "network_")
        return read(self, X, reset=False)

    def _outputs(self, sequences: Sequences) -> Array:
        """What is predicted (N, O) or (N, T, O), in float64."""
        return self._of_parts(sequences, self._answers)

    def _answers(self, y: Array, lengths: Array) -> Array:
        """The answers (N, O) that outputs of the network (N, T, O) make, pooled over time; or (N, T, O) as they are."""
        found, _ = pooled(y, lengths, self._pooling)
        outputs = found if self._pooling == "last" else found[:, 0]
        if self._function == self.network_.specification.readout:
            return outputs
        with np.errstate(over="ignore"):
            return np.exp(outputs) if self._function == "exp" else np.asarray(READOUTS[self._function].g(outputs))

    @property
    def _function(self) -> str:
        """What answers are made by of the network's net outputs: a readout, or "exp"."""
        return self._readout

    def _of_parts(self, sequences: Sequences, find: Callable[[Array, Array], Array]) -> Array:
        """What is found with the network's outputs, in float64, and the lengths, of some sequences at a time."""
        parts = []
        x, lengths = self._standardized(sequences.x), sequences.lengths
        for start in range(0, len(x), _TOGETHER):
            rows = slice(start, start + _TOGETHER)
            outputs = self.network_.predict(x[rows], lengths[rows]).astype(np.float64)
            finite = np.isfinite(outputs)
            if not finite.all():
                raise ValueError(
                    f"the network's output for sequence {start + np.argwhere(~finite)[0][0]} of X is not finite: its "
                    f"states grow beyond {self.network_.specification.dtype}, as relu units can; train with another "
                    "activation"
                )
            parts.append(find(outputs, lengths[rows]))
        return np.concatenate(parts)

    def _standardized(self, x: Array) -> Array:
        with np.errstate(over="ignore"):
            standardized = self._channels.read((x - self.mean_) / self.scale_)
        check_range(standardized, x, self.network_.specification.dtype, "X")
        return standardized


def check_weights(sample_weight: Any, sequences: Sequences) -> Array:
    """`sample_weight` as an array (N,), or a ValueError that says what is wrong."""
    if sample_weight is None:
        return np.ones(len(sequences))
    given = sequences.per_sequence(sample_weight, "sample_weight")
    weights = weights_of(given, "sample_weight")
    if weights.shape != (len(sequences),):
        raise ValueError(f"sample_weight must be (sequences,) = ({len(sequences)},), got {weights.shape}")
    return weights


def check_scored(weights: Array) -> Array:
    """The weights of what is scored; a ValueError if all are 0."""
    if not weights.any():
        raise ValueError("sample_weight is 0 everywhere, so there is nothing to score")
    return weights


def check_length(y: Any, sequences: Sequences) -> None:
    """A ValueError if y is not given for as many sequences as there are in X."""
    if len(y) != len(sequences):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {len(sequences)} sequences, y has "
            f"{len(y)}"
        )


def check_given(y: Any) -> None:
    """A ValueError if there is no y, or one beside its lengths."""
    if y is None:
        raise ValueError("this requires y to be passed, but the target y is None")
    refuse_lengths(y, "y")


def _require_memory(s: NetworkSpecification, data_steps: int) -> None:
    """Refuse a network that is larger than the memory, before it is made; estimated from below."""
    cells = s.layers * s.directions
    numbers = cells * s.hidden * (s.hidden + 1) * 4 + cells * s.hidden * data_steps + cells * 100
    memory.require(
        8.0 * numbers, f"a network of hidden={s.hidden} and layers={s.layers}", "choose a smaller hidden or layers"
    )


def seed_of(random_state: Any) -> int:
    """A seed that follows from a `random_state`."""
    try:
        return int(check_random_state(random_state).randint(2**31 - 1))
    except ValueError:
        raise ValueError(
            f"random_state must be None, a whole number from 0 to {2**32 - 1} or a RandomState, got "
            f"{random_state!r:.40}"
        ) from None


def _updates(data: Batch, options: Options) -> int:
    """Updates in an epoch."""
    return -(-len(data) // options.batch_size)


def split(sequences: int, fraction: float, seed: int, strata: Array | None) -> tuple[Array, Array]:
    """Sequences for training and for validation, with the classes in proportion where there are enough of each."""
    held_out = min(math.ceil(fraction * sequences), sequences - 1)
    if strata is not None:
        counts = np.unique(strata, return_counts=True)[1]
        if counts.min() < 2 or min(held_out, sequences - held_out) < len(counts):
            strata = None
    training, validation = train_test_split(
        np.arange(sequences), test_size=held_out, random_state=seed, stratify=strata
    )
    return training, validation


def _evenly(data: Batch) -> Batch:
    """The data with weights of mean 1 for a sequence, so that their scale changes nothing."""
    assert data.mask is not None
    total = data.mask.sum()
    if not total:
        raise ValueError(
            "no sequence with a weight above 0 is left: give more of them, or a smaller validation_fraction"
        )
    return replace(data, mask=data.mask * (len(data) / total))
