"""A model for other programs: a network that takes and gives numbers as they are, and the meaning of its outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from throughtime.batch import Array
from throughtime.network import Network
from throughtime.tasks.standardisation import Standardisation
from throughtime.weights.own_units import in_own_units

Lengths = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Exported:
    """A model, to be written.

    Parameters
    ----------
    network : Network
        Any standardisation is in its weights.
    inputs : tuple of str
        The names of its features, if they have any.
    classes : tuple
        The classes of its outputs: whole numbers, numbers, bools or texts, all of one kind.
    horizon, window : int
        Of a forecaster, else 0: outputs are added to the last step, and make so many; the last `window` steps are read.
    table : bool
        Whether x is (batch, time), of one feature.
    x : Standardisation, optional
        The scale of its inputs, for random sequences to compare with.
    unit : (O,) array
        The scale of its outputs: differences are judged by it.
    trained : function of x (B,T,I) and lengths (B,), optional
        The model's prediction before anything was put into weights; the network's own, if there is none.
    pooled : bool
        Whether an answer is the mean of the outputs of all steps by attention (`sklearn.pooling`): the last output is
        the score of its step.
    function : str, optional
        What makes answers of the network's outputs, which are net outputs then: a readout, or "exp".
    """

    network: Network
    inputs: tuple[str, ...] = ()
    classes: tuple[Any, ...] = ()
    horizon: int = 0
    window: int = 0
    table: bool = False
    x: Standardisation | None = None
    unit: Array | float = 1.0
    trained: Callable[[Array, Lengths], Array] | None = None
    pooled: bool = False
    function: str | None = None

    def __post_init__(self) -> None:
        self.network.specification.without_layer_norm("exports cannot be written")

    def predict(self, x: Array, lengths: Lengths) -> Array:
        """The model's outputs for x (B,T,I), a table's (B,T): as `network.predict`, or steps ahead (B,horizon,…)."""
        known: Callable[[Array, Lengths], Array] = self.trained or self.network.predict
        sequences = x[:, :, None] if self.table else x
        if not self.horizon:
            return known(sequences, lengths)
        read = np.minimum(lengths, self.window)
        places = (lengths - read)[:, None] + np.arange(read.max())
        steps = np.take_along_axis(sequences, np.minimum(places, x.shape[1] - 1)[..., None], axis=1)
        last = np.take_along_axis(sequences, (lengths - 1)[:, None, None], axis=1)
        ahead: Array = last + known(steps, read).reshape(len(x), self.horizon, -1)
        return ahead[:, :, 0] if self.table else ahead

    def random(self, rng: np.random.Generator, batch: int, time: int) -> Array:
        """Sequences of the scale that it was trained on: (batch, time, features), or (batch, time) for a table."""
        s = self.network.specification
        x = rng.normal(size=(batch, time, s.inputs))
        x = (x if self.x is None else self.x.undo(x)).astype(s.dtype)
        return x[:, :, 0] if self.table else x

    @property
    def readout(self) -> str:
        """What answers are made by: the network's readout, or one behind it."""
        return self.function or self.network.specification.readout

    @property
    def each(self) -> bool:
        """Whether there is an answer at each step."""
        return self.network.specification.output == "every step" and not (self.pooled or self.horizon)

    @property
    def outputs(self) -> int:
        """The numbers of an answer; of a forecaster, those of all steps ahead."""
        s = self.network.specification
        return self.horizon * s.inputs or s.outputs - self.pooled

    @property
    def labels(self) -> Array:
        """The classes as an array of int64, float64, bool or str; a ValueError for others."""
        found = np.asarray(self.classes)
        kinds = {"i": np.int64, "u": np.int64, "f": np.float64, "b": np.bool_}
        if found.ndim == 1 and found.dtype.kind in kinds:
            return found.astype(kinds[found.dtype.kind])
        if found.ndim == 1 and all(isinstance(label, str) for label in self.classes):
            return found.astype(str)
        raise ValueError("classes must be all whole numbers, all numbers, all true or false, or all text to be written")


