"""A network and an example become a frame: all that the page draws at one moment, see `answers.Frame`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson

from throughtime.batch import Array, Batch
from throughtime.cells.layout import layout
from throughtime.network import Network
from throughtime.studio.answers import Check, Exact, Frame, Keeper, SpacePoints
from throughtime.studio.example import Example, describe, letters
from throughtime.studio.plan import check_length, most_steps
from throughtime.studio.snapshot import Snapshot
from throughtime.trace import Trace, json_form
from throughtime.training.source import length_of
from throughtime.weights.network_specification import NetworkSpecification
from throughtime.weights.parameters import Views

REACH, REACH_AT_REST = 2**19, 2**24
"""Numbers that the reach of errors may be computed from, while training runs and at rest: T² times the gates'
units.
"""

REACH_STEPS = 256
"""Steps up to which it is shown at all."""

SEQUENCES, STEPS = 128, 4096
"""The most sequences of the state space and of `exact`, and the most steps that they may have together."""

POINTS = 512
KEPT = 0.95
"""The least share of the steps that leave either state after which a unit that keeps the state tells it."""

STEPPED = 1e-4
"""By how much a parameter is changed for central differences, at most."""

STEPS_OF_CHECK = 5
"""Each a quarter of the one before; two are enough where the loss is not steep."""

TOLERANCE = {"float64": 1e-6, "float32": 1e-3}
"""The greatest relative error of a right gradient."""

CHECKED = 600
"""Parameters whose derivative is checked, drawn at random where there are more."""

WORK_OF_CHECK = 2**30
"""Multiplications that the check may take, about; fewer parameters are checked where each takes many."""


class Framer:
    """Builds the frames of the networks that one task and one specification have in turn.

    Parameters
    ----------
    task : Task
    specification : NetworkSpecification

    Raises
    ------
    ValueError
        If the task's sequences are longer than a page can show, or the network's net inputs are normalised.
    """

    def __init__(self, task: Any, specification: NetworkSpecification) -> None:
        specification.without_layer_norm("pages cannot be drawn")
        self.task, self.specification = task, specification
        check_length(task.options.get(task.sized_by, 0))  # before any is drawn
        self.sequences: Batch = _sequences(task)
        check_length(self.sequences.x.shape[1], most_steps(specification))
        self.labels, self.names = _labels(task, self.sequences)
        self.shown = _shown(self.sequences)
        self.axes: Array | None = None

    def frame(self, snapshot: Snapshot, example: Example) -> str:
        """The frame as JSON; a ValueError if the example is longer than a page can show."""
        check_length(example.batch.x.shape[1], most_steps(self.specification))
        net = Network.of(self.specification, snapshot.parameters)
        batch = example.batch
        return self.of_trace(net.trace(batch.x, batch.y, batch.lengths, batch.mask), snapshot, example)

    def of_trace(self, trace: Trace, snapshot: Snapshot, example: Example) -> str:
        """The frame of a trace of the example, as JSON."""
        net = Network.of(self.specification, trace.network.parameters)
        reach = self._reaches(trace.x.shape[1], REACH if snapshot.running else REACH_AT_REST)
        frame = Frame(
            type="frame",
            step=snapshot.step,
            running=snapshot.running,
            example=describe(self.task, example, trace.y[0]),
            update=self._update(snapshot),
            updates=snapshot.updates,
            check=None if snapshot.running or not example.has_targets else check(net, example, trace.gradient),
            space=self.space(net),
            exact=self._exact(net),
            trace=json_form.document(trace, reach=reach),
        )
        return orjson.dumps(frame).decode()  # as exact as json, and fast enough for many frames a second

    def space(self, net: Network) -> SpacePoints | None:
        """The states of many sequences on two principal axes, turned so that they lie as they did before."""
        H = self.specification.hidden
        if H < 2:
            return None
        states, _ = net.hidden(self.sequences.x, self.sequences.lengths)
        h = states.reshape(-1, states.shape[-1])[self.shown, :H].astype(np.float64)
        mean = h.mean(axis=0)
        centred = h - mean
        variance, vectors = np.linalg.eigh(centred.T @ centred / len(h))
        axes = _turned(vectors[:, [-1, -2]].T, self.axes)
        self.axes = axes
        points = centred @ axes.T
        share = points.var(axis=0) / max(variance.sum(), np.finfo(float).tiny)
        label = self.labels[self.shown]
        found = SpacePoints(
            mean=mean.tolist(),
            axes=axes.tolist(),
            share=share.tolist(),
            points=points.round(6).tolist(),
            label=label.tolist(),
            labels=self.names,
        )
        if self.task.machine is not None and len(self.names) == 2 and 0 < label.sum() < len(label):
            found["keeper"] = _keeper(h, label == 1)
        return found

    def _reaches(self, T: int, most: int) -> bool:
        s = self.specification
        return T <= REACH_STEPS and T * T * s.hidden * len(layout(s.graph).slots) <= most

    def _update(self, snapshot: Snapshot) -> json_form.ParametersJSON | None:
        if snapshot.update is None:
            return None
        views = Views(self.specification, snapshot.update)
        return json_form.ParametersJSON({name: view.tolist() for name, view in views.items()})

    def _exact(self, net: Network) -> Exact | None:
        if self.specification.readout == "identity" or not _scored(self.sequences):
            return None
        y = net.predict(self.sequences.x, self.sequences.lengths)
        return Exact(checked=len(self.sequences), right=int(self.task.right(y, self.sequences).sum()))


def check(net: Network, example: Example, gradient: Array) -> Check:
    """The distance of a gradient from central differences, computed in float64 whatever the network's numbers are.

    Differences of two steps are extrapolated (Richardson), and with smaller steps again while these do not agree, so
    that a right gradient is within `TOLERANCE` of its size, however steep the loss.
    """
    exact = Network.of(replace(net.specification, dtype="float64"), net.parameters)
    batch, P = example.batch, len(net.parameters)
    stepped = STEPPED / max(1.0, float(np.abs(batch.x).max()))  # a weight's step counts as often as its input is large
    most = min(CHECKED, max(4, WORK_OF_CHECK // (4 * P * batch.x.shape[1])))
    picked = np.arange(P) if most >= P else np.random.default_rng(0).choice(P, most, replace=False)
    tolerance = TOLERANCE[net.specification.dtype]
    rounding = np.finfo(float).eps * max(1.0, exact.loss(batch.x, batch.y, batch.lengths, batch.mask)) / stepped
    size = max(float(np.abs(gradient).max()), rounding / tolerance)

    def difference(p: Any, step: float) -> float:
        before, losses = exact.parameters[p], []
        for sign in (1, -1):
            exact.parameters[p] = before + sign * step
            losses.append(exact.loss(batch.x, batch.y, batch.lengths, batch.mask))
        exact.parameters[p] = before
        return float(losses[0] - losses[1]) / (2 * step)

    def derivative(p: Any) -> float:
        coarse, found = difference(p, stepped), []
        for k in range(1, STEPS_OF_CHECK):
            fine = difference(p, stepped / 4**k)
            extrapolated = (16 * fine - coarse) / 15
            found.append((abs(extrapolated - fine), extrapolated))
            if found[-1][0] <= tolerance * size:
                break
            coarse = fine
        return min(found)[1]

    greatest = max(abs(derivative(p) - float(gradient[p])) for p in picked)
    return Check(
        greatest=greatest,
        relative=greatest / size,
        right=greatest <= tolerance * size,
        against="central differences",
        checked=len(picked),
        parameters=P,
    )


def _keeper(h: Array, one: Array) -> Keeper:
    """The unit of states (N,H) that tells best which of them are of state `one` (N,)."""
    means = np.stack([h[~one].mean(axis=0), h[one].mean(axis=0)])
    as_one = (h > means.mean(axis=0)) == (means[1] > means[0])
    right = np.stack([(~as_one[~one]).mean(axis=0), as_one[one].mean(axis=0)])
    unit = int(right.min(axis=0).argmax())
    return Keeper(
        unit=unit,
        means=(float(means[0, unit]), float(means[1, unit])),
        right=int((as_one[:, unit] == one).sum()),
        steps=len(h),
        keeps=bool(right[:, unit].min() >= KEPT),
    )


def _sequences(task: Any) -> Batch:
    T = length_of(task)
    check_length(T)
    drawn: Batch = task.sample(np.random.default_rng(0), max(8, min(SEQUENCES, STEPS // T)))
    return drawn


def _labels(task: Any, sequences: Batch) -> tuple[Array, list[str]]:
    """A number for each step of each sequence (B·T,), and what the numbers mean: the machine's true state, else the
    target.
    """
    rows, T, _ = sequences.x.shape
    machine = task.machine
    if machine is not None:
        labels = np.zeros((rows, T), np.int64)
        lengths = np.full(rows, T) if sequences.lengths is None else sequences.lengths
        for row, n in enumerate(lengths):
            word = letters(machine, sequences.x[row, :n])
            if word is not None:
                labels[row, :n] = machine.run(word)[0][1:]
        return labels.ravel(), list(machine.state_names)
    if task.readout == "identity" or not _scored(sequences):
        return np.zeros(rows * T, np.int64), ["state"]
    y = sequences.y if sequences.y.ndim == 3 else np.repeat(sequences.y[:, None], T, axis=1)
    if y.shape[-1] > 1:
        names = () if task.columns is None else task.columns.classes
        return y.argmax(-1).ravel(), list(names) or [f"target {k + 1}" for k in range(y.shape[-1])]
    return np.asarray(y[..., 0] > 0.5, np.int64).ravel(), ["target 0", "target 1"]


def _scored(sequences: Batch) -> bool:
    """Whether any step of the sequences has a target."""
    return sequences.mask is None or bool(np.any(sequences.mask))


def _shown(sequences: Batch) -> Array:
    """The steps, of all of all sequences, that become points: real ones, at even distances."""
    rows, T, _ = sequences.x.shape
    real = np.ones((rows, T), bool) if sequences.lengths is None else np.arange(T) < sequences.lengths[:, None]
    places = np.flatnonzero(real)
    return np.asarray(places[np.linspace(0, len(places) - 1, min(POINTS, len(places))).astype(np.int64)])


def _turned(axes: Array, before: Array | None) -> Array:
    """Two axes (2,H) turned or mirrored in their own plane to lie as near as can be to those before (Procrustes)."""
    if before is None:
        return np.asarray(axes * np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None])
    left, _, right = np.linalg.svd(before @ axes.T)
    return np.asarray(left @ right @ axes)
