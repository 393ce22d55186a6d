"""The settings of an estimator, checked, under the names by which its user gave them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

import numpy as np

from throughtime.cells.graph import Graph
from throughtime.sklearn.losses import EPSILON, LossName
from throughtime.sklearn.pooling import Pooling
from throughtime.support.checks import checked, choice, flag, number, whole_number
from throughtime.tasks.from_file import LOSSES
from throughtime.tasks.task import Described, Loss, Output, Readout
from throughtime.training.options import OPTIONS
from throughtime.training.plan import Plan, plan
from throughtime.weights.network_specification import CHOICES, cell_named, has_activation

_MOST_EPOCHS = 10**9
_ONLY_AT_THE_START = (
    "cell", "hidden", "layers", "bidirectional", "activation", "layer_norm", "dtype", "standardize", "missing",
    "time_gaps", "pooling", "loss",
)  # fmt: skip
_OF_EARLY_STOPPING = {"validation_fraction": 0.1, "n_iter_no_change": 10, "scoring": None}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The arguments of an estimator's constructor, as Python's own numbers."""

    cell: Any
    hidden: int
    layers: int
    bidirectional: bool
    activation: str
    layer_norm: bool
    max_iter: int
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    clip: float | None
    noise: float
    input_noise: float
    dropout: float
    recurrent_dropout: float
    weight_decay: float
    cell_penalty: float
    standardize: bool
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    warm_start: bool
    dtype: str
    missing: str
    time_gaps: bool
    pooling: Any
    label_smoothing: float
    loss: Any
    epsilon: float
    quantile: float | None
    scoring: Any
    verbose: bool
    callbacks: tuple[Any, ...]

    def plan(self, task: Any, sequences: int, steps: int, seed: int) -> Plan:
        """How so many sequences are learned from; a ValueError if two options do not go together."""
        chosen = {name: getattr(self, name) for name in _OF_THE_PLAN}
        if not has_activation(self.cell):
            del chosen["activation"]
        clip = 0 if self.clip is None else self.clip
        batch = min(self.batch_size, sequences)
        made = plan(task, **chosen | {"clip": clip}, batch=batch, steps=steps, seed=seed)
        return replace(made, settings=replace(made.settings, shuffle=sequences > self.batch_size))

    @property
    def of_the_start(self) -> dict[str, Any]:
        """Those that decide the network and its standardisation when a new one is made, and nothing later."""
        return {name: getattr(self, name) for name in _ONLY_AT_THE_START}


_OF_THE_PLAN = tuple(field.name for field in fields(Options) if field.name in OPTIONS)


@dataclass(frozen=True)
class Targets(Described):
    """The targets of an estimator, as a task."""

    inputs: int
    outputs: int
    readout: Readout
    output: Output

    name = "sequences"
    machine = None

    @property
    def loss(self) -> Loss:
        """The loss that suits the readout."""
        return LOSSES[self.readout]


def options_of(estimator: Any) -> Options:
    """The estimator's settings.

    A ValueError for one that is out of range, or that would be accepted and then ignored.
    """
    given = estimator.get_params(deep=False)
    settled = {
        name: checked(OPTIONS[name], given[name]) for name in _OF_THE_PLAN if name not in ("cell", "dtype", "clip")
    }
    options = Options(
        **settled,
        **of_every(given),
        standardize=flag("standardize", given["standardize"]),
        missing=choice("missing", given.get("missing", "error"), ("error", "mask")),
        time_gaps=flag("time_gaps", given.get("time_gaps", False)),
        pooling=choice("pooling", given.get("pooling", "last"), get_args(Pooling)),
        label_smoothing=number("label_smoothing", given.get("label_smoothing", 0.0), 0, 1),
        loss=choice("loss", given.get("loss", "squared_error"), get_args(LossName)),
        epsilon=number("epsilon", given.get("epsilon", EPSILON), 0),
        quantile=None if given.get("quantile") is None else number("quantile", given["quantile"], 0, 1),
        scoring=given.get("scoring"),
    )
    if options.activation != "tanh" and not has_activation(options.cell):
        raise ValueError(
            f'activation is for cell "elman": {given["cell"]} has its own, leave it at "tanh", got '
            f"{options.activation!r}"
        )
    if options.label_smoothing == 1:
        raise ValueError("label_smoothing must be below 1, where nothing is left of the labels, got 1")
    _check_loss(options)
    check_early_stopping(options)
    return options