def exported(model: Any) -> Exported:
    """The model to write, of a network or of a fitted estimator of `throughtime.sklearn`.

    Raises
    ------
    ValueError
        If it is neither, or is not fitted, or its net inputs are normalised, or its weights cannot hold its
        standardisation.
    """
    if isinstance(model, Exported):
        return model
    if isinstance(model, Network):
        return Exported(model)
    if not hasattr(model, "standardize"):
        raise ValueError(f"a network or an estimator of throughtime.sklearn can be written, got {type(model).__name__}")
    if not hasattr(model, "network_"):
        raise ValueError(f"this {type(model).__name__} is not fitted yet: call fit first")
    return _of_estimator(model)


def _of_estimator(model: Any) -> Exported:
    net: Network = model.network_
    if beside := model._beside_network():
        raise ValueError(
            f"{beside} are worked out by the estimator, and cannot be written: write its network_, and work them out "
            "yourself"
        )
    x = Standardisation(np.asarray(model.mean_, np.float64), np.asarray(model.scale_, np.float64))
    y = None
    horizon = window = 0
    if hasattr(model, "y_mean_"):
        y = Standardisation(model.y_mean_, model.y_scale_)
    if hasattr(model, "change_mean_"):
        if net.specification.bidirectional:
            raise ValueError("a forecaster that reads in both directions looks at the future, and cannot be written")
        y = Standardisation(model.change_mean_, model.change_scale_)
        horizon, window = len(model.change_mean_) // net.specification.inputs, int(model.window)
        last_step: Any = replace(net.specification, output="last step")
        net = Network.of(last_step, net.parameters)
    learned = net

    def trained(sequences: Array, lengths: Lengths) -> Array:
        outputs = model._answers(learned.predict(x.apply(sequences), lengths).astype(np.float64), lengths)
        return outputs if y is None else y.undo(outputs)

    names = getattr(model, "feature_names_in_", ())
    # A forecast is judged beside the series, which is larger than its change; all else is compared when it is written.
    for kind, scale in (("feature", x), ("target", None if horizon else y)):
        if scale is not None:
            known = kind == "feature" and len(names) == len(scale.mean)
            called = [f"{kind} {names[i] if known else i}" for i in range(len(scale.mean))]
            scale.check_distinct(net.specification.dtype, called, most=0.01)
    pooled, function = model._pooling != "last", model._function
    if model._pooling == "mean":
        net = _with_even_scores(net)
    named = function == "softmax"  # outputs of labels have a probability each, and none is the answer
    table = getattr(model, "_form", None) in ("table", "plain table", "plain")
    return Exported(
        in_own_units(net, x, _of_outputs(y, function, pooled)), inputs=() if table else tuple(map(str, names)),
        classes=tuple(np.asarray(model.classes_).tolist()) if named else (), horizon=horizon, window=window,
        table=table, x=x, unit=1.0 if y is None else np.where(y.deviation > 0, y.deviation, 1), trained=trained,
        pooled=pooled, function=None if function == net.specification.readout else function,
    )  # fmt: skip


def _with_even_scores(net: Network) -> Network:
    """The network with one output more, 0 at every step: attention by such scores is the plain mean."""
    made = Network(replace(net.specification, outputs=net.specification.outputs + 1))
    for name, view in made.views.items():
        own = net.views[name]
        view[...] = np.pad(own, [(0, 0)] * (own.ndim - 1) + [(0, 1)]) if name in ("W", "b_y") else own
    return made


def _of_outputs(y: Standardisation | None, function: str, pooled: bool) -> Standardisation | None:
    """What brings a network's outputs to the units of answers: also their logarithms, and as they are, scores."""
    if y is None:
        return None
    if function == "exp":
        y = Standardisation(np.log(y.deviation), np.ones_like(y.deviation))
    return Standardisation(np.append(y.mean, 0), np.append(y.deviation, 1)) if pooled else y