def of_every(given: dict[str, Any]) -> dict[str, Any]:
    """The settings that every estimator has and whose names or forms are not those of training, checked."""
    return {
        "cell": given["cell"] if isinstance(given["cell"], Graph) else cell_named(given["cell"]),
        "max_iter": whole_number("max_iter", given["max_iter"], 1, _MOST_EPOCHS),
        "batch_size": checked(OPTIONS["batch"], given["batch_size"], "batch_size"),
        "clip": None if given["clip"] is None else checked(OPTIONS["clip"], given["clip"]),
        "early_stopping": flag("early_stopping", given["early_stopping"]),
        "validation_fraction": number("validation_fraction", given["validation_fraction"], 0, 1),
        "n_iter_no_change": whole_number("n_iter_no_change", given["n_iter_no_change"], 1),
        "warm_start": flag("warm_start", given["warm_start"]),
        "dtype": _dtype_of(given["dtype"]),
        "verbose": flag("verbose", given["verbose"]),
        "callbacks": _functions_of(given["callbacks"]),
    }


def check_early_stopping(options: Any) -> None:
    """A ValueError if nothing or all would be kept apart, and a warning of what has no effect."""
    if options.early_stopping and not 0 < options.validation_fraction < 1:
        raise ValueError(f"validation_fraction must be between 0 and 1, got {options.validation_fraction}")
    if not options.early_stopping:
        for name, default in _OF_EARLY_STOPPING.items():
            if getattr(options, name, default) != default:
                warnings.warn(
                    f"{name}={getattr(options, name)} has no effect without early_stopping=True", stacklevel=4
                )


def check_partial(options: Any) -> None:
    """A ValueError for a setting that has no place in `partial_fit`."""
    if options.early_stopping:
        raise ValueError("partial_fit reads its sequences once, so early_stopping has no place in it: use fit")
    if options.schedule != "constant":
        raise ValueError(
            "partial_fit does not know how often it will be called, so schedule has no place in it: use fit"
        )
    if options.verbose or options.callbacks:
        raise ValueError(
            "partial_fit has no epochs, so verbose and callbacks have no place in it: measure between its calls"
        )


def _check_loss(options: Options) -> None:
    """A ValueError where `epsilon` or `quantile` is wanting, or would be ignored."""
    if options.loss == "huber" and not options.epsilon:
        raise ValueError("epsilon must be above 0, got 0")
    if options.loss != "huber" and options.epsilon != EPSILON:
        raise ValueError(f'epsilon is for loss="huber": leave it at {EPSILON}, got {options.epsilon}')
    if options.loss == "quantile" and not (options.quantile and options.quantile < 1):
        raise ValueError(f'loss="quantile" needs a quantile between 0 and 1, such as 0.9, got {options.quantile}')
    if options.loss != "quantile" and options.quantile is not None:
        raise ValueError(f'quantile is for loss="quantile": leave it at None, got {options.quantile}')


def check_goes_on(options: Any, begun: dict[str, Any]) -> None:
    """A ValueError if a setting that decides the network was changed since the first fit, which warm_start continues
    with.
    """
    for name, value in options.of_the_start.items():
        if value != begun[name]:
            raise ValueError(
                f"{name} is {value!r}, but the network that is trained on was made with {begun[name]!r}: "
                f"set it back, or clone the estimator to begin anew"
            )


def _functions_of(given: Any) -> tuple[Any, ...]:
    """`callbacks` as a tuple."""
    if not isinstance(given, list | tuple) or not all(callable(function) for function in given):
        raise ValueError(f"callbacks must be a list of functions of the estimator, got {given!r:.60}")
    return tuple(given)


def _dtype_of(given: Any) -> str:
    """`dtype` by its name."""
    try:
        name = str(np.dtype(given).name)
    except TypeError:
        name = ""
    if given is None or name not in CHOICES["dtype"]:
        raise ValueError(f'dtype must be "float64" or "float32", got {given!r}')
    return name
